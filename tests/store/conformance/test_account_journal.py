"""`ports.AccountJournal` on every engine: what accounts looked like, and the outbox of invitations."""

from admincenter.core.ports import AccountChange, Invitation, Tx
from tests.store.conformance.rows import HERE, NOW, THERE


def a_change(version: int, instance: str = HERE, at: int = NOW) -> AccountChange:
    return AccountChange(instance, "1", version, at, "cli:me", b"\0\xff" + bytes([version]))


def test_what_an_account_looked_like_comes_back_version_by_version(furnished: Tx) -> None:
    for each in (a_change(2), a_change(1), a_change(1, THERE)):
        furnished.account_journal.note(each)
    assert furnished.account_journal.changes(HERE, "1") == [a_change(1), a_change(2)]
    assert furnished.account_journal.changes(HERE, "2") == []


def test_only_a_pending_invitation_is_settled(furnished: Tx) -> None:
    """One that was withdrawn stays so when a later one is claimed."""
    journal = furnished.account_journal
    journal.settle(HERE, "1", "claimed", NOW)
    journal.invite(HERE, "1", 1, NOW)
    journal.invite(THERE, "1", 1, NOW)
    journal.settle(HERE, "1", "withdrawn", NOW + 1)
    journal.invite(HERE, "1", 3, NOW + 2)
    journal.settle(HERE, "1", "claimed", NOW + 3)
    assert journal.invitations(HERE, "1") == [
        Invitation(HERE, "1", 1, "withdrawn", NOW, NOW + 1),
        Invitation(HERE, "1", 3, "claimed", NOW + 2, NOW + 3),
    ]
    assert journal.invitations(THERE, "1") == [Invitation(THERE, "1", 1, "pending", NOW, None)]


def test_what_is_older_goes_the_oldest_first_and_what_is_pending_stays(furnished: Tx) -> None:
    journal = furnished.account_journal
    for version, at in ((1, NOW), (2, NOW + 1), (3, NOW + 2)):
        journal.note(a_change(version, at=at))
        journal.invite(HERE, "1", version, at)
        journal.settle(HERE, "1", "withdrawn", at)
    journal.invite(HERE, "1", 4, NOW - 9)
    assert journal.trim(NOW + 2, 1) == 2
    assert [each.version for each in journal.changes(HERE, "1")] == [2, 3]
    assert journal.trim(NOW + 2, 9) == 2
    assert journal.trim(NOW + 2, 9) == 0
    assert [each.version for each in journal.changes(HERE, "1")] == [3]
    assert [each.version for each in journal.invitations(HERE, "1")] == [3, 4]
