"""When the database will not have it, or somebody else was faster: nothing half done, nothing served unrecorded."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from admincenter.core.credentials import TOKEN_PREFIX, mint_text
from tests.engines import NewDatabase
from tests.graph import assert_graph_error
from tests.serving import InProcess
from tests.settable_clock import SettableClock
from tests.tenant import Tenant, counted
from tests.wire import Reply, Wire

MINT_CHANGES_NOTHING = ("BEFORE UPDATE OF token_digest ON integrations", "")
LOG_TAKES_NOTHING = ("BEFORE INSERT ON audit_events", "the log is not writable")
USAGE_TAKES_NOTHING = ("BEFORE INSERT ON usage", "usage is not writable")
"""When a rule speaks up, and what it says; where it says nothing, the row is left as it is."""


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory, hands: SettableClock, new_database: NewDatabase) -> Iterator[InProcess]:
    """A server of the test's own: what stands in its way would stand in the others'."""
    with InProcess(tmp_path_factory.mktemp("own") / "data", hands, **new_database()) as running:
        yield running


@contextmanager
def _in_the_way(server: InProcess, rule: tuple[str, str]) -> Iterator[None]:
    """A rule in the database that nobody of ours wrote."""
    put, take_away = (_in_sqlite if server.store.engine.embedded else _in_postgres)(*rule)
    with server.store.connected() as database:
        for each in put:
            database.sql.run(each)
        try:
            yield
        finally:
            database.sql.run(take_away)


def _in_sqlite(when: str, says: str) -> tuple[list[str], str]:
    act = f"ABORT, '{says}'" if says else "IGNORE"
    return [f"CREATE TRIGGER in_the_way {when} BEGIN SELECT RAISE({act}); END"], "DROP TRIGGER in_the_way"


def _in_postgres(when: str, says: str) -> tuple[list[str], str]:
    act = f"RAISE EXCEPTION '{says}'" if says else "RETURN NULL"
    function = f"CREATE FUNCTION in_the_way() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {act}; END $$"
    trigger = f"CREATE TRIGGER in_the_way {when} FOR EACH ROW EXECUTE FUNCTION in_the_way()"
    return [function, trigger], "DROP FUNCTION in_the_way CASCADE"


def test_a_mint_that_finds_its_row_changed_twice_is_given_up_and_nothing_changed(server: InProcess, tenant: Tenant) -> None:
    before = tenant.facts
    with _in_the_way(server, MINT_CHANGES_NOTHING):
        assert_graph_error(server.wire.token(tenant.credential), 503, 2, says="nothing was done")
    server.settle()
    assert (tenant.facts, tenant.news()) == (before, [])
    assert server.wire.token(tenant.credential).status == 200


class Rival:
    """Holds the lock on the row, or on all, while a token request waits for it, changes the row, and lets go."""

    def __init__(self, server: InProcess, tenant: Tenant) -> None:
        self._server, self._tenant = server, tenant

    def faster(self, change: str, *values: object) -> Reply:
        """The answer to a token request that was allowed before the change and reached the row after it."""
        wire = self._server.wire
        with self._server.store.connected() as database, wire.open() as line:
            database.begin()
            database.tx.integrations.get(self._tenant.instance, self._tenant.app_id)
            line.send(_token_request(wire, self._tenant))
            for _each in range(3):  # whoever is answered now was heard, and looked up, after the token request
                assert_graph_error(wire.get("/me", mint_text(TOKEN_PREFIX, os.urandom)), 400, 190, 467)
            database.sql.run(f"UPDATE integrations SET {change} WHERE app_id = ?", (*values, self._tenant.app_id))  # type: ignore[arg-type]
            database.commit()
            return line.read()


def _token_request(wire: Wire, tenant: Tenant) -> bytes:
    body = f"access_token={tenant.credential}&grant_type=client_credentials".encode()
    return wire.raw("POST", "/work_get_token", [("Content-Type", "application/x-www-form-urlencoded")], body)


@pytest.mark.parametrize(
    ("change", "values", "answer"),
    [
        ("access_version = access_version + 1, access = ?", [b""], (400, 5, None)),
        ("enabled = 0, access_version = access_version + 0*?", [0], (400, 190, 467)),
        ("secret_digest = ?", [bytes(32)], (400, 190, None)),
    ],
    ids=["address taken away", "switched off", "secret reset"],
)
def test_what_was_allowed_before_a_change_does_not_happen_after_it(
    server: InProcess, tenant: Tenant, change: str, values: list[object], answer: tuple[int, int, int | None]
) -> None:
    """D8: the mint proves its permission again where it takes effect."""
    assert_graph_error(Rival(server, tenant).faster(change, *values), *answer)
    assert tenant.facts.generation == 0


def test_a_change_that_takes_nothing_away_only_delays_the_mint(server: InProcess, tenant: Tenant) -> None:
    reply = Rival(server, tenant).faster("name = ?, access_version = access_version + 1", "Wages")
    assert (reply.status, reply.json["generation"]) == (200, 1)
    assert counted(tenant.news()) == {"token.issued": 1}


def test_a_token_that_cannot_be_recorded_is_not_issued(server: InProcess, tenant: Tenant) -> None:
    """Promise 5, A34."""
    before = tenant.facts
    with _in_the_way(server, LOG_TAKES_NOTHING):
        assert_graph_error(server.wire.token(tenant.credential), 503, 2)
    assert tenant.facts == before


@pytest.mark.parametrize("rule", [LOG_TAKES_NOTHING, USAGE_TAKES_NOTHING])
def test_nothing_is_served_for_long_that_cannot_be_recorded(
    server: InProcess, tenant: Tenant, token: str, hands: SettableClock, rule: tuple[str, str]
) -> None:
    """After five seconds in which refusals or usage could not be written, guarded reads are refused too."""
    assert server.wire.get("/me", token).status == 200
    assert_graph_error(server.wire.token(tenant.credential, grant_type="x"), 400, 100)
    with _in_the_way(server, rule):
        server.settle()
        hands.advance(5)
        assert server.wire.get("/me", token).status == 200
        hands.advance(0.000001)
        assert_graph_error(server.wire.get("/me", token), 503, 2, says="recorded")
        assert_graph_error(server.wire.current(tenant.credential), 503, 2, says="recorded")
    server.settle()
    assert server.wire.get("/me", token).status == 200
    server.settle()
    assert counted(tenant.log())["token.refused ParameterBad"] == 1
    assert [each.times for each in tenant.usage()] == [3]


def test_a_client_that_leaves_in_the_middle_of_its_request_changes_nothing(server: InProcess, tenant: Tenant) -> None:
    with server.wire.open() as line:
        line.send(_token_request(server.wire, tenant)[:-1])
    assert server.wire.get("/healthz").status == 200
    server.settle()
    assert (tenant.news(), tenant.facts.generation) == ([], 0)
