"""What the gate allowed is proved again where it takes effect; and nothing is served that cannot be recorded."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from admincenter.core.credentials import TOKEN_PREFIX, mint_text
from tests.engines import NewDatabase
from tests.graph import assert_graph_error
from tests.serving import InProcess, until
from tests.settable_clock import SettableClock
from tests.tenant import Tenant
from tests.wire import HANG, Reply, Wire


@contextmanager
def nobody_else_writes(server: InProcess, tenant: Tenant) -> Iterator[None]:
    """Holds the log of the instance as a long transaction of another process would."""
    with server.store.connected() as database:
        database.begin()
        database.tx.audit.heads([tenant.instance])
        try:
            yield
        finally:
            database.rollback()


@pytest.fixture
def restless(tenant: Tenant) -> Iterator[Tenant]:
    """A tenant whose permissions change all the time."""
    with tenant.restless():
        yield tenant


def test_a_token_is_issued_on_the_state_of_its_own_commit_or_not_at_all(
    wire: Wire, restless: Tenant, hands: SettableClock
) -> None:
    """D8: the gate runs once more where the row changed meanwhile, and refuses where it changed again."""
    issued, told_to_try_again = 0, 0
    deadline = time.monotonic() + HANG
    while not (issued and told_to_try_again):
        assert time.monotonic() < deadline, f"{issued} tokens, {told_to_try_again} refusals"
        hands.advance(1)
        reply = wire.token(restless.credential)
        if reply.status == 200:
            issued += 1
            assert reply.json["generation"] == issued, "a refusal changed nothing"
        else:
            assert_graph_error(reply, 503, 2, says="changed at the same moment")
            told_to_try_again += 1
    assert restless.facts.generation == issued


def test_a_request_that_was_allowed_before_a_reset_buys_nothing_after_it(server: InProcess, tenant: Tenant) -> None:
    """It waits for the writer with a secret that was right when it came."""
    answers: list[Reply] = []
    asking = threading.Thread(target=lambda: answers.append(server.wire.token(tenant.credential)))
    key = server.store.keyring().primary
    with server.store.connected() as database:
        database.begin()
        row = (tenant.instance, tenant.app_id)
        database.tx.integrations.get(*row)
        asking.start()
        for _ in range(20):  # it was heard, and looked up, before the last of these
            assert_graph_error(server.wire.get("/me", mint_text(TOKEN_PREFIX, os.urandom)), 400, 190, 467)
        database.tx.integrations.set_secret(*row, b"another" + bytes(25), key.key_id, database.tx.now)
        database.commit()
    asking.join(HANG)
    assert_graph_error(answers[0], 400, 190, says="signature")
    assert tenant.facts.token_digest is None


def test_where_nothing_can_be_recorded_for_five_seconds_nothing_is_served_until_it_can(
    tmp_path: Path, new_database: NewDatabase
) -> None:
    hands = SettableClock()
    with InProcess(tmp_path / "data", hands, **new_database()) as server:
        tenant = Tenant(server.store)
        token = server.wire.token(tenant.credential).json["access_token"]
        with nobody_else_writes(server, tenant):
            assert server.wire.get("/me", token).status == 200
            assert server.wire.token(tenant.credential, grant_type="x").status == 400

            def refused() -> bool:
                hands.advance(6)
                return server.wire.get("/me", token).status == 503

            until(refused, "the first refusal")
            assert_graph_error(server.wire.get("/me", token), 503, 2, says="cannot be recorded")
        until(lambda: server.wire.get("/me", token).status == 200, "service again")
        assert [each["extra_data"]["reason"] for each in tenant.log() if each["extra_data"]["kind"] == "token.refused"] == [
            "ParameterBad"
        ]
