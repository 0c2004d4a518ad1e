"""A page of 1,000 audit events at one connection: the first, the middle, the deepest."""

from collections.abc import Callable

from bench.figure import Figure, Spread, at_most, plain, ratios, spread
from bench.ground import Ground
from bench.servers import Server
from bench.wrk import Load, get

DEPTHS = ("first", "middle", "deepest")


CALLERS = 4
"""Enough for the default limit, and few enough that their tokens do not fill the first page."""


def run(ground: Ground) -> list[Figure]:
    """Each depth beside the bare answer; then the deepest as a multiple of the first. A fresh log: its pages are alike."""
    fresh = ground.another(ground.scale.stock)
    tokens = fresh.mint(fresh.some(CALLERS))
    targets = ["/security_audit_logs?limit=1000"]
    targets += [f"{targets[0]}&after={cursor}" for cursor in fresh.cursors()]
    with ground.serve(fresh) as server:
        sizes = {depth: len(server.get(target, tokens[0])[1]) for depth, target in zip(DEPTHS, targets, strict=True)}
        pages = {depth: _page(ground, server, target, tokens) for depth, target in zip(DEPTHS, targets, strict=True)}
        found = ground.alternate({"bare": lambda: ground.bare_load(1), **pages}, server.processes)
    return _figures({name: [load.p50 for load in loads] for name, loads in found.items()}, sizes)


def _page(ground: Ground, server: Server, target: str, tokens: list[str]) -> Callable[[], Load]:
    requests = ground.wrk.requests(get(server.host, target, each) for each in tokens)
    return lambda: ground.load(server, requests, 1)


def _figures(waits: dict[str, list[float]], sizes: dict[str, int]) -> list[Figure]:
    floor = spread(waits["bare"])
    rows = [_row(depth, spread(waits[depth]), floor, sizes[depth]) for depth in DEPTHS]
    deeper = ratios(waits["deepest"], waits["first"])
    rows.append(plain("… deepest page in first pages", "times", deeper, at_most(1.2)))
    return rows


def _row(depth: str, ours: Spread, floor: Spread, size: int) -> Figure:
    name = f"{depth} page of 1,000 audit events: p50"
    return plain(name, "ms", ours, at_most(2.5), floor, "bare p50, ms", f"{size / 1000:,.0f} kB")
