"""One instance's integration cannot see, guess or touch an account of another: each operation, with each foreign id."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.directory import CORE, PATCH_OP, STATUS, Directory
from tests.serving import InProcess
from tests.tenant import Tenant
from tests.wire import Reply

NOBODY = "1234567890123456"

Deed = Callable[[Directory, str], Reply]

ON_AN_ACCOUNT: dict[str, Deed] = {
    "GET": lambda own, id: own.get(id),
    "GET some": lambda own, id: own.get(id, "?attributes=userName"),
    "GET if new": lambda own, id: own.call("GET", f"/Users/{id}", None, [("If-None-Match", "*")]),
    "PUT": lambda own, id: own.put(id, {"schemas": [CORE], "userName": "mine"}),
    "PUT if version": lambda own, id: own.put(id, {"schemas": [CORE], "userName": "mine"}, [("If-Match", 'W/"1"')]),
    "PUT with its name": lambda own, id: own.put(id, {"schemas": [CORE], "userName": "theirs"}),
    "PATCH": lambda own, id: own.patch(id, {"op": "replace", "path": "active", "value": False}),
    "PATCH to nowhere": lambda own, id: own.patch(id, {"op": "replace", "path": 'emails[type eq "x"].value', "value": "y"}),
    "PATCH invited": lambda own, id: own.patch(id, {"op": "replace", "path": STATUS + ":invited", "value": False}),
    "DELETE": lambda own, id: own.delete(id),
    "DELETE if version": lambda own, id: own.delete(id, [("If-Match", 'W/"1"')]),
}
IN_A_LIST = [
    'id eq "{0}"',
    'userName eq "theirs"',
    'externalId eq "their-id"',
    'emails.value eq "they@example.com"',
    "title pr",
]
IN_BULK: dict[str, dict[str, Any]] = {
    "PUT": {"data": {"schemas": [CORE], "userName": "mine"}},
    "PATCH": {"data": {"schemas": [PATCH_OP], "Operations": [{"op": "replace", "path": "active", "value": False}]}},
    "DELETE": {},
}


@pytest.fixture
def theirs(server: InProcess) -> tuple[Directory, dict[str, Any]]:
    """Another instance's directory and the account in it."""
    other = Tenant(server.store)
    directory = Directory(server.wire, server.wire.token(other.credential).json["access_token"], "/scim/v2")
    made = directory.create("theirs", externalId="their-id", title="Sir", emails=[{"value": "they@example.com"}])
    return directory, made


def _alike(foreign: Reply, unknown: Reply, foreign_id: str) -> bool:
    return repr(foreign.without_ids()).replace(foreign_id, NOBODY) == repr(unknown.without_ids())


@pytest.mark.parametrize("deed", ON_AN_ACCOUNT)
def test_a_foreign_account_is_answered_as_one_that_never_was(
    directory: Directory, theirs: tuple[Directory, dict[str, Any]], deed: str
) -> None:
    foreign, unknown = (ON_AN_ACCOUNT[deed](directory, each) for each in (theirs[1]["id"], NOBODY))
    directory.refused(foreign, 404)
    assert _alike(foreign, unknown, theirs[1]["id"])
    assert theirs[0].read(theirs[1]["id"]) == theirs[1]


@pytest.mark.parametrize("filter", IN_A_LIST)
def test_no_list_and_no_search_shows_a_foreign_account(
    directory: Directory, theirs: tuple[Directory, dict[str, Any]], filter: str
) -> None:
    text = filter.format(theirs[1]["id"])
    assert theirs[0].named(text) == ["theirs"]
    for page in (directory.page(text), directory.page(), directory.call("POST", "/Users/.search", {"filter": text})):
        assert (page.json["totalResults"], page.json["Resources"]) == (0, [])


@pytest.mark.parametrize("method", IN_BULK)
def test_no_bulk_operation_reaches_a_foreign_account(
    rfc: Directory, theirs: tuple[Directory, dict[str, Any]], method: str
) -> None:
    operations = [{"method": method, "path": f"/Users/{each}"} | IN_BULK[method] for each in (theirs[1]["id"], NOBODY)]
    body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations}
    foreign, unknown = rfc.call("POST", "/Bulk", body).json["Operations"]
    assert (foreign["status"], repr(foreign).replace(theirs[1]["id"], NOBODY)) == ("404", repr(unknown))
    assert theirs[0].read(theirs[1]["id"]) == theirs[1]


def test_a_foreign_user_name_is_free_here(directory: Directory, theirs: tuple[Directory, dict[str, Any]]) -> None:
    mine = directory.create("theirs", externalId="their-id")
    assert mine["id"] != theirs[1]["id"]
    assert directory.delete(mine["id"]).status in (200, 204)
    assert theirs[0].read(theirs[1]["id"]) == theirs[1]


def test_a_foreign_account_leaves_no_trace_in_the_other_log(
    server: InProcess, directory: Directory, tenant: Tenant, theirs: tuple[Directory, dict[str, Any]]
) -> None:
    for deed in ON_AN_ACCOUNT.values():
        deed(directory, theirs[1]["id"])
    server.settle()
    assert {each["extra_data"]["kind"] for each in tenant.news()} == {"call.refused"}


def test_siblings_of_an_instance_share_its_directory(server: InProcess, directory: Directory, tenant: Tenant) -> None:
    made = directory.create("bob")
    sibling = tenant.sibling()
    token = server.wire.token(sibling.credential).json["access_token"]
    assert directory._replace(token=token).read(made["id"]) == made
