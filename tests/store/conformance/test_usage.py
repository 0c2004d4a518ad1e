"""`ports.UsageLog`, on every engine."""

from admincenter.core.ports import Tx
from tests.store.conformance.rows import HERE, NOW, NOWHERE, THERE, app_id_of, calls

FIRST = app_id_of(HERE, 1)
SECOND = app_id_of(HERE, 2)


def test_counts_of_the_same_kind_add_up_and_keep_the_latest_time(furnished: Tx) -> None:
    """Also where two processes flush out of order, and within one list."""
    furnished.usage.add([calls(HERE, FIRST, 5, NOW + 10)])
    furnished.usage.add([calls(HERE, FIRST, 7, NOW + 3), calls(HERE, FIRST, 1, NOW + 4)])
    assert furnished.usage.of(HERE, FIRST) == [calls(HERE, FIRST, 13, NOW + 10)]
    furnished.usage.add([calls(HERE, FIRST, 1, NOW + 20)])
    assert furnished.usage.of(HERE, FIRST) == [calls(HERE, FIRST, 14, NOW + 20)]


def test_usage_is_listed_newest_day_first_then_by_permission_then_by_address(furnished: Tx) -> None:
    """Each key is a row of its own."""
    old, new = calls(HERE, FIRST, 1, day=1), calls(HERE, FIRST, 1, day=2)
    other, managed = new._replace(address="192.0.2.2"), new._replace(permission="manage_accounts")
    furnished.usage.add([other, old, new, managed])
    assert furnished.usage.of(HERE, FIRST) == [managed, new, other, old]


def test_usage_is_kept_apart_by_integration_and_instance(furnished: Tx) -> None:
    """Nobody is charged for a neighbour."""
    furnished.usage.add([calls(HERE, FIRST, 1), calls(HERE, SECOND, 2), calls(THERE, app_id_of(THERE, 1), 3)])
    assert furnished.usage.of(HERE, SECOND) == [calls(HERE, SECOND, 2)]
    assert furnished.usage.of(THERE, SECOND) == []
    assert furnished.usage.of(NOWHERE, FIRST) == []


def test_adding_no_usage_changes_nothing(furnished: Tx) -> None:
    """An empty list is a list."""
    furnished.usage.add([])
    assert furnished.usage.of(HERE, FIRST) == []
