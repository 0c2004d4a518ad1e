"""`GET /me` at 32 connections while 8 more get tokens for other integrations, beside the same server left alone."""

from pathlib import Path

from bench.figure import Figure, Spread, at_least, ratios, spread
from bench.ground import Ground
from bench.servers import Server
from bench.wrk import Load

ISSUING = 8


def run(ground: Ground) -> list[Figure]:
    """The bare answer, the call alone, the call among token requests."""
    issued: list[float] = []
    with ground.serve(ground.main) as server:
        calls, purchases = ground.calls(server, ground.main), ground.purchases(server, ground.main)
        found = ground.alternate(
            {
                "bare": ground.bare_load,
                "GET /me alone": lambda: ground.load(server, calls),
                "GET /me while issuing": lambda: _mixed(ground, server, calls, purchases, issued),
            },
            [server],
        )
    bare, alone, mixed = ([load.rate for load in loads] for loads in found.values())
    return [_figure(spread(mixed), ratios(mixed, alone), spread(bare), spread(alone), spread(issued))]


def _mixed(ground: Ground, server: Server, calls: Path, purchases: Path, issued: list[float]) -> Load:
    issuing = ground.wrk.start(server.base, purchases, ground.scale.seconds, ISSUING)
    calling = ground.wrk.start(server.base, calls, ground.scale.seconds)
    issued.append(issuing().rate)
    return calling()


def _figure(mixed: Spread, ratio: Spread, bare: Spread, alone: Spread, issued: Spread) -> Figure:
    name = f"GET /me, 32 connections, while {ISSUING} get tokens"
    note = f"judged against the same server alone, {alone}/s; {issued} tokens/s were issued meanwhile"
    return Figure(name, "calls/s", mixed, ratio, at_least(0.55), bare, "bare answers/s", note)
