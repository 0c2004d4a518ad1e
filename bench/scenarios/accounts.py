"""The account API over a full directory: one account, one by its user name, a page, the deepest page, a new one."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count, cycle
from pathlib import Path
from urllib.parse import quote

from bench import people
from bench.figure import Figure, Target, at_least, at_most, plain, ratios, spread
from bench.ground import Ground
from bench.servers import Server
from bench.site import Site
from bench.wrk import Load, get, post_json

USERS = "/scim/v2/Users"
DIFFERENT = 2_000
"""How many accounts are asked for in turn."""
CREATED_A_SECOND = 4_000
"""More than are created, so that no user name comes twice."""
PAGE = 100


def run(ground: Ground) -> list[Figure]:
    """All beside the bare answer; then the deepest page as a multiple of the first."""
    site = ground.another(ground.scale.directory)
    tokens = site.mint(site.some(ground.scale.callers))
    with ground.serve(site) as server:
        found = ground.alternate(_measures(ground, server, site, tokens), [server])
    deeper = ratios([load.p50 for load in found["deepest"]], [load.p50 for load in found["first"]])
    return [
        _beside("GET /Users/{id}", "reads/s", found["one"], found["bare"], at_least(0.28, 0.40)),
        _beside('GET /Users?filter=userName eq "…"', "reads/s", found["named"], found["bare"], at_least(0.22)),
        _rate(f"a page of {PAGE} accounts", "pages/s", found["page"], at_least(600)),
        plain("… deepest page by cursor in first pages, p50 at one connection", "times", deeper, at_most(1.2)),
        _rate("POST /Users, durable", "accounts/s", found["create"], at_least(1_200)),
    ]


def _measures(ground: Ground, server: Server, site: Site, tokens: Sequence[str]) -> Mapping[str, Callable[[], Load]]:
    stock = ground.scale.directory.accounts
    ids = site.accounts(min(DIFFERENT, stock))
    names = (people.user_name(number) for number in range(0, stock, max(1, stock // DIFFERENT)))
    filters = (f"{USERS}?filter=" + quote(f'userName eq "{name}"', safe="") for name in names)
    one, named, page, first, deepest = (
        _gets(ground, server, targets, tokens)
        for targets in (
            (f"{USERS}/{each}" for each in ids),
            filters,
            [f"{USERS}?count={PAGE}"],
            [f"{USERS}?count={PAGE - 1}&cursor="],
            [f"{USERS}?count={PAGE - 1}&cursor={_deepest(server, tokens[0], stock)}"],
        )
    )
    new = count(stock)
    return {
        "bare": ground.bare_load,
        "one": lambda: ground.load(server, one),
        "named": lambda: ground.load(server, named),
        "page": lambda: ground.load(server, page),
        "first": lambda: ground.load(server, first, 1),
        "deepest": lambda: ground.load(server, deepest, 1),
        "create": lambda: ground.load(server, _creations(ground, server, tokens, new)),
    }


def _gets(ground: Ground, server: Server, targets: Iterator[str] | list[str], tokens: Sequence[str]) -> Path:
    """Each target once or more, with each token."""
    listed = list(targets)
    pairs = zip(cycle(listed), cycle(tokens), range(max(len(listed), len(tokens))), strict=False)
    return ground.wrk.requests(get(server.host, target, token) for target, token, _number in pairs)


def _creations(ground: Ground, server: Server, tokens: Sequence[str], new: "count[int]") -> Path:
    """More new accounts than one load can create."""
    pairs = zip(cycle(tokens), range(CREATED_A_SECOND * ground.scale.seconds), strict=False)
    bodies = ((token, json.dumps(people.person(next(new))).encode()) for token, _number in pairs)
    return ground.wrk.requests(post_json(server.host, USERS, body, token) for token, body in bodies)


def _deepest(server: Server, token: str, stock: int) -> str:
    """The cursor behind which the last whole page begins."""
    cursor = ""
    for _page in range(max(0, stock // 1_000 - 1)):
        cursor = json.loads(server.get(f"{USERS}?count=1000&attributes=id&cursor={cursor}", token)[1])["nextCursor"]
    return cursor


def _beside(name: str, unit: str, loads: Sequence[Load], bare: Sequence[Load], target: Target) -> Figure:
    ours, floor = [load.rate for load in loads], [load.rate for load in bare]
    waits, cost = spread(load.p99 for load in loads), spread(load.cpu for load in loads)
    note = f"p99 {waits} ms; processor time of a call {cost} µs"
    return Figure(name, unit, spread(ours), ratios(ours, floor), target, spread(floor), "bare answers/s", note)


def _rate(name: str, unit: str, loads: Sequence[Load], target: Target) -> Figure:
    waits, cost = spread(load.p99 for load in loads), spread(load.cpu for load in loads)
    return plain(name, unit, spread(load.rate for load in loads), target, note=f"p99 {waits} ms; processor time {cost} µs")
