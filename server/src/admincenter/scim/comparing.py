"""How two values compare in a filter (RFC 7644 section 3.4.2.2), kind by kind: the answers of scim2-models' own evaluation.

Strings are compared as NFC, and in lower case unless the attribute is `caseExact`. A value that is not there equals only null.
"""

import binascii
import operator
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from admincenter.core.account_search import exact, folded
from admincenter.core.errors import ScimBad
from admincenter.scim.attributes import Attribute

Test = Callable[[Any], bool]
"""Whether one stored value, or None where there is none, compares as asked."""

_STRINGS: Mapping[str, Callable[[str, str], bool]] = {"co": operator.contains, "sw": str.startswith, "ew": str.endswith}
_ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
_TRUTH = {"true": True, "false": False}


def bad(message: str) -> ScimBad:
    """What is wrong with a filter."""
    return ScimBad(message, "invalidFilter")


def moment(text: str) -> datetime:
    """A dateTime; UTC where no zone is named. Raises ValueError."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def key_of(attribute: Attribute) -> Callable[[Any], Any]:
    """What values of the attribute are compared by."""
    if attribute.kind in ("string", "reference"):
        return exact if attribute.exact else folded
    return moment if attribute.kind == "dateTime" else _itself


def _itself(value: Any) -> Any:
    return value


def test(attribute: Attribute, op: str, value: Any) -> Test:
    """The comparison with the value. Raises ScimBad where the attribute takes no such comparison."""
    if (attribute.kind in ("boolean", "binary") or attribute.mutability == "writeOnly") and op not in ("eq", "ne"):
        raise bad(f"{op} does not apply to {attribute.name}: compare with eq or ne")
    key = key_of(attribute)
    if op in _STRINGS:
        return _matches(attribute, key, _STRINGS[op], value)
    wanted = None if value is None else key(_operand(attribute, value))
    if op in _ORDERS:
        return _compares(key, _ORDERS[op], wanted)
    equals = _equals(key, wanted)
    return equals if op == "eq" else lambda found: not equals(found)


def _equals(key: Callable[[Any], Any], wanted: Any) -> Test:
    if wanted is None:
        return lambda found: found is None
    return lambda found: found is not None and bool(key(found) == wanted)


def _compares(key: Callable[[Any], Any], order: Callable[[Any, Any], bool], wanted: Any) -> Test:
    if wanted is None:
        return _never
    return lambda found: found is not None and order(key(found), wanted)


def _matches(attribute: Attribute, key: Callable[[Any], Any], relation: Callable[[str, str], bool], value: Any) -> Test:
    if not isinstance(value, str) or attribute.kind not in ("string", "reference"):
        return _never
    part = key(value)
    return lambda found: found is not None and relation(key(found), part)


def _never(_found: Any) -> bool:
    return False


def _operand(attribute: Attribute, value: Any) -> Any:
    """The value of a filter as the attribute's kind writes it."""
    try:
        return _OPERANDS[attribute.kind](value)
    except (ValueError, TypeError):
        raise bad(f"{value!r} is no value of {attribute.name}, which is {attribute.kind}") from None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    return _TRUTH[value.lower()] if isinstance(value, str) and value.lower() in _TRUTH else _refused()


def _refused() -> Any:
    raise ValueError


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise TypeError
    return int(value)


def _time(value: Any) -> str:
    moment(_text(value))
    return str(value)


def _bytes(value: Any) -> str:
    try:
        return b64encode(b64decode(_text(value), validate=True)).decode()
    except binascii.Error:
        raise ValueError from None


_OPERANDS: Mapping[str, Callable[[Any], Any]] = {
    "string": _text,
    "reference": _text,
    "boolean": _boolean,
    "integer": _whole,
    "dateTime": _time,
    "binary": _bytes,
}
