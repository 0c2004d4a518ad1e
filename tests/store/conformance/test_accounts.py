"""`ports.Accounts` on every engine: rows, names, identifiers, counters."""

import pytest

from admincenter.core.account_search import Field, Is, Order, Place
from admincenter.core.ports import AccountKeys, Tx
from tests.store.conformance.account_rows import added, an_account
from tests.store.conformance.rows import HERE, NOW, NOWHERE, THERE

ONE = an_account(HERE, 1)


@pytest.fixture
def directory(furnished: Tx) -> Tx:
    """Two accounts here, one there."""
    for each in (ONE, an_account(HERE, 2), an_account(THERE, 1)):
        assert added(furnished, each, f"{each.account_id}@Example.com")
    return furnished


def test_an_account_comes_back_as_it_was_written(directory: Tx) -> None:
    """Every byte of its document, whatever they are; and only in its own instance."""
    assert directory.accounts.get(HERE, ONE.account_id) == ONE
    assert directory.accounts.get(THERE, ONE.account_id) == an_account(THERE, 1)
    assert directory.accounts.get(NOWHERE, ONE.account_id) is None


def test_a_name_is_there_once_in_an_instance_without_regard_to_case(directory: Tx) -> None:
    """Nothing is written for the second, and the transaction goes on."""
    assert added(directory, an_account(HERE, 9, "uSER 1")) is False
    assert directory.accounts.get(HERE, an_account(HERE, 9).account_id) is None
    assert directory.accounts.is_named(HERE, b"user 1")
    assert not directory.accounts.is_named(NOWHERE, b"user 1")
    assert added(directory, an_account(HERE, 9, "User 9"))


def test_an_update_writes_the_row_and_only_it(directory: Tx) -> None:
    """Without keys, the account is found by what it was found by."""
    changed = ONE._replace(active=0, version=2, modified_at=NOW + 9, document=b"new", claimed_at=NOW)
    directory.accounts.update(changed, None)
    assert directory.accounts.get(HERE, ONE.account_id) == changed
    assert directory.accounts.get(THERE, ONE.account_id) == an_account(THERE, 1)
    assert directory.accounts.count_where(HERE, Is(Field.USER_NAME, "eq", "User 1")) == 1


def test_an_update_with_keys_moves_them(directory: Tx) -> None:
    directory.accounts.update(ONE._replace(user_name="Ada"), AccountKeys(b"ada", (b"new@example.com",)))
    for condition, number in (
        (Is(Field.USER_NAME, "eq", "ADA"), 1),
        (Is(Field.USER_NAME, "eq", "User 1"), 0),
        (Is(Field.EMAIL, "eq", "New@example.com"), 1),
        (Is(Field.EMAIL, "eq", f"{ONE.account_id}@example.com"), 0),
    ):
        assert directory.accounts.count_where(HERE, condition) == number


def test_a_deleted_account_frees_its_name_and_never_its_identifier(directory: Tx) -> None:
    directory.accounts.delete(HERE, ONE.account_id, NOW)
    assert directory.accounts.get(HERE, ONE.account_id) is None
    assert directory.accounts.was_given(HERE, ONE.account_id)
    assert added(directory, an_account(HERE, 9, "User 1"))
    assert directory.accounts.count_rows(THERE) == 1


def test_deleting_what_is_not_there_leaves_no_trace(directory: Tx) -> None:
    directory.accounts.delete(HERE, "1", NOW)
    assert not directory.accounts.was_given(HERE, "1")


def test_an_identifier_is_given_where_an_account_has_it(directory: Tx) -> None:
    assert directory.accounts.was_given(HERE, ONE.account_id)
    assert not directory.accounts.was_given(NOWHERE, ONE.account_id)


def test_counters_go_up_and_down_each_for_itself(directory: Tx) -> None:
    assert directory.accounts.count(HERE) == 0
    directory.accounts.count_up([(HERE, 3), (THERE, 1)])
    directory.accounts.count_up([(HERE, -2)])
    assert [directory.accounts.count(each) for each in (HERE, THERE, NOWHERE)] == [1, 1, 0]
    assert directory.accounts.count_rows(HERE) == 2
    assert directory.accounts.active(HERE) == [ONE.account_id]


@pytest.mark.parametrize("by", [Field.ID, Field.USER_NAME, Field.CREATED, Field.MODIFIED])
def test_accounts_come_in_an_order_and_from_a_place(directory: Tx, by: Field) -> None:
    """Those that are equal, by their identifiers; in either direction; from any place on."""
    third = an_account(HERE, 3)
    assert added(directory, third)
    ids = [an_account(HERE, number).account_id for number in (1, 2, 3)]

    def found(descending: bool, place: Place) -> list[str]:
        return [each.account_id for each in directory.accounts.select(HERE, None, Order(by, descending), place)]

    assert found(False, Place(9)) == ids
    assert found(True, Place(9)) == ids[::-1]
    assert found(False, Place(1, offset=1)) == ids[1:2]


def test_the_place_behind_an_account_is_that_of_its_creation(directory: Tx) -> None:
    """However many were created at the same moment."""
    assert added(directory, an_account(HERE, 3, created_at=NOW - 5))
    after = (NOW, ONE.account_id)
    assert [each.account_id for each in directory.accounts.select(HERE, None, Order(), Place(9, after))] == [
        an_account(HERE, 2).account_id
    ]


def test_accounts_with_a_code_are_found_by_when_it_expires(directory: Tx) -> None:
    """In all instances, the earliest first."""
    for row, when in ((ONE, NOW + 5), (an_account(THERE, 1), NOW + 3), (an_account(HERE, 2), NOW + 9)):
        directory.accounts.update(row._replace(code_expires_at=when), None)
    found = directory.accounts.with_codes_until(NOW + 5, 9)
    assert [(each.instance, each.account_id) for each in found] == [(THERE, ONE.account_id), (HERE, ONE.account_id)]
    assert len(directory.accounts.with_codes_until(NOW + 5, 1)) == 1


def test_a_setting_of_an_instance_is_its_own(directory: Tx) -> None:
    for value in ("on", "off"):
        directory.instances.set_setting(HERE, "x", value)
    assert directory.instances.setting(HERE, "x") == "off"
    assert directory.instances.setting(THERE, "x") is None
