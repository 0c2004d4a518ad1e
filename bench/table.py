"""The figures as one table: on the terminal, in Markdown, as JSON."""

import json
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from bench.figure import Figure

HEAD = ("What", "Ours: median (least–most)", "Bare floor", "Judged", "Target", "")


def cells(figure: Figure) -> tuple[str, ...]:
    """One row."""
    floor = f"{figure.floor} {figure.floor_is}" if figure.floor else ""
    judged = str(figure.judged) if figure.is_ratio else ""
    target = str(figure.target) if figure.target else ""
    return figure.name, f"{figure.ours} {figure.unit}", floor, judged, target, figure.verdict


def show(figures: Sequence[Figure], head: Sequence[str]) -> None:
    """On the terminal, notes below."""
    console = Console(width=None if Console().is_terminal else 160, highlight=False)
    table = Table(*HEAD, title="\n".join(head), title_justify="left")
    for figure in figures:
        table.add_row(*cells(figure), style="bold red" if figure.verdict == "MISSED" else None)
    console.print(table)
    for figure in figures:
        if figure.note:
            console.print(f"  {figure.name}: {figure.note}", markup=False)


def markdown(figures: Sequence[Figure], head: Sequence[str]) -> str:
    """For the documentation."""
    rows = [HEAD, ("---",) * len(HEAD), *(cells(each) for each in figures)]
    notes = [f"- *{each.name}*: {each.note}." for each in figures if each.note]
    table = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    return "\n".join([*(f"{line}.  " for line in head), "", table, "", *notes])


def document(found: Mapping[str, Sequence[Figure]], head: Sequence[str]) -> str:
    """For programs: every figure, by its scenario."""
    scenarios = {name: [each._asdict() | {"verdict": each.verdict} for each in figures] for name, figures in found.items()}
    return json.dumps({"run": list(head), "scenarios": scenarios}, indent=1, ensure_ascii=False)
