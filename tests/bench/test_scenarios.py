"""Every scenario of the bench runs through on tiny data. Nothing here looks at a speed: the machine may be busy."""

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

import pytest

from admincenter.core.audit import Fault, verify
from admincenter.core.instances import choose
from admincenter.core.ports import Tx
from admincenter.core.stream import pages, span
from admincenter.store.opening import Store
from bench import picture, table
from bench.catalogue import SCENARIOS, needs_postgres
from bench.figure import Figure, at_least, plain, ratios, spread
from bench.ground import Ground
from bench.scale import TINY, Stock
from bench.seeding import seed


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    """One ground for all scenarios, so that seeding happens once. Where PostgreSQL, which is never root, gets through to it."""
    with TemporaryDirectory() as results, Ground(TINY, Path(results)) as found:
        Path(results).chmod(0o711)
        yield found


def _column(name: str) -> object:
    """A scenario, left out loudly where PostgreSQL is missing and it needs that."""
    return pytest.param(name, marks=pytest.mark.needs("postgresql") if needs_postgres(name) else ())


@pytest.mark.needs("wrk")
@pytest.mark.parametrize("name", [_column(each) for each in SCENARIOS])
def test_each_scenario_gives_figures(ground: Ground, name: str) -> None:
    """Each scenario measures something, in a unit, and what it gives can be shown."""
    figures = SCENARIOS[name](ground)
    assert figures
    for each in figures:
        assert each.ours.low <= each.ours.median <= each.ours.high
        assert each.unit
    assert all(each.name in table.markdown(figures, ["a run"]) for each in figures)


def test_the_seeded_log_is_whole(tmp_path: Path) -> None:
    """What the bench measures on is what the server itself would have written: as many events as asked for, soundly chained."""
    secrets = seed(tmp_path / "data", Stock(30, 600), lambda _text: None)
    assert len(secrets) == 30
    store = Store(tmp_path / "data")
    try:
        instance = store.read(lambda tx: choose(tx, None)).instance
        head = store.read(lambda tx: tx.audit.head(instance))
        rows = [row for page in pages(store, store.read(lambda tx: span(tx, instance))) for row in page]
        assert head.sequence == 601  # the instance's own creation comes first
        assert not [each for each in verify(instance, rows, head, []) if isinstance(each, Fault)]
        assert store.read(lambda tx: _entries(tx, instance)) == [20] * 30
    finally:
        store.close()


def _entries(tx: Tx, instance: str) -> list[int]:
    return [len(tx.integrations.networks(instance, each.app_id)) for each in tx.integrations.all(instance)]


FLOOR = spread([100, 110])
FAST = Figure("fast", "calls/s", spread([50, 66]), ratios([50, 66], [100, 110]), at_least(0.45, 0.60), FLOOR, "bare/s")
SLOW = FAST._replace(name="slow & steady", judged=spread([0.2]))


def test_a_verdict_speaks_of_the_ratio() -> None:
    """What is judged is our figure over the floor's, round by round; a plain figure has no verdict without a target."""
    assert str(FAST.judged) == "0.55 (0.5–0.6)"
    assert (FAST.verdict, SLOW.verdict, plain("x", "s", FLOOR).verdict) == ("reached", "MISSED", "")


def test_the_picture_is_sound_and_shows_each_row() -> None:
    """The picture is XML, and every figure that has a floor stands in it."""
    drawn = ElementTree.fromstring(picture.draw([FAST, SLOW, plain("no floor", "s", FLOOR)]))
    texts = {each.text for each in drawn.iter("{http://www.w3.org/2000/svg}text")}
    assert {"fast", "slow & steady"} <= texts
    assert "no floor" not in texts


def test_the_kept_results_can_be_read_by_programs() -> None:
    """The document holds each scenario's figures with their verdicts."""
    found = json.loads(table.document({"guarded-call": [FAST]}, ["a run"]))
    assert found["scenarios"]["guarded-call"][0]["verdict"] == "reached"
