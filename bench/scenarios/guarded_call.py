"""`GET /me` at 32 connections: the cost of the gate on top of the bare answer, and what it asks the database."""

from bench.figure import Figure, at_least, at_most, plain, ratios, spread
from bench.ground import Ground
from bench.statements import selects_of_a_call


def run(ground: Ground) -> list[Figure]:
    """The call beside the bare answer; then the statements of one call, counted in a run of its own."""
    with ground.serve(ground.main) as server:
        calls = ground.calls(server, ground.main)
        found = ground.alternate(
            {
                "bare": ground.bare_load,
                "GET /me": lambda: ground.load(server, calls),
            },
            server.processes,
        )
    bare, ours = ([load.rate for load in found[name]] for name in ("bare", "GET /me"))
    waits = spread(load.p99 for load in found["GET /me"])
    cost, floor = (spread(load.cpu for load in found[name]) for name in ("GET /me", "bare"))
    rate = Figure(
        "GET /me, 32 connections",
        "calls/s",
        spread(ours),
        ratios(ours, bare),
        at_least(0.45, 0.60),
        spread(bare),
        "bare answers/s",
        f"p99 {waits} ms; processor time of a call {cost} µs, of a bare answer {floor} µs: {floor.median / cost.median:.2f}",
    )
    selects = spread([selects_of_a_call(ground.main)])
    return [rate, plain("SELECTs in one GET /me", "statements", selects, at_most(1))]
