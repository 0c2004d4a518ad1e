"""Readers that ask and never read (F19): the server does not hold answers for them for ever, nor connections."""

import socket
from pathlib import Path

from admincenter.api.protocol import Connection
from admincenter.core import integrations
from admincenter.core.audit import SYSTEM, Event
from admincenter.core.ports import Change, Tx
from tests.attacks.hasty import Hasty
from tests.serving import until
from tests.settable_clock import SettableClock
from tests.tenant import Tenant

EVENTS, PAGES = 1_000, 40


def _fill(server: Hasty, tenant: Tenant) -> None:
    """A page of events."""

    def rename(tx: Tx) -> Change[None]:
        events: list[Event] = []
        for each in range(EVENTS):
            events += integrations.rename(tx, tenant.instance, tenant.app_id, f"{each} " + "x" * 150, SYSTEM).events
        return Change(None, events)

    server.store.write(rename)


def test_a_reader_that_never_reads_a_thousand_events_is_cut_off(tmp_path: Path) -> None:
    with Hasty(tmp_path / "data", SettableClock()) as server:
        tenant = Tenant(server.store)
        _fill(server, tenant)
        token = server.wire.token(tenant.credential).json["access_token"]
        page = server.wire.raw("GET", f"/security_audit_logs?limit={EVENTS}", [("Authorization", f"Bearer {token}")])
        assert len(server.wire.exchange(page).json["data"]) == EVENTS
        with socket.socket() as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            deaf.connect(("127.0.0.1", server.port))
            connections = server._server.server_state.connections
            until(lambda: connections, "the connection")
            deaf.sendall(page * PAGES)
            assert server.wire.get("/me", token).status == 200
            until(lambda: not connections, "the cut")
        assert server.wire.get("/me", token).status == 200


def test_a_reader_that_ends_its_side_with_answers_unread_is_cut_off(tmp_path: Path) -> None:
    """Few enough bytes are unread that writing is not paused; the end of its side must not end the server's patience too."""
    with Hasty(tmp_path / "data", SettableClock()) as server, socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        deaf.connect(("127.0.0.1", server.port))
        connections = server._server.server_state.connections
        until(lambda: connections, "the connection")
        [connection] = connections
        assert isinstance(connection, Connection)
        looks = [0]
        until(lambda: _holds_back(connection, deaf, server.wire.raw("GET", "/healthz"), looks), "answers that nobody takes")
        deaf.shutdown(socket.SHUT_WR)
        until(lambda: not connections, "the cut", 5)


def _holds_back(connection: Connection, deaf: socket.socket, request: bytes, looks: list[int]) -> bool:
    """Asks for more where all answers have left the server; whether some were still there at ten looks in a row."""
    if connection._transport._inner.get_write_buffer_size():
        looks[0] += 1
    else:
        looks[0] = 0
        deaf.sendall(request * 60)
    return looks[0] == 10
