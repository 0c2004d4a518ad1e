"""The idle memory of a worker, and of the small parent above it."""

from bench.figure import Figure, Spread, at_most, plain, spread
from bench.ground import Ground
from bench.machine import proportional_bytes

MEGABYTE = 1_000_000


def run(ground: Ground) -> list[Figure]:
    """On an existing database, after one answered call; then after a load."""
    with ground.serve(ground.main) as server:
        server.get("/me", ground.main.mint(ground.main.some(1))[0])
        worker, parent = (_megabytes(each) for each in (server.workers[0], server.process))
        ground.load(server, ground.calls(server, ground.main))
        loaded = _megabytes(server.workers[0])
        bare = _megabytes(ground.bare.process)
    note = f"with its parent's {parent} MB it is {worker.median + parent.median:.0f} MB; {loaded} MB after a load of GET /me"
    return [plain("idle memory of a worker (PSS)", "MB", worker, at_most(75), bare, "bare server, MB", note)]


def _megabytes(process: int) -> Spread:
    return spread([proportional_bytes(process) / MEGABYTE])
