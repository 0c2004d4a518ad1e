"""The time bounds of the audit log, in every form in which a time may be written (contract, section 4)."""

from typing import NamedTuple
from urllib.parse import quote

import pytest

from tests.graph import assert_graph_error
from tests.serving import InProcess
from tests.settable_clock import START, SettableClock
from tests.tenant import Tenant
from tests.wire import Wire

PATH = "/security_audit_logs"
SECOND = 1_000_000


class Log(NamedTuple):
    """Events 1 and 2 at 10:00:00 UTC, 3 at 11:00:00, 4 a microsecond later, 5 at 11:00:01; and the token that reads them."""

    wire: Wire
    token: str

    def ids(self, parameters: str) -> list[int]:
        reply = self.wire.get(f"{PATH}?order=asc&{parameters}", self.token)
        assert reply.status == 200, reply.body
        return [int(row["id"]) for row in reply.json["data"]]


@pytest.fixture(scope="module")
def log(server: InProcess, hands: SettableClock) -> Log:
    hands.now = START
    tenant = Tenant(server.store)
    hands.now = START + 3_600 * SECOND
    server.wire.token(tenant.credential)
    hands.advance(0.000001)
    token = server.wire.token(tenant.credential).json["access_token"]
    hands.now = START + 3_601 * SECOND
    tenant.rename("Wages")
    return Log(server.wire, token)


ELEVEN = [
    str(START // SECOND + 3_600),
    "2026-11-23T11:00:00Z",
    "2026-11-23T11:00:00+0000",
    "2026-11-23T11:00:00 0000",
    "2026-11-23T11:00:00%2B00:00",
    "2026-11-23T11:00:00.000000+00:00",
    "2026-11-23T13:00:00+0200",
    "2026-11-23T05:30:00-0530",
    "2026-11-23T11:00:00",
    "2026-11-23 11:00:00",
    "2026-11-23T11:00",
    "20261123T110000Z",
]


@pytest.mark.parametrize("text", ELEVEN)
@pytest.mark.parametrize("name", ["start_time", "since"])
def test_the_start_is_inclusive_in_every_form(log: Log, name: str, text: str) -> None:
    assert log.ids(f"{name}={quote(text, safe='%+:')}") == [3, 4, 5]


@pytest.mark.parametrize("text", ELEVEN)
@pytest.mark.parametrize("name", ["end_time", "until"])
def test_the_end_is_exclusive_in_every_form(log: Log, name: str, text: str) -> None:
    assert log.ids(f"{name}={quote(text, safe='%+:')}") == [1, 2]


def test_bounds_count_in_microseconds(log: Log) -> None:
    assert log.ids("since=2026-11-23T11:00:00.000001Z") == [4, 5]
    assert log.ids("since=2026-11-23T11:00:00.000002Z") == [5]
    assert log.ids("until=2026-11-23T11:00:00.000001Z") == [1, 2, 3]
    assert log.ids("start_time=2026-11-23T11:00:00Z&end_time=2026-11-23T11:00:01Z") == [3, 4]


def test_a_day_begins_at_midnight_utc(log: Log) -> None:
    assert log.ids("since=2026-11-23") == [1, 2, 3, 4, 5]
    assert log.ids("since=2026-11-24") == []
    assert log.ids("until=2026-11-23") == []


@pytest.mark.parametrize(
    "bounds", ["since=2026-11-23T11:00:01Z&until=2026-11-23T11:00:00Z", "since=99999999999", "until=0", "until=1900-01-01"]
)
def test_bounds_that_hold_nothing_give_an_empty_page(log: Log, bounds: str) -> None:
    assert log.ids(bounds) == []


@pytest.mark.parametrize("name", ["start_time", "end_time", "since", "until"])
@pytest.mark.parametrize("text", [
    "", "now", "yesterday", "-1", "1.5", "1e9", "999999999999", "１", "2026-13-01", "2026-11-23T25:00:00Z",
    "2026-11-23T11:00:00+99:00", "2026-11-23T11:00:00ZZ", "0000-01-01", "10000-01-01", "%00", "null", "2026-11-23T",
    "0001-01-01T00:00:00+2400", "T", " ",
])  # fmt: skip
def test_what_is_no_time_is_refused(log: Log, name: str, text: str) -> None:
    reply = log.wire.get(f"{PATH}?{name}={quote(text, safe='%+:')}", log.token)
    assert_graph_error(reply, 400, 100, says="must be Unix seconds or an ISO 8601 time")


def test_a_bound_may_lie_at_either_end_of_time(log: Log) -> None:
    found = log.ids("since=0001-01-01T00:00:00%2B1400&until=9999-12-31T23:59:59-1400")
    assert found[:5] == [1, 2, 3, 4, 5]  # the refusals of other tests may follow, a second later


@pytest.mark.parametrize(("name", "alias"), [("start_time", "since"), ("end_time", "until")])
def test_a_bound_and_its_alias_at_once_are_refused(log: Log, name: str, alias: str) -> None:
    assert_graph_error(log.wire.get(f"{PATH}?{name}=1&{alias}=1", log.token), 400, 100, says=f"{name} and {alias}")
