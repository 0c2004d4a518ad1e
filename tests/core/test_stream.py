"""A log as a stream: every event once, in order, a page at a time, never one behind the cut."""

import pytest

from admincenter.core import moments, retention, stream
from admincenter.core.audit import SECOND, SYSTEM
from admincenter.core.errors import ValueBad
from admincenter.store.opening import Store
from tests.settable_clock import START, SettableClock
from tests.tenant import Tenant

DAY = 86_400


@pytest.fixture
def tenant(store: Store, clock: SettableClock) -> Tenant:
    """Events 1 to 10 at the start, 11 to 25 three days later."""
    made = Tenant(store)
    made.happen(10 - made.head.sequence)
    clock.advance(3 * DAY)
    made.happen(15)
    return made


def read(store: Store, wanted: stream.Span, *, ascending: bool = True, size: int = 4) -> list[int]:
    return [row.sequence for page in stream.pages(store, wanted, ascending=ascending, size=size) for row in page]


@pytest.mark.parametrize("size", [1, 4, 5, 25, 1_000])
def test_every_event_comes_once_in_both_orders_whatever_the_size_of_a_page(store: Store, tenant: Tenant, size: int) -> None:
    whole = store.read(lambda tx: stream.span(tx, tenant.instance))
    assert whole.events == 25
    assert read(store, whole, size=size) == list(range(1, 26))
    assert read(store, whole, ascending=False, size=size) == list(range(25, 0, -1))


def test_bounds_in_time_are_a_span_of_sequences(store: Store, tenant: Tenant) -> None:
    noon = START + DAY * SECOND
    before = store.read(lambda tx: stream.span(tx, tenant.instance, until=noon))
    after = store.read(lambda tx: stream.span(tx, tenant.instance, since=noon))
    assert read(store, before) == list(range(1, 11))
    assert read(store, after) == list(range(11, 26))
    nothing = store.read(lambda tx: stream.span(tx, tenant.instance, since=noon, until=noon))
    assert (nothing.events, read(store, nothing)) == (0, [])


def test_what_is_cut_while_it_is_read_is_not_shown_though_its_rows_are_still_there(store: Store, tenant: Tenant) -> None:
    """The cut commits first; from then on no page holds a row behind it."""
    pages = stream.pages(store, store.read(lambda tx: stream.span(tx, tenant.instance)), size=4)
    assert [row.sequence for row in next(pages)] == [1, 2, 3, 4]
    seed = store.keyring().seed
    store.write(lambda tx: retention.cut(tx, tenant.instance, 1, seed, SYSTEM))
    assert store.read(lambda tx: retention.behind(tx, tenant.instance)) == 10
    assert [row.sequence for page in pages for row in page] == list(range(11, 26))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1795428000", 1_795_428_000),
        ("0", 0),
        ("2026-11-23T10:00:00Z", 1_795_428_000),
        ("2026-11-23T10:00:00", 1_795_428_000),
        ("2026-11-23 11:00:00+01:00", 1_795_428_000),
        ("2026-11-23", 1_795_392_000),
        ("1969-12-31T23:59:59Z", -1),
    ],
)
def test_a_time_is_unix_seconds_or_iso_8601_in_utc_where_no_zone_is_named(text: str, seconds: int) -> None:
    assert moments.parse(text, "--since") == seconds * SECOND


@pytest.mark.parametrize("text", ["", "yesterday", "-5", "²", "999999999999", "2026-13-01", "0001-01-01T00:00:00+23:59x"])
def test_what_is_no_time_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueBad, match="--since must be Unix seconds or an ISO 8601 time, such as"):
        moments.parse(text, "--since")
