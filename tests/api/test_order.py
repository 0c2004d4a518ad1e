"""Two faults in one request: the earlier check of the contract answers (section 2, *Order of the checks*)."""

import os
from collections.abc import Callable, Iterator
from itertools import combinations
from typing import NamedTuple

import pytest

from admincenter.core import credentials
from admincenter.core.credentials import SECRET_PREFIX, TOKEN_PREFIX
from admincenter.core.permissions import Permission
from tests.engines import NewDatabase
from tests.graph import assert_graph_error
from tests.serving import InProcess
from tests.settable_clock import SettableClock
from tests.tenant import Tenant
from tests.wire import Header, Wire


class Attempt:
    """A request in the making. Each fault spoils one thing of it."""

    def __init__(self, wire: Wire, tenant: Tenant, clock: SettableClock) -> None:
        self.wire, self.tenant, self.clock = wire, tenant, clock
        self.headers: list[Header] = []
        self.app_id, self.secret, self.parameter = tenant.app_id, tenant.secret, ""
        self.mint()
        self.token = self.live

    def mint(self) -> None:
        """A new live token. It uses up the token requests of this second."""
        self.clock.advance(1)
        self.live = str(self.wire.token(self.tenant.credential).json["access_token"])

    def call(self) -> None:
        """A call that is allowed. It uses up the calls of this second."""
        assert self.wire.get("/me", self.live).status == 200


class Fault(NamedTuple):
    """How to bring it about, and what it answers. Two faults that spoil the same thing cannot meet."""

    name: str
    spoils: str
    spoil: Callable[[Attempt], object]
    answer: tuple[int, int, int | None]


def _set(name: str, value: Callable[[], object]) -> Callable[[Attempt], None]:
    return lambda attempt: setattr(attempt, name, value())


PARAMETER = Fault("parameter", "parameter", _set("parameter", lambda: "nonsense"), (400, 100, None))
BROWSER = Fault(
    "tripwire", "headers", lambda attempt: attempt.headers.append(("Origin", "https://example.com")), (400, 100, None)
)
OFF = Fault("off", "state", lambda attempt: attempt.tenant.disable(), (400, 190, 467))
ADDRESS = Fault("address", "address", lambda attempt: attempt.tenant.disallow("127.0.0.1"), (400, 5, None))
MINTS = Fault("limit", "limit", Attempt.mint, (429, 4, None))
CALLS = Fault("limit", "limit", Attempt.call, (429, 4, None))

OF_SECRETS = (
    Fault("malformed", "secret", _set("secret", lambda: "None"), (400, 190, None)),
    BROWSER,
    Fault("wrong", "secret", _set("secret", lambda: credentials.mint_text(SECRET_PREFIX, os.urandom)), (400, 190, None)),
    OFF,
    ADDRESS,
    MINTS,
    PARAMETER,
)
OF_TOKENS = (
    Fault("malformed", "token", _set("token", lambda: "None"), (400, 190, None)),
    BROWSER,
    Fault("unknown", "token", _set("token", lambda: credentials.mint_text(TOKEN_PREFIX, os.urandom)), (400, 190, 467)),
    OFF,
    Fault("superseded", "token", Attempt.mint, (400, 190, 460)),
    ADDRESS,
    Fault("permission", "grant", lambda attempt: attempt.tenant.withdraw(Permission.READ_SECURITY_AUDIT_LOGS), (403, 10, None)),
    CALLS,
    PARAMETER,
)


def _pairs(faults: tuple[Fault, ...]) -> list[tuple[Fault, Fault]]:
    return [(one, other) for one, other in combinations(faults, 2) if one.spoils != other.spoils]


def _name(pair: tuple[Fault, Fault]) -> str:
    return " before ".join(each.name for each in pair)


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory, hands: SettableClock, new_database: NewDatabase) -> Iterator[InProcess]:
    """A server that allows each integration one token and one call a second."""
    flags = dict.fromkeys(("mint_rate", "mint_burst", "api_rate", "api_burst"), "1")
    with InProcess(tmp_path_factory.mktemp("strict") / "data", hands, **flags, **new_database()) as running:
        yield running


def _rank(fault: Fault) -> int:
    """A fault that needs a working integration is brought about before those that spoil it."""
    return [Attempt.mint, Attempt.call, fault.spoil].index(fault.spoil)


@pytest.mark.parametrize("pair", _pairs(OF_SECRETS), ids=_name)
def test_the_earlier_fault_of_a_token_request_answers(
    strict: InProcess, hands: SettableClock, pair: tuple[Fault, Fault]
) -> None:
    attempt = Attempt(strict.wire, Tenant(strict.store), hands)
    hands.advance(1)
    for each in sorted(pair, key=_rank):
        each.spoil(attempt)
    fields = {"access_token": f"{attempt.app_id}|{attempt.secret}", "grant_type": attempt.parameter or "client_credentials"}
    assert_graph_error(strict.wire.form("/work_get_token", fields, attempt.headers), *pair[0].answer)


@pytest.mark.parametrize("pair", _pairs(OF_TOKENS), ids=_name)
def test_the_earlier_fault_of_a_call_answers(strict: InProcess, hands: SettableClock, pair: tuple[Fault, Fault]) -> None:
    attempt = Attempt(strict.wire, Tenant(strict.store), hands)
    for each in sorted(pair, key=_rank):
        each.spoil(attempt)
    path = f"/security_audit_logs?order={attempt.parameter or 'asc'}"
    assert_graph_error(strict.wire.get(path, attempt.token, attempt.headers), *pair[0].answer)
