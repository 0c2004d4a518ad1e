"""A data directory of the size that the targets speak of, made through the store's own write path: chained, committed, sound.

Only the clock is ours, so that the log spans ninety days instead of the minute that seeding takes.
"""

import os
import time
from functools import partial
from pathlib import Path
from typing import NamedTuple

from admincenter.core import credentials, network, permissions
from admincenter.core.audit import SECOND, Event, Origin, event
from admincenter.core.credentials import SECRET_PREFIX, ServerKey
from admincenter.core.instances import choose
from admincenter.core.network import Network
from admincenter.core.permissions import Permission, Purpose
from admincenter.core.ports import Change, NewIntegration, Tx
from admincenter.core.tokens import LIFE
from admincenter.store.opening import Store
from bench import people
from bench.happenings import happening
from bench.people import Told
from bench.scale import Stock

SPAN = 90 * 86_400 * SECOND
_EVENTS_A_COMMIT = 5_000
_BITS = permissions.bits_of(tuple(Permission))
_POOL = 512

Secrets = dict[str, str]
"""The App Secret by App ID."""


class _Calendar:
    """A clock that goes from ninety days ago to now, as far as the seeding got."""

    def __init__(self) -> None:
        self._end = time.time_ns() // 1000
        self.part = 0.0

    def __call__(self) -> int:
        return self._end - int(SPAN * (1 - self.part))


def seed(data: Path, stock: Stock, told: Told) -> Secrets:
    """Fills a new data directory; the secrets of its integrations. Each is followed by its share of the events."""
    calendar = _Calendar()
    store = Store(data, create=True, clock=calendar)
    pool, secrets = [network.parse_entry(text) for text in _networks()], Secrets()
    each = stock.events // stock.integrations
    a_commit = min(500, max(1, _EVENTS_A_COMMIT // each))
    try:
        sower = _Sower(store.read(lambda tx: choose(tx, None)).instance, pool, stock.entries, each, store.keyring().primary)
        for start in range(0, stock.integrations, a_commit):
            calendar.part = start / stock.integrations * (1 - 2 * LIFE / SPAN)
            made: Secrets = store.write(
                partial(_sow, sower=sower, numbers=range(start, min(start + a_commit, stock.integrations)))
            )
            secrets |= made
            told(f"seeding: {len(secrets):,} of {stock.integrations:,} integrations, {len(secrets) * each:,} events")
        calendar.part = 1  # or the access codes of new accounts would have expired
        people.seed(store, sower.instance, stock.accounts, told)
    finally:
        store.close()
    return secrets


class _Sower(NamedTuple):
    instance: str
    pool: list[Network]
    entries: int
    events: int
    key: ServerKey


def _networks() -> list[str]:
    """What stands on real lists: mostly small IPv4 networks and single hosts, now and then IPv6."""
    ranges = [f"198.{18 + number % 2}.{number % 256}.{number * 16 % 256}/28" for number in range(_POOL // 2)]
    hosts = [f"203.0.113.{number}" if number % 4 else f"2001:db8:{number:x}::/64" for number in range(_POOL // 2)]
    return [each for pair in zip(ranges, hosts, strict=True) for each in pair]


def _sow(tx: Tx, sower: _Sower, numbers: range) -> Change[Secrets]:
    """Like `core.integrations.create`, without parsing the same networks a hundred thousand times."""
    secrets, events = Secrets(), list[Event]()
    here = network.parse_network("127.0.0.1")
    for number in numbers:
        listed = [here, *(sower.pool[(number * 7 + step) % _POOL] for step in range(sower.entries - 1))]
        secret = credentials.mint_text(SECRET_PREFIX, os.urandom)
        digest = credentials.digest(SECRET_PREFIX, sower.key.key, secret)
        row = _row(sower.instance, number, digest, sower.key.key_id, tx.now)
        _insert(tx, row, listed)
        secrets[row.app_id] = secret
        events.append(_created(row, listed))
        first = number * sower.events
        events += [happening(row.instance, row.app_id, first + step, tx.now) for step in range(1, sower.events)]
    return Change(secrets, events)


def _row(instance: str, number: int, digest: bytes, key_id: str, now: int) -> NewIntegration:
    name = f"Example service {number}"
    owner = f"team-{number % 97}@example.com"
    app_id = credentials.mint_app_id(os.urandom)
    return NewIntegration(instance, app_id, name, f"Feeds {name}", owner, Purpose.PEOPLE.value, now, digest, key_id)


def _insert(tx: Tx, row: NewIntegration, listed: list[Network]) -> None:
    tx.integrations.insert(row)
    for permission in Permission:
        tx.integrations.grant(row.instance, row.app_id, permission.value, tx.now)
    for each in listed:
        tx.integrations.allow(row.instance, row.app_id, each.text, tx.now)
    tx.integrations.set_access(row.instance, row.app_id, network.compile_access(_BITS, listed))


def _created(row: NewIntegration, listed: list[Network]) -> Event:
    return event(
        "integration.created",
        row.instance,
        Origin("cli:operator@admin.example.com"),
        f"integration:{row.app_id}",
        app_id=row.app_id,
        name=row.name,
        purpose=row.purpose,
        owner=row.owner,
        permissions=[each.value for each in Permission],
        allowed_addresses=[each.text for each in listed],
    )
