"""Tokens at 32 connections over many integrations, each durable before its answer: rate, waits, commits and their size."""

from typing import NamedTuple

from bench.figure import Figure, Spread, at_least, at_most, number, plain, ratios, spread
from bench.ground import Ground
from bench.machine import flush_seconds
from bench.servers import figures
from bench.site import Site
from bench.wrk import CONNECTIONS, Load


class Issued(NamedTuple):
    """One load of token requests, with the commits a second and the operations in each."""

    load: Load
    commits: float
    batch: float


def run(ground: Ground) -> list[Figure]:
    """Beside the bare answer, and the flush beside the disk's own."""
    bare, issued = measured(ground, ground.main)
    return _figures(bare, issued, flush_milliseconds(ground))


def flush_milliseconds(ground: Ground) -> Spread:
    """What a flush costs on the disk under the databases."""
    return spread(seconds * 1000 for seconds in flush_seconds(ground.place))


def measured(ground: Ground, on: Site, connections: int = CONNECTIONS) -> tuple[list[Load], list[Issued]]:
    """The loads of the bare answer, and those of token requests in turn with them, on any engine."""
    with ground.serve(on) as server:
        purchases = ground.purchases(server, on)
        issued: list[Issued] = []

        def issue() -> Load:
            before = figures(server)
            load = ground.load(server, purchases, connections)
            issued.append(_counted(load, before, figures(server), ground.scale.seconds))
            return load

        found = ground.alternate({"bare": ground.bare_load, "token requests": issue}, [server])
    return found["bare"], issued


def _counted(load: Load, before: dict[str, float], after: dict[str, float], seconds: int) -> Issued:
    commits = after["admincenter_commits_total"] - before["admincenter_commits_total"]
    operations = after["admincenter_operations_total"] - before["admincenter_operations_total"]
    return Issued(load, commits / seconds, operations / commits)


def _figures(bare: list[Load], issued: list[Issued], flush: Spread) -> list[Figure]:
    rates, floor = [each.load.rate for each in issued], [load.rate for load in bare]
    waits = spread(each.load.p99 for each in issued)
    median = spread(each.load.p50 for each in issued)
    cost, bare_cost = spread(each.load.cpu for each in issued), spread(load.cpu for load in bare)
    shares = f"processor time of a token {cost} µs, of a bare answer {bare_cost} µs: {bare_cost.median / cost.median:.3f}"
    name = "POST /work_get_token, 32 connections"
    return [
        Figure(
            name, "tokens/s", spread(rates), ratios(rates, floor), at_least(0.08, 0.12), spread(floor), "bare answers/s", shares
        ),
        plain(f"{name}: p99", "ms", waits, at_most(25), spread(load.p99 for load in bare), "bare p99, ms", f"p50 {median} ms"),
        commits("commits while issuing", issued, flush),
    ]


def commits(name: str, issued: list[Issued], flush: Spread) -> Figure:
    """How often it was committed, and how much at once."""
    batch = spread(each.batch for each in issued)
    disk = f"a flush of 4 KiB takes {number(flush.median)} ms on this disk (to {number(flush.high)})"
    return plain(name, "commits/s", spread(each.commits for each in issued), note=f"{batch} operations in each; {disk}")
