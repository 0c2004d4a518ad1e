"""Bulk by the front door: operations in order, each wholly or not at all, with references between them (RFC 7644, 3.7)."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.directory import CORE, ENTERPRISE, PATCH_OP, RFC, Directory
from tests.serving import Served
from tests.tenant import Tenant, counted

REQUEST = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
RESPONSE = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
Operation = dict[str, Any]


def bulk(directory: Directory, *operations: Any, **more: Any) -> list[Operation]:
    """The outcomes of a Bulk request that is answered as such."""
    reply = directory.call("POST", "/Bulk", {"schemas": [REQUEST], "Operations": operations} | more)
    assert (reply.status, reply.json.get("schemas")) == (200, [RESPONSE]), reply.body
    assert reply.header("content-type") == "application/scim+json; charset=UTF-8"
    outcomes: list[Operation] = reply.json["Operations"]
    return outcomes


def creation(name: str, bulk_id: str = "", manager: str = "") -> Operation:
    """An operation that creates an account."""
    more = {ENTERPRISE: {"manager": {"value": manager}}} if manager else {}
    data = {"schemas": [CORE], "userName": name} | more
    return {"method": "POST", "path": "/Users", "bulkId": bulk_id or name, "data": data}


def test_operations_are_done_in_order_and_each_is_told(rfc: Directory, tenant: Tenant) -> None:
    made = rfc.create("alice")
    gone = rfc.create("gone")
    tenant.news()
    replace = {"op": "replace", "path": "title", "value": "Dame"}
    outcomes = bulk(
        rfc,
        creation("bob"),
        {"method": "PATCH", "path": f"/Users/{made['id']}", "data": {"schemas": [PATCH_OP], "Operations": [replace]}},
        {"method": "PUT", "path": f"/Users/{made['id']}", "version": 'W/"2"', "data": {"schemas": [CORE], "userName": "ann"}},
        {"method": "DELETE", "path": f"/Users/{gone['id']}"},
    )
    base = f"http://127.0.0.1:{rfc.wire.port}/scim/v2/Users/"
    assert [each["status"] for each in outcomes] == ["201", "200", "200", "204"]
    assert [each["method"] for each in outcomes] == ["POST", "PATCH", "PUT", "DELETE"]
    assert (outcomes[0]["bulkId"], outcomes[0]["version"]) == ("bob", 'W/"1"')
    assert outcomes[0]["location"].startswith(base)
    assert (outcomes[2]["location"], outcomes[2]["version"]) == (base + made["id"], 'W/"3"')
    assert rfc.named(sortBy="userName") == ["ann", "bob"]
    kinds = {"account.created": 1, "account.invited": 1, "account.changed": 2, "account.deleted": 1}
    assert counted(tenant.news()) == kinds


def test_one_that_fails_stops_no_other(rfc: Directory) -> None:
    outcomes = bulk(rfc, creation("bob"), creation("BOB", "again"), {"method": "DELETE", "path": "/Users/12"}, creation("eve"))
    assert [each["status"] for each in outcomes] == ["201", "409", "404", "201"]
    assert (outcomes[1]["response"]["scimType"], outcomes[1]["response"]["status"]) == ("uniqueness", "409")
    assert "location" not in outcomes[1]
    assert rfc.named(sortBy="userName") == ["bob", "eve"]


def test_so_many_failures_as_are_allowed_end_it(rfc: Directory) -> None:
    bad = {"method": "DELETE", "path": "/Users/12"}
    outcomes = bulk(rfc, creation("bob"), bad, creation("eve"), bad, creation("never"), failOnErrors=2)
    assert [each["status"] for each in outcomes] == ["201", "404", "201", "404"]
    assert rfc.named(sortBy="userName") == ["bob", "eve"]


def test_an_operation_names_what_an_earlier_one_made(rfc: Directory) -> None:
    outcomes = bulk(
        rfc,
        creation("boss"),
        creation("bob", manager="bulkId:boss"),
        {"method": "PATCH", "path": "/Users/bulkId:bob", "data": {"schemas": [PATCH_OP], "Operations": [
            {"op": "add", "path": "title", "value": "Sir"}]}},
    )  # fmt: skip
    assert [each["status"] for each in outcomes] == ["201", "201", "200"]
    boss, bob = (rfc.page(f'userName eq "{name}"').json["Resources"][0] for name in ("boss", "bob"))
    assert (bob[ENTERPRISE]["manager"]["value"], bob["title"]) == (boss["id"], "Sir")


def test_an_operation_names_what_a_later_one_makes(rfc: Directory) -> None:
    outcomes = bulk(rfc, creation("bob", manager="bulkId:boss"), creation("boss"))
    assert [each["status"] for each in outcomes] == ["201", "201"]
    boss, bob = (rfc.page(f'userName eq "{name}"').json["Resources"][0] for name in ("boss", "bob"))
    assert bob[ENTERPRISE]["manager"]["value"] == boss["id"]


REFUSED: dict[str, tuple[Any, int]] = {
    "cycle": (
        [
            creation("a", manager="bulkId:b"),
            creation("b", manager="bulkId:a"),
        ],
        400,
    ),
    "itself": ([creation("a", manager="bulkId:a")], 400),
    "reference to nothing": ([creation("a", manager="bulkId:nobody")], 400),
    "twice the same bulkId": ([creation("a", "x"), creation("b", "x")], 400),
    "no bulkId": ([{"method": "POST", "path": "/Users", "data": {"schemas": [CORE], "userName": "a"}}], 400),
    "unknown method": ([{"method": "GET", "path": "/Users"}], 400),
    "unknown path": ([{"method": "POST", "path": "/Groups", "bulkId": "x", "data": {}}], 400),
    "other host": ([{"method": "DELETE", "path": "https://example.com/Users/1"}], 400),
    "no data": ([{"method": "POST", "path": "/Users", "bulkId": "x"}], 400),
    "text": (["x"], 400),
    "no list": ({}, 400),
    "too many": ([{"method": "DELETE", "path": "/Users/12"}] * 1_001, 413),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_bulk_that_cannot_be_done_whole_does_nothing(rfc: Directory, tenant: Tenant, name: str) -> None:
    operations, status = REFUSED[name]
    first = [creation("first")] if isinstance(operations, list) and status == 400 else []
    body = {"schemas": [REQUEST], "Operations": first + operations if isinstance(operations, list) else operations}
    reply = rfc.call("POST", "/Bulk", body)
    if reply.status == 200:  # what concerns one operation alone may be told beside it
        assert [each["status"] for each in reply.json["Operations"]] == ["201", "400"]
        return
    rfc.refused(reply, status, reply.json.get("scimType", ""))
    assert rfc.named() == []
    assert tenant.news() == []


def test_a_bulk_over_a_megabyte_is_413(rfc: Directory) -> None:
    rfc.refused(rfc.call("POST", "/Bulk", b" " * 1_048_577), 413)


def test_a_thousand_operations_are_taken(rfc: Directory) -> None:
    outcomes = bulk(rfc, *[creation(f"u{number}") for number in range(1_000)])
    assert {each["status"] for each in outcomes} == {"201"}
    assert rfc.page(count=0).json["totalResults"] == 1_000


def test_there_is_no_bulk_in_the_compatible_dialect(compatible: Directory) -> None:
    assert compatible.call("POST", "/Bulk", {"schemas": [REQUEST], "Operations": []}).status == 404


def test_others_have_their_turn_between_operations_that_are_refused(served: Served) -> None:
    token = served.wire.token(Tenant(served.store).credential).json["access_token"]
    rfc = Directory(served.wire, token, RFC)
    keys = {f'emails[type eq "{each}"].value': "x" for each in range(20)}
    data = {"schemas": [PATCH_OP], "Operations": [{"op": "add", "value": {**keys, "shoeSize": 1}}]}
    wrong = [{"method": "PATCH", "path": "/Users/5", "data": data} for _ in range(600)]
    with ThreadPoolExecutor(1) as other:
        asked = other.submit(bulk, rfc, *wrong)
        answered = 0
        while not asked.done():
            assert rfc.get("5").status == 404
            answered += 1
    assert {each["status"] for each in asked.result()} == {"400"}
    assert answered > 4
