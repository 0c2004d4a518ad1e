"""Tokens on PostgreSQL, over many integrations of one instance: the rate at 32 connections, and the most that it gives."""

from collections.abc import Iterable

from bench.figure import Figure, at_least, plain, spread
from bench.ground import Ground
from bench.scenarios import issuing
from bench.scenarios.issuing import Issued
from bench.wrk import CONNECTIONS, Load, apart

MANY = 256
"""Enough that the writer never lacks work: what comes then is the ceiling."""


def run(ground: Ground) -> list[Figure]:
    """At the usual number of connections, then at so many that the rate grows no more."""
    usual, most = (issuing.measured(ground, ground.main_on_postgres, connections) for connections in (CONNECTIONS, MANY))
    flush = issuing.flush_milliseconds(ground)
    return [
        _rate(f"POST /work_get_token, {CONNECTIONS} connections on PostgreSQL", *usual)._replace(target=at_least(1_500)),
        issuing.commits("… commits meanwhile", usual[1], flush),
        _rate(f"… mint ceiling of one instance ({MANY} connections)", *most),
        issuing.commits("… commits meanwhile, at the ceiling", most[1], flush),
    ]


def _rate(name: str, bare: list[Load], issued: list[Issued]) -> Figure:
    loads = [each.load for each in issued]
    waits = f"p50 {spread(load.p50 for load in loads)} ms, p99 {spread(load.p99 for load in loads)} ms"
    busy = f"the server kept {_busy(load.cpu * load.rate for load in loads)} of its core busy"
    database = f"the database {_busy(load.database * load.rate for load in loads)} of its own"
    rates, floor = spread(load.rate for load in loads), spread(load.rate for load in bare)
    note = f"{waits}; {busy}, {database}{apart(loads)}"
    return plain(name, "tokens/s", rates, None, floor, "bare answers/s", note)


def _busy(microseconds_a_second: Iterable[float]) -> str:
    return f"{spread(microseconds_a_second).median / 1_000_000:.0%}"
