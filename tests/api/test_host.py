"""Which Host headers name this server, and whom it believes about where a call comes from (contract, introduction and 6)."""

from collections.abc import Iterator

import pytest

from tests.engines import NewDatabase
from tests.graph import assert_graph_error
from tests.serving import InProcess
from tests.settable_clock import SettableClock
from tests.tenant import Tenant, counted
from tests.wire import Header, Reply

OWN, ELSEWHERE = "203.0.113.9", "198.51.100.1"


@pytest.mark.parametrize("host", ["127.0.0.1:{}", "localhost:{}", "[::1]:{}", "LocalHost:{}"])
def test_on_loopback_its_three_names_are_good(server: InProcess, token: str, host: str) -> None:
    assert server.wire.get("/me", token, [("Host", host.format(server.port))]).status == 200


@pytest.mark.parametrize("host", [
    "", "127.0.0.1", "localhost", "localhost:1", "127.0.0.1:{}x", "127.0.0.2:{}", "example.com:{}", "evil@127.0.0.1:{}",
    "127.0.0.1:{}@evil", "127.0.0.1:{}/x", "127.0.0.1.:{}", "localhost.evil.example:{}", "::1:{}", "0.0.0.0:{}",
    "http://127.0.0.1:{}", "127.0.0.1:{}, evil", "127.0.0.1 :{}", "127.0.0.1:0{}",
])  # fmt: skip
def test_any_other_host_is_refused_whatever_else_is_right(server: InProcess, tenant: Tenant, token: str, host: str) -> None:
    """A28."""
    reply = server.wire.get("/me", token, [("Host", host.format(server.port))])
    assert_graph_error(reply, 400, 100, says="Host")
    assert_graph_error(server.wire.token(tenant.credential, [("Host", host.format(server.port))]), 400, 100, says="Host")
    assert tenant.facts.generation == 1


def test_two_hosts_and_none_are_refused(server: InProcess, token: str) -> None:
    own = ("Host", f"127.0.0.1:{server.port}")
    for hosts in ([own, own], [own, ("Host", "evil")]):
        assert_graph_error(server.wire.get("/me", token, hosts), 400, 100)
    for version in (b"1.1", b"1.0"):
        raw = b"GET /me HTTP/%s\r\nAuthorization: Bearer %s\r\n\r\n" % (version, token.encode())
        assert_graph_error(server.wire.exchange(raw), 400, 100)


def test_a_target_that_names_a_host_of_its_own_is_refused(server: InProcess, token: str) -> None:
    for target in (f"http://127.0.0.1:{server.port}/me", "http://evil.example/me", "//evil.example/me", "evil.example:80"):
        reply = server.wire.get(target, token)
        assert (reply.status, reply.json["error"]["code"]) in ((400, 100), (404, 2500)), target


def test_what_proxies_may_say_of_host_and_scheme_is_ignored(server: InProcess, token: str) -> None:
    said = [
        ("X-Forwarded-Host", "evil.example"),
        ("X-Forwarded-Proto", "https"),
        ("Forwarded", "host=evil.example;proto=https"),
    ]
    page = server.wire.get("/security_audit_logs?limit=1", token, said).json
    assert page["paging"]["next"].startswith(f"http://127.0.0.1:{server.port}/security_audit_logs?")


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory, new_database: NewDatabase) -> Iterator[InProcess]:
    """A server with a public address."""
    data = tmp_path_factory.mktemp("public") / "data"
    with InProcess(data, SettableClock(), public_url="https://Admin.example.com", **new_database()) as running:
        yield running


@pytest.mark.parametrize("host", ["admin.example.com", "admin.example.com:443", "ADMIN.example.COM"])
def test_with_a_public_address_its_name_is_good_and_links_begin_with_it(public: InProcess, host: str) -> None:
    tenant, own = Tenant(public.store), [("Host", host)]
    token = public.wire.token(tenant.credential, own).json["access_token"]
    page = public.wire.get("/security_audit_logs?limit=1", token, own).json
    assert page["paging"]["next"].startswith("https://admin.example.com/security_audit_logs?")


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:{}", "localhost:{}", "admin.example.com:{}", "admin.example.com:80", "example.com", "xadmin.example.com"],
)
def test_with_a_public_address_no_other_name_is_good(public: InProcess, host: str) -> None:
    assert_graph_error(public.wire.get("/me", headers=[("Host", host.format(public.port))]), 400, 100, says="Host")


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_may_call_a_node_by_any_name(public: InProcess, path: str) -> None:
    assert public.wire.get(path, headers=[("Host", "10.0.0.7:8080")]).status == 200


@pytest.mark.parametrize(
    "name", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "True-Client-IP", "CF-Connecting-IP", "X-Client-IP"]
)
def test_a_peer_that_is_no_declared_proxy_is_not_believed(server: InProcess, tenant: Tenant, token: str, name: str) -> None:
    """A21."""
    assert server.wire.get("/me", token, [(name, OWN)]).json["seen_address"] == "127.0.0.1"
    tenant.allow(OWN)
    tenant.disallow("127.0.0.1")
    assert_graph_error(server.wire.get("/me", token, [(name, OWN)]), 400, 5, says="(seen as 127.0.0.1)")


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory, new_database: NewDatabase) -> Iterator[InProcess]:
    """A server behind declared proxies: this machine, and one that speaks the newer family."""
    data = tmp_path_factory.mktemp("proxied") / "data"
    with InProcess(data, SettableClock(), trusted_proxies="127.0.0.1/32, 2001:db8:1::/48", **new_database()) as running:
        yield running


def _call(proxied: InProcess, tenant: Tenant, headers: list[Header]) -> Reply:
    token = proxied.wire.token(tenant.credential, [("X-Forwarded-For", OWN)]).json["access_token"]
    tenant.news()
    return proxied.wire.get("/me", token, headers)


@pytest.mark.parametrize("lines", [
    [OWN], [f"::ffff:{OWN}"], ["::ffff:cb00:7109"], [f"{ELSEWHERE}, {OWN}"], [ELSEWHERE, OWN], [f"junk, {OWN}"],
    [f"{OWN}, 127.0.0.1"], [f"{ELSEWHERE},{OWN},127.0.0.1,2001:db8:1::7"], [f"{OWN}", "127.0.0.1", "::ffff:127.0.0.1"],
    [f"  {OWN}\t"], [", ".join([ELSEWHERE] * 31 + [OWN])],
])  # fmt: skip
def test_the_first_address_from_the_right_that_is_no_declared_proxy_is_the_client(proxied: InProcess, lines: list[str]) -> None:
    """A22, A23, A25."""
    tenant = Tenant(proxied.store, allow=[OWN])
    reply = _call(proxied, tenant, [("X-Forwarded-For", line) for line in lines])
    assert (reply.status, reply.json.get("seen_address")) == (200, OWN)


@pytest.mark.parametrize(("lines", "seen"), [
    ([ELSEWHERE], ELSEWHERE), ([f"{OWN}, {ELSEWHERE}"], ELSEWHERE), ([OWN, ELSEWHERE], ELSEWHERE),
    ([f"::{OWN}"], "::cb00:7109"), (["2002:cb00:7109::"], "2002:cb00:7109::"), ([f"64:ff9b::{OWN}"], "64:ff9b::cb00:7109"),
    ([f"{OWN}, 127.0.0.2"], "127.0.0.2"),
])  # fmt: skip
def test_an_address_that_stands_further_left_is_the_clients_own_to_forge(
    proxied: InProcess, lines: list[str], seen: str
) -> None:
    tenant = Tenant(proxied.store, allow=[OWN])
    assert_graph_error(_call(proxied, tenant, [("X-Forwarded-For", line) for line in lines]), 400, 5, says=f"(seen as {seen})")
    proxied.settle()
    assert counted(tenant.news()) == {"address.refused AddressRefused": 1}
    assert [each.address for each in tenant.waiting()] == [seen]


@pytest.mark.parametrize("lines", [
    [], [""], ["127.0.0.1"], ["127.0.0.1, 2001:db8:1::1"], [f"{OWN}:80"], [f"[{OWN}]"], [f"{OWN},"], [f"{OWN}, a"],
    ["fe80::1%eth0"], [f"{OWN}, unknown"], ["203.0.113.09"], ["203.0.113"], ["3405803785"], ["0xcb007109"], [f"{OWN}/32"],
    [f"for={OWN}"], ["x" * 5_000], [f"{OWN} {OWN}"], [f"{OWN};"], ["\xb2\xb0\xb3.0.113.9"],
])  # fmt: skip
def test_an_address_that_cannot_be_told_is_refused_and_nobodys(proxied: InProcess, lines: list[str]) -> None:
    """A24: never *no address, so no check*."""
    tenant = Tenant(proxied.store, allow=[OWN])
    reply = _call(proxied, tenant, [("X-Forwarded-For", line) for line in lines])
    assert_graph_error(reply, 400, 5, says="(seen as an unknown address: ")
    proxied.settle()
    assert (counted(tenant.news()), tenant.waiting()) == ({"address.refused AddressRefused": 1}, [])


@pytest.mark.parametrize(
    "name", ["Forwarded", "X-Real-IP", "True-Client-IP", "CF-Connecting-IP", "X-Client-IP", "X_Forwarded_For"]
)
def test_no_other_header_is_read_from_a_proxy(proxied: InProcess, name: str) -> None:
    tenant = Tenant(proxied.store, allow=[OWN])
    assert_graph_error(_call(proxied, tenant, [(name, OWN)]), 400, 5, says="unknown address")


@pytest.mark.parametrize("lines", [[", ".join([OWN] * 33)], [OWN] * 33, ["," * 32]])
def test_more_than_32_entries_are_refused(proxied: InProcess, lines: list[str]) -> None:
    tenant = Tenant(proxied.store, allow=[OWN])
    reply = _call(proxied, tenant, [("X-Forwarded-For", line) for line in lines])
    assert_graph_error(reply, 400, 100, says="32")
