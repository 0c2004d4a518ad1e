"""`GET /me` at 32 connections on PostgreSQL: the look-ups that wait at the same moment travel as one query."""

from bench.figure import Figure, at_least
from bench.ground import Ground
from bench.scenarios import guarded_call


def run(ground: Ground) -> list[Figure]:
    """The call beside the bare answer."""
    return [guarded_call.beside_the_floor(ground, ground.main_on_postgres, at_least(0.25, 0.40))]
