"""JSON as a request brings it, read strictly: what two readers could understand differently is refused, not guessed."""

import json
import re
from math import isfinite
from typing import Any

from admincenter.core.errors import ScimBad

DEEPEST = 32
MOST_CONTAINERS = 20_000
MOST_MEMBERS = 100_000
MOST_VALUES = 50_000
MOST_OF_ONE = 1_000
_FAR = 2**63
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_SUSPECT = re.compile(r"\\u(?:0000|d[89a-f])", re.IGNORECASE)
"""An escape that may write what is not storable."""


def read_object(body: bytes) -> dict[str, Any]:
    """The object that the body is. Raises ScimBad: not UTF-8, not JSON, a key twice, NaN, too deep, not to be stored."""
    text = _text(body)
    containers = text.count("{") + text.count("[")
    if containers > MOST_CONTAINERS:
        raise _bad(f"the body has more than {MOST_CONTAINERS} objects and arrays")
    if text.count(":") > MOST_MEMBERS:  # colons within texts count too: it is a cap, not a census
        raise _bad(f"the body has more than {MOST_MEMBERS} members")
    if text.count(",") > MOST_VALUES:
        raise _bad(f"the body has more than {MOST_VALUES} values")
    found = _parsed(text)
    if not isinstance(found, dict):
        raise _bad("the body must be a JSON object")
    if containers > DEEPEST and _depth(found) > DEEPEST:
        raise _bad(f"the body is nested deeper than {DEEPEST}")
    if _SUSPECT.search(text):
        _refuse_unstorable(found)
    return found


def _bad(message: str) -> ScimBad:
    return ScimBad(message[0].upper() + message[1:], "invalidSyntax")


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _bad("the body is not UTF-8") from None


def _parsed(text: str) -> Any:
    try:
        return json.loads(
            text, object_pairs_hook=_object, parse_int=_integer, parse_float=_fraction, parse_constant=_no_constant
        )
    except RecursionError:
        raise _bad(f"the body is nested deeper than {DEEPEST}") from None
    except ValueError as error:
        raise _bad(f"the body is not well-formed JSON: {error}") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) > MOST_OF_ONE:
        raise _bad(f"an object has more than {MOST_OF_ONE} members")
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _value in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise _bad(f"{twice[:100]!r} is given twice in one object")
    return found


def _integer(digits: str) -> int:
    if len(digits) > 20 or not -_FAR <= int(digits) < _FAR:
        raise _bad("a number does not fit into 64 bits")
    return int(digits)


def _fraction(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise _bad("a number is out of range")
    return value


def _no_constant(name: str) -> None:
    raise _bad(f"{name} is not JSON")


def _depth(found: Any) -> int:
    """How deep it is nested; counted no further than is allowed."""
    level, depth = [found], 0
    while level and depth <= DEEPEST:
        depth += 1
        level = [each for one in level for each in _members(one) if isinstance(each, dict | list)]
    return depth


def _members(value: Any) -> Any:
    return value.values() if isinstance(value, dict) else value


def _refuse_unstorable(found: Any) -> None:
    """Escapes can write what no text holds: half a character, or NUL, which PostgreSQL does not keep."""
    ahead = [found]
    while ahead:
        value = ahead.pop()
        if isinstance(value, dict):
            ahead.extend(value)
            ahead.extend(value.values())
        elif isinstance(value, list):
            ahead.extend(value)
        elif isinstance(value, str) and not storable(value):
            raise _bad("a text holds U+0000 or half of a surrogate pair; leave it out")


def storable(text: str) -> bool:
    """Whether a database keeps it as it is."""
    return _UNSTORABLE.search(text) is None
