"""A page of 1,000 audit events at one connection on PostgreSQL: the first, the middle, the deepest."""

from bench.figure import Figure, at_most
from bench.ground import Ground
from bench.scenarios import audit_page


def run(ground: Ground) -> list[Figure]:
    """Each depth of a fresh log beside the bare answer."""
    fresh = ground.another_on_postgres()
    loads, sizes = audit_page.measured(ground, fresh)
    return audit_page.rows(loads, sizes, fresh.engine, at_most(4))
