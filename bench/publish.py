"""A run as part of the documentation: the table between its two marks, and the picture."""

from collections.abc import Sequence
from pathlib import Path

from bench import picture, table
from bench.figure import Figure

DOCS = Path(__file__).parents[1] / "docs"
BEGIN, END = "<!-- bench: table -->", "<!-- bench: end -->"


def publish(figures: Sequence[Figure], head: Sequence[str]) -> None:
    """Replaces both."""
    (DOCS / "performance.svg").write_text(picture.draw(figures), encoding="utf-8")
    page = DOCS / "performance.md"
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    page.write_text(f"{before}{BEGIN}\n\n{table.markdown(figures, head)}\n\n{END}{after}", encoding="utf-8")
