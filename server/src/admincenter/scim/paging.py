"""Which stretch of a result a client asks for: by index, or by cursor (RFC 7644 section 3.4.2.4; RFC 9865)."""

import re
from typing import NamedTuple

from admincenter.core.errors import ScimBad

DEFAULT_COUNT = 100
MOST = 1_000
_NUMBER = re.compile(r"([+-]?)0*(\d+)", re.ASCII)
_FAR = 2**53


class Window(NamedTuple):
    """`start` counts from 1. `cursor` is None on a first page; `by_cursor` says whether the client pages by cursor."""

    start: int = 1
    limit: int = DEFAULT_COUNT
    cursor: str | None = None
    by_cursor: bool = False


_FIRST = Window()


def window(start_index: str | None, count: str | None, cursor: str | None) -> Window:
    """What is meant by the parameters. An empty cursor asks for the first page by cursor. Raises ScimBad."""
    if start_index is count is cursor is None:
        return _FIRST
    if cursor is not None and start_index is not None:
        raise ScimBad("Give either startIndex or cursor", "invalidCursor")
    start = 1 if start_index is None else max(1, _number(start_index, "startIndex", "invalidValue"))
    most = DEFAULT_COUNT
    if count is not None:
        most = min(MOST, max(0, _number(count, "count", "invalidCount" if cursor is not None else "invalidValue")))
    return Window(start, most, cursor or None, cursor is not None)


def _number(text: str, name: str, scim_type: str) -> int:
    found = _NUMBER.fullmatch(text.strip())
    if found is None:
        raise ScimBad(f"{name} must be a whole number", scim_type)
    value = int(found[2]) if len(found[2]) <= 15 else _FAR
    return -value if found[1] == "-" else value
