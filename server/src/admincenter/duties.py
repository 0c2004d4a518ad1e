"""What a worker does besides answering: checkpoints, fresh keys, the check after an unclean stop, the probe of readiness."""

import asyncio
import json
import logging
import time
from collections.abc import Callable, Coroutine
from pathlib import Path

from admincenter.api.call import Door
from admincenter.core import account_upkeep, checkpoints
from admincenter.core.checkpoints import Checkpoint
from admincenter.core.errors import Refusal
from admincenter.core.ports import Change, Tx
from admincenter.store.executor import Executor
from admincenter.store.opening import Store
from admincenter.store.sql import Broken

log = logging.getLogger(__name__)

CHECKPOINT_SECONDS = 60.0
CLOCK_SECONDS = 60.0
KEY_SECONDS = 1.0
PROBE_SECONDS = 5.0
TIDY_SECONDS = 60.0
TIDY_PAUSE = 0.1
"""Between two steps, for those who wait to write."""


class Readiness:
    """Whether the process can read and write: a test write at most every five seconds, cached."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._answer = ""
        self._until = 0.0
        self._probing = asyncio.Lock()
        self.waiting_for = ""

    async def __call__(self) -> str:
        """Why it is not ready; empty when it is."""
        if self.waiting_for:
            return self.waiting_for
        async with self._probing:  # who asks meanwhile waits for the same probe: a flood of questions is no flood of writes
            if time.monotonic() >= self._until:
                self._answer = await self._probe()
                self._until = time.monotonic() + PROBE_SECONDS
        return self._answer

    async def _probe(self) -> str:
        def touch(tx: Tx) -> Change[None]:
            tx.prove_writable()
            return Change(None, [])

        try:
            await self._executor.write(touch)
        except Refusal:
            return "the database cannot be written"
        return ""


async def check_after_unclean_stop(store: Store, readiness: Readiness) -> None:
    """The full check of a database that was not stopped cleanly. Nothing is ready before it is done."""
    readiness.waiting_for = "the database is being checked after an unclean stop"
    faults = await _all_faults(store)
    if faults:
        log.critical("the database is damaged: %s; restore a backup", "; ".join(faults))
        readiness.waiting_for = "the database is damaged"
        return
    log.info("the database was not stopped cleanly; every page was checked and is sound")
    readiness.waiting_for = ""


async def _all_faults(store: Store) -> list[str]:
    while True:
        try:
            return await asyncio.to_thread(store.integrity_faults)
        except (Refusal, Broken) as error:
            log.warning("the database cannot be checked now: %s; trying again", error)
            await asyncio.sleep(PROBE_SECONDS)


async def keep_keys_fresh(store: Store, door: Door) -> None:
    """Reads the keys again where the key file or the database's list of keys changed."""
    while True:
        await asyncio.sleep(KEY_SECONDS)
        try:
            ring = await asyncio.to_thread(store.keyring_if_changed, door.keyring)
        except (Refusal, Broken) as error:
            log.warning("the keys could not be read again: %s", error)
            continue
        if ring is not None:
            door.keyring = ring
            log.info("server keys changed; the primary key is %s", ring.primary.key_id)


async def keep_accounts_tidy(store: Store, days: int) -> None:
    """Each minute: access codes that expired, and what accounts looked like too long ago, go out of the database.

    Each step is a transaction of its own, beside the server's: it locks accounts of several instances.
    """
    steps: list[Callable[[Tx], Change[int]]] = [
        account_upkeep.forget_expired_codes,
        lambda tx: account_upkeep.trim_journal(tx, days),
    ]
    while True:
        for step in steps:
            await _until_nothing_is_left(store, step)
        await asyncio.sleep(TIDY_SECONDS)


async def _until_nothing_is_left(store: Store, step: Callable[[Tx], Change[int]]) -> None:
    try:
        done = 1
        while done:
            done = await asyncio.to_thread(store.write, step)
            await asyncio.sleep(TIDY_PAUSE)
    except (Refusal, Broken) as error:
        log.warning("accounts could not be tidied: %s; trying again", error)


async def watch_clock(store: Store) -> None:
    """Says it again and again while this machine's clock is off: whoever mends it reads the newest lines."""
    while True:
        await asyncio.sleep(CLOCK_SECONDS)
        for each in store.clock_warnings():
            log.warning(each)


async def write_checkpoints(executor: Executor, door: Door, directory: Path | None) -> None:
    """A signed checkpoint of every log that grew, each minute: as a log line, and appended to a file per instance."""
    written: dict[str, int] = {}
    while True:
        await asyncio.sleep(CHECKPOINT_SECONDS)
        try:
            grown = [each for each in await executor.read(_ends) if each.sequence > written.get(each.instance, 0)]
            await asyncio.to_thread(_write, grown, door.keyring.seed, directory)
        except (Refusal, OSError) as error:
            log.warning("checkpoints could not be written: %s", error)
            continue
        written |= {each.instance: each.sequence for each in grown}


def _ends(tx: Tx) -> list[Checkpoint]:
    return [checkpoints.of(row.instance, tx.audit.head(row.instance)) for row in tx.instances.all()]


def _write(grown: list[Checkpoint], seed: bytes, directory: Path | None) -> None:
    for each in grown:
        note = checkpoints.sign(each, seed)
        log.info("checkpoint %s", json.dumps(note, ensure_ascii=False), extra={"note": note})
        if directory is not None:
            with (directory / f"{each.instance}.checkpoints").open("a", encoding="utf-8") as stream:
                stream.write(note + "\n")


def start(duties: list[Coroutine[None, None, None]]) -> list["asyncio.Task[None]"]:
    """Runs each until the process stops."""
    return [asyncio.create_task(each) for each in duties]
