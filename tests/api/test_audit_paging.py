"""Walking the audit log: pages forward and backward are the whole log, whatever the filter; a saved cursor misses nothing."""

from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.serving import InProcess, Served
from tests.settable_clock import SettableClock
from tests.tenant import Tenant
from tests.wire import Reply, Wire

PATH = "/security_audit_logs"
EVENTS = 40


class Log(NamedTuple):
    """A log whose events lie up to four in one second; `seconds` says when each was, by its id."""

    wire: Wire
    token: str
    seconds: dict[int, int]

    def page(self, asked: dict[str, object]) -> Any:
        reply = self.wire.get(f"{PATH}?{urlencode(asked)}", self.token)
        assert reply.status == 200, reply.body
        return reply.json

    def expected(self, since: int | None, until: int | None, ascending: bool) -> list[int]:
        found = [
            number
            for number, second in self.seconds.items()
            if (since is None or second >= since) and (until is None or second < until)
        ]
        return sorted(found, reverse=not ascending)


@pytest.fixture(scope="module")
def log(server: InProcess, hands: SettableClock) -> Log:
    tenant = Tenant(server.store)
    token = server.wire.token(tenant.credential).json["access_token"]
    while tenant.head.sequence < EVENTS:
        hands.advance(1)
        tenant.happen(1 + tenant.head.sequence % 4)
    stamps = [(int(row["id"]), row["timestamp"]) for row in tenant.log()]
    begin = hands.now // 1_000_000 - len({stamp for _id, stamp in stamps}) + 1
    order = {stamp: begin + place for place, stamp in enumerate(sorted({stamp for _id, stamp in stamps}))}
    return Log(server.wire, token, {number: order[stamp] for number, stamp in stamps})


def _ids(page: Any) -> list[int]:
    return [int(row["id"]) for row in page["data"]]


BOUND = st.none() | st.integers(-1, 14)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    limit=st.integers(1, EVENTS + 2),
    ascending=st.booleans(),
    since=BOUND,
    until=BOUND,
    fields=st.sampled_from([None, "id", "event"]),
)
def test_walking_forward_and_back_is_the_whole_log(
    log: Log, limit: int, ascending: bool, since: int | None, until: int | None, fields: str | None
) -> None:
    begin = min(log.seconds.values())
    start, end = (None if each is None else begin + each for each in (since, until))
    asked = {"limit": limit, "order": "asc" if ascending else "desc", "since": start, "until": end, "fields": fields}
    asked = {name: value for name, value in asked.items() if value is not None}
    expected = log.expected(start, end, ascending)
    forward, last = _walk(log, asked, limit, "after")
    assert forward == expected
    backward, _first = _walk(log, asked | {"before": last}, limit, "before") if last else ([], "")
    assert backward + expected[-1:] == expected
    assert _follow(log, asked) == expected


def _walk(log: Log, asked: dict[str, Any], limit: int, direction: str) -> tuple[list[int], str]:
    """Every id on the way to an empty page, in the page's order, and the last cursor."""
    found: list[int] = []
    cursor = ""
    while (page := log.page(asked))["data"]:
        ids = _ids(page)
        assert len(ids) <= limit
        found = found + ids if direction == "after" else ids + found
        cursor = page["paging"]["cursors"][direction]
        asked = asked | {direction: cursor}
    assert "paging" not in page
    return found, cursor


def _follow(log: Log, asked: dict[str, Any]) -> list[int]:
    """Every id that `next` leads to."""
    page = log.page(asked)
    found = _ids(page)
    while "next" in page.get("paging", {}):
        address = page["paging"]["next"]
        assert "act_" not in address
        page = log.wire.get(address[address.index(PATH) :], log.token).json
        assert page["data"], "next led to an empty page"
        found += _ids(page)
    return found


def test_cursors_are_good_in_both_orders_and_with_any_filter(log: Log) -> None:
    cursor = log.page({"limit": 7, "order": "desc", "since": 1})["paging"]["cursors"]["after"]
    assert _ids(log.page({"after": cursor, "order": "asc", "limit": 2, "fields": "id"})) == _around(log, 7, 1, 2)
    assert _ids(log.page({"after": cursor, "limit": 2, "until": 99_999_999_999})) == _around(log, 7, -1, 2)


def _around(log: Log, back: int, step: int, count: int) -> list[int]:
    at = len(log.seconds) - back + 1
    return [at + step * number for number in range(1, count + 1)]


def test_a_reader_with_a_saved_cursor_misses_and_repeats_nothing_while_events_are_added(served: Served) -> None:
    """It reads from the oldest, saves its cursor at every page, and starts again with it, as a restarted program does."""
    tenant = Tenant(served.store)
    token = served.wire.token(tenant.credential).json["access_token"]
    seen: list[int] = []
    cursor = ""
    for number in range(40):
        tenant.happen(number % 7)
        for reply in _new_pages(served.wire, token, cursor):
            seen += [int(row["id"]) for row in reply.json["data"]]
            cursor = reply.json["paging"]["cursors"]["after"]
    assert seen == list(range(1, tenant.head.sequence + 1))


def _new_pages(wire: Wire, token: str, cursor: str) -> Iterator[Reply]:
    for _page in range(2):
        reply = wire.get(f"{PATH}?order=asc&limit=5" + (f"&after={cursor}" if cursor else ""), token)
        if reply.json["data"]:
            yield reply
            cursor = reply.json["paging"]["cursors"]["after"]
