"""Which part of a document `attributes` and `excludedAttributes` leave."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scim2_models import Context, ResponseParameters

from admincenter.core.errors import ScimBad
from admincenter.scim.attributes import places
from admincenter.scim.models import CORE, ENTERPRISE, AccountModel
from admincenter.scim.projection import projected
from tests.scim.generated import documents

DOCUMENT = {
    "schemas": [CORE, ENTERPRISE],
    "id": "1",
    "userName": "ada",
    "name": {"givenName": "Ada", "familyName": "L"},
    "emails": [{"value": "a", "type": "work"}, {"type": "home"}],
    ENTERPRISE: {"department": "d", "manager": {"value": "5", "$ref": "x"}},
    "meta": {"version": "1", "location": "here"},
}


def _of(wanted: str | None = None, excluded: str | None = None) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(projected(json.dumps(DOCUMENT).encode(), wanted, excluded))
    assert (found.pop("id"), CORE in found["schemas"]) == ("1", True)
    assert (ENTERPRISE in found.pop("schemas")) == (ENTERPRISE in found)
    return found


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("userName", {"userName": "ada"}),
        (f"USERNAME, {CORE}:name.givenName", {"userName": "ada", "name": {"givenName": "Ada"}}),
        ("emails.value", {"emails": [{"value": "a"}]}),
        ("name,name.givenName", {"name": DOCUMENT["name"]}),
        ("name.givenName,name", {"name": DOCUMENT["name"]}),
        (ENTERPRISE.upper(), {ENTERPRISE: DOCUMENT[ENTERPRISE]}),
        (f"{ENTERPRISE}:manager.value", {ENTERPRISE: {"manager": {"value": "5"}}}),
        (f"{ENTERPRISE},{ENTERPRISE}:department", {ENTERPRISE: DOCUMENT[ENTERPRISE]}),
        ("colour,emails[type pr],,", {}),
        ("password,title", {}),
    ],
)
def test_only_what_is_wanted_is_left(wanted: str, expected: dict[str, Any]) -> None:
    assert _of(wanted) == expected


@pytest.mark.parametrize(
    ("excluded", "gone"),
    [
        ("id,schemas", {}),
        ("emails", {"emails": None}),
        ("emails.type", {"emails": [{"value": "a"}]}),
        ("meta,name.givenName,name.familyName", {"meta": None, "name": None}),
        (ENTERPRISE, {ENTERPRISE: None}),
        (f"{ENTERPRISE}:manager", {ENTERPRISE: {"department": "d"}}),
        ("colour", {}),
    ],
)
def test_what_is_excluded_is_not_there_besides_what_always_is(excluded: str, gone: dict[str, Any]) -> None:
    whole = {name: value for name, value in {**DOCUMENT, **gone}.items() if value is not None}
    assert _of(None, excluded) == {name: value for name, value in whole.items() if name not in ("id", "schemas")}


def test_nothing_asked_for_changes_no_byte() -> None:
    assert projected(b"as it is", None, "") == b"as it is"


def test_both_at_once_and_endless_lists_are_refused() -> None:
    with pytest.raises(ScimBad, match="either"):
        _of("title", "name")
    with pytest.raises(ScimBad, match="4096"):
        _of("title," * 1_000)
    with pytest.raises(ScimBad, match="200"):
        _of(",".join(f"x{each}" for each in range(201)))


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(documents(), st.lists(st.sampled_from(list(places())), min_size=1, max_size=3), st.booleans())
def test_a_projection_is_that_of_the_library(document: dict[str, Any], chosen: list[Any], wanted: bool) -> None:
    names = [each.name for each in chosen if each.name not in ("id", "schemas")] or ["title"]
    asked = ResponseParameters[AccountModel].model_validate({"attributes" if wanted else "excludedAttributes": names})
    resource = AccountModel.model_validate(document)
    expected = resource.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=asked)
    text = ",".join(names)
    found = json.loads(projected(json.dumps(document).encode(), text if wanted else None, None if wanted else text))
    assert _without_times(found) == _without_times(expected)


def _without_times(document: dict[str, Any]) -> dict[str, Any]:
    """The library writes times in its own way."""
    return {name: value for name, value in document.items() if name != "meta" and "status" not in name}
