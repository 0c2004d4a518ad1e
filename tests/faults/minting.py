"""A program: mints for an integration and prints, one JSON line each, what became of every mint.

    minting.py DATA APP_ID SECRET HOW TIMES

HOW is `kept` (one connection stays open, so that commits only append to the log), `closed` (each commit is moved into the
database at once) or `executor` (as the server does it; ends with status 70 when storage is broken).
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from admincenter.core.audit import SYSTEM
from admincenter.core.errors import CallRefused
from admincenter.core.ports import Change, Facts, Tx
from admincenter.core.tokens import Mint, Minted, mint_all
from admincenter.store.executor import Executor
from admincenter.store.opening import Store

BROKEN_STATUS = 70


def _say(**what: object) -> None:
    print(json.dumps(what), flush=True)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except CallRefused as refusal:
        _say(refused=type(refusal).__name__)
        time.sleep(0.01)


def mint_one(tx: Tx, store: Store, app_id: str, secret: str) -> Change[Minted]:
    """A token for whoever asks; allowlist and permissions are not what is tried here."""
    [facts] = tx.integrations.facts_by_app_id([app_id])
    assert facts is not None
    [outcome] = mint_all(tx, [_asked(store, facts, secret)])
    assert isinstance(outcome, Change)
    return outcome


def _asked(store: Store, facts: Facts, secret: str) -> Mint:
    return Mint(facts, secret, None, store.keyring().primary, SYSTEM, os.urandom)


def _through_the_store(store: Store, app_id: str, secret: str, times: int) -> None:
    for _ in range(times):
        with _told():
            _say(acknowledged=store.write(lambda tx: mint_one(tx, store, app_id, secret)).generation)


async def _through_the_executor(store: Store, app_id: str, secret: str, times: int) -> None:
    executor = Executor(store.engine, _end)
    executor.start()
    for _ in range(times):
        with _told():
            facts = await executor.facts_by_app_id(app_id)
            assert facts is not None
            minted = await executor.write_each(mint_all, _asked(store, facts, secret))
            _say(acknowledged=minted.generation)
        await asyncio.sleep(0.02)
    await executor.stop()


def _end() -> None:
    _say(broken=True)
    os._exit(BROKEN_STATUS)


def main(data: str, app_id: str, secret: str, how: str, times: str) -> None:
    store = Store(Path(data))
    if how == "executor":
        asyncio.run(_through_the_executor(store, app_id, secret, int(times)))
        return
    with ExitStack() as kept:
        if how == "kept":
            kept.enter_context(store.connected()).tx.instances.all()
        _through_the_store(store, app_id, secret, int(times))


if __name__ == "__main__":
    main(*sys.argv[1:])
