"""`ports.Integrations` on every engine: the row itself. Tokens, access and waiting addresses have pages of their own."""

from collections.abc import Callable
from typing import Any

import pytest

from admincenter.core.ports import Facts, Integration, Integrations, Standing, Tx
from tests.store.conformance.rows import (
    HERE,
    NOW,
    NOWHERE,
    THERE,
    all_shown,
    an_instance,
    an_integration,
    app_id_of,
    digest,
    shown,
)

FIRST = app_id_of(HERE, 1)
SECOND = app_id_of(HERE, 2)
ELSEWHERE = app_id_of(THERE, 1)

Change = Callable[[Integrations, str, str], object]

CHANGES: dict[str, tuple[Change, dict[str, Any], dict[str, Any]]] = {
    "rename": (lambda port, at, app: port.rename(at, app, "☃"), {"name": "☃"}, {"name": "☃"}),
    "switch off": (lambda port, at, app: port.set_enabled(at, app, False), {"enabled": 0}, {"enabled": 0}),
    "refuse URLs": (
        lambda port, at, app: port.set_url_credentials(at, app, False),
        {"url_credentials": 0, "access_version": 1},
        {"url_credentials": 0, "access_version": 1},
    ),
    "bury": (lambda port, at, app: port.bury(at, app, NOW + 5), {"deleted_at": NOW + 5}, {"deleted_at": NOW + 5}),
    "set secret": (
        lambda port, at, app: port.set_secret(at, app, digest("new"), "k2", NOW + 7),
        {"secret_set_at": NOW + 7},
        {"secret_digest": digest("new"), "secret_key": "k2"},
    ),
    "set access": (
        lambda port, at, app: port.set_access(at, app, b"\0\xff\x80'"),
        {"access_version": 1},
        {"access_version": 1, "access": b"\0\xff\x80'"},
    ),
}
"""Each change of the row: what it does, and exactly what of the two views differs afterwards."""

OTHERS: dict[str, Change] = {
    "grant and withdraw": lambda port, at, app: port.withdraw(at, app, "manage_accounts"),
    "disallow": lambda port, at, app: port.disallow(at, app, "192.0.2.0/24"),
    "kill": lambda port, at, app: port.kill_token(at, app, "off"),
}


def _row(tx: Tx, app_id: str) -> tuple[Integration, Facts]:
    row, [facts] = tx.integrations.get(HERE, app_id), tx.integrations.facts_by_app_id([app_id])
    assert row is not None
    assert facts is not None
    return row, facts


def test_a_new_integration_is_on_without_access_and_without_a_token(furnished: Tx) -> None:
    """Deny by default: the compiled access is empty, no token was ever minted."""
    given = an_integration(HERE, 1)
    row, facts = _row(furnished, FIRST)
    assert row == Integration(
        *given[:7],
        deleted_at=None,
        enabled=1,
        url_credentials=1,
        secret_set_at=NOW,
        access_version=0,
        issued_at=None,
        generation=0,
    )
    assert facts == Facts(
        HERE,
        FIRST,
        given.name,
        enabled=1,
        deleted_at=None,
        url_credentials=1,
        access=b"",
        access_version=0,
        secret_digest=digest(FIRST),
        secret_key="k1",
        token_digest=None,
        issued_at=None,
        generation=0,
        sealed=None,
        previous_digest=None,
        previous_expires_at=None,
        previous_reason=None,
    )


def test_integrations_of_an_instance_are_listed_by_age_and_then_by_app_id(furnished: Tx) -> None:
    """Those of another instance are not among them."""
    furnished.integrations.insert(an_integration(HERE, 0, NOW + 1))
    furnished.integrations.insert(an_integration(HERE, 9, NOW - 1))
    listed = [row.app_id for row in furnished.integrations.all(HERE)]
    assert listed == [app_id_of(HERE, 9), FIRST, SECOND, app_id_of(HERE, 0)]
    assert furnished.integrations.all(NOWHERE) == []


def test_an_integration_is_only_found_in_its_own_instance(furnished: Tx) -> None:
    """A right App ID under a wrong instance is as unknown as a wrong App ID."""
    assert furnished.integrations.get(THERE, FIRST) is None
    assert furnished.integrations.get(HERE, "1009999999999999") is None


def test_looking_up_many_app_ids_answers_each_at_its_place(furnished: Tx) -> None:
    """Also unknown and repeated ones; none asked, none answered."""
    found = furnished.integrations.facts_by_app_id([SECOND, "1009999999999999", FIRST, SECOND])
    assert [None if each is None else each.app_id for each in found] == [SECOND, None, FIRST, SECOND]
    assert furnished.integrations.facts_by_app_id([]) == []


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_the_row_changes_what_it_says_and_no_more(furnished: Tx, name: str) -> None:
    """Both views show it; every other integration, here and elsewhere, stays as it was."""
    change, in_row, in_facts = CHANGES[name]
    before, (row, facts) = all_shown(furnished), _row(furnished, FIRST)
    change(furnished.integrations, HERE, FIRST)
    assert _row(furnished, FIRST) == (row._replace(**in_row), facts._replace(**in_facts))
    after = all_shown(furnished)
    assert {key: value for key, value in after.items() if key != FIRST} == {
        key: value for key, value in before.items() if key != FIRST
    }


@pytest.mark.parametrize("name", [*CHANGES, *OTHERS])
@pytest.mark.parametrize(("at", "app_id"), [(THERE, FIRST), (HERE, "1009999999999999"), (NOWHERE, FIRST)])
def test_a_change_of_an_unknown_integration_changes_nothing(furnished: Tx, name: str, at: str, app_id: str) -> None:
    """An App ID counts only together with its instance."""
    change = CHANGES[name][0] if name in CHANGES else OTHERS[name]
    before = all_shown(furnished)
    change(furnished.integrations, at, app_id)
    assert all_shown(furnished) == before


@pytest.mark.parametrize("name", ["rename", "switch off", "refuse URLs", "bury", "set secret"])
def test_the_same_change_twice_is_the_same_as_once(furnished: Tx, name: str) -> None:
    """So that a client may repeat what it does not know the outcome of."""
    change = CHANGES[name][0]
    change(furnished.integrations, HERE, FIRST)
    once = shown(furnished, HERE, FIRST)
    change(furnished.integrations, HERE, FIRST)
    assert shown(furnished, HERE, FIRST) == once


def test_each_writing_of_the_access_raises_its_version(furnished: Tx) -> None:
    """Also one with the same bytes: what was decided before it must not take effect after it (D8)."""
    for _ in range(3):
        furnished.integrations.set_access(HERE, FIRST, b"same")
    assert _row(furnished, FIRST)[1].access_version == 3


def test_switches_go_both_ways(furnished: Tx) -> None:
    """On again is as before."""
    before = shown(furnished, HERE, FIRST)
    for on in (False, True):
        furnished.integrations.set_enabled(HERE, FIRST, on)
    assert shown(furnished, HERE, FIRST) == before


def test_whether_urls_may_hold_its_credentials_goes_both_ways_and_is_felt_by_what_was_decided_before(furnished: Tx) -> None:
    """What was allowed under the one must not take effect under the other (D8)."""
    for version, on in enumerate((False, True), 1):
        furnished.integrations.set_url_credentials(HERE, FIRST, on)
        facts = _row(furnished, FIRST)[1]
        assert (facts.url_credentials, facts.access_version) == (on, version)


def test_whether_there_is_or_ever_was_an_integration(tx: Tx) -> None:
    """A deleted one counts: its tombstone stays."""
    tx.instances.insert(an_instance(HERE))
    assert tx.integrations.any() is False
    tx.integrations.insert(an_integration(HERE, 1))
    assert tx.integrations.any() is True
    tx.integrations.bury(HERE, FIRST, NOW)
    assert tx.integrations.any() is True


def test_what_a_restore_compares_is_told_of_each_integration_of_the_instance(furnished: Tx) -> None:
    """Deleted ones too, and of nobody else's."""
    furnished.integrations.set_secret(HERE, SECOND, digest("new"), "k2", NOW + 7)
    furnished.integrations.set_access(HERE, SECOND, b"\0access")
    furnished.integrations.set_enabled(HERE, SECOND, False)
    furnished.integrations.bury(HERE, FIRST, NOW + 9)
    assert sorted(furnished.integrations.standings(HERE)) == [
        Standing(FIRST, 1, NOW + 9, b"", digest(FIRST), "k1", NOW),
        Standing(SECOND, 0, None, b"\0access", digest("new"), "k2", NOW + 7),
    ]
    assert furnished.integrations.standings(NOWHERE) == []
