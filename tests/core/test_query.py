"""Cursors, and pages of the log against a plain list."""

import json
import string
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from admincenter.core import query
from admincenter.core.audit import SECOND, SYSTEM, Cut, event
from admincenter.core.errors import CursorBad
from admincenter.core.ports import Change, Instance, Tx
from admincenter.core.query import FIELDS, Page, Search
from admincenter.store.opening import Store
from tests.settable_clock import START, SettableClock
from tests.vector_cases import cases

URL_SAFE = string.ascii_letters + string.digits + "-_"


@pytest.mark.parametrize("case", cases("cursors"), ids=lambda case: str(case["sequence"]))
def test_a_cursor_has_the_text_of_the_vector_and_reads_back(case: dict[str, Any]) -> None:
    key = bytes.fromhex(case["key"])
    assert query.write_cursor(key, case["sequence"]) == case["cursor"]
    assert query.read_cursor(key, case["cursor"]) == case["sequence"]


KEY = b"k" * 32
CURSOR = query.write_cursor(KEY, 5_000_000)


@pytest.mark.parametrize("place", range(len(CURSOR)))
def test_every_edit_of_one_character_is_refused(place: int) -> None:
    for sign in URL_SAFE + "+/= .~é\0":
        edited = CURSOR[:place] + sign + CURSOR[place + 1 :]
        if edited != CURSOR:
            with pytest.raises(CursorBad):
                query.read_cursor(KEY, edited)


@pytest.mark.parametrize(
    "text", ["", "a", "====", CURSOR + "=", CURSOR[:-1], CURSOR + "A", CURSOR * 2, " " + CURSOR, "null", "0", "-1"]
)
def test_what_is_not_exactly_a_cursor_is_refused(text: str) -> None:
    with pytest.raises(CursorBad):
        query.read_cursor(KEY, text)


def test_a_cursor_of_another_instance_is_refused() -> None:
    with pytest.raises(CursorBad):
        query.read_cursor(b"o" * 32, CURSOR)


@pytest.mark.parametrize("sequence", [2**63, 2**64 - 1])
def test_a_genuine_cursor_beyond_the_last_sequence_is_refused(sequence: int) -> None:
    with pytest.raises(CursorBad):
        query.read_cursor(KEY, query.write_cursor(KEY, sequence))


@given(st.text(max_size=40))
def test_no_text_makes_the_cursor_reader_fail_otherwise_than_by_refusing(text: str) -> None:
    with pytest.raises(CursorBad):
        query.read_cursor(KEY, text)


def _cut(tx: Tx, instance: str, through: int) -> Change[int]:
    tx.audit.add_cut(instance, Cut(through, bytes(32), tx.now, ""))
    return Change(tx.audit.delete_through(instance, through, 100), [])


class Log(NamedTuple):
    """A store whose log has 40 events, three a second, and what is in it as a plain list."""

    store: Store
    instance: Instance
    rows: list[tuple[int, int]]
    cut: int


@pytest.fixture(scope="module", params=[0, 7], ids=["whole", "cut"])
def log(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Log:
    clock = SettableClock()
    store = Store(tmp_path_factory.mktemp("log") / "data", create=True, clock=clock)
    [instance] = store.read(lambda tx: tx.instances.all())
    for number in range(39):
        clock.advance(0 if number % 3 else 1)
        happened = event("instance.renamed", instance.instance, SYSTEM, name=str(number), before="x")
        store.write(lambda _tx, happened=happened: Change(None, [happened]))  # type: ignore[misc]
    cut = int(request.param)
    if cut:
        store.write(lambda tx: _cut(tx, instance.instance, cut))
    times = [(1, START), *((2 + number, START + (number // 3 + 1) * SECOND) for number in range(39))]
    return Log(store, instance, [row for row in times if row[0] > cut], cut)


SEARCHES = st.builds(
    lambda limit, bound, side, times, ascending: Search(
        limit, bound if side == "after" else None, bound if side == "before" else None, times[0], times[1], ascending
    ),
    st.integers(1, 50),
    st.integers(0, 45),
    st.sampled_from(["after", "before", "neither"]),
    st.tuples(*[st.one_of(st.none(), st.integers(-1, 16).map(lambda second: START + second * SECOND))] * 2),
    st.booleans(),
)


def plain(log: Log, search: Search) -> tuple[list[int], bool]:
    """The page from the list, filtered and sorted; and whether more follow in the page's order."""
    since, until = search.since, search.until
    matching = [
        sequence
        for sequence, at in log.rows
        if (since is None or at >= since) and (until is None or at < until)
    ]  # fmt: skip
    ordered = matching if search.ascending else matching[::-1]
    sign = 1 if search.ascending else -1
    if search.after is not None:
        ordered = [each for each in ordered if sign * each > sign * search.after]
        return ordered[: search.limit], len(ordered) > search.limit
    if search.before is None:
        return ordered[: search.limit], len(ordered) > search.limit
    page = [each for each in ordered if sign * each < sign * search.before][-search.limit :]
    return page, bool(page) and page[-1] != ordered[-1]


@given(search=SEARCHES)
@settings(max_examples=400)
def test_a_page_holds_what_a_plain_list_holds_there(log: Log, search: Search) -> None:
    page = log.store.read(lambda tx: query.page(tx, log.instance, search))
    assert ([sequence for sequence, _ in page.rows], page.more) == plain(log, search)
    assert all(json.loads(payload)["id"] == str(sequence) for sequence, payload in page.rows)


@pytest.mark.parametrize("ascending", [True, False], ids=["oldest first", "newest first"])
@pytest.mark.parametrize("limit", [1, 7, 1_000])
def test_following_pages_gives_every_event_once_and_ends_on_a_page_without_rows(log: Log, limit: int, ascending: bool) -> None:
    found: list[int] = []
    page: Page | None = None
    while page is None or page.rows:
        after = found[-1] if found else None
        search = Search(limit, after=after, ascending=ascending)
        page = log.store.read(lambda tx, search=search: query.page(tx, log.instance, search))  # type: ignore[misc]
        found += [sequence for sequence, _ in page.rows]
    assert found == sorted((sequence for sequence, _ in log.rows), reverse=not ascending)


PAYLOAD = '{"id":"7","event":"Ü","event_id":"e","extra_data":{"summary":"s","kind":"k"}}'.encode()


def test_an_event_reduced_to_fields_keeps_its_id_and_their_order() -> None:
    assert query.pick(PAYLOAD, ["event_id", "event"]) == '{"id":"7","event":"Ü","event_id":"e"}'.encode()
    assert query.pick(PAYLOAD, ["ip_address"]) == b'{"id":"7"}'
    assert query.pick(PAYLOAD, FIELDS) == PAYLOAD
