"""What is searched in the account directory, as plain values: conditions, an order, a stretch of the result.

A filter's text becomes these in `scim/`; the store turns a condition into a statement, and `account_pages.py` gives the pages.
"""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple


class Field(Enum):
    """What of an account an index knows."""

    ID = "id"
    USER_NAME = "userName"
    EXTERNAL_ID = "externalId"
    EMAIL = "emails.value"
    ACTIVE = "active"
    CREATED = "meta.created"
    MODIFIED = "meta.lastModified"


_ORDER = frozenset({"eq", "gt", "ge", "lt", "le"})

INDEXED: Mapping[Field, frozenset[str]] = {
    Field.ID: frozenset({"eq"}),
    Field.USER_NAME: _ORDER | {"sw"},
    Field.EXTERNAL_ID: frozenset({"eq", "pr"}),
    Field.EMAIL: frozenset({"eq", "sw", "pr"}),
    Field.ACTIVE: frozenset({"eq"}),
    Field.CREATED: _ORDER,
    Field.MODIFIED: _ORDER,
}
"""The operators that a statement answers, field by field; everything else is judged on the documents."""


class Is(NamedTuple):
    """A field compared with a value: a text as the client wrote it, 1 or 0 for `active`, µs for a time; None for `pr`."""

    field: Field
    op: str
    value: str | int | None = None


class Both(NamedTuple):
    """All of the terms."""

    terms: "tuple[Condition, ...]"


class Either(NamedTuple):
    """At least one of the terms."""

    terms: "tuple[Condition, ...]"


class Not(NamedTuple):
    """Whatever the term is not true of, an account without the field included."""

    term: "Condition"


Condition = Is | Both | Either | Not


def names_one(where: Condition | None) -> bool:
    """Whether it can be true of one account only."""
    return isinstance(where, Is) and where.op == "eq" and where.field in (Field.ID, Field.USER_NAME)


ORDERED = frozenset({Field.ID, Field.USER_NAME, Field.CREATED, Field.MODIFIED})
"""The fields whose order an index has; no account lacks one of them."""


class Order(NamedTuple):
    """In which order accounts come; those that are equal, in the order of their identifiers."""

    by: Field = Field.CREATED
    descending: bool = False


class Place(NamedTuple):
    """Which of them: behind the account that was created then and has this identifier, or behind so many; at most so many."""

    limit: int
    after: tuple[int, str] | None = None
    offset: int = 0


Document = dict[str, Any]


class Sort(NamedTuple):
    """An order that a client asks for: a field of `ORDERED`, or what to sort documents by. None comes last, or first where
    it is descending."""

    by: Field | Callable[[Document], Any]
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Search:
    """`where` is answered by a statement, `also` judged on each document that is left. `start` counts from 1, unless there is a
    cursor."""

    where: Condition | None = None
    also: Callable[[Document], bool] | None = None
    sort: Sort | None = None
    start: int = 1
    count: int = 100
    cursor: str | None = None


def exact(text: str) -> str:
    """A text as it is compared where case matters."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def folded(text: str) -> str:
    """A text as it is compared where case is ignored."""
    return text.lower() if text.isascii() else exact(exact(text).lower())


def fold(text: str) -> bytes:
    """The same as bytes, whose order is that of the characters."""
    return folded(text).encode("utf-8", "surrogatepass")
