"""A holder of credentials: buys tokens and asks what they open, through the same decision as the server."""

import os

from admincenter.core import credentials, tokens
from admincenter.core.audit import SYSTEM
from admincenter.core.credentials import SECRET_PREFIX, TOKEN_PREFIX
from admincenter.core.decision import Question, decide
from admincenter.core.errors import CallRefused
from admincenter.core.network import Address
from admincenter.core.ports import Change, Facts, Tx
from admincenter.core.surface import at
from admincenter.core.tokens import Mint, Minted
from admincenter.store.opening import Store
from tests.tenant import Tenant

HOME = Address(bytes([127, 0, 0, 1]))


def buy(store: Store, tenant: Tenant) -> Minted | CallRefused:
    """A token, if the secret that the tenant knows opens the token endpoint."""
    ring, now = store.keyring(), store.clock()
    facts = store.read(lambda tx: tx.integrations.facts_by_app_id([tenant.app_id])[0])
    shown = credentials.digests(SECRET_PREFIX, ring.keys, tenant.secret)
    refusal = decide(facts, Question(at("/work_get_token")["POST"], shown, HOME, now)).refusal
    if refusal or facts is None:
        assert refusal is not None
        return refusal
    return _mint(store, Mint(facts, tenant.secret, None, ring.primary, SYSTEM, os.urandom))


def _mint(store: Store, wanted: Mint) -> Minted:
    def one(tx: Tx) -> Change[Minted]:
        [outcome] = tokens.mint_all(tx, [wanted])
        assert isinstance(outcome, Change)
        return outcome

    return store.write(one)


def bought(store: Store, tenant: Tenant) -> Minted:
    """A token that must be sold."""
    sold = buy(store, tenant)
    assert isinstance(sold, Minted), sold
    return sold


def refusal_of(store: Store, token: str) -> CallRefused | None:
    """Why `GET /me` refuses a token; None where it does not."""
    shown = credentials.digests(TOKEN_PREFIX, store.keyring().keys, token)
    facts: Facts | None = store.read(lambda tx: tx.integrations.facts_by_token([shown])[0])
    return decide(facts, Question(at("/me")["GET"], shown, HOME, store.clock())).refusal
