"""A Bulk request becomes operations that can be carried out one behind the other, or is refused as a whole."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from admincenter.core.errors import BulkTooLarge, ScimBad
from admincenter.scim import bulk
from admincenter.scim.models import CORE, ENTERPRISE


def _read(*operations: Any, **members: Any) -> bulk.Bulk:
    return bulk.read(json.dumps({"schemas": [bulk.REQUEST], "Operations": operations, **members}).encode())


def _post(name: str, manager: str | None = None) -> dict[str, Any]:
    data: dict[str, Any] = {"schemas": [CORE], "userName": name}
    if manager:
        data[ENTERPRISE] = {"manager": {"value": f"bulkId:{manager}"}}
    return {"method": "POST", "path": "/Users", "bulkId": name, "data": data}


def test_operations_come_as_they_were_sent() -> None:
    found = _read(
        _post("a"),
        {"method": "put", "path": "Users/5", "version": 'W/"2"', "data": {"userName": "b"}},
        {"method": "PATCH", "path": "/users/6", "data": {"Operations": []}},
        {"method": "DELETE", "path": "/Users/7", "bulkId": "x"},
        failOnErrors=2,
    )
    assert found.fail_on_errors == 2
    assert [each[:4] for each in found.operations] == [
        ("POST", "a", None, None),
        ("PUT", None, "5", 'W/"2"'),
        ("PATCH", None, "6", None),
        ("DELETE", "x", "7", None),
    ]
    assert [each.fault for each in found.operations] == [None] * 4


def test_an_account_is_made_before_what_refers_to_it() -> None:
    found = _read(_post("c", "b"), _post("b", "a"), _post("d"), _post("a"))
    assert [each.bulk_id for each in found.operations] == ["a", "b", "c", "d"]


def test_references_become_ids() -> None:
    [operation] = _read({**_post("a", "boss"), "method": "PUT", "path": "/Users/bulkId:a"}).operations
    resolved = operation.resolved({"a": "1", "boss": "2"})
    assert (resolved.account_id, resolved.data[ENTERPRISE]) == ("1", {"manager": {"value": "2"}})
    with pytest.raises(ScimBad, match="bulkId:boss names no account"):
        operation.resolved({"a": "1"})


@pytest.mark.parametrize(
    "operations", [[_post("a", "a")], [_post("a", "b"), _post("b", "a")], [_post(c, d) for c, d in ("ab", "bc", "ca")]]
)
def test_a_circle_of_references_is_refused(operations: list[Any]) -> None:
    with pytest.raises(ScimBad, match="circle"):
        _read(*operations)


def test_a_long_chain_is_no_circle() -> None:
    found = _read(*[_post(str(each), str(each + 1)) for each in range(999)], _post("999"))
    assert [each.bulk_id for each in found.operations] == [str(each) for each in reversed(range(1_000))]


def test_an_identifier_given_twice_is_refused() -> None:
    with pytest.raises(ScimBad, match="two operations"):
        _read(_post("a"), _post("a"))


def test_more_than_a_thousand_operations_are_too_many() -> None:
    with pytest.raises(BulkTooLarge):
        _read(*[_post(str(each)) for each in range(1_001)])


@pytest.mark.parametrize(
    ("operation", "said"),
    [
        ({"method": "GET", "path": "/Users"}, "method must be"),
        ({"path": "/Users"}, "method must be"),
        ({"method": "POST", "path": "/Users", "data": {}}, "needs a bulkId"),
        ({"method": "POST", "path": "/Users/5", "bulkId": "a", "data": {}}, "path must be"),
        ({"method": "POST", "path": "/Groups", "bulkId": "a", "data": {}}, "path must be"),
        ({"method": "PUT", "path": "/Users", "data": {}}, "path must be"),
        ({"method": "PUT", "path": "/Users/5"}, "needs data"),
        ({"method": "PATCH", "path": "/Users/5", "data": "x"}, "needs data"),
        ({"method": "DELETE"}, "path must be"),
        ({"method": "DELETE", "path": "/Users/5", "version": 3}, "version must be a text"),
        ({"method": "DELETE", "path": "/Users/5", "version": "x" + " " * 2_000}, "version must be a text"),
    ],
)
def test_an_operation_that_is_wrong_fails_alone(operation: Mapping[str, Any], said: str) -> None:
    right, wrong = _read(_post("z"), operation).operations
    assert right.fault is None
    assert said in str(wrong.fault)


@pytest.mark.parametrize(
    "members", [{"schemas": [CORE]}, {"Operations": "x"}, {"Operations": ["x"]}, {"failOnErrors": 0}, {"failOnErrors": True}]
)
def test_a_body_that_is_no_bulk_is_refused(members: dict[str, Any]) -> None:
    with pytest.raises(ScimBad):
        bulk.read(json.dumps({"schemas": [bulk.REQUEST], "Operations": [], **members}).encode())


def test_the_answer_lists_what_became_of_each() -> None:
    results = [bulk.Result("POST", 201, "a", "/Users/1", 'W/"1"'), bulk.Result("DELETE", 404, response=b'{"status":"404"}')]
    assert json.loads(bulk.response(results)) == {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkResponse"],
        "Operations": [
            {"method": "POST", "bulkId": "a", "version": 'W/"1"', "location": "/Users/1", "status": "201"},
            {"method": "DELETE", "response": {"status": "404"}, "status": "404"},
        ],
    }
