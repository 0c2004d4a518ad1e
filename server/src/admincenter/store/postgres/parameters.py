"""How a statement and its values travel: `?` becomes `$1`, values go in the server's own binary form, answers come in it."""

import struct
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import count
from typing import Any, NamedTuple

from admincenter.store.sql import Value

_TEXT, _NUMBER, _BLOB, _UNKNOWN = 25, 20, 17, 0
_ARRAY_OF = {_TEXT: 1009, _NUMBER: 1016, _BLOB: 1001}
"""The numbers of the types in every PostgreSQL's catalogue: text, bigint, bytea, and arrays of them."""

_ARRAY_HEAD = struct.Struct(">iiIii")
_LENGTH = struct.Struct(">i")
_BIGINT = struct.Struct(">q")
_NO_VALUE = _LENGTH.pack(-1)


class Encoded(NamedTuple):
    """A value on its way: the number of its type, and its bytes."""

    type: int
    data: bytes | None


@lru_cache(maxsize=1_000)
def translated(statement: str) -> bytes:
    """The statement with PostgreSQL's placeholders. No text of ours holds a question mark of its own."""
    first, *rest = statement.split("?")
    numbers = count(1)
    return (first + "".join(f"${next(numbers)}{each}" for each in rest)).encode()


def encoded(value: "Value | Encoded") -> Encoded:
    """A value as the server's own binary form has it."""
    if isinstance(value, Encoded):
        return value
    if value is None:
        return Encoded(_UNKNOWN, None)
    if isinstance(value, str):
        return Encoded(_TEXT, value.encode())
    if isinstance(value, int):
        return Encoded(_NUMBER, _bigint(value))
    return Encoded(_BLOB, value)


def _bigint(value: int) -> bytes:
    try:
        return _BIGINT.pack(value)
    except struct.error:
        raise OverflowError(f"{value} is no 64-bit number") from None


def texts(values: Sequence[str | None]) -> Encoded:
    """An array of texts."""
    return _array(_TEXT, [None if each is None else each.encode() for each in values])


def numbers(values: Sequence[int | None]) -> Encoded:
    """An array of 64-bit numbers."""
    return _array(_NUMBER, [None if each is None else _bigint(each) for each in values])


def blobs(values: Sequence[bytes | None]) -> Encoded:
    """An array of byte strings."""
    return _array(_BLOB, values)


def columns(kinds: Sequence[Callable[[Sequence[Any]], Encoded]], rows: Sequence[Sequence[Any]]) -> list[Encoded]:
    """Rows as one array a column, for `unnest`."""
    turned = zip(*rows, strict=True) if rows else ((),) * len(kinds)
    return [of(column) for of, column in zip(kinds, turned, strict=True)]


def _array(of: int, elements: Sequence[bytes | None]) -> Encoded:
    head = _ARRAY_HEAD.pack(1, int(None in elements), of, len(elements), 1)
    return Encoded(_ARRAY_OF[of], head + b"".join([part for each in elements for part in _element(each)]))


def _element(data: bytes | None) -> tuple[bytes, bytes]:
    return (_NO_VALUE, b"") if data is None else (_LENGTH.pack(len(data)), data)
