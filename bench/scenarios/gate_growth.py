"""Whether `GET /me` costs more where more integrations exist: the same calls, of as many of them, on growing databases."""

from collections.abc import Callable
from contextlib import ExitStack

from bench.figure import Figure, Spread, at_most, ratios, spread
from bench.ground import Ground
from bench.scale import Stock
from bench.servers import Server
from bench.site import Site
from bench.wrk import Load, get

MICROSECONDS = 1_000_000


def run(ground: Ground) -> list[Figure]:
    """One server a size, all up at once and loaded in turn. Each call has the same number of callers, spread evenly."""
    callers = ground.scale.growth[0]
    sites = {size: ground.another(Stock(size, size)) for size in ground.scale.growth}
    with ExitStack() as running:
        servers = {size: running.enter_context(ground.serve(on)) for size, on in sites.items()}
        measures = {str(size): _measure(ground, servers[size], on, callers) for size, on in sites.items()}
        found = ground.alternate({"bare": ground.bare_load, **measures}, list(servers.values()))
    costs = {name: [MICROSECONDS / load.rate for load in loads] for name, loads in found.items()}
    smallest, *larger = ground.scale.growth
    return [_figure(size, smallest, costs) for size in larger]


def _measure(ground: Ground, server: Server, on: Site, callers: int) -> Callable[[], Load]:
    requests = ground.wrk.requests(get(server.host, "/me", token) for token in on.mint(on.some(callers)))
    return lambda: ground.load(server, requests)


def _figure(size: int, smallest: int, costs: dict[str, list[float]]) -> Figure:
    least: Spread = spread(costs[str(smallest)])
    return Figure(
        f"GET /me with {size:,} integrations",
        "µs a call",
        spread(costs[str(size)]),
        ratios(costs[str(size)], costs[str(smallest)]),
        at_most(1.15),
        spread(costs["bare"]),
        "bare answer, µs",
        f"judged against {smallest:,} integrations, {least} µs",
    )
