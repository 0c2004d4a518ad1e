"""What is counted instead of written each time: no flood drops a count, none writes more than 60 rows a minute."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from admincenter.core import tallies
from admincenter.core.audit import SECOND, Event
from admincenter.core.network import Address, Unresolved
from admincenter.core.ports import UsageCount, WaitingAddress
from admincenter.core.tallies import DAY, MINUTE, ROWS_A_MINUTE, Group, GroupedEvents, Usage, WaitingAddresses

HERE, THERE = "1000000000000000", "2000000000000000"
CLIENT = Address(bytes([192, 0, 2, 7]))


def group(number: int, instance: str = HERE, kind: str = "call.refused") -> Group:
    return Group(instance, kind, "1000000000000001", "TokenExpired", f"net{number}")


def flood(events: GroupedEvents, groups: int, now: int, instance: str = HERE, kind: str = "call.refused") -> None:
    for number in range(groups):
        events.add(group(number, instance, kind), now, CLIENT, "curl")


def weights(events: list[Event]) -> Counter[str]:
    counted: Counter[str] = Counter()
    for each in events:
        counted[each.instance] += each.weight
    return counted


KINDS = ["call.refused", "address.refused"]
STEP = st.one_of(
    st.tuples(st.just("add"), st.integers(0, 150), st.sampled_from([HERE, THERE]), st.sampled_from(KINDS)),
    st.tuples(st.just("wait"), st.integers(1, 90 * SECOND), st.just(""), st.just("")),
    st.tuples(st.just("drain"), st.just(0), st.just(""), st.just("")),
)


@given(st.lists(STEP, max_size=40))
@settings(max_examples=300)
def test_no_count_is_lost_and_no_minute_has_more_than_60_rows(steps: list[tuple[str, int, str, str]]) -> None:
    events, now = GroupedEvents(), 1_000 * MINUTE
    added: Counter[str] = Counter()
    drained: list[tuple[int, Event]] = []
    for what, number, instance, kind in steps:
        if what == "add":
            flood(events, number, now, instance, kind)
            added[instance] += number
        elif what == "wait":
            now += number
        else:
            drained += [(now, each) for each in events.drain(now)]
    drained += [(now, each) for each in events.drain(now, stopping=True)]
    assert +weights([each for _, each in drained]) == +added
    rows = Counter((at // MINUTE, each.instance) for at, each in drained)
    assert max(rows.values(), default=0) <= ROWS_A_MINUTE
    assert len(events) == 0


@pytest.mark.parametrize("kind", KINDS)
def test_the_fullest_minute_has_at_most_60_rows(kind: str) -> None:
    """The rest of the minute before, as many rows of its own as there may be, and the rest at a stop."""
    events = GroupedEvents()
    flood(events, 500, MINUTE, kind=kind)
    events.drain(MINUTE)
    flood(events, 500, 2 * MINUTE, kind=kind)
    written = events.drain(2 * MINUTE, stopping=True)
    assert ROWS_A_MINUTE // 2 < len(written) <= ROWS_A_MINUTE
    assert [each.kind.key for each in (written[0], written[-1])] == ["refusals.summarised"] * 2


def test_what_is_alike_is_one_event_with_count_first_and_last() -> None:
    events = GroupedEvents()
    for second in (7, 3, 9):
        events.add(group(1), second * SECOND, CLIENT, "curl/8")
    [only] = events.drain(10 * SECOND)
    assert only.weight == only.details["count"] == 3
    assert (only.details["first"], only.details["last"], only.details["network"]) == (3, 9, "net1")
    assert (only.details["reason"], only.by.address, only.by.user_agent) == ("TokenExpired", "192.0.2.7", "curl/8")
    assert events.drain(10 * SECOND) == []


def test_a_group_without_reason_has_none_and_an_unknown_address_says_so() -> None:
    events = GroupedEvents()
    events.add(Group(HERE, "token.fetched", "1000000000000001", "", "unknown"), 0, Unresolved("no address"), "")
    [only] = events.drain(0)
    assert "reason" not in only.details
    assert only.by.address == "an unknown address: no address"


def test_the_rest_of_a_minute_comes_in_one_row_when_the_minute_is_over() -> None:
    events = GroupedEvents()
    flood(events, 500, 0)
    own = len(events.drain(MINUTE))
    assert 0 < own < ROWS_A_MINUTE
    assert events.drain(2 * MINUTE - 1) == []
    [rest] = events.drain(2 * MINUTE)
    assert (rest.kind.key, rest.weight, rest.details["groups"]) == ("refusals.summarised", 500 - own, 500 - own)


def test_no_flood_of_refusals_hides_a_finding_of_the_same_minute() -> None:
    """Who knows an App ID can cause refusals without end; only a genuine credential causes a finding."""
    events = GroupedEvents()
    for second in range(20):
        flood(events, 100, second * SECOND)
        events.drain(second * SECOND)
    events.add(group(1)._replace(kind="address.refused"), 30 * SECOND, CLIENT, "curl")
    assert [each.kind.key for each in events.drain(30 * SECOND)] == ["address.refused"]


def test_a_stop_writes_the_rest_without_a_storm_of_rows() -> None:
    events = GroupedEvents()
    flood(events, 5_000, 0)
    written = events.drain(MINUTE, stopping=True)
    assert len(written) <= ROWS_A_MINUTE
    assert sum(each.weight for each in written) == 5_000


def test_memory_is_bounded_and_what_exceeds_it_is_still_counted() -> None:
    """An attacker who comes from ever new networks costs no memory and hides nothing."""
    events = GroupedEvents()
    flood(events, tallies.GROUPS + 5_000, 0)
    assert len(events) == tallies.GROUPS + 1
    assert sum(each.weight for each in events.drain(0, stopping=True)) == tallies.GROUPS + 5_000


def test_one_instances_flood_takes_no_rows_from_another() -> None:
    events = GroupedEvents()
    flood(events, 1_000, 0)
    flood(events, 3, 0, THERE)
    assert [each.kind.key for each in events.drain(0) if each.instance == THERE] == ["call.refused"] * 3


CALL = st.tuples(st.sampled_from("ab"), st.sampled_from(["me", "logs"]), st.integers(0, 3 * DAY))


@given(st.lists(CALL), st.lists(CALL))
def test_usage_that_could_not_be_written_is_added_to_what_came_meanwhile(
    early: list[tuple[str, str, int]], late: list[tuple[str, str, int]]
) -> None:
    usage, together = Usage(), Usage()
    for app_id, permission, now in early:
        usage.add(HERE, app_id, permission, "192.0.2.7", now)
    failed = usage.drain()
    assert len(usage) == 0
    for app_id, permission, now in late:
        usage.add(HERE, app_id, permission, "192.0.2.7", now)
    usage.put_back(failed)
    expected = {(app_id, permission, now // DAY): 0 for app_id, permission, now in early + late}
    for app_id, permission, now in early + late:
        together.add(HERE, app_id, permission, "192.0.2.7", now)
        expected[app_id, permission, now // DAY] += 1
    counts = usage.drain()
    assert {(each.app_id, each.permission, each.day): each.times for each in counts} == expected
    assert len(together) == len(counts)


def test_a_day_of_usage_keeps_the_time_of_its_last_call() -> None:
    usage = Usage()
    usage.add(HERE, "a", "me", "192.0.2.7", 5)
    usage.add(HERE, "a", "me", "192.0.2.7", 9)
    assert usage.drain() == [UsageCount(HERE, "a", "me", "192.0.2.7", 0, 2, 9)]


def test_full_usage_asks_to_be_written() -> None:
    asked: list[int] = []
    usage = Usage(lambda: asked.append(1), keys=2)
    usage.add(HERE, "a", "me", "192.0.2.7", 0)
    usage.add(HERE, "a", "me", "192.0.2.7", 0)
    assert asked == []
    usage.add(HERE, "b", "me", "192.0.2.7", 0)
    assert asked == [1]


def test_waiting_addresses_are_counted_with_first_and_last_up_to_a_bound() -> None:
    waiting = WaitingAddresses(keys=2)
    for now, address in enumerate(["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.1"]):
        waiting.add(HERE, "a", address, now)
    assert waiting.drain() == [WaitingAddress(HERE, "a", "192.0.2.1", 2, 0, 3), WaitingAddress(HERE, "a", "192.0.2.2", 1, 1, 1)]
    assert waiting.drain() == []
