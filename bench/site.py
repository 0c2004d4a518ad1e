"""A data directory to measure on: a copy of a seeded one, which is made once and kept under bench/results."""

import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from admincenter.core import account_document, accounts, audit, credentials, events, tokens
from admincenter.core import network as networks
from admincenter.core.account_search import Order, Place
from admincenter.core.audit import Origin
from admincenter.core.credentials import ServerKey
from admincenter.core.instances import choose
from admincenter.core.ports import Change, Instance, Tx
from admincenter.core.query import write_cursor
from admincenter.core.tokens import Mint, Minted
from admincenter.store import migrate
from admincenter.store.opening import Store
from bench import happenings, people, seeding
from bench.people import Told
from bench.scale import Stock
from bench.seeding import Secrets, seed

_A_COMMIT = 1_000
_SECRETS = "secrets.json"
_SHAPES_THE_SEED = (
    account_document,
    accounts,
    audit,
    credentials,
    events,
    networks,
    migrate,
    happenings,
    people,
    seeding,
)


class Site:
    """One data directory of our own to serve from, with the secrets of its integrations; the data may be in PostgreSQL."""

    def __init__(self, directory: Path, database_url: str = "") -> None:
        self.directory, self.data = directory, directory / "data"
        self.database_url = database_url
        self.secrets: Secrets = json.loads((directory / _SECRETS).read_text())

    @property
    def place(self) -> list[str]:
        """The flags that say where its data are."""
        return ["--data", str(self.data), *(["--database-url", self.database_url] if self.database_url else [])]

    @property
    def engine(self) -> str:
        """What the name of a figure adds where the database is not the default."""
        return " on PostgreSQL" if self.database_url else ""

    def _store(self) -> Store:
        return Store(self.data, database_url=self.database_url)

    def mint(self, app_ids: Sequence[str]) -> list[str]:
        """A new live token of each integration, in the order asked for, written beside a server that may run."""
        store = self._store()
        try:
            parts = [app_ids[start : start + _A_COMMIT] for start in range(0, len(app_ids), _A_COMMIT)]
            key = store.keyring().primary
            return [token for part in parts for token in store.write(partial(_mint, part=part, secrets=self.secrets, key=key))]
        finally:
            store.close()

    def some(self, wanted: int) -> list[str]:
        """App IDs spread evenly over all."""
        known = list(self.secrets)
        return known[:: max(1, len(known) // wanted)][:wanted]

    def accounts(self, wanted: int) -> list[str]:
        """Identifiers of accounts, spread evenly over all of them."""

        def look(tx: Tx) -> list[str]:
            instance = choose(tx, None).instance
            step = max(1, tx.accounts.count(instance) // wanted)
            places = (Place(1, offset=number * step) for number in range(wanted))
            return [row.account_id for place in places for row in tx.accounts.select(instance, None, Order(), place)]

        store = self._store()
        try:
            return store.read(look)
        finally:
            store.close()

    def cursors(self) -> list[str]:
        """Cursors behind which the middle page and the deepest whole page of the audit log begin."""

        def look(tx: Tx) -> tuple[Instance, int]:
            instance = choose(tx, None)
            return instance, tx.audit.head(instance.instance).sequence

        store = self._store()
        try:
            instance, last = store.read(look)
        finally:
            store.close()
        return [write_cursor(instance.cursor_key, sequence) for sequence in (last // 2, min(last, 1_001))]


def _mint(tx: Tx, part: Sequence[str], secrets: Secrets, key: ServerKey) -> Change[list[str]]:
    found = [facts for facts in tx.integrations.facts_by_app_id(part) if facts is not None]
    mints = [
        Mint(facts, secrets[facts.app_id], None, key, Origin(f"integration:{facts.app_id}", "127.0.0.1"), os.urandom)
        for facts in found
    ]
    done = [each for each in tokens.mint_all(tx, mints) if isinstance(each, Change)]
    minted = [each.value for each in done if isinstance(each.value, Minted)]
    return Change([each.token for each in minted], [event for each in done for event in each.events])


def copy(results: Path, stock: Stock, place: Path, told: Told) -> Site:
    """A site at `place`, copied from the kept one, which is seeded where it is missing or was made by other code."""
    kept = results / f"seed-{_key(stock)}"
    if not kept.exists():
        _seed(kept, stock, told)
    told(f"copying {kept.name}")
    shutil.copytree(kept, place)
    return Site(place)


def _seed(kept: Path, stock: Stock, told: Told) -> None:
    fresh = kept.with_suffix(".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    secrets = seed(fresh / "data", stock, told)
    (fresh / _SECRETS).write_text(json.dumps(secrets))
    fresh.rename(kept)


def _key(stock: Stock) -> str:
    """Of everything that shapes the content."""
    sources = [Path(each.__file__ or "") for each in _SHAPES_THE_SEED]
    sources += sorted((Path(migrate.__file__).parent / "migrations").glob("*.sql"))
    text = repr(stock).encode() + b"".join(path.read_bytes() for path in sources)
    return hashlib.sha256(text).hexdigest()[:12]
