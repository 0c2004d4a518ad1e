"""Access tokens: one per integration, two hours, replaced in one statement (design, promises 1 to 3; D4, D8)."""

from collections.abc import Sequence
from typing import NamedTuple

from admincenter.core import credentials
from admincenter.core.audit import SECOND, Event, Origin, event
from admincenter.core.credentials import SECRET_PREFIX, TOKEN_PREFIX, Entropy, SealContext, ServerKey
from admincenter.core.errors import CallRefused, GenerationMismatch, NoLiveToken, TokenDead, TokenExpired, TokenUnknown
from admincenter.core.ports import Change, Facts, TokenRow, Tx

LIFE = 7_200 * SECOND
"""How long a token lives."""

SKEW = 60 * SECOND
"""How far in the future `issued_at` may lie: the clock of another node, or a small step back of our own."""

WHY_DEAD = {
    "superseded": "a newer token was issued to this integration, which invalidated this one",
    "reset": "the App Secret of this integration was reset, which invalidated this token",
    "off": "the integration was switched off, which invalidated this token",
    "revoked": "an admin revoked this token",
    "deleted": "the integration was deleted",
}
"""What the holder of a dead token is told, by the reason that stands in the row."""


class Mint(NamedTuple):
    """One accepted token request. `facts` is the row on which it was allowed; `secret` seals the new token."""

    facts: Facts
    secret: str
    expected_generation: int | None
    key: ServerKey
    by: Origin
    entropy: Entropy


class Minted(NamedTuple):
    """A new token, shown once."""

    token: str
    generation: int
    expires_in: int


class Moved(NamedTuple):
    """The row changed between the decision and the mint: nothing was done, decide again."""


Outcome = Change[Minted] | CallRefused | Moved


def mint_all(tx: Tx, mints: Sequence[Mint]) -> list[Outcome]:
    """Issues each token, if the conditions under which it was allowed still hold (D8).

    Each is tried on the row that the gate saw. The statement knows whether that is still the row; where it is not, the row is
    read again.
    """
    app_ids = [each.facts.app_id for each in mints]
    outcomes: list[Outcome] = [Moved()] * len(mints)
    for places in in_rounds(app_ids)[:1]:
        some = [mints[each] for each in places]
        _put(outcomes, places, _mint_each(tx, [each.facts for each in some], some))
    left = [place for place, outcome in enumerate(outcomes) if not isinstance(outcome, Change)]
    for again in in_rounds([app_ids[each] for each in left]):
        places = [left[each] for each in again]
        rows = tx.integrations.facts_by_app_id([app_ids[each] for each in places])
        _put(outcomes, places, _mint_each(tx, rows, [mints[each] for each in places]))
    return outcomes


def _put(outcomes: list[Outcome], places: Sequence[int], found: Sequence[Outcome]) -> None:
    for place, outcome in zip(places, found, strict=True):
        outcomes[place] = outcome


def in_rounds(app_ids: Sequence[str]) -> list[list[int]]:
    """The places in a list, in rounds that hold each App ID once: who comes second must see what the first one did."""
    rounds: list[list[int]] = []
    times: dict[str, int] = {}
    for place, app_id in enumerate(app_ids):
        number = times[app_id] = times.get(app_id, -1) + 1
        if number == len(rounds):
            rounds.append([])
        rounds[number].append(place)
    return rounds


def _mint_each(tx: Tx, rows: Sequence[Facts | None], mints: Sequence[Mint]) -> list[Outcome]:
    """One token each of different integrations: all rows are changed at once."""
    now, entropy = tx.now, credentials.in_portions(mints[0].entropy, _DRAWN * len(mints))
    fresh = [_fresh(row, mint, now, entropy) for row, mint in zip(rows, mints, strict=True)]
    done = iter(tx.integrations.mint([each.row for each in fresh if isinstance(each, _Fresh)]))
    return [
        _minted(each, mint, next(done)) if isinstance(each, _Fresh) else each for each, mint in zip(fresh, mints, strict=True)
    ]


_DRAWN = credentials.TEXT_DRAWS + credentials.SEAL_DRAWS


class _Fresh(NamedTuple):
    token: str
    row: TokenRow
    of: Facts


def _minted(fresh: _Fresh, mint: Mint, done: bool) -> Outcome:
    if not done:
        return Moved()
    generation, issued_at = fresh.of.generation + 1, fresh.row.issued_at
    minted = Minted(fresh.token, generation, LIFE // SECOND)
    return Change(minted, [_issued(fresh.of, mint.by, generation, issued_at)])


def _fresh(row: Facts | None, mint: Mint, now: int, entropy: Entropy) -> _Fresh | CallRefused | Moved:
    """A new token for the row, if it is still the one on which the mint was allowed."""
    if row is None or _conditions(row) != _conditions(mint.facts):
        return Moved()
    if mint.expected_generation not in (None, row.generation):
        return GenerationMismatch(row.generation)
    token = credentials.mint_text(TOKEN_PREFIX, entropy)
    context = SealContext(row.instance, row.app_id, row.generation + 1, now)
    new = TokenRow(
        app_id=row.app_id,
        proved=row.secret_digest,
        access_version=row.access_version,
        before=row.generation,
        token_digest=credentials.digest(TOKEN_PREFIX, mint.key.key, token),
        token_key=mint.key.key_id,
        issued_at=now,
        sealed=credentials.seal(token, mint.secret, context, entropy),
        superseded_until=(row.issued_at or 0) + LIFE,
        secret_digest=_digest_again(row, mint),
        secret_key=mint.key.key_id,
    )
    return _Fresh(token, new, row)


def _conditions(facts: Facts) -> tuple[bytes, int]:
    """What the gate allowed a mint on. That it is enabled, and not deleted, is a condition of the statement itself."""
    return facts.secret_digest, facts.access_version


def _digest_again(row: Facts, mint: Mint) -> bytes:
    """A secret proved under an old server key moves to the primary one (D3)."""
    if row.secret_key == mint.key.key_id:
        return row.secret_digest
    return credentials.digest(SECRET_PREFIX, mint.key.key, mint.secret)


def _issued(row: Facts, by: Origin, generation: int, now: int) -> Event:
    return event(
        "token.issued",
        row.instance,
        by,
        f"integration:{row.app_id}",
        app_id=row.app_id,
        generation=generation,
        expires=(now + LIFE) // SECOND,
    )


def current(facts: Facts, secret: str, now: int) -> Minted:
    """The live token again, unsealed with the secret that bought it. Raises NoLiveToken."""
    if facts.sealed is None or facts.issued_at is None or not _alive(facts.issued_at, now):
        raise NoLiveToken(facts.generation)
    context = SealContext(facts.instance, facts.app_id, facts.generation, facts.issued_at)
    token = credentials.unseal(facts.sealed, secret, context)
    if token is None:
        raise NoLiveToken(facts.generation)
    return Minted(token, facts.generation, expires_in(facts, now))


def _alive(issued_at: int, now: int) -> bool:
    return issued_at - SKEW <= now < issued_at + LIFE


def expires_in(facts: Facts, now: int) -> int:
    """Whole seconds that the live token still has, rounded down; never more than its two hours."""
    return min(LIFE, (facts.issued_at or 0) + LIFE - now) // SECOND


def check_live(facts: Facts, presented: Sequence[bytes], now: int) -> None:
    """Passes only the live token, within its two hours. Raises TokenExpired, TokenDead, TokenUnknown."""
    if facts.token_digest is not None and facts.token_digest in presented and facts.issued_at is not None:
        if not _alive(facts.issued_at, now):
            raise TokenExpired
        return
    if facts.previous_digest is None or facts.previous_digest not in presented:
        raise TokenUnknown
    if facts.previous_expires_at is not None and now >= facts.previous_expires_at:
        raise TokenExpired
    raise TokenDead(WHY_DEAD[facts.previous_reason or "revoked"])
