"""Tokens at 32 connections over many integrations, each durable before its answer: rate, waits, commits and their size."""

from typing import NamedTuple

from bench.figure import Figure, Spread, at_least, at_most, number, plain, ratios, spread
from bench.ground import Ground
from bench.machine import flush_seconds
from bench.servers import figures
from bench.wrk import Load


class _Issued(NamedTuple):
    load: Load
    commits: float
    batch: float


def run(ground: Ground) -> list[Figure]:
    """Beside the bare answer, and the flush beside the disk's own."""
    with ground.serve(ground.main) as server:
        purchases = ground.purchases(server, ground.main)
        issued: list[_Issued] = []

        def issue() -> Load:
            before = figures(server)
            load = ground.load(server, purchases)
            issued.append(_counted(load, before, figures(server), ground.scale.seconds))
            return load

        found = ground.alternate({"bare": ground.bare_load, "token requests": issue}, server.processes)
    flush = spread(seconds * 1000 for seconds in flush_seconds(ground.place))
    return _figures(found["bare"], issued, flush)


def _counted(load: Load, before: dict[str, float], after: dict[str, float], seconds: int) -> _Issued:
    commits = after["admincenter_commits_total"] - before["admincenter_commits_total"]
    operations = after["admincenter_operations_total"] - before["admincenter_operations_total"]
    return _Issued(load, commits / seconds, operations / commits)


def _figures(bare: list[Load], issued: list[_Issued], flush: Spread) -> list[Figure]:
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
        plain(
            "commits while issuing",
            "commits/s",
            spread(each.commits for each in issued),
            note=f"{spread(each.batch for each in issued)} operations in each; "
            f"a flush of 4 KiB takes {number(flush.median)} ms on this disk (to {number(flush.high)})",
        ),
    ]
