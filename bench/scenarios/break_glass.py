"""`instance revoke-all-tokens` while two workers are hammered with calls and token requests: how long until it is done."""

import json
import subprocess
import sys
import time
from collections.abc import Callable

from admincenter.core.audit import SYSTEM
from admincenter.core.instances import choose, revoke_all_tokens
from admincenter.store.opening import Store
from bench.figure import Figure, Spread, at_most, plain, spread
from bench.ground import Ground
from bench.servers import PROGRAM, Server
from bench.site import Site
from bench.wrk import Spoiled

CONNECTIONS = 16
LEAD_SECONDS = 0.3
LOAD_SECONDS = 3

Strike = Callable[[Site], int]
"""Kills all tokens; how many died."""


def run(ground: Ground) -> list[Figure]:
    """The command as typed, then its transaction alone; before each, every integration gets a token."""
    with ground.serve(ground.main, workers=2) as server:
        typed, inside = (
            [_hammered(ground, server, how) for _ in range(ground.scale.times)] for how in (_command, _transaction)
        )
    floor = spread(_seconds([sys.executable, "-c", "pass"]) for _ in typed)
    idle = spread(_seconds([str(PROGRAM), "instance", "list", "--data", str(ground.main.data)]) for _ in typed)
    died = spread(count for _seconds, count in typed)
    note = f"{died} tokens died; `instance list` on the idle machine takes {idle} s, which is start-up"
    return [
        plain("break-glass under load, the whole command", "s", _times(typed), at_most(1), floor, "bare Python start, s", note),
        plain("… without the start-up of the command", "s", _times(inside), at_most(1)),
    ]


def _times(found: list[tuple[float, int]]) -> Spread:
    return spread(seconds for seconds, _count in found)


def _hammered(ground: Ground, server: Server, strike: Strike) -> tuple[float, int]:
    """Strikes in the middle of a load; how long it took, and how many tokens died. Every token must be dead at once."""
    ground.told(f"break-glass: {strike.__name__.removeprefix('_')}")
    [witness, *_] = ground.main.mint(list(ground.main.secrets))
    if server.get("/me", witness)[0] != 200:
        raise Spoiled("a fresh token was refused")
    loads = [
        ground.wrk.start(server.base, requests, LOAD_SECONDS, CONNECTIONS, may_refuse=True)
        for requests in (ground.calls(server, ground.main), ground.purchases(server, ground.main))
    ]
    time.sleep(LEAD_SECONDS)
    started = time.perf_counter()
    died = strike(ground.main)
    seconds = time.perf_counter() - started
    if server.get("/me", witness)[0] == 200:
        raise Spoiled("a token outlived the break-glass")
    for wait in loads:
        wait()
    return seconds, died


def _command(on: Site) -> int:
    command = [str(PROGRAM), "instance", "revoke-all-tokens", "--data", str(on.data), "--json"]
    answer = subprocess.run(command, check=True, capture_output=True)
    return int(json.loads(answer.stdout)["revoked"])


def _transaction(on: Site) -> int:
    store = Store(on.data)
    try:
        return store.write(lambda tx: revoke_all_tokens(tx, choose(tx, None).instance, SYSTEM))
    finally:
        store.close()


def _seconds(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started
