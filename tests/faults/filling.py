"""A program: an executor at work on a disk that becomes full and has room again. Prints one JSON object of what it saw.

    filling.py MOUNT

MOUNT is a small file system of its own.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from admincenter.core.audit import SYSTEM, event
from admincenter.core.errors import CallRefused
from admincenter.core.instances import choose
from admincenter.core.ports import Change, Tx
from admincenter.store.executor import Executor
from admincenter.store.opening import Store
from tests.faults.standing import look, raise_up

AT_ONCE = 50


def _many_events(tx: Tx) -> Change[None]:
    instance = choose(tx, None).instance
    return Change(None, [event("instance.renamed", instance, SYSTEM, name="x" * 200, before="y") for _ in range(AT_ONCE)])


async def _write(executor: Executor) -> str:
    try:
        await executor.write(_many_events)
    except CallRefused as refusal:
        return type(refusal).__name__
    return "acknowledged"


async def _write_until(executor: Executor, wanted: set[str]) -> list[str]:
    seen = [await _write(executor)]
    while seen[-1] not in wanted:
        await asyncio.sleep(0.01)
        seen.append(await _write(executor))
    return seen


def _fill(filler: Path) -> None:
    with filler.open("wb", buffering=0) as stream:
        try:
            while stream.write(b"\0" * 4096):
                pass
        except OSError:
            return


async def _work(store: Store, filler: Path) -> dict[str, Any]:
    told: list[str] = []
    executor = Executor(store.engine, lambda: told.append("broken"))
    executor.start()
    before = [await _write(executor) for _ in range(3)]
    _fill(filler)
    until_full = await _write_until(executor, {"StorageUnavailable", "OutcomeUnknown"})
    while_full = [await _write(executor) for _ in range(5)]
    reads = [(await executor.read(lambda tx: choose(tx, None))).name for _ in range(20)]
    peeks = [(await executor.peek(lambda tx: choose(tx, None))).name for _ in range(20)]
    filler.unlink()
    after = await _write_until(executor, {"acknowledged"})
    await executor.stop()
    return {
        "broken": told,
        "writes": [before, until_full, while_full, after],
        "reads": [reads, peeks],
    }


def main(mount: Path) -> None:
    standing = raise_up(mount / "data")
    store = Store(standing.data)
    seen = asyncio.run(_work(store, mount / "filler"))
    store.close()
    print(json.dumps(seen | {"stored": len(look(standing).of_kind("instance.renamed")) // AT_ONCE}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
