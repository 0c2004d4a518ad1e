"""What attackers and broken clients send to the account API: a SCIM Error that says what to fix, and nothing half done."""

import json
from typing import Any

import pytest

from tests.directory import CORE, ENTERPRISE, PATCH_OP, SCIM_JSON, Directory
from tests.tenant import Tenant

DEEP = b'{"schemas":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
USER = b'"schemas":["' + CORE.encode() + b'"],"userName":"bob"'

BODIES: dict[str, bytes] = {
    "nothing": b"",
    "blank": b"  ",
    "no JSON": b"userName=bob",
    "half": b"{" + USER,
    "two": b"{" + USER + b"}{}",
    "array": b"[]",
    "text": b'"bob"',
    "null": b"null",
    "NaN": b"{" + USER + b',"title":NaN}',
    "Infinity": b"{" + USER + b',"title":-Infinity}',
    "key twice": b"{" + USER + b',"title":"a","title":"b"}',
    "key twice inside": b"{" + USER + b',"name":{"givenName":"a","givenName":"b"}}',
    "deep": DEEP,
    "deep objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "not UTF-8": b"{" + USER + b',"title":"\xff"}',
    "half a character": b"{" + USER + b',"title":"\\ud800"}',
    "NUL": b"{" + USER + b',"title":"\\u0000"}',
    "huge number": b"{" + USER + b',"title":' + b"9" * 10_000 + b"}",
    "UTF-16": ("{" + USER.decode() + "}").encode("utf-16"),
}

VALUES: dict[str, Any] = {
    "userName number": {"userName": 5},
    "userName empty": {"userName": ""},
    "userName blank": {"userName": "   "},
    "userName null": {"userName": None},
    "userName object": {"userName": {"value": "bob"}},
    "userName long": {"userName": "x" * 501},
    "userName control": {"userName": "b\nob"},
    "active text": {"active": "perhaps"},
    "active number": {"active": 1},
    "name text": {"name": "Bob"},
    "emails text": {"emails": "b@example.com"},
    "emails of texts": {"emails": ["b@example.com"]},
    "emails value number": {"emails": [{"value": 5}]},
    "two primaries": {"emails": [{"value": "a@example.com", "primary": True}, {"value": "b@example.com", "primary": True}]},
    "date text": {"urn:ietf:params:scim:schemas:extension:facebook:starttermdates:2.0:User": {"startDate": "soon"}},
    "extension text": {ENTERPRISE: "x"},
    "schemas text": {"schemas": CORE},
    "schemas unknown": {"schemas": [CORE, "urn:example:x"]},
    "schemas without core": {"schemas": [ENTERPRISE]},
    "unknown attribute": {"shoeSize": 44},
    "unknown extension": {"urn:example:x": {"a": 1}},
    "same name twice in two cases": {"title": "a", "TITLE": "b"},
    "far too much": {"title": "x" * 70_000},
}
LENIENTLY_FINE = {"schemas text", "schemas unknown", "schemas without core", "unknown attribute", "unknown extension"}


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_a_body_that_is_no_json_object_of_one_meaning_is_refused(directory: Directory, method: str, name: str) -> None:
    made = directory.create("alice")
    path = "/Users" if method == "POST" else f"/Users/{made['id']}"
    directory.refused(directory.call(method, path, BODIES[name], [SCIM_JSON]), 400, "invalidSyntax")
    assert directory.named() == ["alice"]
    assert directory.read(made["id"]) == made


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_an_account_that_is_none_is_refused(directory: Directory, method: str, name: str) -> None:
    made = directory.create("alice")
    path = "/Users" if method == "POST" else f"/Users/{made['id']}"
    reply = directory.call(method, path, {"schemas": [CORE], "userName": "bob"} | VALUES[name])
    if directory.in_compatible and name in LENIENTLY_FINE:
        assert reply.status in (200, 201)
        return
    directory.refused(reply, 400, reply.json["scimType"])
    assert reply.json["scimType"] in ("invalidValue", "invalidSyntax")
    assert directory.read(made["id"]) == made


FILTERS = {
    "unknown operator": 'userName like "x"',
    "no value": "userName eq",
    "no quotes": "userName eq bob",
    "single quotes": "userName eq 'bob'",
    "open bracket": '(userName eq "a"',
    "open value path": 'emails[type eq "work"',
    "unknown attribute": 'shoeSize eq "44"',
    "unknown schema": 'urn:example:x:a eq "44"',
    "order of booleans": "active gt true",
    "too long": 'userName eq "' + "x" * 5_000 + '"',
    "ten thousand terms": " or ".join(['userName eq "x"'] * 200),
    "deep": "(" * 30 + 'userName eq "x"' + ")" * 30,
    "deep nots": "not (" * 30 + 'userName eq "x"' + ")" * 30,
    "two filters": 'userName eq "a" userName eq "b"',
    "NaN": "meta.version eq NaN",
}


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_that_means_nothing_is_refused(directory: Directory, name: str) -> None:
    directory.create("alice")
    directory.refused(directory.page(FILTERS[name]), 400, "invalidFilter")
    directory.refused(directory.call("POST", "/Users/.search", {"filter": FILTERS[name]}), 400, "invalidFilter")


def test_a_filter_bomb_in_a_body_is_refused_too(directory: Directory) -> None:
    bomb = " or ".join(['userName eq "x"'] * 10_000)
    directory.refused(directory.call("POST", "/Users/.search", {"filter": bomb}), 400, "invalidFilter")


@pytest.mark.parametrize("text", [r"\u0000", r"\ud800", r"\udfff\ud800", r"\uffff", "\u202e", "%", "_", "\\\\", "'"])
@pytest.mark.parametrize("name", ["id", "externalId", "userName", "emails.value", "title", "meta.version"])
@pytest.mark.parametrize("op", ["eq", "sw", "co", "ne"])
def test_a_text_that_no_account_has_finds_none(directory: Directory, name: str, op: str, text: str) -> None:
    directory.create("alice", externalId="x", title="Dame", emails=[{"value": "a@example.com"}])
    reply = directory.page(f'{name} {op} "{text}"')
    if reply.status == 400:
        directory.refused(reply, 400, "invalidFilter")
    else:
        assert (reply.status, reply.json["totalResults"]) == (200, int(op == "ne"))


PATCHES: dict[str, tuple[Any, str]] = {
    "no operations": ([], "invalidSyntax"),
    "operation that is a text": (["add"], "invalidSyntax"),
    "unknown op": ([{"op": "swap", "path": "title", "value": "x"}], "invalidSyntax"),
    "no op": ([{"path": "title", "value": "x"}], "invalidSyntax"),
    "remove without a path": ([{"op": "remove"}], "noTarget"),
    "path to nowhere": ([{"op": "add", "path": "shoeSize", "value": "44"}], "invalidPath"),
    "path to nowhere inside": ([{"op": "add", "path": "name.shoeSize", "value": "44"}], "invalidPath"),
    "no path at all": ([{"op": "add", "path": "][", "value": "44"}], "invalidPath"),
    "path that is a number": ([{"op": "add", "path": 5, "value": "44"}], "invalidPath"),
    "wrong type": ([{"op": "replace", "path": "active", "value": "perhaps"}], "invalidValue"),
    "no value": ([{"op": "replace", "path": "title"}], "invalidValue"),
    "value without path": ([{"op": "add", "value": "x"}], "invalidValue"),
    "read-only": ([{"op": "replace", "path": "id", "value": "1"}], "mutability"),
    "required": ([{"op": "remove", "path": "userName"}], "mutability"),
    "more than enough": ([{"op": "add", "path": "title", "value": "x"}] * 101, "tooMany"),
}
LENIENT_PATCHES = {"path to nowhere", "path to nowhere inside"}


@pytest.mark.parametrize("name", PATCHES)
def test_a_patch_that_cannot_be_done_does_nothing_of_it(directory: Directory, tenant: Tenant, name: str) -> None:
    made = directory.create("alice")
    tenant.news()
    operations, scim_type = PATCHES[name]
    first = [{"op": "replace", "path": "title", "value": "Dame"}] if operations else []
    reply = directory.call("PATCH", f"/Users/{made['id']}", {"schemas": [PATCH_OP], "Operations": first + operations})
    if directory.in_compatible and name in LENIENT_PATCHES:
        assert (reply.status, reply.json["title"]) == (200, "Dame")
        return
    directory.refused(reply, 400, scim_type)
    assert directory.read(made["id"]) == made
    assert tenant.news() == []


def test_a_patch_that_finds_its_user_name_taken_does_nothing_of_it(directory: Directory) -> None:
    directory.create("bob")
    made = directory.create("alice")
    reply = directory.patch(
        made["id"], {"op": "add", "path": "title", "value": "Dame"}, {"op": "replace", "path": "userName", "value": "BOB"}
    )
    directory.refused(reply, 409, "uniqueness")
    assert directory.read(made["id"]) == made


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"filter":5}',
        b'{"count":"x"}',
        b'{"count":1,"count":2}',
        b'{"startIndex":1.5}',
    ],
)
def test_a_search_that_is_none_is_refused(directory: Directory, body: bytes) -> None:
    reply = directory.call("POST", "/Users/.search", body, [SCIM_JSON])
    assert (reply.status, reply.json["scimType"]) in ((400, "invalidSyntax"), (400, "invalidValue"))


def test_hostile_text_comes_back_as_it_was_sent(directory: Directory) -> None:
    text = "<script>\"\\\u2028=cmd|\u202e\U0001f600'; DROP TABLE accounts;--"
    made = directory.create("bob", title=text, externalId="%' OR 1=1")
    assert directory.read(made["id"])["title"] == text
    assert json.loads(directory.page("externalId eq " + json.dumps("%' OR 1=1")).body)["totalResults"] == 1
    assert directory.named("title eq " + json.dumps(text)) == ["bob"]
    assert directory.named('userName sw "%"') == directory.named('userName sw "_"') == []
