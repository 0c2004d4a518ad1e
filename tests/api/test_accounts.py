"""The life of an account by the front door, in both dialects (contract, section 5)."""

import json
import re
from typing import Any

import pytest

from tests.directory import AUTH_METHOD, CORE, DATES, ENTERPRISE, STATUS, Directory
from tests.serving import InProcess
from tests.settable_clock import SettableClock
from tests.tenant import Tenant, counted
from tests.wire import Wire

BOB = {
    "externalId": "emp-17",
    "name": {"formatted": "Bob Wayne", "givenName": "Bob", "familyName": "Wayne"},
    "displayName": "Bob",
    "emails": [{"value": "bob@example.com", "type": "work", "primary": True}],
    "phoneNumbers": [{"value": "+44-7712-345634;ext=12345", "type": "mobile"}],
    "addresses": [{"type": "work", "country": "GB", "locality": "London"}],
    ENTERPRISE: {"employeeNumber": "17", "department": "Caves", "manager": {"value": "2567"}},
    AUTH_METHOD: {"authMethod": "sso"},
    DATES: {"startDate": 1_795_428_000, "termDate": 0},
}


def test_only_a_user_name_is_needed(directory: Directory) -> None:
    reply = directory.call("POST", "/Users", {"schemas": [CORE], "userName": "b.wayne"})
    made = reply.json
    assert (reply.status, made["userName"], made["active"]) == (201, "b.wayne", True)
    assert re.fullmatch(r"[1-9]\d{0,15}", made["id"])
    assert int(made["id"]) < 2**53
    location = f"http://127.0.0.1:{directory.wire.port}{directory.prefix}/Users/{made['id']}"
    assert (reply.header("location"), made["meta"]["location"]) == (location, location)
    assert reply.header("etag") == made["meta"]["version"] == 'W/"1"'
    assert made["meta"]["created"] == made["meta"]["lastModified"]
    assert made["meta"]["resourceType"] == "User"
    assert reply.header("content-type") == "application/scim+json; charset=UTF-8"


def test_what_was_created_is_what_is_read_by_either_dialect(rfc: Directory, compatible: Directory) -> None:
    made = rfc.create("bob", **BOB)
    for name, value in BOB.items():
        expected = {k: v for k, v in value.items() if v != 0} if name == DATES and isinstance(value, dict) else value
        assert {k: v for k, v in made[name].items() if v != 0} == expected if name == DATES else made[name] == expected
    read = compatible.read(made["id"])
    assert read.pop("meta") | {"location": ""} == made["meta"] | {"location": ""}
    assert read == {name: value for name, value in made.items() if name != "meta"}
    assert set(read["schemas"]) == {CORE, ENTERPRISE, STATUS, AUTH_METHOD, DATES}


def test_an_identifier_is_ours_and_what_a_client_sends_for_it_is_ignored(directory: Directory) -> None:
    made = directory.create("bob", id="1", externalId="2", meta={"version": "x", "created": "1970-01-01T00:00:00Z"}, groups=[])
    assert made["id"] not in ("1", "2")
    assert made["externalId"] == "2"
    assert made["meta"]["version"] == 'W/"1"'
    assert directory.get("2").status == 404


def test_a_password_is_dropped_unread(directory: Directory, server: InProcess, tenant: Tenant) -> None:
    made = directory.create("bob", password="p4ssw0rd")
    directory.put(made["id"], {"schemas": [CORE], "userName": "bob", "password": "p4ssw0rd"})
    directory.patch(made["id"], {"op": "replace", "value": {"password": "p4ssw0rd", "title": "Sir"}})
    assert b"p4ssw0rd" not in directory.get(made["id"]).body
    assert "p4ssw0rd" not in json.dumps(tenant.log())


def test_a_user_name_is_taken_whatever_its_case(directory: Directory) -> None:
    directory.create("Zoë")
    for each in ("Zoë", "ZOË", "zoe\u0308"):
        reply = directory.call("POST", "/Users", {"schemas": [CORE], "userName": each})
        directory.refused(reply, 409, "uniqueness", "taken")
    other = directory.create("zoe")
    reply = directory.patch(other["id"], {"op": "replace", "path": "userName", "value": "zOË"})
    directory.refused(reply, 409, "uniqueness")
    assert directory.read(other["id"]) == other


def test_a_deleted_account_is_gone_and_its_user_name_is_free_at_once(directory: Directory) -> None:
    made = directory.create("bob")
    assert directory.delete(made["id"]).status == (200 if directory.in_compatible else 204)
    directory.refused(directory.get(made["id"]), 404)
    directory.refused(directory.delete(made["id"]), 404)
    directory.refused(directory.put(made["id"], {"schemas": [CORE], "userName": "bob"}), 404)
    directory.refused(directory.patch(made["id"], {"op": "remove", "path": "title"}), 404)
    assert directory.create("BOB")["id"] != made["id"]


def test_off_boarding_is_a_change_of_active(directory: Directory, tenant: Tenant) -> None:
    made = directory.create("bob")
    tenant.news()
    reply = directory.patch(made["id"], {"op": "replace", "path": "active", "value": False})
    assert (reply.status, reply.json["active"], reply.json["meta"]["version"]) == (200, False, 'W/"2"')
    assert directory.patch(made["id"], {"op": "replace", "path": "active", "value": True}).json["active"] is True
    assert counted(tenant.news()) == {"account.deactivated": 1, "account.reactivated": 1}


def test_every_change_is_an_event_that_tells_what_changed_and_no_value(directory: Directory, tenant: Tenant) -> None:
    made = directory.create("bob", title="Sir")
    directory.patch(made["id"], {"op": "replace", "value": {"title": "Lord", "name.givenName": "Robert"}})
    directory.put(made["id"], made)
    directory.delete(made["id"])
    news = tenant.news()
    assert {(each["actor_username"], each["target_username"]) for each in news} == {
        (f"integration:{tenant.app_id}", f"account:{made['id']}")
    }
    assert [each["extra_data"]["kind"] for each in news] == [
        "account.created", "account.invited", "account.changed", "account.changed", "account.deleted",
    ]  # fmt: skip
    assert news[2]["extra_data"]["changed"] == ["name", "title"]
    assert {each["extra_data"]["user_name"] for each in news} == {"bob"}
    assert not any(each in json.dumps(news) for each in ("Lord", made[STATUS]["accessCode"]))


def test_what_changes_nothing_leaves_version_and_log_alone(directory: Directory, tenant: Tenant) -> None:
    made = directory.create("bob", **BOB)
    tenant.news()
    assert directory.put(made["id"], made).json == made
    assert directory.patch(made["id"], {"op": "replace", "path": "displayName", "value": "Bob"}).json == made
    assert tenant.news() == []


def test_a_new_account_is_invited_and_has_a_code_until_it_expires(
    directory: Directory, hands: SettableClock, tenant: Tenant
) -> None:
    made = directory.create("bob")
    status = made[STATUS]
    assert (status["invited"], status["claimed"], status["canDelete"]) == (True, False, True)
    assert len(status["accessCode"]) == 10
    assert status["claimLink"].startswith(f"http://127.0.0.1:{directory.wire.port}/")
    hands.advance(31 * 86_400)
    token = directory.wire.token(tenant.credential).json["access_token"]
    later = directory._replace(token=token).read(made["id"])
    assert {"accessCode", "claimLink", "accessCodeExpirationDate"}.isdisjoint(later[STATUS])
    assert later[STATUS]["invited"] is True


def test_an_invitation_is_held_and_withdrawn(directory: Directory, tenant: Tenant) -> None:
    held = directory.create("bob", **{STATUS: {"invited": False}})
    assert (held[STATUS]["invited"], "accessCode" in held[STATUS]) == (False, False)
    path = STATUS + ":invited"
    invited = directory.patch(held["id"], {"op": "replace", "path": path, "value": True}).json
    assert (invited[STATUS]["invited"], "accessCode" in invited[STATUS]) == (True, True)
    again = directory.patch(held["id"], {"op": "replace", "path": path, "value": False}).json
    assert (again[STATUS]["invited"], "accessCode" in again[STATUS]) == (False, False)
    assert counted(tenant.news()) == {"account.created": 1, "account.invited": 1, "account.uninvited": 1}


@pytest.mark.parametrize("path", ["/Users/{0}", "/Users/{0}/", "//Users//{0}", "/Users//{0}//"])
def test_slashes_more_or_less_name_the_same_account(directory: Directory, path: str) -> None:
    made = directory.create("bob")
    assert directory.call("GET", path.format(made["id"])).json == made


@pytest.mark.parametrize(
    "account_id", ["0", "-1", "9" * 400, "%00", "%FF", "a%2Fb", "'%20OR%201=1--", "{id}", "%7Bid%7D", "1.0"]
)
def test_an_identifier_that_is_none_is_404_for_everything(directory: Directory, account_id: str) -> None:
    body: dict[str, Any] = {"schemas": [CORE], "userName": "bob"}
    directory.refused(directory.get(account_id), 404)
    directory.refused(directory.put(account_id, body), 404)
    directory.refused(directory.patch(account_id, {"op": "replace", "path": "title", "value": "x"}), 404)
    directory.refused(directory.delete(account_id), 404)


def test_the_id_of_an_account_stands_in_no_figure(wire: Wire, directory: Directory) -> None:
    made = directory.create("bob")
    directory.read(made["id"])
    figures = wire.get("/metrics").body.decode()
    assert f'path="{directory.prefix}/Users/{{id}}"' in figures
    assert made["id"] not in figures
