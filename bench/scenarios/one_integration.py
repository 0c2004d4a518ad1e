"""One integration hammered by 32 connections: the limit answers, nothing fails, and one token is live at the end."""

from bench.figure import Figure, at_most, number, plain, spread
from bench.ground import Ground, purchase
from bench.wrk import Load


def run(ground: Ground) -> list[Figure]:
    """Every status is counted, and every token that was handed out is tried afterwards."""
    app_id = next(iter(ground.main.secrets))
    with ground.serve(ground.main) as server:
        requests = ground.wrk.requests([purchase(server, app_id, ground.main.secrets[app_id])])
        load = ground.wrk.load(server.base, requests, ground.scale.seconds, collect=True)
        live = sum(server.get("/me", token)[0] == 200 for token in load.tokens)
    bare = ground.bare_load()
    return _figures(load, live, bare)


def _figures(load: Load, live: int, bare: Load) -> list[Figure]:
    others = sum(count for status, count in load.statuses.items() if status not in ("200", "429"))
    seen = ", ".join(f"{number(count)} × {status}" for status, count in sorted(load.statuses.items()))
    rate = plain(
        "one integration, 32 connections", "answers/s", spread([load.rate]), None, spread([bare.rate]), "bare answers/s", seen
    )
    return [
        rate,
        plain("… answers that are neither 200 nor 429", "answers", spread([others]), at_most(0)),
        plain("… its live tokens at the end", "tokens", spread([live]), at_most(1), note=f"of {len(load.tokens)} handed out"),
    ]
