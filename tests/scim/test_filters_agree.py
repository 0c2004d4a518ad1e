"""A filter gives the same answers whichever way it is evaluated: by us, by scim2-models, and by a statement with a rest.

SCIM_EXAMPLES says how many are tried; a thorough run takes 10,000 and more.
"""

import operator
import os
from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import HealthCheck, given, note, settings
from scim2_models.path import ScimFilter

from admincenter.core import account_search
from admincenter.core.account_search import Both, Condition, Either, Field, Is, exact, folded
from admincenter.scim import filtering, predicates
from admincenter.scim.comparing import moment
from admincenter.scim.models import AccountModel
from tests.scim.generated import documents, filters

EXAMPLES = int(os.environ.get("SCIM_EXAMPLES", "300"))
_MANY = settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@_MANY
@given(filters, documents())
def test_a_filter_gives_the_answer_of_the_library(text: str, document: dict[str, Any]) -> None:
    note(text)
    resource = AccountModel.model_validate(document)
    expected = ScimFilter[AccountModel](text).match(resource)
    assert predicates.of_account(filtering.parsed(text))(document) == expected


@_MANY
@given(filters, documents())
def test_a_statement_and_what_is_judged_besides_give_the_answer_of_the_filter(text: str, document: dict[str, Any]) -> None:
    """Of a filter that a statement answers whole, nothing is left to judge; of any other it lets through no account too few."""
    answer = predicates.of_account(filtering.parsed(text))(document)
    found = filtering.compiled(text)
    looked_up = found.where is None or _holds(found.where, document)
    assert (looked_up and (found.also is None or found.also(document))) == answer


def _holds(condition: Condition, document: dict[str, Any]) -> bool:
    """The condition as the store answers it, on one account."""
    if isinstance(condition, Is):
        return _is(condition, document)
    if isinstance(condition, account_search.Not):
        return not _holds(condition.term, document)
    quantifier = all if isinstance(condition, Both) else any
    assert isinstance(condition, Both | Either)
    return quantifier(_holds(each, document) for each in condition.terms)


def _is(condition: Is, document: dict[str, Any]) -> bool:
    stored = _stored(condition.field, document)
    if condition.op == "pr":
        return bool(stored)
    wanted = _key(condition.field, condition.value)
    return any(_COMPARE[condition.op](_key(condition.field, each), wanted) for each in stored)


_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "sw": str.startswith,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}


def _stored(field: Field, document: dict[str, Any]) -> list[Any]:
    if field is Field.EMAIL:
        return [each["value"] for each in document.get("emails", []) if "value" in each]
    if field is Field.ACTIVE:
        return [int(document.get("active") is True)]
    if field in (Field.CREATED, Field.MODIFIED):
        return [_micros(document["meta"][field.value.removeprefix("meta.")])]
    return [document[field.value]] if field.value in document else []


def _micros(text: str) -> int:
    return round(moment(text).timestamp() * 1_000_000)


def _key(field: Field, value: Any) -> Any:
    if field in (Field.USER_NAME, Field.EMAIL):
        return folded(value)
    return exact(value) if isinstance(value, str) else value
