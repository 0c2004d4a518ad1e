"""A condition on accounts as a statement's text, and its values as parameters. No part of it is ever NULL, so NOT is plain."""

from collections.abc import Callable

from admincenter.core.account_search import Both, Condition, Either, Field, Is, Not, Order, Place, exact, fold
from admincenter.store.sql import Value

Clause = tuple[str, list[Value]]

_COLUMN = {
    Field.ID: "account_id",
    Field.USER_NAME: "user_key",
    Field.EXTERNAL_ID: "external_id",
    Field.EMAIL: "email_key",
    Field.ACTIVE: "active",
    Field.CREATED: "created_at",
    Field.MODIFIED: "modified_at",
}
_SIGN = {"eq": "=", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}
_NAMING = (Field.ID, Field.USER_NAME, Field.EXTERNAL_ID, Field.EMAIL)
_PLUS = {Field.ID: "", Field.USER_NAME: "", Field.CREATED: "+", Field.MODIFIED: "+"}
"""Only numbers take one on every engine."""

_FOLDED = (Field.USER_NAME, Field.EMAIL)


def where_of(instance: str, condition: Condition | None) -> Clause:
    """What follows WHERE: the accounts of the instance, of which the condition is true."""
    if condition is None:
        return "instance = ?", [instance]
    text, values = _clause(condition, instance)
    return f"instance = ? AND {text}", [instance, *values]


def _clause(condition: Condition, instance: str) -> Clause:
    match condition:
        case Is():
            return _is(condition, instance)
        case Not(term):
            text, values = _clause(term, instance)
            return f"NOT ({text})", values
        case Both(terms):
            return _joined(" AND ", terms, instance)
        case Either(terms):
            return _joined(" OR ", terms, instance)


def _joined(word: str, terms: tuple[Condition, ...], instance: str) -> Clause:
    clauses = [_clause(each, instance) for each in terms]
    return f"({word.join(text for text, _ in clauses)})", [value for _, values in clauses for value in values]


def _is(condition: Is, instance: str) -> Clause:
    if condition.field is Field.EMAIL:
        text, values = _compared(condition)
        inner = "SELECT account_id FROM account_emails WHERE instance = ?"
        return f"account_id IN ({inner}{text and ' AND ' + text})", [instance, *values]
    if condition.field is Field.EXTERNAL_ID:
        text, values = _compared(condition)
        return f"(external_id IS NOT NULL{text and ' AND ' + text})", values
    return _compared(condition)


def _compared(condition: Is) -> Clause:
    """A column with a value; nothing for `pr`, where the row being there is the answer."""
    field, operator, value = condition
    column = _COLUMN[field]
    if operator == "pr":
        return "", []
    of: Callable[[str], Value] = fold if field in _FOLDED else exact
    given = of(value) if isinstance(value, str) else value
    if isinstance(given, str) and not _is_storable(given):
        return "1 = 0", []
    if operator == "sw" and isinstance(given, bytes):
        return _beginning(column, given)
    return f"{column} {_SIGN[operator]} ?", [given]


def _is_storable(text: str) -> bool:
    """Whether a column can have this value; PostgreSQL does not even take another as a parameter."""
    return "\0" not in text and not any("\ud800" <= each <= "\udfff" for each in text)


def _beginning(column: str, prefix: bytes) -> Clause:
    """Bytes that begin so are a range of the index. No text ends in 0xFF, so every prefix but the empty one has an end."""
    if not prefix:
        return f"{column} >= ?", [b""]
    return f"{column} >= ? AND {column} < ?", [prefix, prefix[:-1] + bytes([prefix[-1] + 1])]


def _leaves_few(condition: Condition) -> bool:
    """Whether it names what hardly two accounts have in common."""
    match condition:
        case Is(field, op, _):
            return op == "eq" and field in _NAMING
        case Both(terms):
            return any(map(_leaves_few, terms))
        case Either(terms):
            return all(map(_leaves_few, terms))
        case Not():
            return False


def ordered(order: Order, where: Condition | None) -> str:
    """What follows ORDER BY: an index's own order, unless the condition leaves few: then that index is the one to go by, and
    the plus keeps an engine from walking through everybody in order."""
    down = " DESC" if order.descending else ""
    column = _COLUMN[order.by]
    if where is not None and _leaves_few(where):
        column = f"{_PLUS[order.by]}{column}"
    return f"{column}{down}" if order.by in (Field.ID, Field.USER_NAME) else f"{column}{down}, account_id{down}"


def stretch(place: Place) -> Clause:
    """What follows the condition, and the numbers behind LIMIT and OFFSET."""
    if place.after is None:
        return "", [place.limit, place.offset]
    return " AND (created_at, account_id) > (?, ?)", [*place.after, place.limit, place.offset]
