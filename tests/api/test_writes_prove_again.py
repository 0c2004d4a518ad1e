"""D8: what was allowed before a token died or a permission went does not happen after it, on either engine, for any write."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.directory import CORE, PATCH_OP, Directory
from tests.serving import InProcess
from tests.settable_clock import SettableClock
from tests.tenant import Tenant
from tests.wire import HANG, Line, Reply, Wire

Write = Callable[[str], tuple[str, str, dict[str, Any]]]

BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
PATCH = {"schemas": [PATCH_OP], "Operations": [{"op": "replace", "path": "title", "value": "Dame"}]}
NEW = {"schemas": [CORE], "userName": "bob"}

WRITES: dict[str, Write] = {
    "create": lambda _id: ("POST", "/Users", NEW),
    "replace": lambda id: ("PUT", f"/Users/{id}", {"schemas": [CORE], "userName": "bob"}),
    "patch": lambda id: ("PATCH", f"/Users/{id}", PATCH),
    "delete": lambda id: ("DELETE", f"/Users/{id}", {}),
    "bulk": lambda _id: (
        "POST",
        "/Bulk",
        {"schemas": [BULK], "Operations": [{"method": "POST", "path": "/Users", "bulkId": "a", "data": NEW}]},
    ),
}
CHANGES: dict[str, tuple[str, list[object], int]] = {
    "token superseded": ("token_digest = ?", [bytes(32)], 401),
    "token revoked": ("token_digest = NULL, issued_at = NULL, sealed = NULL, access_version = access_version + 0*?", [0], 401),
    "permission withdrawn": ("access_version = access_version + 1, access = ?", [b""], 403),
    "switched off": ("enabled = 0, access_version = access_version + 0*?", [0], 401),
}


class Rival:
    """Holds the end of the instance's log while a write waits for it, changes the integration, and lets go."""

    def __init__(self, server: InProcess, tenant: Tenant, directory: Directory) -> None:
        self._server, self._tenant, self._directory = server, tenant, directory

    def faster(self, write: tuple[str, str, dict[str, Any]], change: str, values: list[object]) -> Reply:
        """The answer to a write that was allowed before the change and took effect after it."""
        wire = self._server.wire
        with self._held() as database, wire.open() as line:
            _send(line, self._directory, *write)
            for _each in range(3):  # whoever is answered now was heard after the write
                assert wire.get("/me").status == 400
            time.sleep(0.05)
            database.sql.run(f"UPDATE integrations SET {change} WHERE app_id = ?", (*values, self._tenant.app_id))
            database.commit()
            return line.read()

    @contextmanager
    def _held(self) -> Iterator[Any]:
        with self._server.store.connected() as database:
            database.begin()
            database.tx.audit.heads([self._tenant.instance])
            yield database


def _send(line: Line, directory: Directory, method: str, path: str, body: dict[str, Any]) -> None:
    own = [("Authorization", f"Bearer {directory.token}"), ("Content-Type", "application/scim+json")]
    line.send(directory.wire.raw(method, directory.prefix + path, own, json.dumps(body).encode()))


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("write", WRITES)
def test_a_write_that_was_allowed_before_a_change_does_not_happen_after_it(
    server: InProcess, tenant: Tenant, rfc: Directory, write: str, change: str
) -> None:
    made = rfc.create("alice")
    tenant.news()
    statement, values, status = CHANGES[change]
    reply = Rival(server, tenant, rfc).faster(WRITES[write](made["id"]), statement, values)
    rfc.refused(reply, status)
    server.settle()
    assert {each["extra_data"]["kind"] for each in tenant.news()} <= {"call.refused", "address.refused"}
    assert _accounts(server, tenant) == [("alice", 1)]


def _accounts(server: InProcess, tenant: Tenant) -> list[tuple[str, int]]:
    token = server.wire.token(tenant.credential)
    sibling = tenant.sibling()
    token = server.wire.token(sibling.credential)
    page = Directory(server.wire, token.json["access_token"], "/scim/v2").page().json["Resources"]
    return [(each["userName"], int(each["meta"]["version"][3:-1])) for each in page]


def test_a_change_that_takes_nothing_away_only_delays_the_write(server: InProcess, tenant: Tenant, rfc: Directory) -> None:
    reply = Rival(server, tenant, rfc).faster(WRITES["create"](""), "name = ?, access_version = access_version + 1", ["Wages"])
    assert reply.status == 201
    assert rfc.named() == ["bob"]


def test_each_write_happens_on_the_state_of_its_own_commit_or_not_at_all(
    wire: Wire, tenant: Tenant, rfc: Directory, hands: SettableClock
) -> None:
    """A permission comes and goes all the time: every answer is the truth about what is there."""
    told = dict[int, int]()
    deadline, number = time.monotonic() + HANG, 0
    with tenant.restless():
        while not {201, 403} <= told.keys() and time.monotonic() < deadline:
            number += 1
            hands.advance(0.1)
            reply = rfc.call("POST", "/Users", {"schemas": [CORE], "userName": f"u{number}"})
            told[reply.status] = told.get(reply.status, 0) + 1
    assert told.keys() <= {201, 403, 503}
    assert rfc.page(count=0).json["totalResults"] == told.get(201, 0)
