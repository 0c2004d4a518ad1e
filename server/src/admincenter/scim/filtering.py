"""A filter's text as what the store looks up and what is judged on documents (RFC 7644 section 3.4.2.2).

Caps come before the parser, so a bomb is refused as fast as it is read. The grammar is scim2-models'; a comparison of one
attribute with one value, which is what clients send, does not need it.
"""

import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from scim2_models import InvalidFilterException
from scim2_models.path import AttrPath, CompareOperator, Comparison, FilterNode, ScimFilter

from admincenter.core.account_search import Condition, Field, Is
from admincenter.scim import conditions, predicates
from admincenter.scim.comparing import bad

LONGEST = 4_096
DEEPEST = 20
MOST_TERMS = 50

_EXAMPLE = 'write it as userName eq "ada" and active eq true, a text in double quotes'
_STRING = r'"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9A-Fa-f]{4})*"'
_SIMPLE = re.compile(
    r"\s*((?:urn:[\w.:-]+:)?)([A-Za-z][\w-]*)(?:\.([A-Za-z][\w-]*))?\s+(eq|ne|co|sw|ew|gt|ge|lt|le)\s+"
    rf"({_STRING}|true|false)\s*",
    re.IGNORECASE | re.ASCII,
)
_LOOKED_UP = re.compile(rf"\s*(userName|externalId|id)\s+eq\s+({_STRING})\s*", re.IGNORECASE | re.ASCII)
_FIELDS = {each.value.lower(): each for each in (Field.USER_NAME, Field.EXTERNAL_ID, Field.ID)}
_ANY_STRING = re.compile(r'"(?:[^"\\]|\\.)*"?')
_CONNECTIVES = re.compile(r"(?<![\w.:$-])(?:and|or)(?![\w.:$-])", re.IGNORECASE)


class Filter(NamedTuple):
    """`where` is answered by a statement, `also` judged on the documents that it leaves; None where there is nothing to do."""

    where: Condition | None
    also: Callable[[dict[str, Any]], bool] | None


def compiled(text: str) -> Filter:
    """What the filter means. Raises ScimBad (invalidFilter) where it is too much, malformed, or names what is not there."""
    looked_up = _LOOKED_UP.fullmatch(text) if len(text) < LONGEST // 4 else None
    if looked_up is not None and "\\" not in text:  # what provisioning asks all the time: there is nothing to understand
        return Filter(Is(_FIELDS[looked_up[1].lower()], "eq", looked_up[2][1:-1]), None)
    node = parsed(text)
    predicate = predicates.of_account(node)
    narrowed = conditions.narrowed(node)
    return Filter(narrowed.condition, None if narrowed.exact else predicate)


def parsed(text: str) -> FilterNode:
    """The filter as a tree, its size judged before it is parsed."""
    if len(text) > LONGEST or len(text.encode("utf-8", "surrogatepass")) > LONGEST:
        raise bad(f"The filter is longer than {LONGEST} bytes")
    simple = _SIMPLE.fullmatch(text)
    if simple:
        return _simple(*simple.groups())
    _check_size(text)
    try:
        return ScimFilter(text).ast
    except (InvalidFilterException, ValueError, RecursionError) as error:
        raise bad(f"The filter cannot be read: {getattr(error, 'detail', None) or error}; {_EXAMPLE}") from None


def _simple(urn: str, name: str, sub: str | None, op: str, literal: str) -> Comparison:
    value = json.loads(literal if literal[0] == '"' else literal.lower())
    return Comparison(AttrPath(name, sub, urn.removesuffix(":") or None), CompareOperator(op.lower()), value)


def _check_size(text: str) -> None:
    bare = _ANY_STRING.sub('""', text)
    if len(_CONNECTIVES.findall(bare)) >= MOST_TERMS:
        raise bad(f"The filter has more than {MOST_TERMS} terms")
    depth = deepest = 0
    for each in bare:
        depth += (each in "([") - (each in ")]")
        deepest = max(deepest, depth)
    if deepest > DEEPEST:
        raise bad(f"The filter is nested deeper than {DEEPEST}")
