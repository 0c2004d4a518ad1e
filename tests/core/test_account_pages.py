"""Pages of the directory: by an index or judged document by document, the same accounts come in the same order."""

import os
from collections.abc import Callable
from typing import Any

import pytest

from admincenter.core import account_pages, accounts
from admincenter.core.account_pages import Found, Scan
from admincenter.core.account_search import Field, Is, Search, Sort
from admincenter.core.accounts import Wanted, Writer
from admincenter.core.audit import SYSTEM
from admincenter.core.errors import CursorBad, SearchTooLong
from admincenter.core.ports import Account, Change, Instance, Tx
from admincenter.store.opening import Store
from tests.settable_clock import SettableClock

MANY = 1_250
WRITER = Writer(SYSTEM, os.urandom)


def name(number: int) -> str:
    return f"user{number:04}"


@pytest.fixture
def people(store: Store, instance: Instance, clock: SettableClock) -> list[str]:
    """Their names in the order of their creation; some have a title."""

    def some(tx: Tx, start: int) -> Change[None]:
        wanted = [
            Wanted({"userName": name(n), "active": n % 2 == 0} | ({"title": f"T{n % 7}"} if n % 3 else {}), invited=False)
            for n in range(start, start + 250)
        ]
        made = accounts.create_each(tx, instance.instance, wanted, WRITER)
        return Change(None, made.events)

    for start in range(0, MANY, 250):
        store.write(lambda tx, start=start: some(tx, start))  # type: ignore[misc]
        clock.advance(1)
    found = store.read(Scan(instance, Search(count=MANY), bool))
    assert found is not None
    return [each.user_name for each in found.rows]


@pytest.fixture
def find(store: Store, instance: Instance) -> Callable[..., Found]:
    """A search to its end."""

    def search(**how: Any) -> Found:
        scan = Scan(instance, Search(**how), bool)
        while (found := store.read(scan)) is None:
            pass
        return found

    return search


def named(found: Found) -> list[str]:
    return [each.user_name for each in found.rows]


def walked(find: Callable[..., Found], **how: Any) -> list[str]:
    """All pages, from cursor to cursor."""
    found = find(**how)
    seen = named(found)
    while found.next:
        found = find(**how, cursor=found.next)
        seen += named(found)
    return seen


EVERYBODY: Callable[[dict[str, Any]], bool] = bool
WAYS: dict[str, dict[str, Any]] = {"by an index": {}, "judged": {"also": EVERYBODY}}


@pytest.mark.parametrize("way", WAYS)
def test_pages_follow_each_other_by_number_and_by_cursor(find: Callable[..., Found], people: list[str], way: str) -> None:
    """Nobody twice, nobody left out; the total is told on each."""
    page = find(**WAYS[way], start=601, count=100)
    assert (page.total, named(page)) == (MANY, people[600:700])
    assert walked(find, **WAYS[way], count=400) == people
    last = find(**WAYS[way], start=MANY, count=100)
    assert (named(last), last.next) == (people[-1:], None)


@pytest.mark.parametrize("way", WAYS)
def test_a_page_may_be_empty(find: Callable[..., Found], people: list[str], way: str) -> None:
    """Where none is asked for, and behind the end."""
    assert find(**WAYS[way], count=0) == Found(MANY, [], None)
    assert find(**WAYS[way], start=MANY + 1) == Found(MANY, [], None)


@pytest.mark.parametrize("way", WAYS)
def test_a_condition_narrows_either_way(find: Callable[..., Found], people: list[str], way: str) -> None:
    where = Is(Field.ACTIVE, "eq", 1)
    found = find(**WAYS[way], where=where, count=50)
    assert (found.total, len(found.rows)) == (MANY // 2, 50)
    assert walked(find, **WAYS[way], where=where, count=300) == [each for each in people if int(each[4:]) % 2 == 0]


def test_what_is_judged_sees_the_document(find: Callable[..., Found], people: list[str]) -> None:
    found = find(also=lambda body: body.get("title") == "T3" and body["id"].isdecimal())
    assert found.total == len([n for n in range(MANY) if n % 3 and n % 7 == 3])


SORTS: dict[str, Callable[[bool], Sort]] = {
    "by an index": lambda descending: Sort(Field.USER_NAME, descending),
    "judged": lambda descending: Sort(lambda body: body["userName"], descending),
}


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("way", SORTS)
def test_an_order_goes_through_all_pages(find: Callable[..., Found], people: list[str], way: str, descending: bool) -> None:
    sort = SORTS[way](descending)
    assert walked(find, sort=sort, count=400) == sorted(people, reverse=descending)
    assert named(find(sort=sort, start=3, count=2)) == sorted(people, reverse=descending)[2:4]


@pytest.mark.parametrize("by", [Field.ID, Field.CREATED, Field.MODIFIED])
def test_a_field_of_an_index_sorts_what_is_judged_as_it_sorts_the_index(
    find: Callable[..., Found], people: list[str], by: Field
) -> None:
    sort = Sort(by)
    judged, indexed = find(also=EVERYBODY, sort=sort, count=MANY), find(sort=sort, count=MANY)
    assert [_place(each, by) for each in judged.rows] == [_place(each, by) for each in indexed.rows]


def _place(row: Account, by: Field) -> Any:
    return row.account_id if by is Field.ID else (row.created_at, row.modified_at)


@pytest.mark.parametrize("descending", [False, True])
def test_who_lacks_what_is_sorted_by_comes_last_or_first(
    find: Callable[..., Found], people: list[str], descending: bool
) -> None:
    found = find(sort=Sort(lambda body: body.get("title"), descending), count=MANY)
    lacking = [int(each.user_name[4:]) % 3 == 0 for each in found.rows]
    assert lacking == sorted(lacking, reverse=descending)


def test_one_who_is_deleted_while_others_are_judged_is_left_out(store: Store, instance: Instance, people: list[str]) -> None:
    scan = Scan(instance, Search(sort=Sort(lambda body: body["userName"]), count=3), bool)
    assert store.read(scan) is None
    first = store.read(lambda tx: accounts.chosen(tx, instance.instance, name(0)))
    store.write(lambda tx: accounts.delete(tx, instance.instance, first.account_id, None, False, SYSTEM))
    found = store.read(scan)
    assert found is not None
    assert named(found) == [name(1), name(2)]
    assert found.next


def test_a_search_that_takes_too_long_ends(store: Store, instance: Instance, people: list[str]) -> None:
    """What an index answers does not even ask."""
    assert store.read(Scan(instance, Search(), lambda: True))
    with pytest.raises(SearchTooLong):
        store.read(Scan(instance, Search(also=EVERYBODY), lambda: True))


def test_a_judged_search_gives_its_snapshot_back_in_between(store: Store, instance: Instance, people: list[str]) -> None:
    scan = Scan(instance, Search(also=EVERYBODY), bool)
    assert account_pages.IN_ONE_SNAPSHOT < MANY
    assert store.read(scan) is None
    assert store.read(scan) is not None


def test_a_cursor_stays_good_and_is_good_here_only(
    find: Callable[..., Found], people: list[str], store: Store, instance: Instance
) -> None:
    """Also when the account it stands behind is gone; not edited, not of another instance, not of the audit log."""
    found = find(count=2)
    assert found.next
    store.write(lambda tx: accounts.delete(tx, instance.instance, found.rows[1].account_id, None, False, SYSTEM))
    assert named(find(count=2, cursor=found.next)) == people[2:4]
    foreign = instance._replace(cursor_key=bytes(32))
    with pytest.raises(CursorBad):
        Scan(foreign, Search(cursor=found.next), bool)
    for text in ("x", "é", found.next[:-2] + "AA", found.next + "A", "A" * 34):
        with pytest.raises(CursorBad):
            find(cursor=text)


@pytest.mark.parametrize(
    "way",
    [{}, {"also": EVERYBODY}, {"sort": SORTS["by an index"](True)}, {"sort": SORTS["judged"](True)}],
    ids=["by an index", "judged", "sorted by an index", "sorted"],
)
def test_a_page_ends_where_it_becomes_too_large(
    find: Callable[..., Found], people: list[str], monkeypatch: pytest.MonkeyPatch, way: dict[str, Any]
) -> None:
    """And the next one begins there; nobody is left out, and the total is the same."""
    monkeypatch.setattr(account_pages, "LARGEST_PAGE", 40_000)
    found = find(**way, count=1_000)
    assert found.total == MANY
    assert 1 < len(found.rows) < 200
    assert walked(find, **way, count=1_000) == (sorted(people, reverse=True) if "sort" in way else people)


def test_whatever_is_too_large_a_page_holds_one(
    find: Callable[..., Found], people: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account_pages, "LARGEST_PAGE", 1)
    where = Is(Field.USER_NAME, "sw", "user000")
    for way in ({}, {"also": EVERYBODY}, {"sort": SORTS["judged"](False)}):
        found = find(where=where, count=100, **way)
        assert (len(found.rows), found.total, bool(found.next)) == (1, 10, True)


def test_a_sorted_search_keeps_no_more_in_mind_than_its_page_needs(store: Store, instance: Instance, people: list[str]) -> None:
    scan = Scan(instance, Search(sort=Sort(lambda body: body["userName"]), count=5), bool)
    assert store.read(scan) is None
    assert [len(each) for each in scan._runs] == [5]
    assert scan._unsorted == []
