"""One server of each kind for all tests of a module; each test brings an organisation of its own."""

from collections.abc import Iterator

import pytest

from tests.directory import COMPATIBLE, DIALECTS, NAMES, RFC, Directory
from tests.engines import NewDatabase
from tests.serving import InProcess, Served
from tests.settable_clock import SettableClock
from tests.tenant import Tenant
from tests.wire import Wire


@pytest.fixture(scope="module")
def hands() -> SettableClock:
    """The clock of the server in this process."""
    return SettableClock()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, hands: SettableClock, new_database: NewDatabase) -> Iterator[InProcess]:
    """The server in this process, with the default settings."""
    with InProcess(tmp_path_factory.mktemp("server") / "data", hands, **new_database()) as running:
        yield running


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, new_database: NewDatabase) -> Iterator[Served]:
    """A server process with one worker and the default settings."""
    with Served(tmp_path_factory.mktemp("served") / "data", **new_database()) as running:
        yield running


@pytest.fixture
def wire(server: InProcess) -> Wire:
    """Calls to the server in this process."""
    return server.wire


@pytest.fixture
def tenant(server: InProcess) -> Tenant:
    """An organisation with an integration that may do everything, from 127.0.0.1."""
    return Tenant(server.store)


@pytest.fixture
def token(wire: Wire, tenant: Tenant) -> str:
    """The tenant's live token; its issue is no news."""
    reply = wire.token(tenant.credential)
    tenant.news()
    return str(reply.json["access_token"])


@pytest.fixture(params=DIALECTS, ids=NAMES)
def directory(request: pytest.FixtureRequest, wire: Wire, token: str) -> Directory:
    """The tenant's accounts, in each of the two dialects."""
    return Directory(wire, token, request.param)


@pytest.fixture
def rfc(wire: Wire, token: str) -> Directory:
    """The tenant's accounts to the letter of RFC 7644."""
    return Directory(wire, token, RFC)


@pytest.fixture
def compatible(wire: Wire, token: str) -> Directory:
    """The tenant's accounts as clients of Meta's host know them."""
    return Directory(wire, token, COMPATIBLE)
