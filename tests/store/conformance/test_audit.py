"""`ports.AuditLog`, on every engine; windows and times against a plain list."""

from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from admincenter.core.audit import GENESIS, Cut, Head
from admincenter.core.ports import HourCount, Tx, Window
from admincenter.store.database import Database
from tests.store.conformance.rows import EVERYTHING, HERE, NOW, NOWHERE, THERE, a_record, an_instance, digest

_NUMBERS = count(1)
_EACH_EXAMPLE_IN_AN_INSTANCE_OF_ITS_OWN = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def _fill(tx: Tx, instance: str, times: list[int]) -> None:
    records = [a_record(instance, number, at) for number, at in enumerate(times, 1)]
    last = records[-1]
    tx.audit.append(records, [(instance, Head(last.sequence, last.digest, last.recorded_at))])


def _new_instance(tx: Tx, times: list[int]) -> str:
    instance = str(2 * 10**15 + next(_NUMBERS))
    tx.instances.insert(an_instance(instance))
    if times:
        _fill(tx, instance, times)
    return instance


def test_appended_rows_come_back_as_they_were_given(furnished: Tx) -> None:
    """The payload byte for byte: the digest is over these bytes, and clients receive them (D5)."""
    payloads = [b"", b"{}", bytes(range(256)), '{"name":"Ærø \U0001f511"}'.encode(), b"\0", b"x" * 100_000]
    records = [a_record(HERE, number, NOW, payload) for number, payload in enumerate(payloads, 1)]
    head = Head(len(records), records[-1].digest, NOW)
    furnished.audit.append(records, [(HERE, head)])
    assert furnished.audit.records(EVERYTHING) == records
    assert furnished.audit.payloads(EVERYTHING) == list(enumerate(payloads, 1))
    assert furnished.audit.head(HERE) == head


def test_rows_of_many_instances_are_appended_together(furnished: Tx) -> None:
    """Each to its own log with its own head."""
    rows = [a_record(HERE, 1, NOW), a_record(THERE, 1, NOW + 1), a_record(THERE, 2, NOW + 1)]
    furnished.audit.append(rows, [(HERE, Head(1, rows[0].digest, NOW)), (THERE, Head(2, rows[2].digest, NOW + 1))])
    assert furnished.audit.records(EVERYTHING) == rows[:1]
    assert furnished.audit.records(EVERYTHING._replace(instance=THERE)) == rows[1:]
    assert (furnished.audit.head(HERE).sequence, furnished.audit.head(THERE).sequence) == (1, 2)


def test_an_unknown_instance_has_no_log(furnished: Tx) -> None:
    """And no error."""
    assert furnished.audit.records(EVERYTHING._replace(instance=NOWHERE)) == []
    assert furnished.audit.payloads(EVERYTHING._replace(instance=NOWHERE)) == []
    assert furnished.audit.cuts(NOWHERE) == []
    assert furnished.audit.head(NOWHERE) == Head(0, GENESIS, 0, 0)
    assert furnished.audit.sequence_at(NOWHERE, NOW) == 1
    assert furnished.audit.delete_through(NOWHERE, 10, 10) == 0


@_EACH_EXAMPLE_IN_AN_INSTANCE_OF_ITS_OWN
@given(st.integers(0, 20), st.integers(-2, 22), st.integers(-2, 2**62) | st.integers(-2, 22), st.integers(0, 25), st.booleans())
def test_a_window_is_what_lies_strictly_between_its_bounds(
    database: Database, size: int, above: int, below: int, limit: int, ascending: bool
) -> None:
    """Oldest or newest first, at most `limit`."""
    database.begin()
    instance = _new_instance(database.tx, [NOW] * size)
    expected = [number for number in range(1, size + 1) if above < number < below]
    expected = (expected if ascending else expected[::-1])[:limit]
    window = Window(instance, above, below, limit, ascending)
    assert [row.sequence for row in database.tx.audit.records(window)] == expected
    assert [sequence for sequence, _payload in database.tx.audit.payloads(window)] == expected
    database.rollback()


@_EACH_EXAMPLE_IN_AN_INSTANCE_OF_ITS_OWN
@given(st.lists(st.integers(0, 6), max_size=30), st.integers(-1, 190), st.integers(0, 30), st.integers(0, 30))
def test_a_moment_is_the_first_sequence_recorded_at_or_after_it(
    database: Database, steps: list[int], moment: int, cut: int, deleted: int
) -> None:
    """As in a plain list; behind a cut too, whether or not its rows are deleted yet."""
    times = [sum(steps[: number + 1]) for number in range(len(steps))]
    cut = min(cut, len(times))
    database.begin()
    tx = database.tx
    instance = _new_instance(tx, times)
    if cut:
        tx.audit.add_cut(instance, Cut(cut, digest("cut"), times[cut - 1], "note"))
        tx.audit.delete_through(instance, cut, deleted)
    later = [number for number, at in enumerate(times, 1) if number > cut and at >= moment]
    assert tx.audit.sequence_at(instance, moment) == (later[0] if later else len(times) + 1)
    database.rollback()


def test_cuts_are_listed_in_order_and_the_last_one_is_where_the_log_begins(furnished: Tx) -> None:
    """Only in their own instance; the rest of the head stays."""
    _fill(furnished, HERE, [NOW] * 9)
    _fill(furnished, THERE, [NOW] * 9)
    before, cuts = furnished.audit.head(HERE), [Cut(3, digest("3"), NOW, "first\nnote"), Cut(7, digest("7"), NOW + 1, "second")]
    for cut in cuts:
        furnished.audit.add_cut(HERE, cut)
    assert furnished.audit.cuts(HERE) == cuts
    assert furnished.audit.head(HERE) == before._replace(cut=7)
    assert (furnished.audit.cuts(THERE), furnished.audit.head(THERE).cut) == ([], 0)


def test_rows_are_deleted_oldest_first_in_batches(furnished: Tx) -> None:
    """Up to the bound and no further, and only in their own instance; the head stays."""
    _fill(furnished, HERE, [NOW] * 10)
    _fill(furnished, THERE, [NOW] * 10)
    head = furnished.audit.head(HERE)
    left = []
    for expected in (4, 3, 0):
        assert furnished.audit.delete_through(HERE, 7, 4) == expected
        left.append([row.sequence for row in furnished.audit.records(EVERYTHING)])
    assert left == [[5, 6, 7, 8, 9, 10], [8, 9, 10], [8, 9, 10]]
    assert furnished.audit.head(HERE) == head
    assert len(furnished.audit.records(EVERYTHING._replace(instance=THERE))) == 10


def test_the_roll_up_adds_up_by_instance_hour_and_kind(database: Database, furnished: Tx) -> None:
    """Counts of one batch and of later ones; nobody reads it through a port yet, so this looks into the table."""
    some = (HERE, 5, "token.issued", 2), (HERE, 6, "token.issued", 1), (THERE, 5, "token.issued", 9)
    more = (HERE, 5, "token.issued", 40), (HERE, 5, "secret.reset", 1)
    for each in (some, more, ()):
        furnished.audit.append([], [], [HourCount(*row) for row in each])
    found = database.sql.all("SELECT instance, hour, kind, count FROM audit_rollup ORDER BY instance, hour, kind")
    assert [tuple(row) for row in found] == [
        (HERE, 5, "secret.reset", 1),
        (HERE, 5, "token.issued", 42),
        (HERE, 6, "token.issued", 1),
        (THERE, 5, "token.issued", 9),
    ]


@pytest.mark.parametrize("rows", [0, 1])
def test_appending_next_to_nothing_changes_next_to_nothing(furnished: Tx, rows: int) -> None:
    """An empty batch is a batch."""
    records = [a_record(HERE, 1, NOW)][:rows]
    furnished.audit.append(records, [(HERE, Head(1, each.digest, NOW)) for each in records])
    assert furnished.audit.head(HERE).sequence == rows
    assert furnished.audit.head(THERE) == Head()
