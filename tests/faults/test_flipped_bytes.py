"""Bytes of the audit log flip on the disk: found, or refused, or nothing that anybody reads has changed (F08)."""

import random
from pathlib import Path

import apsw
import pytest

from admincenter.core import checkpoints
from admincenter.core.audit import SYSTEM, Record
from admincenter.core.errors import Refusal
from admincenter.core.instances import choose, rename
from admincenter.core.ports import Change, Instance, Tx, Window
from admincenter.core.verification import Evidence, verify
from admincenter.store.opening import Store
from tests.faults.standing import Standing

SEED, FLIPS = 20_261_123, 1_000


def _many_events(tx: Tx) -> Change[None]:
    instance = choose(tx, None).instance
    names = [f"Ærøskøbing number {number}" for number in range(24)]
    return Change(None, [event for name in names for event in rename(tx, instance, name, SYSTEM).events])


def _places(database: Path) -> list[int]:
    """Every offset that lies in a page of the log or of its index."""
    connection = apsw.Connection(str(database))
    pages = [
        (offset, size)
        for offset, size in connection.execute("SELECT pgoffset, pgsize FROM dbstat WHERE name LIKE '%audit_events%'")
    ]
    connection.close()
    return [place for offset, size in pages for place in range(offset, offset + size)]


def _log(tx: Tx) -> tuple[Instance, list[Record]]:
    instance = choose(tx, None)
    return instance, tx.audit.records(Window(instance.instance, 0, 2**62, 10_000, ascending=True))


def _examined(data: Path) -> tuple[str, list[Record]]:
    """How damage was found, if it was; else the log as it reads now."""
    try:
        store = Store(data)
    except Refusal:
        return "the start is refused", []
    try:
        if store.integrity_faults():
            return "the check of pages", []
        instance, records = store.read(_log)
        evidence = Evidence(checkpoints.public_key(store.keyring().seed))
        return "the verification" if verify(store, instance.instance, evidence).faults else "", records
    except Refusal:
        return "the read is refused", []
    finally:
        store.close()


@pytest.mark.slow
def test_no_flipped_byte_of_the_log_passes_for_what_was_written(standing: Standing) -> None:
    """A thousand flips, each alone. What neither check finds lies where nothing is kept: the log reads as before."""
    store = Store(standing.data)
    store.write(_many_events)
    store.close()
    path = standing.data / "admincenter.db"
    whole, places = path.read_bytes(), _places(path)
    sound, written = _examined(standing.data)
    assert (sound, len(written)) == ("", 26)
    chance, ways = random.Random(SEED), dict.fromkeys(("the check of pages", "the verification", ""), 0)
    for _ in range(FLIPS):
        place, bits = chance.choice(places), chance.randrange(1, 256)
        path.write_bytes(whole[:place] + bytes([whole[place] ^ bits]) + whole[place + 1 :])
        found, read = _examined(standing.data)
        ways[found] = ways.get(found, 0) + 1
        assert found or read == written, f"byte {place}, bits {bits:08b}"
    assert min(ways.values()) > 0, "the flips did not reach all that they should"
