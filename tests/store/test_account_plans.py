"""How SQLite goes about the searches that clients make all day: by the index of what is named, never through everybody."""

import pytest

from admincenter.core.account_search import Both, Condition, Either, Field, Is, Not, Order
from admincenter.store.account_search import ordered, where_of
from admincenter.store.opening import Store

NAMED: dict[str, Condition] = {
    "accounts_external_id (instance=? AND external_id=?)": Is(Field.EXTERNAL_ID, "eq", "x"),
    "accounts_user_key (instance=? AND user_key=?)": Is(Field.USER_NAME, "eq", "x"),
    "account_emails_key (instance=? AND email_key=?)": Is(Field.EMAIL, "eq", "x"),
    "sqlite_autoindex_accounts_1 (instance=? AND account_id=?)": Is(Field.ID, "eq", "1"),
    "accounts_external_id (instance=? AND external_id=?) ": Both((Is(Field.ACTIVE, "eq", 1), Is(Field.EXTERNAL_ID, "eq", "x"))),
    "accounts_active (instance=? AND active=?)": Is(Field.ACTIVE, "eq", 0),
    "accounts_modified (instance=? AND modified_at>?)": Is(Field.MODIFIED, "gt", 1),
}


def plan(store: Store, where: Condition | None) -> str:
    """What the engine says that it will do."""
    text, values = where_of("1" * 16, where)
    statement = f"EXPLAIN QUERY PLAN SELECT * FROM accounts WHERE {text} ORDER BY {ordered(Order(), where)} LIMIT 101"
    with store.connected() as database:
        return "\n".join(row[3] for row in database.sql.all(statement, values))


@pytest.mark.parametrize("index", NAMED)
def test_what_is_named_is_found_by_its_index(store: Store, index: str) -> None:
    assert index.strip() in plan(store, NAMED[index])


@pytest.mark.parametrize(
    "where",
    [
        None,
        Not(Is(Field.USER_NAME, "eq", "x")),
        Either((Is(Field.USER_NAME, "eq", "x"), Is(Field.ACTIVE, "eq", 1))),
    ],
)
def test_everybody_comes_in_the_order_of_an_index(store: Store, where: Condition | None) -> None:
    """Nothing is sorted, so that a page costs the same however many there are."""
    assert "TEMP B-TREE" not in plan(store, where)
