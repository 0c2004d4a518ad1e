"""What a condition finds, on every engine: the same as Python finds with the same condition over the same rows."""

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from admincenter.core.account_search import INDEXED, Both, Condition, Either, Field, Is, Not, Order, Place, fold
from admincenter.core.ports import Account, Tx
from tests.store.conformance.account_rows import added, an_account
from tests.store.conformance.rows import HERE, NOW, THERE

NAMES = ("Ada", "adam", "ADA b", "Zoë", "zo\u0065\u0308 2", "%_\\", "a'b", "", "ß", "\U0001f600")
EMAILS: Mapping[int, Sequence[str]] = {0: ("Ada@Example.com", "b@example.com"), 3: ("zoë@example.com",), 4: ("%",)}
ROWS = [an_account(HERE, number, f"{name}!", NOW + number % 3) for number, name in enumerate(NAMES)]


@pytest.fixture
def directory(furnished: Tx) -> Tx:
    """Names that differ in case, accents and what a pattern would take for itself."""
    for number, row in enumerate(ROWS):
        assert added(furnished, row, *EMAILS.get(number, ()))
        assert added(furnished, row._replace(instance=THERE), "ada@example.com")
    return furnished


OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
    "sw": lambda one, other: one.startswith(other),
    "pr": lambda one, other: True,
}


def holds(condition: Condition, row: Account) -> bool:
    """The same in plain Python."""
    match condition:
        case Is(field, op, value):
            wanted = fold(value) if field in (Field.USER_NAME, Field.EMAIL) and isinstance(value, str) else value
            return any(OPERATORS[op](each, wanted) for each in values_of(row, field))
        case Not(term):
            return not holds(term, row)
        case Both(terms):
            return all(holds(each, row) for each in terms)
        case Either(terms):
            return any(holds(each, row) for each in terms)


def values_of(row: Account, field: Field) -> Sequence[object]:
    """What the row has of the field."""
    number = ROWS.index(row)
    found: dict[Field, Sequence[object]] = {
        Field.ID: [row.account_id],
        Field.USER_NAME: [fold(row.user_name)],
        Field.EXTERNAL_ID: [row.external_id] if row.external_id else [],
        Field.EMAIL: [fold(each) for each in EMAILS.get(number, ())],
        Field.ACTIVE: [row.active],
        Field.CREATED: [row.created_at],
        Field.MODIFIED: [row.modified_at],
    }
    return found[field]


def value_for(field: Field) -> some.SearchStrategy[str | int]:
    """Values of which some are there."""
    if field is Field.ACTIVE:
        return some.integers(0, 1)
    if field in (Field.CREATED, Field.MODIFIED):
        return some.integers(NOW - 2, NOW + 12)
    texts = [text for each in ROWS for text in (each.user_name, each.account_id, each.external_id or "")]
    return some.sampled_from([*texts, *(each for few in EMAILS.values() for each in few), "A", "ad", "z", "%", "no"])


COMPARED = some.sampled_from([(field, op) for field, ops in INDEXED.items() for op in sorted(ops)]).flatmap(
    lambda which: value_for(which[0]).map(lambda value: Is(*which, None if which[1] == "pr" else value))
)
CONDITIONS: some.SearchStrategy[Condition] = some.recursive(
    COMPARED,
    lambda inner: some.one_of(
        inner.map(Not),
        some.lists(inner, min_size=1, max_size=3).map(lambda terms: Both(tuple(terms))),
        some.lists(inner, min_size=1, max_size=3).map(lambda terms: Either(tuple(terms))),
    ),
    max_leaves=6,
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(condition=CONDITIONS)
def test_a_statement_finds_what_plain_python_finds(directory: Tx, condition: Condition) -> None:
    """And counts as many; nobody of another instance is among them."""
    found = directory.accounts.select(HERE, condition, Order(Field.ID), Place(99))
    assert found == [each for each in ROWS if holds(condition, each)]
    assert directory.accounts.count_where(HERE, condition) == len(found)


@pytest.mark.parametrize("text", ["' OR 1=1 --", "?", "$1", "\\", "\ud800", "x" * 4_000, "a\0b"])
def test_a_value_is_never_read_as_a_statement(directory: Tx, text: str) -> None:
    """Whatever a client writes, of whichever field."""
    for field in (Field.ID, Field.USER_NAME, Field.EXTERNAL_ID, Field.EMAIL):
        assert directory.accounts.count_where(HERE, Is(field, "eq", text)) == 0
        assert directory.accounts.count_where(HERE, Not(Is(field, "eq", text))) == len(ROWS)
