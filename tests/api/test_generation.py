"""Many hosts share one token: `expected_generation` and `POST /work_current_token` (contract, section 1)."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from tests.graph import assert_graph_error
from tests.serving import InProcess
from tests.settable_clock import SettableClock
from tests.tenant import Tenant, counted
from tests.wire import JSON, Reply, Wire


def test_each_token_counts_one_more(wire: Wire, tenant: Tenant) -> None:
    assert [wire.token(tenant.credential).json["generation"] for _each in range(3)] == [1, 2, 3]


def test_a_mint_that_expects_the_counter_as_it_is_succeeds(wire: Wire, tenant: Tenant) -> None:
    assert wire.token(tenant.credential, expected_generation="0").json["generation"] == 1
    body = f'{{"access_token":"{tenant.credential}","grant_type":"client_credentials","expected_generation":1}}'
    assert wire.call("POST", "/work_get_token", [JSON], body.encode()).json["generation"] == 2


@pytest.mark.parametrize("expected", ["0", "2", "9007199254740993", str(2**63 - 1)])
def test_a_mint_that_expects_another_counter_changes_nothing(
    server: InProcess, tenant: Tenant, token: str, expected: str
) -> None:
    before = tenant.facts
    reply = server.wire.token(tenant.credential, expected_generation=expected)
    assert_graph_error(reply, 409, 9001)
    assert (reply.json["generation"], tenant.facts) == (1, before)
    assert server.wire.get("/me", token).status == 200
    server.settle()
    assert counted(tenant.news()) == {"token.refused GenerationMismatch": 1}


def test_the_counter_counts_tokens_that_died_too(wire: Wire, tenant: Tenant, token: str) -> None:
    tenant.revoke()
    assert_graph_error(wire.token(tenant.credential, expected_generation="0"), 409, 9001)
    assert wire.token(tenant.credential, expected_generation="1").json["generation"] == 2


def test_of_sixteen_that_race_one_mints_and_the_others_learn_the_counter(server: InProcess, tenant: Tenant) -> None:
    start = Barrier(16)

    def race(_number: int) -> Reply:
        start.wait()
        return server.wire.token(tenant.credential, expected_generation="0")

    with ThreadPoolExecutor(16) as runners:
        replies = list(runners.map(race, range(16)))
    assert Counter(each.status for each in replies) == {200: 1, 409: 15}
    for each in replies:
        if each.status == 409:
            assert_graph_error(each, 409, 9001)
        assert each.json["generation"] == 1
    [winner] = [each.json["access_token"] for each in replies if each.status == 200]
    assert server.wire.get("/me", winner).json["generation"] == 1
    server.settle()
    assert counted(tenant.news()) == {"token.issued": 1, "token.refused GenerationMismatch": 15}


def test_the_current_token_is_the_same_token_with_what_is_left_of_it(
    server: InProcess, tenant: Tenant, token: str, hands: SettableClock
) -> None:
    hands.advance(0.000001)
    reply = server.wire.current(tenant.credential)
    assert reply.json == {"access_token": token, "token_type": "bearer", "expires_in": 7_199, "generation": 1}
    assert (reply.header("cache-control"), tenant.facts.generation) == ("no-store", 1)
    server.settle()
    assert counted(tenant.news()) == {"token.fetched": 1}


def test_the_current_token_is_fetched_to_its_last_microsecond(wire: Wire, tenant: Tenant, hands: SettableClock) -> None:
    token = wire.token(tenant.credential).json["access_token"]
    hands.advance(7_199.999999)
    assert (wire.current(tenant.credential).json["access_token"], wire.current(tenant.credential).json["expires_in"]) == (
        token,
        0,
    )
    hands.advance(0.000001)
    reply = wire.current(tenant.credential)
    assert_graph_error(reply, 404, 9002)
    assert reply.json["generation"] == 1


def test_before_the_first_token_there_is_none_to_fetch(server: InProcess, tenant: Tenant) -> None:
    reply = server.wire.current(tenant.credential)
    assert_graph_error(reply, 404, 9002)
    assert reply.json["generation"] == 0
    server.settle()
    assert counted(tenant.news()) == {"token.refused NoLiveToken": 1}


def test_after_a_newer_token_the_newer_one_is_fetched(wire: Wire, tenant: Tenant, token: str) -> None:
    newer = wire.token(tenant.credential).json["access_token"]
    assert newer != token
    assert wire.current(tenant.credential).json["access_token"] == newer


@pytest.mark.parametrize("how", ["reset", "revoke", "revoke_all", "disable"])
def test_a_token_that_died_early_is_not_fetched_again(wire: Wire, tenant: Tenant, token: str, how: str) -> None:
    getattr(tenant, how)()
    assert tenant.facts.sealed is None
    if how == "disable":
        assert_graph_error(wire.current(tenant.credential), 400, 190, 467)
        tenant.enable()
    reply = wire.current(tenant.credential)
    assert_graph_error(reply, 404, 9002)
    assert reply.json["generation"] == 1


def test_the_secret_that_was_reset_fetches_nothing(wire: Wire, tenant: Tenant, token: str) -> None:
    old = tenant.reset()
    assert_graph_error(wire.current(f"{tenant.app_id}|{old}"), 400, 190)


def test_a_fetch_needs_no_grant_type(wire: Wire, tenant: Tenant, token: str) -> None:
    assert wire.form("/work_current_token", {"access_token": tenant.credential}).json["access_token"] == token
