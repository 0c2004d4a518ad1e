"""One server in this process for all attacks of a module; each attack brings an organisation of its own."""

from collections.abc import Iterator

import pytest

from tests.attacks.rawly import Rawly
from tests.engines import NewDatabase
from tests.serving import InProcess
from tests.settable_clock import SettableClock
from tests.tenant import Tenant


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, new_database: NewDatabase) -> Iterator[InProcess]:
    """A server with the default settings."""
    with InProcess(tmp_path_factory.mktemp("server") / "data", SettableClock(), **new_database()) as running:
        yield running


@pytest.fixture
def tenant(server: InProcess) -> Tenant:
    """An organisation with an integration that may do everything, from 127.0.0.1."""
    return Tenant(server.store)


@pytest.fixture
def token(server: InProcess, tenant: Tenant) -> str:
    """The tenant's live token; its issue is no news."""
    reply = server.wire.token(tenant.credential)
    tenant.news()
    return str(reply.json["access_token"])


@pytest.fixture
def rawly(server: InProcess, tenant: Tenant, token: str) -> Rawly:
    """Bytes to the server, with the tenant's genuine token at hand."""
    return Rawly(server, tenant, token)
