"""What PATCH does with the shapes that the letter and the vendors know, and what it refuses."""

import time
from collections.abc import Mapping
from typing import Any

import pytest

from admincenter.core.errors import ScimBad
from admincenter.scim import patching
from admincenter.scim.dialect import COMPATIBLE, DIALECTS, RFC, Dialect
from admincenter.scim.models import AUTH_METHOD, CORE, ENTERPRISE, STATUS, TERM

NOW = {
    "schemas": [CORE, STATUS],
    "id": "7",
    "userName": "ada",
    "name": {"givenName": "Ada", "familyName": "L"},
    "active": True,
    "emails": [{"value": "a@b.example", "type": "work", "primary": True}, {"value": "c@d.example", "type": "home"}],
    STATUS: {"invited": True, "claimed": False},
    "meta": {"version": 'W/"1"'},
}
_ATTRIBUTES = {name: NOW[name] for name in ("userName", "name", "active", "emails")}


def _patched(*operations: Mapping[str, Any], dialect: Dialect = RFC, now: Mapping[str, Any] = NOW) -> Mapping[str, Any]:
    body = {"schemas": [patching.MESSAGE], "Operations": list(operations)}
    return patching.patched(body, dialect, now).attributes


def _refused(*operations: Mapping[str, Any], dialect: Dialect = RFC) -> str:
    with pytest.raises(ScimBad) as refused:
        _patched(*operations, dialect=dialect)
    return refused.value.scim_type


def test_an_entry_just_marked_as_primary_unmarks_the_others() -> None:
    emails = _patched({"op": "add", "path": "emails", "value": {"value": "e", "primary": True}})["emails"]
    assert [each.get("primary") for each in emails] == [False, None, True]
    emails = _patched({"op": "replace", "path": 'emails[type eq "home"].primary', "value": True})["emails"]
    assert [each.get("primary") for each in emails] == [False, True]


def test_an_entry_that_is_there_already_is_not_added_again() -> None:
    again = {"op": "add", "path": "emails", "value": [{"value": "C@D.example", "type": "HOME"}]}
    assert _patched(again) == _ATTRIBUTES


def test_a_part_without_an_entry_to_stand_in_makes_one() -> None:
    assert _patched({"op": "add", "path": "roles.value", "value": "admin"})["roles"] == [{"value": "admin"}]


def test_a_part_of_all_entries_is_changed_in_all() -> None:
    emails = _patched({"op": "replace", "path": "emails.display", "value": "x"})["emails"]
    assert [each["display"] for each in emails] == ["x", "x"]


@pytest.mark.parametrize("value", [None, "", [], {}])
def test_replacing_with_nothing_removes(value: object) -> None:
    assert "name" not in _patched({"op": "replace", "path": "name", "value": value or None})
    assert "emails" not in _patched({"op": "replace", "path": "emails", "value": value if isinstance(value, list) else None})


def test_adding_nothing_changes_nothing() -> None:
    assert _patched({"op": "add", "path": "title", "value": ""}, {"op": "add", "path": "emails", "value": []}) == _ATTRIBUTES


def test_removing_the_last_entry_removes_the_attribute() -> None:
    assert "emails" not in _patched({"op": "remove", "path": "emails[value pr]"})


def test_a_whole_extension_comes_and_goes() -> None:
    here = _patched({"op": "add", "path": ENTERPRISE, "value": {"department": "d", "manager": {"value": "5"}}})
    assert here[ENTERPRISE] == {"department": "d", "manager": {"value": "5"}}
    assert ENTERPRISE not in _patched({"op": "remove", "path": ENTERPRISE.upper()}, now={**NOW, **here})


def test_an_invitation_is_changed_only_where_it_is_spoken_of() -> None:
    body = {"schemas": [patching.MESSAGE], "Operations": [{"op": "replace", "path": f"{STATUS}:invited", "value": "False"}]}
    assert patching.patched(body, RFC, NOW).invited is False
    body["Operations"] = [{"op": "replace", "path": "title", "value": "x"}]
    assert patching.patched(body, RFC, NOW).invited is None


def test_old_jobs_of_entra_wrap_single_values() -> None:
    assert _patched({"op": "Replace", "path": "active", "value": [{"$ref": None, "value": "False"}]})["active"] is False


def test_read_only_keys_of_a_value_are_ignored_and_paths_to_them_refused() -> None:
    value = {"id": "9", "meta": {}, "groups": [], "password": "x", "schemas": [], f"{STATUS}:claimed": True, "title": "t"}
    assert _patched({"op": "add", "value": value}) == {**_ATTRIBUTES, "title": "t"}
    for path in ("id", "meta", "meta.version", "groups", f"{STATUS}:claimed", f"{ENTERPRISE}:manager.displayName"):
        assert _refused({"op": "replace", "path": path, "value": "x"}) == "mutability"


def test_a_password_is_not_kept_and_not_refused() -> None:
    assert _patched({"op": "replace", "path": "password", "value": 5}) == _ATTRIBUTES


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ({"op": "move", "path": "title", "value": "x"}, "invalidSyntax"),
        ({"path": "title", "value": "x"}, "invalidSyntax"),
        ({"op": "add", "path": "title"}, "invalidValue"),
        ({"op": "add", "path": "title", "value": None}, "invalidValue"),
        ({"op": "replace", "path": "title"}, "invalidValue"),
        ({"op": "replace", "path": "title", "value": 5}, "invalidValue"),
        ({"op": "replace", "path": "active", "value": "maybe"}, "invalidValue"),
        ({"op": "replace", "path": "emails", "value": "text"}, "invalidValue"),
        ({"op": "replace", "path": "emails", "value": [{"primary": True}, {"primary": True}]}, "invalidValue"),
        ({"op": "replace", "path": f"{AUTH_METHOD}:authMethod", "value": "magic"}, "invalidValue"),
        ({"op": "replace", "path": f"{TERM}:startDate", "value": "soon"}, "invalidValue"),
        ({"op": "replace", "value": "text"}, "invalidValue"),
        ({"op": "replace", "path": 5, "value": "x"}, "invalidPath"),
        ({"op": "replace", "path": "emails[type eq", "value": "x"}, "invalidPath"),
        ({"op": "replace", "path": "emails.value eq 5", "value": "x"}, "invalidPath"),
        ({"op": "replace", "path": "x" * 2_000, "value": "x"}, "invalidPath"),
        ({"op": "replace", "path": "name[givenName pr]", "value": "x"}, "invalidFilter"),
        ({"op": "replace", "path": "emails[colour pr].value", "value": "x"}, "invalidFilter"),
        ({"op": "replace", "path": 'emails[type sw "x"].value', "value": "x"}, "noTarget"),
        ({"op": "replace", "path": 'emails[type eq "x" and value pr].value', "value": "x"}, "noTarget"),
        ({"op": "add", "path": 'emails[type eq "x"].type', "value": "y"}, "invalidValue"),
        ({"op": "remove", "path": "emails", "value": ["x"] * 51}, "invalidValue"),
        ({"op": "remove"}, "noTarget"),
        ({"op": "remove", "path": ""}, "noTarget"),
        ({"op": "remove", "path": "userName"}, "mutability"),
        ({"op": "remove", "path": CORE}, "mutability"),
        ({"op": "remove", "path": STATUS}, "mutability"),
        ({"op": "replace", "path": "userName", "value": ""}, "mutability"),
        ({"op": "replace", "path": "userName", "value": "  "}, "invalidValue"),
    ],
)
def test_what_cannot_be_done_says_why(dialect: Dialect, operation: dict[str, Any], kind: str) -> None:
    assert _refused(operation, dialect=dialect) == kind


def test_an_unknown_attribute_is_refused_by_the_letter_and_ignored_leniently() -> None:
    operations = {"op": "add", "path": "colour", "value": "red"}, {"op": "add", "value": {"colour": "red"}}
    for each in operations:
        assert _refused(each) == "invalidPath"
        assert _patched(each, dialect=COMPATIBLE) == _ATTRIBUTES


def test_a_urn_with_a_slash_leads_where_it_should() -> None:
    path = f"{CORE.replace(':User', '/User')}:title"
    assert _patched({"op": "add", "path": path, "value": "x"}, dialect=COMPATIBLE)["title"] == "x"


def test_nothing_is_done_where_the_last_operation_fails() -> None:
    before = {**NOW, "emails": [dict(each) for each in NOW["emails"]]}  # type: ignore[attr-defined]
    with pytest.raises(ScimBad):
        _patched(
            {"op": "remove", "path": "emails"}, {"op": "replace", "path": 'roles[type sw "x"].value', "value": "y"}, now=before
        )
    assert before == NOW


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"Operations": [{"op": "remove", "path": "title"}], "schemas": [CORE]}, "schemas must name"),
        ({"schemas": [patching.MESSAGE]}, "Operations must be"),
        ({"schemas": [patching.MESSAGE], "Operations": []}, "Operations must be"),
        ({"schemas": [patching.MESSAGE], "Operations": ["remove"]}, "must be an object"),
        ({"schemas": [patching.MESSAGE], "Operations": [{"op": "remove", "path": "title"}] * 101}, "more than 100"),
    ],
)
def test_a_body_that_is_no_patch_is_refused(body: dict[str, Any], said: str) -> None:
    with pytest.raises(ScimBad, match=said):
        patching.read(body, RFC)


def test_entries_cannot_grow_without_end() -> None:
    many = {**NOW, "roles": [{"value": str(each)} for each in range(200)]}
    with pytest.raises(ScimBad, match="more than 200"):
        _patched({"op": "add", "path": "roles", "value": {"value": "one more"}}, now=many)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    "operations",
    [
        [{"op": "add", "value": {f'emails[type eq "{one}-{each}"].value': "x" for each in range(200)}} for one in range(90)],
        [{"op": "add", "value": {f"x{one}.y{each}": "x" for each in range(300)}} for one in range(90)],
        [{"op": "add", "value": {CORE: {CORE: {f'emails[type eq "{each}"]': {"value": "x"} for each in range(999)}}}}],
        [{"op": "add", "path": ENTERPRISE, "value": {f"manager[a eq {each}]": "x" for each in range(999)}}],
        [{"op": "add", "path": "emails", "value": [{"value": str(each)} for each in range(200)]}] * 90,
        [{"op": "remove", "path": "emails", "value": [{"value": str(each)} for each in range(50)]}] * 90,
    ],
)
def test_a_patch_of_far_too_many_parts_is_refused_at_once(operations: list[Mapping[str, Any]], dialect: Dialect) -> None:
    """Generous for a busy machine: what is meant is milliseconds, on the event loop that everybody shares."""
    begin = time.perf_counter()
    assert _refused(*operations, dialect=dialect) == "tooMany"
    assert time.perf_counter() - begin < 0.2


@pytest.mark.parametrize("escape", [r"\ud800", r"\u0000"])
def test_a_path_cannot_smuggle_in_what_no_text_holds(escape: str) -> None:
    assert _refused({"op": "add", "path": f'emails[type eq "{escape}"].value', "value": "x"}) == "invalidPath"


def test_a_patch_is_applied_twice_with_the_same_result() -> None:
    """As where its batch was undone since somebody else's permission was gone, and runs again."""
    added = {"op": "add", "path": "emails", "value": [{"value": "e", "type": "other"}]}
    changed = {"op": "replace", "path": 'emails[value eq "e"].value', "value": "f"}
    patch = patching.read({"schemas": [patching.MESSAGE], "Operations": [added, changed]}, RFC)
    assert patch.applied(NOW) == patch.applied(NOW)
