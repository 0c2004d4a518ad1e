"""In what the two dialects differ: each row of the table in the contract, section 5, from both sides."""

from typing import Any

import pytest

from admincenter.core import accounts
from admincenter.core.audit import SYSTEM
from tests.directory import CORE, ENTERPRISE, FACEBOOK, STATUS, Directory
from tests.serving import InProcess
from tests.tenant import Tenant

SLASHED = CORE.replace(":User", "/User")


def test_put_replaces_in_one_and_merges_in_the_other(rfc: Directory, compatible: Directory) -> None:
    made = rfc.create("bob", title="Sir", name={"givenName": "Bob", "familyName": "Wayne"})
    body = {"schemas": [CORE], "userName": "bob", "name": {"givenName": "Robert"}}
    merged = compatible.put(made["id"], body).json
    assert (merged["title"], merged["name"]) == ("Sir", {"givenName": "Robert", "familyName": "Wayne"})
    replaced = rfc.put(made["id"], body).json
    assert (replaced.get("title"), replaced["name"]) == (None, {"givenName": "Robert"})


def test_a_put_of_active_alone_deactivates_in_the_compatible_dialect(compatible: Directory) -> None:
    """What Meta's own scripts send."""
    made = compatible.create("bob", title="Sir")
    put = compatible.put(made["id"], {"schemas": [CORE], "active": False}).json
    assert (put["active"], put["title"], put["userName"]) == (False, "Sir", "bob")


def test_a_put_without_a_user_name_is_no_account_to_the_letter(rfc: Directory) -> None:
    made = rfc.create("bob")
    rfc.refused(rfc.put(made["id"], {"schemas": [CORE], "active": False}), 400, "invalidValue", "userName")
    assert rfc.read(made["id"]) == made


def test_a_claimed_account_is_deleted_by_one_and_kept_by_the_other(
    rfc: Directory, compatible: Directory, server: InProcess, tenant: Tenant
) -> None:
    made = rfc.create("bob")
    server.store.write(lambda tx: accounts.claim(tx, tenant.instance, made["id"], SYSTEM))
    assert compatible.read(made["id"])[STATUS]["canDelete"] is False
    compatible.refused(compatible.delete(made["id"]), 412, says="deactivate")
    assert rfc.read(made["id"])[STATUS]["claimed"] is True
    assert rfc.delete(made["id"]).status == 204


def test_a_delete_is_told_as_each_side_expects(rfc: Directory, compatible: Directory) -> None:
    assert [
        (reply.status, reply.body) for reply in (rfc.delete(rfc.create("a")["id"]), compatible.delete(rfc.create("b")["id"]))
    ] == [
        (204, b""),
        (200, b"{}"),
    ]


def test_who_does_not_say_who_he_is_is_refused_by_the_compatible_dialect_after_the_gate(
    rfc: Directory, compatible: Directory
) -> None:
    nameless = [("User-Agent", "")]
    made = rfc.create("bob")
    for method, path in [
        ("GET", "/Users"), ("POST", "/Users"), ("POST", "/Users/.search"), ("GET", f"/Users/{made['id']}"),
        ("PUT", f"/Users/{made['id']}"), ("PATCH", f"/Users/{made['id']}"), ("DELETE", f"/Users/{made['id']}"),
        ("GET", "/Schemas"), ("GET", "/ServiceProviderConfigs"), ("GET", "/ResourceTypes/User"),
    ]:  # fmt: skip
        compatible.refused(compatible.call(method, path, None, nameless), 400, says="User-Agent")
    assert compatible._replace(token="None").call("GET", "/Users", None, nameless).status == 401
    assert rfc.call("GET", f"/Users/{made['id']}", None, nameless).json == made


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "application/jso"]
)
def test_any_content_type_is_json_to_the_compatible_dialect_and_415_to_the_letter(
    rfc: Directory, compatible: Directory, kind: str
) -> None:
    body = b'{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"bob"}'
    own = [("Content-Type", kind)]
    rfc.refused(rfc.call("POST", "/Users", body, own), 415, says="application/scim+json")
    assert rfc.named() == []
    assert compatible.call("POST", "/Users", body, own).status == 201


@pytest.mark.parametrize("kind", ["application/json", "Application/SCIM+JSON", "application/json; charset=utf-8"])
def test_both_kinds_of_json_are_read_by_both(directory: Directory, kind: str) -> None:
    body = b'{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"bob"}'
    assert directory.call("POST", "/Users", body, [("Content-Type", kind)]).status == 201


LENIENT: dict[str, tuple[dict[str, Any], str, Any]] = {
    "slash URN": ({"schemas": [SLASHED]}, "schemas", [CORE, STATUS]),
    "1.0 URN": (
        {"schemas": [CORE, "urn:scim:schemas:core:1.0"], "urn:scim:schemas:extension:enterprise:1.0": {}},
        "active",
        True,
    ),
    "unknown URN": ({"schemas": ["urn:example:x"], "urn:example:x": {"a": 1}}, "active", True),
    "true as text": ({"active": "true"}, "active", True),
    "false as text": ({"active": "false"}, "active", False),
    "one object": ({"emails": {"value": "b@example.com"}}, "emails", [{"value": "b@example.com"}]),
    "email": ({"email": "b@example.com"}, "emails", [{"value": "b@example.com"}]),
    "profileURL": ({"profileURL": "https://example.com/b"}, "profileUrl", "https://example.com/b"),
    "manager id": ({ENTERPRISE: {"manager": {"managerId": 2567}}}, ENTERPRISE, {"manager": {"value": "2567"}}),
    "manager number": ({ENTERPRISE: {"manager": 2567}}, ENTERPRISE, {"manager": {"value": "2567"}}),
    "manager text": ({ENTERPRISE: {"manager": "2567"}}, ENTERPRISE, {"manager": {"value": "2567"}}),
    "top-level invited": ({"invited": True, "claimed": False}, "active", True),
}
ALSO_TO_THE_LETTER = {"profileURL"}


@pytest.mark.parametrize("leniency", LENIENT)
def test_what_clients_of_metas_host_send_is_understood_there_and_refused_to_the_letter(
    rfc: Directory, compatible: Directory, leniency: str
) -> None:
    body, name, value = LENIENT[leniency]
    whole = {"schemas": [CORE], "userName": "bob"} | body
    if leniency not in ALSO_TO_THE_LETTER:
        reply = rfc.call("POST", "/Users", whole)
        assert (reply.status, reply.json["scimType"]) in ((400, "invalidValue"), (400, "invalidSyntax"))
    made = compatible.call("POST", "/Users", whole)
    assert made.status == 201, made.body
    assert made.json[name] == value


@pytest.mark.parametrize("spelling", ["USERNAME", "username", "UserName"])
def test_names_are_read_in_any_case_by_both(directory: Directory, spelling: str) -> None:
    reply = directory.call(
        "POST", "/Users", {"SCHEMAS": [CORE], spelling: "bob", "externalID": "7", "Name": {"GIVENNAME": "B"}}
    )
    assert reply.status == 201, reply.body
    assert (reply.json["userName"], reply.json["externalId"], reply.json["name"]) == ("bob", "7", {"givenName": "B"})


def test_only_auth_method_holds_its_canonical_values(directory: Directory) -> None:
    made = directory.create("bob", emails=[{"value": "b@example.com", "type": "pigeon"}])
    assert made["emails"][0]["type"] == "pigeon"
    urn = FACEBOOK + "authmethod:2.0:User"
    directory.refused(
        directory.call("POST", "/Users", {"schemas": [CORE], "userName": "x", urn: {"authMethod": "magic"}}),
        400,
        "invalidValue",
    )
    reply = directory.patch(made["id"], {"op": "replace", "path": urn + ":authMethod", "value": "sso"})
    assert (reply.status, reply.json[urn]) == (200, {"authMethod": "sso"})


def test_a_manager_need_not_exist(directory: Directory) -> None:
    assert directory.create("bob", **{ENTERPRISE: {"manager": {"value": "1"}}})[ENTERPRISE]["manager"]["value"] == "1"


def test_read_only_parts_that_are_sent_back_are_ignored(directory: Directory) -> None:
    made = directory.create("bob")
    body = made | {"id": "7", "groups": [{"value": "x"}], STATUS: made[STATUS] | {"claimed": True, "accessCode": "AAAAAAAAAA"}}
    put = directory.put(made["id"], body)
    assert (put.status, put.json) == (200, made)
