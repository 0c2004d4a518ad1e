"""Which part of a filter a statement can answer: everything that an index knows, as a condition of `core/account_search.py`.

What is narrowed is never too little: where the condition is not `exact` it holds for more accounts than the filter, and the
documents of those are judged.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from scim2_models.path import Comparison, FilterNode, LogicalExpr, LogicalOperator, Not, Present, ValuePath

from admincenter.core import account_search
from admincenter.core.account_search import INDEXED, Both, Condition, Either, Field, Is
from admincenter.scim import predicates
from admincenter.scim.attributes import Place
from admincenter.scim.comparing import moment
from admincenter.scim.json_text import storable

_FIELDS: Mapping[str, Field] = {each.value: each for each in Field}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Narrowed(NamedTuple):
    """A condition, or None where there is none; and whether it says all that the filter says."""

    condition: Condition | None
    exact: bool


_NOTHING = Narrowed(None, exact=False)


def narrowed(node: FilterNode) -> Narrowed:
    """What of the filter is looked up. The filter was compiled before, so its names and values are good."""
    if isinstance(node, Comparison):
        return _comparison(predicates.compared(node.attr_path), node.op.value, node.value)
    if isinstance(node, Present):
        return _presence(predicates.place_of(node.attr_path))
    if isinstance(node, Not):
        return _not(narrowed(node.expr))
    if isinstance(node, ValuePath):
        return _selection(node)
    return _combined(node, [narrowed(each) for each in node.terms]) if isinstance(node, LogicalExpr) else _NOTHING


def _comparison(place: Place, op: str, value: Any) -> Narrowed:
    field = _FIELDS.get(place.name)
    if field is None or value is None:
        return _NOTHING
    if op == "ne":
        return _not(_comparison(place, "eq", value))
    operand = _operand(field, value) if op in INDEXED[field] else None
    if operand is None:
        return _NOTHING
    return Narrowed(Is(field, op, operand), exact=field is not Field.ACTIVE or operand == 1)


def _operand(field: Field, value: Any) -> str | int | None:
    """As the store compares it: 1 or 0, a text, or µs. None where the time is before all that the store knows, or the text is
    none that it could hold."""
    if field is Field.ACTIVE:
        return int(str(value).lower() == "true")
    if field not in (Field.CREATED, Field.MODIFIED):
        return str(value) if storable(str(value)) else None
    micros = (moment(value) - _EPOCH) // timedelta(microseconds=1)
    return micros if micros >= 0 else None


def _presence(place: Place) -> Narrowed:
    field = _FIELDS.get(place.name)
    if field is None or "pr" not in INDEXED[field]:
        return _NOTHING
    return Narrowed(Is(field, "pr"), exact=True)


def _not(inner: Narrowed) -> Narrowed:
    if inner.condition is None or not inner.exact:
        return _NOTHING
    return Narrowed(account_search.Not(inner.condition), exact=True)


def _combined(node: LogicalExpr, terms: list[Narrowed]) -> Narrowed:
    known = tuple(each.condition for each in terms if each.condition is not None)
    exact = all(each.exact for each in terms)
    if node.op == LogicalOperator.and_:
        return Narrowed(Both(known), exact) if known else _NOTHING
    return Narrowed(Either(known), exact) if len(known) == len(terms) else _NOTHING


def _selection(node: ValuePath) -> Narrowed:
    """Of `emails[type eq "work" and value eq "x"]`, that there is such an address at all."""
    place = predicates.place_of(node.attr_path)
    if place.name != "emails":
        return _NOTHING
    return _entry(place, node.val_filter)._replace(exact=False)


def _entry(place: Place, node: FilterNode) -> Narrowed:
    """What holds of the account where one entry fulfils the filter. Nothing that is negated does."""
    if isinstance(node, Comparison) and node.op.value != "ne":
        part = place.attribute.subs[node.attr_path.attr.lower()]
        return _comparison(place._replace(sub=part), node.op.value, node.value)._replace(exact=False)
    if isinstance(node, LogicalExpr):
        return _combined(node, [_entry(place, each) for each in node.terms])
    return _NOTHING
