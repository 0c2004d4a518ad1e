"""`GET /me` at 32 connections: the cost of the gate on top of the bare answer, and what it asks the database."""

from bench.figure import Figure, Target, at_least, at_most, plain, ratios, spread
from bench.ground import Ground
from bench.site import Site
from bench.statements import selects_of_a_call
from bench.wrk import apart


def run(ground: Ground) -> list[Figure]:
    """The call beside the bare answer; then the statements of one call, counted in a run of its own."""
    rate = beside_the_floor(ground, ground.main, at_least(0.45, 0.60))
    selects = spread([selects_of_a_call(ground.main)])
    return [rate, plain("SELECTs in one GET /me", "statements", selects, at_most(1))]


def beside_the_floor(ground: Ground, on: Site, target: Target) -> Figure:
    """The call on any engine."""
    with ground.serve(on) as server:
        calls = ground.calls(server, on)
        found = ground.alternate(
            {
                "bare": ground.bare_load,
                "GET /me": lambda: ground.load(server, calls),
            },
            [server],
        )
    bare, ours = ([load.rate for load in found[name]] for name in ("bare", "GET /me"))
    waits = spread(load.p99 for load in found["GET /me"])
    cost, floor = (spread(load.cpu for load in found[name]) for name in ("GET /me", "bare"))
    shares = f"processor time of a call {cost} µs, of a bare answer {floor} µs: {floor.median / cost.median:.2f}"
    return Figure(
        f"GET /me, 32 connections{on.engine}",
        "calls/s",
        spread(ours),
        ratios(ours, bare),
        target,
        spread(bare),
        "bare answers/s",
        f"p99 {waits} ms; {shares}{apart(found['GET /me'])}",
    )
