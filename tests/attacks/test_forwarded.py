"""A21 to A25: who the client is. Only a declared proxy is believed, only about its own neighbour, and only in one header."""

from collections.abc import Iterator

import pytest

from tests.engines import NewDatabase
from tests.graph import assert_graph_error
from tests.serving import InProcess
from tests.settable_clock import SettableClock
from tests.tenant import Tenant
from tests.wire import Header, Reply

ALLOWED, OTHER, PROXY = "203.0.113.9", "198.51.100.7", "10.1.2.3"
ALLOWLIST = (ALLOWED, "2001:db8::/32")

ADMITTED = {
    "the proxy's own entry": [ALLOWED],
    "behind a second declared proxy": [f"{ALLOWED}, {PROXY}"],
    "two lines": [ALLOWED, PROXY],
    "what the client made up stands to the left": [f"{OTHER}, garbage, , 1.2.3.4:80, {ALLOWED}"],
    "spaces and tabs": [f"  {ALLOWED}\t"],
    "mapped IPv6": [f"::ffff:{ALLOWED}"],
    "mapped IPv6 in hexadecimal": ["::ffff:cb00:7109"],
    "IPv6": ["2001:db8::1"],
    "IPv6 at length": ["2001:0DB8:0000:0000:0000:0000:0000:0001"],
    "32 entries": [", ".join([OTHER] * 31 + [ALLOWED])],
}

REFUSED = {
    "no header": [],
    "an empty header": [""],
    "an empty entry at the right": [f"{ALLOWED}, "],
    "only commas": [",,,"],
    "only declared proxies": [f"127.0.0.1, {PROXY}"],
    "the client's own header, the proxy's appended": [f"{ALLOWED}, {OTHER}"],
    "the client's own header in a line before": [ALLOWED, OTHER],
    "an unreadable entry behind a proxy": [f"{ALLOWED}, unknown, {PROXY}"],
    "a name": ["localhost"],
    "a letter": ["a"],
    "a port": [f"{ALLOWED}:80"],
    "a port in brackets": ["[2001:db8::1]:80"],
    "brackets": ["[2001:db8::1]"],
    "quotes": [f'"{ALLOWED}"'],
    "a zone": ["2001:db8::1%eth0"],
    "a network": [f"{ALLOWED}/32"],
    "leading zeros": ["203.000.113.009"],
    "an octal number": ["0313.0.0161.011"],
    "one number": ["3405803785"],
    "three numbers": ["203.0.28937"],
    "full-width digits in UTF-8": ["\xef\xbc\x92\xef\xbc\x90\xef\xbc\x93.0.113.9"],
    "a semicolon": [f"{OTHER}; {ALLOWED}"],
    "a space": [f"{OTHER} {ALLOWED}"],
    "a tab within": [f"{OTHER}\t{ALLOWED}"],
    "Latin-1": [f"{ALLOWED}\xff"],
    "a thousand letters": ["a" * 1_000],
    "compatible IPv6": [f"::{ALLOWED}"],
    "6to4": ["2002:cb00:7109::1"],
    "NAT64": [f"64:ff9b::{ALLOWED}"],
    "mapped, but not quite": [f"::fffe:{ALLOWED}"],
    "our own address": ["127.0.0.1"],
}

NEVER_READ = [
    "Forwarded",
    "X-Real-IP",
    "True-Client-IP",
    "CF-Connecting-IP",
    "X-Client-IP",
    "X-Cluster-Client-IP",
    "X-Forwarded",
]


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory, new_database: NewDatabase) -> Iterator[InProcess]:
    """A server whose declared proxies are this machine and 10.0.0.0/8."""
    flags = {"trusted_proxies": "127.0.0.1, 10.0.0.0/8"}
    with InProcess(tmp_path_factory.mktemp("behind") / "data", SettableClock(), **flags, **new_database()) as running:
        yield running


@pytest.fixture
def tenant(behind: InProcess) -> Tenant:
    """An integration that may come from the allowed addresses only."""
    return Tenant(behind.store, allow=ALLOWLIST)


def _asked(server: InProcess, tenant: Tenant, lines: list[str], *more: Header) -> Reply:
    return server.wire.token(tenant.credential, [*(("X-Forwarded-For", each) for each in lines), *more])


@pytest.mark.parametrize("lines", ADMITTED.values(), ids=ADMITTED)
def test_the_address_that_a_declared_proxy_names_is_the_clients(behind: InProcess, tenant: Tenant, lines: list[str]) -> None:
    assert _asked(behind, tenant, lines).status == 200


@pytest.mark.parametrize("lines", REFUSED.values(), ids=REFUSED)
def test_everything_else_is_refused_and_never_a_fault(behind: InProcess, tenant: Tenant, lines: list[str]) -> None:
    assert_graph_error(_asked(behind, tenant, lines), 400, 5)
    assert tenant.facts.generation == 0


@pytest.mark.parametrize("name", NEVER_READ)
def test_no_other_header_is_read_from_a_proxy(behind: InProcess, tenant: Tenant, name: str) -> None:
    for value in (ALLOWED, f"for={ALLOWED}"):
        assert_graph_error(_asked(behind, tenant, [OTHER], (name, value)), 400, 5)
        assert_graph_error(_asked(behind, tenant, [], (name, value)), 400, 5)


@pytest.mark.parametrize("lines", [[", ".join([ALLOWED] * 33)], [ALLOWED] * 33, ["," * 32], [", ".join([ALLOWED] * 200)]])
def test_more_than_32_entries_are_refused_before_the_credential(behind: InProcess, tenant: Tenant, lines: list[str]) -> None:
    assert_graph_error(_asked(behind, tenant, lines), 400, 100, says="32")


def test_a_refused_address_that_could_be_read_waits_for_the_admin_and_another_does_not(
    behind: InProcess, tenant: Tenant
) -> None:
    for lines in ([f"{ALLOWED}, {OTHER}"], [], ["a\x7f"], [f"{ALLOWED}:80"]):
        _asked(behind, tenant, lines)
    behind.settle()
    assert [each.address for each in tenant.waiting()] == [OTHER]


@pytest.mark.parametrize("name", ["X-Forwarded-For", *NEVER_READ])
def test_no_header_is_believed_from_anybody_else(server: InProcess, name: str) -> None:
    """A21: sent straight to a server that has no declared proxy, the header is not there."""
    stranger, local = Tenant(server.store, allow=[ALLOWED]), Tenant(server.store)
    assert_graph_error(server.wire.token(stranger.credential, [(name, ALLOWED)]), 400, 5, says="(seen as 127.0.0.1)")
    assert server.wire.token(local.credential, [(name, OTHER)]).status == 200
    server.settle()
    assert [each.address for each in stranger.waiting()] == ["127.0.0.1"]
    assert local.waiting() == []


def test_a_header_of_any_size_from_anybody_else_does_no_harm(server: InProcess) -> None:
    local = Tenant(server.store)
    assert server.wire.token(local.credential, [("X-Forwarded-For", "," * 10_000)]).status == 200
