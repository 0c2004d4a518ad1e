"""What the machine door writes down, when, and in what groups (design, *What is recorded how*)."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from admincenter.core.credentials import SECRET_PREFIX, mint_text
from tests.engines import NewDatabase
from tests.graph import assert_graph_error
from tests.serving import InProcess, Served, until
from tests.settable_clock import SettableClock
from tests.tenant import Tenant, counted
from tests.wire import Wire


def _refuse(wire: Wire, tenant: Tenant, agent: str = "a") -> None:
    assert_graph_error(wire.token(tenant.credential, [("User-Agent", agent)], grant_type="x"), 400, 100)


def test_refusals_of_a_kind_are_one_row_with_count_first_last_and_network(
    server: InProcess, tenant: Tenant, hands: SettableClock
) -> None:
    begin = hands.now // 1_000_000
    for _each in range(30):
        _refuse(server.wire, tenant)
        hands.advance(1)
    server.settle()
    rows = tenant.news()
    extras = [row["extra_data"] for row in rows]
    assert counted(rows) == {"token.refused ParameterBad": 30}
    assert len(rows) < 6, "about one row a second, not one a refusal"
    assert (min(each["first"] for each in extras), max(each["last"] for each in extras)) == (begin, begin + 29)
    assert {(each["app_id"], each["network"]) for each in extras} == {(tenant.app_id, "127.0.0.0/24")}
    assert {(row["event"], row["ip_address"], row["useragent"]) for row in rows} == {("Access token refused", "127.0.0.1", "a")}


def test_what_hides_in_a_user_agent_is_stored_as_harmless_text(server: InProcess, tenant: Tenant) -> None:
    """A35."""
    _refuse(server.wire, tenant, '=cmd|"\x9b31m\t<script>\\' + "x" * 5_000)
    server.settle()
    [row] = tenant.news()
    assert row["useragent"] == ('=cmd|"\N{REPLACEMENT CHARACTER}31m\N{REPLACEMENT CHARACTER}<script>\\' + "x" * 5_000)[:256]


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory, hands: SettableClock, new_database: NewDatabase) -> Iterator[InProcess]:
    """A server behind a proxy on this machine, so that tests choose where they come from."""
    with InProcess(
        tmp_path_factory.mktemp("proxied") / "data", hands, trusted_proxies="127.0.0.1/32", **new_database()
    ) as running:
        yield running


def test_a_flood_drops_no_count_and_fills_no_log(proxied: InProcess, hands: SettableClock) -> None:
    """At most sixty rows a minute for each instance; what is more is summed in one row, and others are not concerned."""
    hands.now = hands.now // 60_000_000 * 60_000_000 + 60_000_000
    flooded, quiet = Tenant(proxied.store, allow=["192.0.2.1"]), Tenant(proxied.store, allow=["192.0.2.1"])
    for number in range(200):
        reply = proxied.wire.token(flooded.credential, [("X-Forwarded-For", f"10.0.{number}.{number % 2}")])
        assert reply.status in (400, 429)
    proxied.wire.token(quiet.credential, [("X-Forwarded-For", "10.0.0.1")])
    proxied.settle()
    rows = flooded.news()
    assert 50 < len(rows) < 60
    assert counted(quiet.news()) == {"address.refused AddressRefused": 1}
    hands.advance(60)
    proxied.settle()
    [rest] = flooded.news()
    assert rest["extra_data"]["kind"] == "refusals.summarised"
    assert sum(counted([*rows, rest]).values()) == 200
    assert (rest["actor_username"], rest["extra_data"]["groups"]) == ("system", 200 - len(rows))
    assert len(flooded.waiting()) == 100


def test_a_thief_who_guesses_first_hides_no_finding(proxied: InProcess, hands: SettableClock) -> None:
    """Who knows only the App ID can fill a minute's rows; that the genuine secret came from a wrong address has its own row."""
    hands.now = hands.now // 60_000_000 * 60_000_000 + 60_000_000
    tenant = Tenant(proxied.store, allow=["192.0.2.1"])
    for number in range(100):
        proxied.wire.token(f"{tenant.app_id}|{mint_text(SECRET_PREFIX, os.urandom)}", [("X-Forwarded-For", f"10.1.{number}.1")])
    proxied.settle()
    assert set(counted(tenant.news())) == {"token.refused CredentialWrong"}
    proxied.wire.token(tenant.credential, [("X-Forwarded-For", "10.1.1.1")])
    proxied.settle()
    [finding] = tenant.news()
    assert (finding["extra_data"]["kind"], finding["extra_data"]["finding"]) == ("address.refused", True)


def test_an_app_id_that_does_not_exist_leaves_nothing_behind(proxied: InProcess) -> None:
    """It is nobody's, so it fills nobody's log, though the same work is done for it."""
    tenant = Tenant(proxied.store, allow=["192.0.2.1"])
    before = proxied.store.read(lambda tx: [tx.audit.head(row.instance) for row in tx.instances.all()])
    for _each in range(20):
        reply = proxied.wire.token(f"{1_999_999_999_999_999}|{tenant.secret}", [("X-Forwarded-For", "10.2.0.1")])
        assert reply.status in (400, 429)
    proxied.settle()
    assert proxied.store.read(lambda tx: [tx.audit.head(row.instance) for row in tx.instances.all()]) == before


def test_usage_is_counted_per_permission_address_and_day(proxied: InProcess, hands: SettableClock) -> None:
    tenant = Tenant(proxied.store, allow=["192.0.2.0/24"])
    for address, times in (("192.0.2.1", 2), ("192.0.2.2", 1)):
        own = [("X-Forwarded-For", address)]
        token = proxied.wire.token(tenant.credential, own).json["access_token"]
        for _each in range(times):
            assert proxied.wire.get("/security_audit_logs", token, own).status == 200
    before, day = hands.now, hands.now // 86_400_000_000
    hands.now = (day + 1) * 86_400_000_000
    token = proxied.wire.token(tenant.credential, own).json["access_token"]
    assert proxied.wire.get("/security_audit_logs", token, own).status == 200
    proxied.settle()
    found = [(each.permission, each.address, each.day, each.times, each.last_at) for each in tenant.usage()]
    assert sorted(found) == [
        ("read_security_audit_logs", "192.0.2.1", day, 2, before),
        ("read_security_audit_logs", "192.0.2.2", day, 1, before),
        ("read_security_audit_logs", "192.0.2.2", day + 1, 1, hands.now),
    ]


def test_a_call_that_is_allowed_is_usage_and_no_event(server: InProcess, tenant: Tenant, token: str) -> None:
    for _each in range(3):
        assert server.wire.get("/security_audit_logs", token).status == 200
    server.settle()
    assert (tenant.news(), [each.times for each in tenant.usage()]) == ([], [3])


def test_refusals_are_written_within_seconds_without_being_asked(served: Served) -> None:
    tenant = Tenant(served.store)
    for _each in range(3):
        _refuse(served.wire, tenant)
    until(lambda: counted(tenant.log())["token.refused ParameterBad"] == 3, "the refusals in the log", 5)


def test_everything_that_was_counted_is_written_once_at_the_stop(tmp_path: Path, new_database: NewDatabase) -> None:
    with Served(tmp_path / "data", **new_database()) as running:
        tenant = Tenant(running.store)
        token = running.wire.token(tenant.credential).json["access_token"]
        for _each in range(3):
            assert running.wire.get("/me", token).status == 200
        assert running.wire.get("/security_audit_logs", token).status == 200
        tenant.news()
        for _each in range(70):
            _refuse(running.wire, tenant)
    assert counted(tenant.news()) == {"token.refused ParameterBad": 70}
    found = sorted((each.permission, each.address, each.times) for each in tenant.usage())
    assert found == [("/me", "127.0.0.1", 3), ("read_security_audit_logs", "127.0.0.1", 1)]
