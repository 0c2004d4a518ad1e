"""A filter as a function of a decoded document: the answers of scim2-models' own evaluation, hundreds of times faster.

A document is in its stored, canonical form, so names need no folding here; strings are compared as the library does by
default: NFC, and lower case unless the attribute is `caseExact`.
"""

import operator
from collections.abc import Callable, Mapping
from typing import Any
from unicodedata import normalize

from scim2_models.path import CompareOperator

from admincenter.core.errors import ScimBad

Entry = Mapping[str, Any]
Predicate = Callable[[Entry], bool]
Reader = Callable[[Entry], Any]

_STRING_OPERATORS: Mapping[CompareOperator, Callable[[str, str], bool]] = {
    CompareOperator.co: operator.contains,
    CompareOperator.sw: str.startswith,
    CompareOperator.ew: str.endswith,
}
_ORDER: Mapping[CompareOperator, Callable[[Any, Any], bool]] = {
    CompareOperator.gt: operator.gt,
    CompareOperator.ge: operator.ge,
    CompareOperator.lt: operator.lt,
    CompareOperator.le: operator.le,
}
_UNORDERED = ("boolean", "binary")


def folded(text: str) -> str:
    """A text as it is compared where case does not matter."""
    return text.lower() if text.isascii() else normalize("NFC", normalize("NFC", text).lower())


def exact(text: str) -> str:
    """A text as it is compared where case matters."""
    return text if text.isascii() else normalize("NFC", text)


def bad(message: str) -> ScimBad:
    """What is wrong with a filter."""
    return ScimBad(message, "invalidFilter")
