"""`ports.Integrations` on every engine: the one live token of each, how it is replaced and how it dies (D4, D8)."""

from collections.abc import Callable

import pytest

from admincenter.core.ports import Facts, TokenRow, Tx
from admincenter.core.tokens import LIFE
from tests.store.conformance.rows import HERE, NOW, NOWHERE, THERE, a_token, all_shown, app_id_of, digest

FIRST = app_id_of(HERE, 1)
SECOND = app_id_of(HERE, 2)
ELSEWHERE = app_id_of(THERE, 1)


def _facts(tx: Tx, app_id: str = FIRST) -> Facts:
    [found] = tx.integrations.facts_by_app_id([app_id])
    assert found is not None
    return found


def _mint(tx: Tx, text: str, app_id: str = FIRST, issued_at: int = NOW) -> TokenRow:
    row = a_token(tx, app_id, text, issued_at)
    assert tx.integrations.mint([row]) == [True]
    return row


def test_the_first_token_has_generation_one_and_no_predecessor(furnished: Tx) -> None:
    """Its digest, its time and the exact bytes of its sealed copy stand in the row."""
    before = _facts(furnished)
    row = _mint(furnished, "one")
    assert _facts(furnished) == before._replace(token_digest=row.token_digest, issued_at=NOW, generation=1, sealed=row.sealed)
    seen = furnished.integrations.get(HERE, FIRST)
    assert seen is not None
    assert (seen.issued_at, seen.generation) == (NOW, 1)


def test_a_new_token_makes_the_old_one_the_previous_one(furnished: Tx) -> None:
    """Only one is live; the one before it is remembered as superseded, the one before that not at all."""
    one, two, three = (_mint(furnished, text, issued_at=NOW + at) for at, text in enumerate(("one", "two", "three")))
    after = _facts(furnished)
    assert (after.token_digest, after.issued_at, after.generation, after.sealed) == (
        three.token_digest,
        NOW + 2,
        3,
        three.sealed,
    )
    assert (after.previous_digest, after.previous_reason) == (two.token_digest, "superseded")
    assert after.previous_expires_at == three.superseded_until
    found = furnished.integrations.facts_by_token([[each.token_digest] for each in (three, two, one)])
    assert [None if each is None else each.app_id for each in found] == [FIRST, FIRST, None]


def test_a_mint_leaves_every_neighbour_alone(furnished: Tx) -> None:
    """Here and in the other instance."""
    before = all_shown(furnished)
    _mint(furnished, "one")
    after = all_shown(furnished)
    assert [key for key in after if after[key] != before[key]] == [FIRST]


def _switched_off(tx: Tx, row: TokenRow) -> TokenRow:
    tx.integrations.set_enabled(HERE, FIRST, False)
    return row


def _deleted(tx: Tx, row: TokenRow) -> TokenRow:
    tx.integrations.kill_token(HERE, FIRST, "deleted")
    tx.integrations.bury(HERE, FIRST, NOW)
    return row


def _secret_reset(tx: Tx, row: TokenRow) -> TokenRow:
    tx.integrations.set_secret(HERE, FIRST, digest("reset"), "k1", NOW)
    return row


def _access_changed(tx: Tx, row: TokenRow) -> TokenRow:
    tx.integrations.set_access(HERE, FIRST, b"")
    return row


def _minted_since(tx: Tx, row: TokenRow) -> TokenRow:
    _mint(tx, "rival")
    return row


def _key_retired(tx: Tx, row: TokenRow) -> TokenRow:
    tx.server_keys.delete(row.token_key)
    return row


BROKEN: dict[str, Callable[[Tx, TokenRow], TokenRow]] = {
    "the secret was reset": _secret_reset,
    "permissions or allowlist changed": _access_changed,
    "the integration was switched off": _switched_off,
    "the integration was deleted": _deleted,
    "another one minted": _minted_since,
    "the server key of its digests was retired": _key_retired,
    "the secret is a wrong one": lambda _tx, row: row._replace(proved=digest("guess")),
    "the access is from the future": lambda _tx, row: row._replace(access_version=row.access_version + 1),
    "the counter is from the future": lambda _tx, row: row._replace(before=row.before + 1),
    "the integration is unknown": lambda _tx, row: row._replace(app_id="1009999999999999"),
    "the integration is another one": lambda _tx, row: row._replace(app_id=SECOND),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_mint_whose_condition_no_longer_holds_changes_nothing(furnished: Tx, name: str) -> None:
    """Each condition of D8, broken alone between the decision and the mint."""
    _mint(furnished, "earlier")
    furnished.integrations.set_access(HERE, FIRST, b"seen")
    row = BROKEN[name](furnished, a_token(furnished, FIRST, "late"))
    before = all_shown(furnished)
    assert furnished.integrations.mint([row]) == [False]
    assert all_shown(furnished) == before
    assert furnished.integrations.facts_by_token([[row.token_digest]]) == [None]


def test_of_many_mints_each_is_answered_at_its_place(furnished: Tx) -> None:
    """Two on the same counter: the first wins. None asked, none answered."""
    rows = [a_token(furnished, FIRST, "a"), a_token(furnished, FIRST, "b"), a_token(furnished, ELSEWHERE, "c")]
    assert furnished.integrations.mint([*rows, rows[0]]) == [True, False, True, False]
    assert _facts(furnished).token_digest == rows[0].token_digest
    assert _facts(furnished, ELSEWHERE).token_digest == rows[2].token_digest
    assert furnished.integrations.mint([]) == []


def test_a_mint_may_digest_the_secret_again_under_another_key(furnished: Tx) -> None:
    """From then on only the new digest proves it (D3)."""
    row = a_token(furnished, FIRST, "one")._replace(secret_digest=digest("again"), secret_key="k2", token_key="k2")
    assert furnished.integrations.mint([row]) == [True]
    after = _facts(furnished)
    assert (after.secret_digest, after.secret_key) == (digest("again"), "k2")
    stale = a_token(furnished, FIRST, "two")._replace(proved=row.proved)
    assert furnished.integrations.mint([stale]) == [False]


def test_a_token_is_found_under_any_of_its_digests(furnished: Tx) -> None:
    """As a caller presents one for each live server key; each question is answered at its place."""
    row = _mint(furnished, "one")
    presented = [[digest("other key"), row.token_digest], [digest("x"), digest("y")], [row.token_digest], []]
    found = furnished.integrations.facts_by_token(presented)
    assert [each is not None for each in found] == [True, False, True, False]
    assert furnished.integrations.facts_by_token([]) == []


@pytest.mark.parametrize("reason", ["reset", "off", "revoked", "deleted"])
def test_a_killed_token_is_remembered_with_its_reason_and_its_own_expiry(furnished: Tx, reason: str) -> None:
    """Nothing else of the row changes: the counter goes on, and the sealed copy is gone."""
    row = _mint(furnished, "one", issued_at=NOW + 3)
    before = _facts(furnished)
    assert furnished.integrations.kill_token(HERE, FIRST, reason) is True
    assert _facts(furnished) == before._replace(
        token_digest=None,
        issued_at=None,
        sealed=None,
        previous_digest=row.token_digest,
        previous_expires_at=NOW + 3 + LIFE,
        previous_reason=reason,
    )


def test_killing_where_no_token_lives_keeps_why_the_last_one_died(furnished: Tx) -> None:
    """Switched off, then reset: its holder is still told that it was switched off."""
    _mint(furnished, "one")
    furnished.integrations.kill_token(HERE, FIRST, "off")
    before = all_shown(furnished)
    assert furnished.integrations.kill_token(HERE, FIRST, "reset") is False
    assert furnished.integrations.kill_token(HERE, SECOND, "reset") is False
    assert all_shown(furnished) == before


def test_a_token_after_a_killed_one_keeps_the_memory_of_the_killed_one(furnished: Tx) -> None:
    """The previous token is the last that died, until the new one is superseded itself."""
    killed = _mint(furnished, "one")
    furnished.integrations.kill_token(HERE, FIRST, "off")
    second = _mint(furnished, "two", issued_at=NOW + 9)
    after = _facts(furnished)
    assert (after.previous_digest, after.previous_reason, after.previous_expires_at) == (killed.token_digest, "off", NOW + LIFE)
    assert after.generation == 2
    _mint(furnished, "three")
    assert (_facts(furnished).previous_digest, _facts(furnished).previous_reason) == (second.token_digest, "superseded")


def test_killing_all_tokens_reaches_one_instance_and_counts_the_living(furnished: Tx) -> None:
    """Those that were dead already do not count; the other instance goes on."""
    for app_id in (FIRST, SECOND, ELSEWHERE):
        _mint(furnished, "one", app_id)
    furnished.integrations.kill_token(HERE, SECOND, "off")
    elsewhere = _facts(furnished, ELSEWHERE)
    assert furnished.integrations.kill_all_tokens(HERE, "revoked") == 1
    assert (_facts(furnished).token_digest, _facts(furnished).previous_reason) == (None, "revoked")
    assert _facts(furnished, SECOND).previous_reason == "off"
    assert _facts(furnished, ELSEWHERE) == elsewhere
    assert furnished.integrations.kill_all_tokens(HERE, "revoked") == 0
    assert furnished.integrations.kill_all_tokens(NOWHERE, "revoked") == 0


def test_forgetting_tokens_leaves_no_trace_of_them_and_moves_each_counter_on(furnished: Tx) -> None:
    """After a restore neither the live token nor the previous one is known; the other instance keeps its own."""
    for app_id in (FIRST, ELSEWHERE):
        _mint(furnished, "one", app_id)
        _mint(furnished, "two", app_id)
    here, unused, elsewhere = _facts(furnished), _facts(furnished, SECOND), _facts(furnished, ELSEWHERE)
    furnished.integrations.forget_tokens(HERE, 1_000_000)
    assert _facts(furnished) == here._replace(
        token_digest=None,
        issued_at=None,
        sealed=None,
        previous_digest=None,
        previous_expires_at=None,
        previous_reason=None,
        generation=1_000_002,
    )
    assert _facts(furnished, SECOND) == unused._replace(generation=1_000_000)
    assert _facts(furnished, ELSEWHERE) == elsewhere


def test_a_secret_or_a_live_token_needs_its_key(furnished: Tx) -> None:
    """Listed by App ID, over all instances, without the deleted ones."""
    integrations = furnished.integrations
    assert integrations.secrets_under("k2") == []
    integrations.set_secret(THERE, ELSEWHERE, digest("new"), "k2", NOW)
    assert integrations.mint([a_token(furnished, SECOND, "one")._replace(token_key="k2")]) == [True]
    assert integrations.secrets_under("k2") == [SECOND, ELSEWHERE]
    assert integrations.secrets_under("k1") == [FIRST, SECOND, app_id_of(THERE, 2)]
    integrations.kill_token(HERE, SECOND, "revoked")
    integrations.bury(THERE, ELSEWHERE, NOW)
    assert integrations.secrets_under("k2") == []


def test_tokens_issued_after_a_moment_are_found_in_their_instance(furnished: Tx) -> None:
    """Later, not at it; a token that died is not among them."""
    for app_id, issued_at in ((SECOND, NOW + 2), (FIRST, NOW + 1), (ELSEWHERE, NOW + 5)):
        _mint(furnished, "one", app_id, issued_at)
    assert furnished.integrations.issued_after(HERE, NOW) == [FIRST, SECOND]
    assert furnished.integrations.issued_after(HERE, NOW + 1) == [SECOND]
    furnished.integrations.kill_token(HERE, SECOND, "off")
    assert furnished.integrations.issued_after(HERE, NOW + 1) == []
    assert furnished.integrations.issued_after(NOWHERE, 0) == []
