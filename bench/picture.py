"""The figures as one picture: a row each, our bar over the bare floor's, a mark where the target is. SVG, written by hand."""

from collections.abc import Sequence
from xml.sax.saxutils import escape

from bench.figure import Figure, number

WIDTH, ROW, TOP, LEFT, BARS = 920, 52, 76, 330, 400
STYLE = """
    text { fill: #1d1d22; } .q { fill: #55555e; font-size: 12px; } .h { font-size: 18px; font-weight: 600; }
    .ours { fill: #3b6fb6; } .missed { fill: #b3541e; } .bare { fill: #c9ccd3; }
    .target { stroke: #1d1d22; stroke-width: 2; } .spread { stroke: #1d1d22; stroke-width: 1; }
"""


def draw(figures: Sequence[Figure]) -> str:
    """The figures that have a floor beside them, each on a scale of its own."""
    shown = [each for each in figures if each.floor]
    height = TOP + ROW * len(shown) + 16
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="system-ui, sans-serif" '
            'font-size="14" role="img" aria-labelledby="t d">',
            '  <title id="t">How fast Admin Center is</title>',
            f'  <desc id="d">{escape("; ".join(map(_said, shown)))}</desc>',
            f"  <style>{STYLE}  </style>",
            f'  <rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
            *_legend(),
            *(line for at, each in enumerate(shown) for line in _row(each, TOP + ROW * at)),
            "</svg>",
            "",
        ]
    )


def _said(figure: Figure) -> str:
    return f"{figure.name}: {figure.ours} {figure.unit}, {figure.floor_is} {figure.floor}"


def _legend() -> list[str]:
    return [
        f'  <text class="h" x="{LEFT}" y="30">Admin Center beside the bare server, same run</text>',
        f'  <rect class="ours" x="{LEFT}" y="44" width="14" height="12"/>'
        f'<text class="q" x="{LEFT + 20}" y="54">Admin Center</text>',
        f'  <rect class="bare" x="{LEFT + 120}" y="44" width="14" height="12"/>'
        f'<text class="q" x="{LEFT + 140}" y="54">bare floor</text>',
        f'  <line class="target" x1="{LEFT + 222}" y1="42" x2="{LEFT + 222}" y2="58"/>'
        f'<text class="q" x="{LEFT + 230}" y="54">target · each row has its own scale</text>',
    ]


def _row(figure: Figure, top: int) -> list[str]:
    floor, bound = figure.floor or figure.ours, _bound(figure)
    scale = BARS / max(figure.ours.high, floor.median, bound or 0)
    ours = figure.ours.median * scale
    missed = " missed" if figure.verdict == "MISSED" else ""
    lines = [
        f'  <text x="{LEFT - 12}" y="{top + 15}" text-anchor="end">{escape(figure.name)}</text>',
        f'  <text class="q" x="{LEFT - 12}" y="{top + 32}" text-anchor="end">{escape(_judged(figure))}</text>',
        f'  <rect class="ours{missed}" x="{LEFT}" y="{top}" width="{ours:.1f}" height="18"/>',
        f'  <line class="spread" x1="{LEFT + figure.ours.low * scale:.1f}" y1="{top + 9}" '
        f'x2="{LEFT + figure.ours.high * scale:.1f}" y2="{top + 9}"/>',
        f'  <rect class="bare" x="{LEFT}" y="{top + 20}" width="{floor.median * scale:.1f}" height="12"/>',
        f'  <text x="{LEFT + BARS + 12}" y="{top + 14}">{number(figure.ours.median)} {escape(figure.unit)}</text>',
        f'  <text class="q" x="{LEFT + BARS + 12}" y="{top + 31}">{number(floor.median)} {escape(figure.floor_is)}</text>',
    ]
    if bound is not None:
        at = LEFT + bound * scale
        lines.append(f'  <line class="target" x1="{at:.1f}" y1="{top - 3}" x2="{at:.1f}" y2="{top + 35}"/>')
    return lines


def _judged(figure: Figure) -> str:
    if figure.target is None:
        return ""
    judged = f"{number(figure.judged.median)} " if figure.is_ratio else ""
    return f"{judged}(target {figure.target})"


def _bound(figure: Figure) -> float | None:
    """The target in the unit of the bars: where it is a ratio, what our bar would be at it."""
    if figure.target is None:
        return None
    if not figure.is_ratio:
        return figure.target.bound
    return figure.ours.median / figure.judged.median * figure.target.bound
