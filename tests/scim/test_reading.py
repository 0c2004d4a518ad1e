"""What a POST or PUT makes of an account, in each dialect."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from scim2_models import Context

from admincenter.core.errors import ScimBad
from admincenter.scim import changing
from admincenter.scim.dialect import COMPATIBLE, DIALECTS, RFC, Dialect
from admincenter.scim.models import AUTH_METHOD, CORE, ENTERPRISE, STATUS, TERM, AccountModel
from admincenter.scim.reading import created, replaced
from tests.scim.generated import attributes

BODY = {"schemas": [CORE], "userName": "ada"}


def _made(members: Mapping[str, Any], dialect: Dialect = RFC) -> Mapping[str, Any]:
    return created({**BODY, **members}, dialect).attributes


@pytest.mark.parametrize("dialect", DIALECTS)
def test_only_a_user_name_is_needed_and_the_account_is_active(dialect: Dialect) -> None:
    assert created(b'{"userName":"ada"}', dialect) == ({"userName": "ada", "active": True}, None)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", ["", "   ", None])
def test_without_a_user_name_there_is_no_account(dialect: Dialect, name: str | None) -> None:
    with pytest.raises(ScimBad, match="userName is required"):
        created({"userName": name}, dialect)


def test_names_are_known_in_any_case_and_kept_in_their_own() -> None:
    body = {"USERNAME": "ada", "Name": {"GIVENNAME": "Ada"}, ENTERPRISE.upper(): {"DEPARTMENT": "x"}, "ExternalID": "e"}
    assert list(created(body, RFC).attributes.items()) == [
        ("externalId", "e"),
        ("userName", "ada"),
        ("name", {"givenName": "Ada"}),
        ("active", True),
        (ENTERPRISE, {"department": "x"}),
    ]


def test_a_name_in_two_spellings_is_refused() -> None:
    with pytest.raises(ScimBad, match="twice"):
        created({"userName": "a", "username": "b"}, RFC)


def test_what_is_empty_is_not_kept() -> None:
    empty: dict[str, Any] = {"title": "", "nickName": None, "emails": [], "name": {"givenName": ""}, ENTERPRISE: {}}
    empty["phoneNumbers"] = [{}, {"value": None}]
    assert _made(empty) == {"userName": "ada", "active": True}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_read_only_parts_and_the_password_are_dropped(dialect: Dialect) -> None:
    sent = {"id": "9", "meta": {"version": 5}, "groups": "nonsense", "password": ["unread"], STATUS: {"claimed": "unread"}}
    assert _made(sent, dialect) == {"userName": "ada", "active": True}


def test_canonical_values_get_their_spelling_and_others_stay() -> None:
    assert _made({"emails": [{"type": "WORK"}, {"type": "Boat"}]})["emails"] == [{"type": "work"}, {"type": "Boat"}]


def test_only_the_sign_in_method_enforces_them() -> None:
    assert _made({AUTH_METHOD: {"authMethod": "SSO"}})[AUTH_METHOD] == {"authMethod": "sso"}
    with pytest.raises(ScimBad, match="password, sso"):
        _made({AUTH_METHOD: {"authMethod": "magic"}})


def test_an_invitation_is_wished_for_held_back_or_not_spoken_of() -> None:
    assert created({**BODY, STATUS: {"invited": False}}, RFC).invited is False
    assert created({**BODY, STATUS: {"invited": True}}, RFC).invited is True
    assert created(BODY, RFC).invited is None


@pytest.mark.parametrize(
    ("members", "said", "kind"),
    [
        ({"active": "true"}, "active must be true or false", "invalidValue"),
        ({"active": 1}, "active must be true or false", "invalidValue"),
        ({"title": 5}, "title must be a text", "invalidValue"),
        ({"name": "Ada"}, "name must be an object", "invalidValue"),
        ({"name": {"nick": "x"}}, "name has no 'nick'", "invalidSyntax"),
        ({"emails": {"value": "a"}}, "emails must be an array", "invalidValue"),
        ({"emails": ["a"]}, "emails must be an object", "invalidValue"),
        ({"emails": [{"value": "a", "primary": True}, {"primary": True}]}, "more than one primary", "invalidValue"),
        ({"emails": [{"value": "a"}] * 201}, "more than 200", "invalidValue"),
        ({"title": "x" * 40_000}, "longer than", "invalidValue"),
        ({"externalId": "x" * 501}, "longer than 500", "invalidValue"),
        ({"emails": [{"value": "x" * 501}]}, "longer than 500", "invalidValue"),
        ({"roles": [{"value": "x" * 9_000, "type": str(each)} for each in range(9)]}, "larger than", "invalidValue"),
        ({"profileUrl": "not a url"}, "must be a URL", "invalidValue"),
        ({"x509Certificates": [{"value": "!!"}]}, "Base64", "invalidValue"),
        ({TERM: {"startDate": "2026"}}, "whole number", "invalidValue"),
        ({TERM: {"startDate": True}}, "whole number", "invalidValue"),
        ({ENTERPRISE: {"manager": "5"}}, "manager must be an object", "invalidValue"),
        ({ENTERPRISE: "x"}, "must be an object", "invalidValue"),
        ({"colour": "red"}, "no attribute or schema 'colour'", "invalidSyntax"),
        ({"urn:example:User": {}}, "no attribute or schema", "invalidSyntax"),
        ({"schemas": [CORE, "urn:example:User"]}, "no schema 'urn:example:User'", "invalidSyntax"),
        ({"schemas": [ENTERPRISE]}, "schemas must name", "invalidSyntax"),
        ({"schemas": CORE}, "array of texts", "invalidSyntax"),
        ({"schemas": [5]}, "array of texts", "invalidSyntax"),
    ],
)
def test_the_letter_is_kept_to(members: dict[str, Any], said: str, kind: str) -> None:
    with pytest.raises(ScimBad, match=said) as refused:
        _made(members)
    assert refused.value.scim_type == kind


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"schemas": ["urn:ietf:params:scim:schemas:core:2.0/User", "urn:scim:schemas:core:1.0"]}, {}),
        ({"schemas": "anything"}, {}),
        ({"active": "False"}, {"active": False}),
        ({"colour": "red", "urn:scim:schemas:extension:facebook:auth_method:1.0": {"auth_method": "sso"}}, {}),
        ({"emails": {"value": "a", "primary": "true"}}, {"emails": [{"value": "a", "primary": True}]}),
        ({"email": "a"}, {"emails": [{"value": "a"}]}),
        ({"email": ["a", {"value": "b"}]}, {"emails": [{"value": "a"}, {"value": "b"}]}),
        ({"email": "a", "emails": [{"value": "b"}]}, {"emails": [{"value": "b"}]}),
        ({"profileURL": "https://example.com/"}, {"profileUrl": "https://example.com/"}),
        ({ENTERPRISE: {"manager": "5"}}, {ENTERPRISE: {"manager": {"value": "5"}}}),
        ({ENTERPRISE: {"manager": 5}}, {ENTERPRISE: {"manager": {"value": "5"}}}),
        ({ENTERPRISE: {"manager": {"managerId": 5, "displayName": "B"}}}, {ENTERPRISE: {"manager": {"value": "5"}}}),
        ({ENTERPRISE.replace(":User", "/User"): {"manager": {"value": 5}}}, {ENTERPRISE: {"manager": {"value": "5"}}}),
    ],
)
def test_the_compatible_dialect_is_lenient(members: dict[str, Any], expected: dict[str, Any]) -> None:
    assert _made(members, COMPATIBLE) == {"userName": "ada", "active": True, **expected}


NOW = {
    "userName": "ada",
    "name": {"givenName": "Ada", "familyName": "L"},
    "title": "x",
    "active": False,
    ENTERPRISE: {"department": "d"},
}


def test_put_replaces_but_nobody_becomes_active_by_silence() -> None:
    assert replaced({**BODY, "title": "y"}, RFC, NOW).attributes == {"userName": "ada", "title": "y", "active": False}
    assert replaced({**BODY, "active": True}, RFC, NOW).attributes["active"] is True


def test_put_in_the_compatible_dialect_merges() -> None:
    body = {"name": {"givenName": "Augusta"}, "title": None, ENTERPRISE: {"costCenter": "c"}}
    assert replaced(body, COMPATIBLE, NOW).attributes == {
        "userName": "ada",
        "name": {"givenName": "Augusta", "familyName": "L"},
        "active": False,
        ENTERPRISE: {"costCenter": "c", "department": "d"},
    }


def test_put_cannot_take_the_user_name_away() -> None:
    for dialect in DIALECTS:
        with pytest.raises(ScimBad, match="userName is required"):
            replaced({"userName": None}, dialect, NOW)


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(attributes())
def test_an_account_is_read_as_the_library_reads_it(account: dict[str, Any]) -> None:
    """And one that is canonical already stays as it is."""
    resource = AccountModel.model_validate({"schemas": [CORE], **account}, scim_ctx=Context.RESOURCE_REPLACEMENT_REQUEST)
    expected = resource.model_dump(scim_ctx=Context.RESOURCE_REPLACEMENT_REQUEST)
    del expected["schemas"]
    changing.prune(expected)
    assert replaced(account, RFC, {}).attributes == expected == account
