"""From the start of the process to its first answer, on an existing database."""

from bench import servers
from bench.figure import Figure, at_most, plain, spread
from bench.ground import Ground


def run(ground: Ground) -> list[Figure]:
    """Started and stopped in turn with the bare server; file caches are warm."""
    ours, floor = [], []
    for number in range(ground.scale.times):
        ground.told(f"start {number + 1} of {ground.scale.times}")
        with ground.serve(ground.main) as server:
            ours.append(servers.first_answer(server, "/healthz"))
        with servers.bare(ground.cores.server, ground.log) as server:
            floor.append(servers.first_answer(server, "/"))
    return [plain("start to first answer", "s", spread(ours), at_most(0.5), spread(floor), "bare server, s")]
