"""The life of an account: made, changed, claimed, deleted; each step with its event, and with what it was before."""

import json
import os
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from admincenter.core import accounts, instances
from admincenter.core.account_document import STATUS, as_read
from admincenter.core.accounts import Wanted, Writer
from admincenter.core.audit import SYSTEM, Origin
from admincenter.core.errors import AccountClaimed, AccountUnknown, AttributeBad, InstanceUnknown, NameTaken, VersionMismatch
from admincenter.core.invitations import CODE_LIFE
from admincenter.core.ports import Account, Change, Instance, Tx, Window
from admincenter.store.opening import Store
from tests.settable_clock import START, SettableClock

BY = Origin("integration:1001", "192.0.2.1")
WRITER = Writer(BY, os.urandom, "https://admin.example.com")
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
ADA: Mapping[str, Any] = {
    "userName": "Ada@example.com",
    "externalId": "e-1",
    "active": True,
    "name": {"familyName": "Lovelace"},
    "emails": [{"value": "ada@example.com", "type": "work"}, {"value": "ADA@example.com"}, {"type": "home"}],
    ENTERPRISE: {"department": "Engines", "costCenter": "7"},
}


class Directory:
    """An instance's accounts, changed as the doors do."""

    def __init__(self, store: Store, instance: str) -> None:
        self.store, self.instance = store, instance

    def create(self, attributes: Mapping[str, Any] = ADA, invited: bool | None = None, writer: Writer = WRITER) -> Account:
        return self.store.write(lambda tx: accounts.create(tx, self.instance, Wanted(attributes, invited), writer))

    def change(self, row: Account, attributes: Mapping[str, Any], invited: bool | None = None) -> Account:
        def edit(_before: Account) -> Wanted:
            return Wanted(attributes, invited)

        return self.store.write(lambda tx: accounts.change(tx, self.instance, row.account_id, None, edit, WRITER))

    def act(self, act: Callable[[Tx, str, str, Origin], Change[Account]], row: Account) -> Account:
        return self.store.write(lambda tx: act(tx, self.instance, row.account_id, BY))

    def delete(self, row: Account, protects_claimed: bool = False, expected: list[int] | None = None) -> Account:
        return self.store.write(lambda tx: accounts.delete(tx, self.instance, row.account_id, expected, protects_claimed, BY))

    def find(self, account_id: str) -> Account:
        return self.store.read(lambda tx: accounts.find(tx, self.instance, account_id))

    def outbox(self, row: Account) -> list[str]:
        return [
            each.state for each in self.store.read(lambda tx: tx.account_journal.invitations(self.instance, row.account_id))
        ]

    def history(self, row: Account) -> list[tuple[int, str, dict[str, Any]]]:
        found = self.store.read(lambda tx: tx.account_journal.changes(self.instance, row.account_id))
        return [(each.version, each.actor, json.loads(each.document)) for each in found]

    @property
    def count(self) -> int:
        return self.store.read(lambda tx: tx.accounts.count(self.instance))

    @property
    def events(self) -> list[dict[str, Any]]:
        """Those of accounts, the oldest first: each one's details with who, of whom."""
        rows = self.store.read(lambda tx: tx.audit.payloads(Window(self.instance, 0, 2**62, 999, True)))
        bodies = [json.loads(payload) for _, payload in rows]
        told = [each for each in bodies if each["extra_data"]["kind"].startswith("account.")]
        assert {each["actor_username"] for each in told} <= {BY.actor}
        return [each["extra_data"] | {"target": each["target_username"]} for each in told]

    @property
    def kinds(self) -> list[str]:
        return [each["kind"].removeprefix("account.") for each in self.events]


@pytest.fixture
def directory(store: Store, instance: Instance) -> Directory:
    return Directory(store, instance.instance)


def status(row: Account) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(row.document)[STATUS]
    return found


def test_a_new_account_is_active_and_invited(directory: Directory, clock: SettableClock) -> None:
    """Its identifier is 16 digits below 2^53; its document says what its columns say."""
    row = directory.create({"userName": "Ada@example.com"})
    assert len(row.account_id) == 16
    assert int(row.account_id) < 2**53
    assert row[2:11] == ("Ada@example.com", None, 1, 1, START, START, START, None, START + CODE_LIFE)
    body = json.loads(row.document)
    assert (body["id"], body["active"], body["meta"]["version"]) == (row.account_id, True, 'W/"1"')
    assert (directory.outbox(row), directory.count) == (["pending"], 1)
    created, invited = directory.events
    assert created["target"] == invited["target"] == f"account:{row.account_id}"
    assert (created["kind"], created["user_name"]) == ("account.created", "Ada@example.com")
    assert (invited["kind"], invited["expires"]) == ("account.invited", (START + CODE_LIFE) // 1_000_000)


def test_an_access_code_is_random_and_stands_in_no_event(directory: Directory) -> None:
    codes = [status(directory.create({"userName": str(number)}))["accessCode"] for number in range(3)]
    assert len({*codes}) == 3
    assert {len(each) for each in codes} == {10}
    assert not [code for code in codes if code in json.dumps(directory.events)]


def test_an_account_that_shall_not_be_invited_has_no_code(directory: Directory) -> None:
    row = directory.create(invited=False)
    assert (row.invited_at, row.code_expires_at, directory.outbox(row)) == (None, None, [])
    assert status(row) == {"invited": False, "claimed": False, "canDelete": True}
    assert directory.kinds == ["created"]


def test_a_claim_link_needs_an_address_of_the_server(directory: Directory) -> None:
    assert status(directory.create())["claimLink"].startswith("https://admin.example.com/claim/")
    assert "claimLink" not in status(directory.create({"userName": "b"}, writer=Writer(BY, os.urandom)))


def test_an_identifier_that_was_given_is_drawn_again(directory: Directory) -> None:
    """Also one of an account that is gone."""
    drawn = [b"\0" * 8] * 2 + [b"\1" * 8]

    def entropy(size: int) -> bytes:
        return drawn.pop(0) if size == 8 else bytes(size)

    first = directory.create({"userName": "a"}, writer=Writer(BY, entropy))
    directory.delete(first)
    second = directory.create({"userName": "a"}, writer=Writer(BY, entropy))
    assert (first.account_id, drawn) == (str(10**15), [])
    assert second.account_id != first.account_id


@pytest.mark.parametrize("name", ["Ada@example.com", "ADA@EXAMPLE.COM"])
def test_a_name_is_taken_without_regard_to_case(directory: Directory, name: str) -> None:
    directory.create()
    with pytest.raises(NameTaken, match="is taken by another account; case is ignored"):
        directory.create({"userName": name})
    assert directory.count == 1


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({"userName": " "}, "userName is empty"),
        ({"userName": "a" * 501}, "userName is longer than 500 characters"),
        ({"userName": "a\0"}, "userName holds control characters"),
        ({"userName": "a\ud800"}, "userName holds control characters or half of one"),
        ({"userName": "a", "externalId": "a\n"}, "externalId holds"),
        ({"userName": "a", "externalId": "a" * 501}, "externalId is longer"),
        ({"userName": "a", "emails": [{"value": "a" * 501}]}, "emails.value is longer"),
        ({"userName": "a", "title": "\udfff"}, "half of a character"),
        ({"userName": "a", "title": float("nan")}, "or a number is none"),
    ],
)
def test_what_cannot_be_stored_is_refused(directory: Directory, attributes: dict[str, Any], said: str) -> None:
    with pytest.raises(AttributeBad, match=said):
        directory.create(attributes)
    assert (directory.count, directory.events) == (0, [])


def test_a_name_may_hold_what_is_not_printable_but_a_character(directory: Directory) -> None:
    """A space of another width, for one."""
    assert directory.create({"userName": "a\u2003b"}).user_name == "a\u2003b"


def test_many_at_once_are_each_made_or_refused(directory: Directory) -> None:
    wanted = [Wanted({"userName": each}) for each in ("a", "A", "", "b")]
    made = directory.store.write(lambda tx: accounts.create_each(tx, directory.instance, wanted, WRITER))
    assert [type(each) for each in made] == [Account, NameTaken, AttributeBad, Account]
    assert directory.count == 2


def test_a_change_says_which_attributes_changed_and_keeps_what_they_were(directory: Directory, clock: SettableClock) -> None:
    """Their names, never their values; the journal has the whole document, without the access code."""
    before = directory.create()
    clock.advance(5)
    wanted = {**ADA, "title": "Countess", ENTERPRISE: {"department": "Bugs", "costCenter": "7"}}
    del wanted["name"]
    after = directory.change(before, wanted)
    assert (after.version, after.modified_at - before.modified_at) == (2, 5_000_000)
    assert directory.events[-1]["changed"] == ["name", "title", f"{ENTERPRISE}:department"]
    assert "Countess" not in json.dumps(directory.events)
    [(version, actor, was)] = directory.history(after)
    assert (version, actor, was["name"]) == (1, BY.actor, ADA["name"])
    assert "accessCode" not in was[STATUS]
    assert status(after)["accessCode"] == status(before)["accessCode"]


def test_an_extension_that_comes_or_goes_is_named_part_by_part(directory: Directory) -> None:
    row = directory.create({"userName": "a"})
    directory.change(row, {"userName": "a", "active": True, ENTERPRISE: {"division": "x"}})
    directory.change(row, {"userName": "a", "active": True})
    assert [each["changed"] for each in directory.events[2:]] == [[f"{ENTERPRISE}:division"]] * 2


def test_a_change_that_changes_nothing_is_none(directory: Directory) -> None:
    row = directory.create()
    assert directory.change(row, ADA, invited=True) == row
    assert (directory.kinds, directory.history(row)) == (["created", "invited"], [])


def test_a_version_that_is_not_expected_is_refused(directory: Directory) -> None:
    row = directory.create()
    for expected in ([], [2, 3]):
        with pytest.raises(VersionMismatch, match="at version 1"):
            directory.delete(row, expected=expected)
    directory.delete(row, expected=[7, 1])


def test_a_name_moves_and_is_free_behind_it(directory: Directory) -> None:
    """To its own in other letters, too; not to another's."""
    row = directory.create()
    other = directory.create({"userName": "b"})
    assert directory.change(row, {**ADA, "userName": "ADA@example.com"}).user_name == "ADA@example.com"
    with pytest.raises(NameTaken):
        directory.change(row, {**ADA, "userName": "B"})
    directory.change(row, {**ADA, "userName": "c"})
    assert directory.change(other, {"userName": "ada@example.com"}).version == 2


@pytest.mark.parametrize("active", [False, "gone"])
def test_an_account_is_active_while_its_document_says_so(directory: Directory, active: object) -> None:
    """Turned off or taken away; the event says it, and not as a change of an attribute besides."""
    row = directory.create()
    without = {name: value for name, value in ADA.items() if name != "active"}
    after = directory.change(row, without if active == "gone" else {**ADA, "active": False})
    assert (after.active, directory.kinds[2:]) == (0, ["deactivated"])
    again = directory.change(row, {**without, "title": "x"} if active != "gone" else {**ADA, "active": False, "title": "x"})
    assert (again.active, directory.kinds[3:]) == (0, ["changed"])
    assert directory.events[-1]["changed"] == ["active", "title"]
    assert directory.change(row, {**ADA, "title": "x"}).active == 1
    assert directory.kinds[4:] == ["reactivated"]


def test_switches_go_both_ways_and_twice_is_once(directory: Directory) -> None:
    row = directory.create()
    for act, active in ((accounts.deactivate, 0), (accounts.deactivate, 0), (accounts.reactivate, 1), (accounts.reactivate, 1)):
        assert directory.act(act, row).active == active
    assert directory.kinds[2:] == ["deactivated", "reactivated"]


def test_an_invitation_is_withdrawn_and_made_again_with_another_code(directory: Directory) -> None:
    row = directory.create()
    withdrawn = directory.change(row, ADA, invited=False)
    assert "accessCode" not in status(withdrawn)
    assert (withdrawn.invited_at, withdrawn.code_expires_at) == (None, None)
    again = directory.change(row, ADA, invited=True)
    assert status(again)["accessCode"] != status(row)["accessCode"]
    assert directory.outbox(row) == ["withdrawn", "pending"]
    assert directory.kinds[2:] == ["uninvited", "invited"]


def test_a_claimed_account_has_no_code_and_stays_invited(directory: Directory, clock: SettableClock) -> None:
    row = directory.create()
    clock.advance(5)
    claimed = directory.act(accounts.claim, row)
    assert status(claimed) == {
        "invited": True,
        "inviteDate": "2026-11-23T10:00:00.000Z",
        "claimed": True,
        "claimDate": "2026-11-23T10:00:05.000Z",
        "canDelete": False,
    }
    assert directory.change(row, ADA, invited=False) == claimed
    assert directory.act(accounts.claim, row) == claimed
    assert (directory.outbox(row), directory.kinds[2:]) == (["claimed"], ["claimed"])


def test_one_that_was_never_invited_can_be_claimed(directory: Directory) -> None:
    row = directory.act(accounts.claim, directory.create(invited=False))
    assert (row.invited_at, directory.outbox(row)) == (START, [])


def test_a_deleted_account_is_gone_and_its_name_is_free(directory: Directory) -> None:
    row = directory.create()
    directory.delete(row)
    with pytest.raises(AccountUnknown, match=f"no account {row.account_id} here"):
        directory.find(row.account_id)
    assert (directory.count, directory.outbox(row), len(directory.history(row))) == (0, ["withdrawn"], 1)
    assert (directory.kinds[2:], directory.events[-1]["was_claimed"]) == (["deleted"], False)
    assert directory.create().account_id != row.account_id


def test_a_claimed_account_is_deleted_only_where_it_is_not_protected(directory: Directory) -> None:
    row = directory.act(accounts.claim, directory.create())
    with pytest.raises(AccountClaimed, match="deactivate it instead"):
        directory.delete(row, protects_claimed=True)
    directory.delete(directory.create({"userName": "never claimed"}), protects_claimed=True)
    directory.delete(row)
    assert directory.events[-1]["was_claimed"] is True


@pytest.mark.parametrize("text", ["1", "9" * 17, "x", "", "١٢٣", "a\0b", "\ud800", "1 OR 1=1"])
def test_an_unknown_account_is_unknown_to_every_operation(directory: Directory, text: str) -> None:
    row = directory.create()._replace(account_id=text)
    for act in (accounts.deactivate, accounts.reactivate, accounts.claim):
        with pytest.raises(AccountUnknown):
            directory.act(act, row)
    with pytest.raises(AccountUnknown):
        directory.delete(row)
    with pytest.raises(AccountUnknown):
        directory.change(row, ADA)
    with pytest.raises(AccountUnknown):
        directory.find(text)


def test_an_account_is_chosen_by_identifier_or_name(directory: Directory) -> None:
    """An identifier first: no name can stand in front of it."""
    row = directory.create()
    other = directory.create({"userName": row.account_id})

    def chosen(text: str) -> Account:
        return directory.store.read(lambda tx: accounts.chosen(tx, directory.instance, text))

    assert chosen("ADA@example.com") == chosen(row.account_id) == row
    assert chosen(other.account_id) == other
    with pytest.raises(AccountUnknown):
        chosen("nobody")


def test_another_instances_accounts_are_unknown_here(directory: Directory, store: Store) -> None:
    """However well their identifiers are known; and their names are no hindrance."""
    there = Directory(store, store.write(lambda tx: instances.create(tx, "There", SYSTEM, os.urandom)).instance)
    row = directory.create()
    with pytest.raises(AccountUnknown):
        there.find(row.account_id)
    with pytest.raises(AccountUnknown):
        there.delete(row)
    assert there.create().user_name == row.user_name
    assert (directory.count, there.count) == (1, 1)


def test_the_protection_of_claimed_accounts_is_a_setting_of_an_instance(directory: Directory) -> None:
    def put(on: bool) -> bool:
        return directory.store.write(lambda tx: instances.protect_claimed(tx, directory.instance, on, BY))

    assert not directory.store.read(lambda tx: instances.protects_claimed(tx, directory.instance))
    assert [put(True), put(True), put(False), put(False)] == [True, True, False, False]
    rows = directory.store.read(lambda tx: tx.audit.payloads(Window(directory.instance, 0, 2**62, 999, True)))
    told = [json.loads(payload)["extra_data"] for _, payload in rows]
    assert [each["value"] for each in told if each["kind"] == "instance.reconfigured"] == ["on", "off"]
    with pytest.raises(InstanceUnknown):
        directory.store.write(lambda tx: instances.protect_claimed(tx, "nowhere", True, BY))


def test_an_expired_code_is_not_shown_to_anybody(directory: Directory) -> None:
    """To the microsecond; everything else is as it was."""
    row = directory.create()
    assert as_read(row, START + CODE_LIFE - 1) is row.document
    late = json.loads(as_read(row, START + CODE_LIFE))
    shown = json.loads(row.document)
    for name in ("accessCode", "accessCodeExpirationDate", "claimLink"):
        del shown[STATUS][name]
    assert late == shown
