"""Promise 1: what was changed is felt by the very next request, in every process."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Event, Thread

import pytest

from admincenter.core.permissions import Permission
from tests.engines import NewDatabase
from tests.graph import assert_graph_error
from tests.serving import Served, until
from tests.tenant import Tenant
from tests.wire import Line, Reply, Wire

READ = Permission.READ_SECURITY_AUDIT_LOGS
ROUNDS = 36


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, new_database: NewDatabase) -> Iterator[Served]:
    """A server with two workers, whose limits are out of the way of a thousand calls."""
    data: Path = tmp_path_factory.mktemp("pair") / "data"
    flags = {"workers": "2", "api_rate": "100000", "api_burst": "100000", "mint_rate": "10000", "mint_burst": "10000"}
    with Served(data, **flags, **new_database()) as running:
        yield running


class Both:
    """A connection to each of the two workers."""

    def __init__(self, wire: Wire, open_one: Callable[[Line], Line]) -> None:
        self._wire = wire
        self.lines: dict[str, Line] = {}
        until(lambda: self._add(open_one(wire.open())) == 2, "a connection to each worker")

    def _add(self, line: Line) -> int:
        line.send(self._wire.raw("GET", "/metrics"))
        text = line.read().body.decode()
        self.lines.setdefault("1" if 'worker="1"' in text else "0", line)
        return len(self.lines)

    def ask(self, token: str) -> list[Reply]:
        """The answers of both workers, asked at the same time."""
        for line in self.lines.values():
            line.send(self._wire.raw("GET", "/security_audit_logs?limit=1", [("Authorization", f"Bearer {token}")]))
        return [line.read() for line in self.lines.values()]


@pytest.fixture(scope="module")
def both(pair: Served) -> Iterator[Both]:
    with ExitStack() as stack:
        yield Both(pair.wire, stack.enter_context)


@pytest.fixture
def busy(pair: Served) -> Iterator[None]:
    """Somebody else's calls, all the time, so that there is something to answer from memory."""
    other, over = Tenant(pair.store), Event()
    token = pair.wire.token(other.credential).json["access_token"]

    def call() -> None:
        with pair.wire.open() as line:
            while not over.is_set():
                line.send(pair.wire.raw("GET", "/me", [("Authorization", f"Bearer {token}")]))
                line.read()

    threads = [Thread(target=call) for _each in range(2)]
    for thread in threads:
        thread.start()
    yield
    over.set()
    for thread in threads:
        thread.join()


Answer = tuple[int, int | None, int | None]
GOOD: Answer = (200, None, None)


def _answer(reply: Reply) -> Answer:
    error = reply.json.get("error", {})
    return reply.status, error.get("code"), error.get("error_subcode")


def _steps(tenant: Tenant, mint: Callable[[], None]) -> list[tuple[Callable[[], object], str, Answer]]:
    """A change, the token that is tried after it, and what it must be answered."""
    return [
        (mint, "live", GOOD),
        (mint, "former", (400, 190, 460)),
        (lambda: tenant.withdraw(READ), "live", (403, 10, None)),
        (lambda: tenant.grant(READ), "live", GOOD),
        (lambda: tenant.disallow("127.0.0.1"), "live", (400, 5, None)),
        (lambda: tenant.allow("127.0.0.0/16"), "live", GOOD),
        (lambda: tenant.allow("127.0.0.1"), "live", GOOD),
        (lambda: tenant.disallow("127.0.0.0/16"), "live", GOOD),
        (tenant.revoke, "live", (400, 190, 460)),
        (mint, "live", GOOD),
        (tenant.revoke_all, "live", (400, 190, 460)),
        (mint, "live", GOOD),
        (tenant.reset, "live", (400, 190, 460)),
        (mint, "live", GOOD),
        (tenant.disable, "live", (400, 190, 467)),
        (tenant.enable, "live", (400, 190, 460)),
    ]


def test_of_a_thousand_changes_none_is_felt_late_by_either_worker(pair: Served, both: Both, busy: None) -> None:
    """A03, A16, A17, A18."""
    tenant, tokens, tries = Tenant(pair.store), {"live": "", "former": ""}, 0

    def mint() -> None:
        reply = pair.wire.token(tenant.credential)
        tokens.update(former=tokens["live"], live=reply.json["access_token"])

    for _round in range(ROUNDS):
        for change, which, expected in _steps(tenant, mint):
            change()
            answers = [_answer(reply) for reply in both.ask(tokens[which])]
            assert answers == [expected] * 2, (change, which)
            tries += len(answers)
    assert tries >= 1_000
    tenant.delete()
    assert [_answer(reply) for reply in both.ask(tokens["live"])] == [(400, 190, 467)] * 2


def test_the_old_secret_buys_nothing_after_the_reset_while_requests_with_it_are_in_flight(pair: Served) -> None:
    """A05: what it bought before is dead, what it asks for afterwards is refused."""
    for _round in range(20):
        tenant = Tenant(pair.store)
        old = tenant.credential
        with ThreadPoolExecutor(4) as asking:
            bought = [asking.submit(pair.wire.token, old) for _each in range(4)]
            tenant.reset()
            assert_graph_error(pair.wire.token(old), 400, 190)
        for reply in [each.result() for each in bought]:
            if reply.status == 200:
                assert pair.wire.get("/me", reply.json["access_token"]).json["error"]["code"] == 190


def test_of_many_who_mint_at_once_the_highest_generation_lives_alone(pair: Served) -> None:
    """A04, promise 2, across two processes."""
    tenant, bought = Tenant(pair.store), list[Reply]()

    def hammer() -> None:
        with pair.wire.open() as line:
            for _each in range(20):
                line.send(_request(pair.wire, tenant))
                bought.append(line.read())

    threads = [Thread(target=hammer) for _each in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    issued = {reply.json["generation"]: reply.json["access_token"] for reply in bought if reply.status == 200}
    assert len(issued) == sum(reply.status == 200 for reply in bought), "one generation for two tokens"
    assert {reply.status for reply in bought} <= {200, 503}
    alive = [generation for generation, token in issued.items() if pair.wire.get("/me", token).status == 200]
    assert alive == [max(issued)] == [tenant.facts.generation]


def _request(wire: Wire, tenant: Tenant) -> bytes:
    body = f"access_token={tenant.credential}&grant_type=client_credentials".encode()
    return wire.raw("POST", "/work_get_token", [("Content-Type", "application/x-www-form-urlencoded")], body)
