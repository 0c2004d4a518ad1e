"""A page of 1,000 audit events at one connection: the first, the middle, the deepest."""

from collections.abc import Callable

from bench.figure import Figure, Target, at_most, plain, ratios, spread
from bench.ground import Ground
from bench.servers import Server
from bench.site import Site
from bench.wrk import Load, apart, get

DEPTHS = ("first", "middle", "deepest")


CALLERS = 4
"""Enough for the default limit, and few enough that their tokens do not fill the first page."""


def run(ground: Ground) -> list[Figure]:
    """Each depth beside the bare answer; then the deepest as a multiple of the first. A fresh log: its pages are alike."""
    loads, sizes = measured(ground, ground.another(ground.scale.stock))
    waits = {depth: [load.p50 for load in loads[depth]] for depth in DEPTHS}
    deeper = ratios(waits["deepest"], waits["first"])
    return [*rows(loads, sizes, "", at_most(2.5)), plain("… deepest page in first pages", "times", deeper, at_most(1.2))]


def measured(ground: Ground, fresh: Site) -> tuple[dict[str, list[Load]], dict[str, int]]:
    """The loads of the bare answer and of each depth, on any engine, and how many bytes each depth's page has."""
    tokens = fresh.mint(fresh.some(CALLERS))
    targets = ["/security_audit_logs?limit=1000"]
    targets += [f"{targets[0]}&after={cursor}" for cursor in fresh.cursors()]
    with ground.serve(fresh) as server:
        sizes = {depth: len(server.get(target, tokens[0])[1]) for depth, target in zip(DEPTHS, targets, strict=True)}
        pages = {depth: _page(ground, server, target, tokens) for depth, target in zip(DEPTHS, targets, strict=True)}
        found = ground.alternate({"bare": lambda: ground.bare_load(1), **pages}, [server])
    return found, sizes


def _page(ground: Ground, server: Server, target: str, tokens: list[str]) -> Callable[[], Load]:
    requests = ground.wrk.requests(get(server.host, target, each) for each in tokens)
    return lambda: ground.load(server, requests, 1)


def rows(loads: dict[str, list[Load]], sizes: dict[str, int], engine: str, target: Target) -> list[Figure]:
    """A figure of each depth."""
    floor = spread(load.p50 for load in loads["bare"])
    return [
        plain(
            f"{depth} page of 1,000 audit events{engine}: p50",
            "ms",
            spread(load.p50 for load in loads[depth]),
            target,
            floor,
            "bare p50, ms",
            f"{sizes[depth] / 1000:,.0f} kB{apart(loads[depth])}",
        )
        for depth in DEPTHS
    ]
