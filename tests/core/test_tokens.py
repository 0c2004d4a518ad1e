"""Access tokens: one per integration, exactly two hours, minted only on the conditions under which that was allowed."""

import pytest

from admincenter.core import credentials, integrations, keys, tokens
from admincenter.core.audit import SECOND, SYSTEM, Origin
from admincenter.core.credentials import SECRET_PREFIX, TOKEN_PREFIX, Entropy, ServerKey
from admincenter.core.errors import GenerationMismatch, NoLiveToken, TokenDead, TokenExpired, TokenUnknown
from admincenter.core.integrations import Created
from admincenter.core.ports import Change, Facts, Tx
from admincenter.core.tokens import LIFE, SKEW, Mint, Minted, Moved
from admincenter.store.opening import Store
from tests.core.known import FACTS, ISSUED_AT, PREVIOUS, SECRET, TOKEN, token_digest
from tests.settable_clock import SettableClock

LIVE, OLD = [token_digest()], [token_digest(PREVIOUS)]


@pytest.mark.parametrize("now", [ISSUED_AT - 60 * SECOND, ISSUED_AT, ISSUED_AT + 7_199_999_999])
def test_a_token_lives_from_a_minute_before_its_issue_to_the_last_microsecond_of_two_hours(now: int) -> None:
    assert tokens.current(FACTS, SECRET, now).token == TOKEN
    tokens.check_live(FACTS, LIVE, now)


@pytest.mark.parametrize("now", [ISSUED_AT - 60 * SECOND - 1, ISSUED_AT + 7_200 * SECOND, ISSUED_AT + 10**18])
def test_a_token_is_refused_one_microsecond_outside_its_two_hours(now: int) -> None:
    with pytest.raises(TokenExpired):
        tokens.check_live(FACTS, LIVE, now)
    with pytest.raises(NoLiveToken) as refused:
        tokens.current(FACTS, SECRET, now)
    assert refused.value.generation == FACTS.generation


def test_two_hours_are_7200_seconds_and_the_skew_is_a_minute() -> None:
    assert (LIFE, SKEW) == (7_200_000_000, 60_000_000)


@pytest.mark.parametrize(("after", "left"), [(0, 7_200), (1, 7_199), (SECOND, 7_199), (LIFE - 1, 0), (-30 * SECOND, 7_200)])
def test_the_seconds_left_are_rounded_down_and_never_more_than_two_hours(after: int, left: int) -> None:
    assert tokens.expires_in(FACTS, ISSUED_AT + after) == left


@pytest.mark.parametrize("reason", list(tokens.WHY_DEAD))
def test_the_holder_of_the_previous_token_is_told_why_it_died(reason: str) -> None:
    with pytest.raises(TokenDead, match=tokens.WHY_DEAD[reason]):
        tokens.check_live(FACTS._replace(previous_reason=reason), OLD, ISSUED_AT)


def test_the_previous_token_has_expired_once_its_own_two_hours_are_over() -> None:
    assert FACTS.previous_expires_at is not None
    with pytest.raises(TokenDead):
        tokens.check_live(FACTS, OLD, FACTS.previous_expires_at - 1)
    with pytest.raises(TokenExpired):
        tokens.check_live(FACTS, OLD, FACTS.previous_expires_at)


def test_a_previous_token_without_expiry_or_reason_was_revoked() -> None:
    with pytest.raises(TokenDead, match="revoked"):
        tokens.check_live(FACTS._replace(previous_expires_at=None, previous_reason=None), OLD, ISSUED_AT)


@pytest.mark.parametrize("presented", [[], [bytes(32)], [token_digest()[:31]]])
def test_a_token_that_is_neither_the_live_nor_the_previous_one_is_unknown(presented: list[bytes]) -> None:
    with pytest.raises(TokenUnknown):
        tokens.check_live(FACTS, presented, ISSUED_AT)
    with pytest.raises(TokenUnknown):
        tokens.check_live(FACTS._replace(token_digest=None, issued_at=None, previous_digest=None), LIVE, ISSUED_AT)


@pytest.mark.parametrize(
    "row",
    [FACTS._replace(sealed=None), FACTS._replace(issued_at=None), FACTS._replace(generation=9)],
    ids=["none", "time", "row"],
)
def test_there_is_nothing_to_fetch_where_nothing_is_sealed_for_this_row(row: Facts) -> None:
    with pytest.raises(NoLiveToken):
        tokens.current(row, SECRET, ISSUED_AT)


class Shop:
    """Mints for one integration in a real store."""

    def __init__(self, store: Store, made: Created, entropy: Entropy) -> None:
        self.store, self.made, self.entropy = store, made, entropy
        self.key = store.keyring().primary

    def facts(self) -> Facts:
        found = self.store.read(lambda tx: tx.integrations.facts_by_app_id([self.made.integration.app_id])[0])
        assert found is not None
        return found

    def mint(self, facts: Facts, expected: int | None = None, key: ServerKey | None = None) -> object:
        """The value of a mint that was allowed on these facts."""
        request = Mint(facts, self.made.app_secret, expected, key or self.key, Origin("integration:x"), self.entropy)

        def one(tx: Tx) -> Change[object]:
            outcome = tokens.mint_all(tx, [request])[0]
            return outcome if isinstance(outcome, Change) else Change(outcome, [])

        return self.store.write(one)


@pytest.fixture
def shop(store: Store, integration: Created, entropy: Entropy) -> Shop:
    return Shop(store, integration, entropy)


def test_each_mint_replaces_the_token_and_counts_one_more(shop: Shop) -> None:
    first, second = shop.mint(shop.facts()), shop.mint(shop.facts())
    assert isinstance(first, Minted)
    assert isinstance(second, Minted)
    assert (first.generation, second.generation, second.expires_in) == (1, 2, 7_200)
    row = shop.facts()
    assert row.token_digest == credentials.digest(TOKEN_PREFIX, shop.key.key, second.token)
    assert row.previous_digest == credentials.digest(TOKEN_PREFIX, shop.key.key, first.token)
    assert (row.previous_reason, row.previous_expires_at) == ("superseded", shop.store.clock() + LIFE)


def test_a_minted_token_can_be_fetched_again_with_what_is_left_of_it(shop: Shop, clock: SettableClock) -> None:
    minted = shop.mint(shop.facts())
    clock.advance(0.5)
    assert isinstance(minted, Minted)
    assert tokens.current(shop.facts(), shop.made.app_secret, clock()) == minted._replace(expires_in=7_199)


def test_only_one_of_two_mints_with_the_same_expected_generation_succeeds(shop: Shop) -> None:
    assert isinstance(shop.mint(shop.facts(), expected=0), Minted)
    refused = shop.mint(shop.facts(), expected=0)
    assert isinstance(refused, GenerationMismatch)
    assert refused.generation == 1


def test_a_secret_proved_before_a_reset_mints_nothing_after_it(shop: Shop) -> None:
    seen, app_id, instance = shop.facts(), shop.made.integration.app_id, shop.made.integration.instance
    shop.store.write(lambda tx: integrations.reset_secret(tx, instance, app_id, shop.key, SYSTEM, shop.entropy))
    assert isinstance(shop.mint(seen), Moved)
    assert shop.facts().token_digest is None


def test_a_mint_that_was_allowed_before_access_changed_is_decided_again(shop: Shop) -> None:
    seen, app_id, instance = shop.facts(), shop.made.integration.app_id, shop.made.integration.instance
    shop.store.write(lambda tx: integrations.disallow(tx, instance, app_id, "127.0.0.1", True, SYSTEM))
    assert isinstance(shop.mint(seen), Moved)


def test_a_mint_that_was_allowed_before_the_switch_off_is_decided_again(shop: Shop) -> None:
    seen, app_id, instance = shop.facts(), shop.made.integration.app_id, shop.made.integration.instance
    shop.store.write(lambda tx: integrations.disable(tx, instance, app_id, SYSTEM))
    assert isinstance(shop.mint(seen), Moved)


def test_a_mint_that_was_allowed_before_credentials_in_urls_were_forbidden_is_decided_again(shop: Shop) -> None:
    seen, app_id, instance = shop.facts(), shop.made.integration.app_id, shop.made.integration.instance
    shop.store.write(lambda tx: integrations.set_url_credentials(tx, instance, app_id, False, SYSTEM))
    assert isinstance(shop.mint(seen), Moved)


def test_a_mint_for_an_integration_that_is_not_there_is_decided_again(shop: Shop) -> None:
    assert isinstance(shop.mint(shop.facts()._replace(app_id="1009999999999999")), Moved)


def test_a_secret_proved_under_an_old_key_moves_to_the_primary_one(shop: Shop) -> None:
    newer = ServerKey("fedcba9876543210", b"n" * 32)
    assert isinstance(shop.mint(shop.facts(), key=newer), Moved), "a key that nobody added"
    shop.store.write(lambda tx: keys.add(tx, newer.key_id, SYSTEM))
    minted = shop.mint(shop.facts(), key=newer)
    row = shop.facts()
    assert isinstance(minted, Minted)
    assert (row.secret_key, row.secret_digest) == (
        newer.key_id,
        credentials.digest(SECRET_PREFIX, newer.key, shop.made.app_secret),
    )
    assert row.token_digest == credentials.digest(TOKEN_PREFIX, newer.key, minted.token)
