"""How often one integration may do what, and who is slowed down by wrong secrets (contract, section 2; A01)."""

import json
import os
from collections.abc import Iterator

import pytest

from admincenter.core import credentials
from admincenter.core.credentials import SECRET_PREFIX
from tests.engines import NewDatabase
from tests.graph import assert_graph_error
from tests.serving import InProcess
from tests.settable_clock import SettableClock
from tests.tenant import Tenant, counted
from tests.wire import Reply

HERE, ELSEWHERE = "198.51.100.7", "203.0.113.9"


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory, hands: SettableClock, new_database: NewDatabase) -> Iterator[InProcess]:
    """A server behind a proxy on this machine, so that tests choose where they come from; five at once, then one a second."""
    flags = {"mint_rate": "1", "mint_burst": "5", "api_rate": "1", "api_burst": "5", "trusted_proxies": "127.0.0.1/32"}
    with InProcess(tmp_path_factory.mktemp("proxied") / "data", hands, **flags, **new_database()) as running:
        yield running


@pytest.fixture
def owner(proxied: InProcess) -> Tenant:
    """An integration that may be used from two networks."""
    return Tenant(proxied.store, allow=[HERE, ELSEWHERE, "2001:db8::/32"])


def _mint(server: InProcess, credential: str, address: str = HERE) -> Reply:
    return server.wire.token(credential, [("X-Forwarded-For", address)])


def _wrong(tenant: Tenant) -> str:
    return f"{tenant.app_id}|{credentials.mint_text(SECRET_PREFIX, os.urandom)}"


def test_token_requests_beyond_the_burst_wait(proxied: InProcess, owner: Tenant, hands: SettableClock) -> None:
    replies = [_mint(proxied, owner.credential) for _each in range(7)]
    assert [each.status for each in replies] == [200] * 5 + [429] * 2
    assert_graph_error(replies[5], 429, 4)
    assert replies[5].header("retry-after") == "1"
    assert json.loads(replies[5].header("x-app-usage")) == {"call_count": 100, "total_cputime": 100, "total_time": 100}
    assert json.loads(replies[1].header("x-app-usage")) == {"call_count": 40, "total_cputime": 40, "total_time": 40}
    hands.advance(1)
    assert [_mint(proxied, owner.credential).status for _each in range(2)] == [200, 429]
    proxied.settle()
    assert counted(owner.news()) == {"token.issued": 6, "token.refused RateLimited": 3}
    assert owner.facts.generation == 6


def test_calls_beyond_the_burst_wait(proxied: InProcess, owner: Tenant, hands: SettableClock) -> None:
    token = _mint(proxied, owner.credential).json["access_token"]
    replies = [proxied.wire.get("/me", token, [("X-Forwarded-For", HERE)]) for _each in range(6)]
    assert [each.status for each in replies] == [200] * 5 + [429]
    assert_graph_error(replies[5], 429, 4)
    hands.advance(1)
    assert proxied.wire.get("/me", token, [("X-Forwarded-For", ELSEWHERE)]).status == 200
    proxied.settle()
    assert counted(owner.news()) == {"token.issued": 1, "call.refused RateLimited": 1}
    assert sum(each.times for each in owner.usage()) == 6


def test_one_integration_uses_up_nothing_of_another(proxied: InProcess, owner: Tenant) -> None:
    other = owner.sibling(allow=[HERE])
    assert [_mint(proxied, owner.credential).status for _each in range(6)][-1] == 429
    assert _mint(proxied, other.credential).status == 200


def test_fetching_the_current_token_uses_the_allowance_of_token_requests(proxied: InProcess, owner: Tenant) -> None:
    assert _mint(proxied, owner.credential).status == 200
    fetches = [proxied.wire.current(owner.credential, [("X-Forwarded-For", HERE)]).status for _each in range(5)]
    assert fetches == [200] * 4 + [429]


def test_wrong_secrets_are_slowed_down_per_app_id_and_network(proxied: InProcess, owner: Tenant, hands: SettableClock) -> None:
    other = Tenant(proxied.store, allow=[HERE])
    replies = [_mint(proxied, _wrong(owner)) for _each in range(11)]
    assert [each.status for each in replies] == [400] * 10 + [429]
    assert_graph_error(replies[10], 429, 4)
    assert replies[10].header("retry-after") == "5"
    assert _mint(proxied, _wrong(owner), "198.51.100.200").status == 429, "the same /24"
    assert _mint(proxied, _wrong(owner), "198.51.101.7").status == 400, "another network"
    assert _mint(proxied, _wrong(other)).status == 400, "another App ID"
    hands.advance(5)
    assert [_mint(proxied, _wrong(owner)).status for _each in range(2)] == [400, 429]
    proxied.settle()
    found = owner.news()
    assert counted(found) == {"token.refused CredentialWrong": 12, "secret.guessed RateLimited": 3}
    assert {each["extra_data"].get("finding", False) for each in found if each["extra_data"]["kind"] == "secret.guessed"} == {
        True
    }


def test_in_the_newer_family_a_network_is_a_slash_56(proxied: InProcess, owner: Tenant) -> None:
    assert [_mint(proxied, _wrong(owner), f"2001:db8::{n}").status for n in range(11)][-1] == 429
    assert _mint(proxied, _wrong(owner), "2001:db8:0:ff::1").status == 429
    assert _mint(proxied, _wrong(owner), "2001:db8:0:100::1").status == 400


def test_a_right_secret_is_never_slowed_by_wrong_ones(proxied: InProcess, owner: Tenant) -> None:
    """A01: nobody can lock the owner out, neither from the same network nor from another."""
    for _each in range(30):
        _mint(proxied, _wrong(owner))
    assert _mint(proxied, _wrong(owner)).status == 429
    assert [_mint(proxied, owner.credential, address).status for address in (HERE, ELSEWHERE)] == [200, 200]
    assert _mint(proxied, _wrong(owner)).status == 429


def test_secrets_that_are_refused_unread_are_not_counted(proxied: InProcess, owner: Tenant) -> None:
    for _each in range(20):
        assert _mint(proxied, f"{owner.app_id}|{owner.secret[:-1]}").status == 400
    replies = [_mint(proxied, _wrong(owner)).status for _each in range(11)]
    assert replies == [400] * 10 + [429]


def test_wrong_secrets_that_a_browser_page_sends_are_answered_alike_for_ever(proxied: InProcess, owner: Tenant) -> None:
    """A limit that only wrong ones meet would tell the page which one is right."""
    page = [("X-Forwarded-For", HERE), ("Origin", "https://example.com")]
    replies = [proxied.wire.token(_wrong(owner), page) for _each in range(12)]
    assert len({each.without_ids() for each in [*replies, proxied.wire.token(owner.credential, page)]}) == 1


def test_the_default_burst_is_two_hundred_token_requests(server: InProcess, tenant: Tenant, hands: SettableClock) -> None:
    replies = [server.wire.token(tenant.credential) for _each in range(201)]
    assert [each.status for each in replies] == [200] * 200 + [429]
    assert [bool(each.header("x-app-usage")) for each in replies[:4]] == [False, False, False, True]
    hands.advance(1)
    assert [server.wire.token(tenant.credential).status for _each in range(21)] == [200] * 20 + [429]
    assert tenant.facts.generation == 220


def test_the_default_burst_is_two_thousand_calls(server: InProcess, tenant: Tenant, token: str, hands: SettableClock) -> None:
    with server.wire.open() as line:
        for number in range(2_001):
            line.send(server.wire.raw("GET", "/me", [("Authorization", f"Bearer {token}")]))
            reply = line.read()
            assert reply.status == (200 if number < 2_000 else 429)
            assert bool(reply.header("x-app-usage")) == (number >= 39), number
    assert reply.header("retry-after") == "1"
    hands.advance(1)
    assert server.wire.get("/me", token).status == 200
