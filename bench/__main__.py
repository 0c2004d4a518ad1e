"""`make bench ARGS="--quick --only guarded-call"`: runs the scenarios, prints one table, keeps it under bench/results."""

import argparse
import sys
import time
from pathlib import Path

from bench import picture, postgres, publish, table, wrk
from bench.catalogue import SCENARIOS, needs_postgres
from bench.figure import Figure
from bench.ground import Ground
from bench.machine import described
from bench.scale import FULL, QUICK, Scale

RESULTS = Path(__file__).parent / "results"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench ARGS=…", description="Measures the server beside the bare floor.")
    parser.add_argument("--only", metavar="NAME", action="append", choices=SCENARIOS, help=f"of: {', '.join(SCENARIOS)}")
    parser.add_argument("--quick", action="store_true", help="short loads and few rounds: a look, not a result")
    parser.add_argument("--rounds", type=int, metavar="N", help="how many rounds of A B A B")
    parser.add_argument("--publish", action="store_true", help="write docs/performance.md's table and docs/performance.svg")
    return parser.parse_args()


def _scale(given: argparse.Namespace) -> Scale:
    scale = QUICK if given.quick else FULL
    return scale._replace(rounds=given.rounds) if given.rounds else scale


def _possible(names: list[str]) -> tuple[list[str], list[str]]:
    """The scenarios that can run here; and, for the table's head, a line on those that cannot."""
    possible = [each for each in names if not (needs_postgres(each) and postgres.is_missing())]
    missing = ", ".join(each for each in names if each not in possible)
    why = "PostgreSQL is not installed (as root: make test-deps)"
    return possible, [f"Left out, since {why}: {missing}"] if missing else []


def _run(names: list[str], scale: Scale) -> tuple[dict[str, list[Figure]], list[str]]:
    with Ground(scale, RESULTS) as ground:
        found = {}
        for name in names:
            print(f"{name} ...", file=sys.stderr)
            found[name] = SCENARIOS[name](ground)
            ground.told("")
        head = [described(), f"{time.strftime('%Y-%m-%d')}; {ground.how()}"]
    return found, head


def main() -> int:
    """The whole run; the exit code says whether it ran, never how fast."""
    given = _arguments()
    if wrk.is_missing():
        print("wrk is missing, so there is no load to measure under. As root: make test-deps", file=sys.stderr)
        return 2
    names, left_out = _possible(given.only or list(SCENARIOS))
    for line in left_out:
        print(line, file=sys.stderr)
    if not names:
        return 2
    found, head = _run(names, _scale(given))
    head += left_out
    figures = [each for rows in found.values() for each in rows]
    table.show(figures, head)
    path = RESULTS / f"{time.strftime('%Y-%m-%dT%H%M%S')}.json"
    path.write_text(table.document(found, head))
    path.with_suffix(".svg").write_text(picture.draw(figures))
    print(f"Kept in {path} and, as a picture, beside it")
    if given.publish:
        publish.publish(figures, head)
    return 0


if __name__ == "__main__":
    sys.exit(main())
