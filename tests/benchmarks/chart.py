"""The chart of one database: a bar per case and library on a logarithmic scale, as SVG."""

from __future__ import annotations

import math
from xml.sax.saxutils import escape

from tests.benchmarks.cases import MAIN, WEB
from tests.benchmarks.libraries import LIBRARIES
from tests.benchmarks.runner import Measured

COLOURS = {
    "orm": "#1a7f64",
    "sqlalchemy": "#c9543a",
    "django": "#4f6d8f",
    "peewee": "#b58a2c",
    "pony": "#8b6aa8",
}
LEFT, WIDTH, TOP = 330, 560, 70
BAR, GAP = 6, 10
LOWEST, HIGHEST = 0.5, 100.0


def place_of(ratio: float) -> float:
    """Return the horizontal place of a ratio, which is cut off at the ends of the scale."""
    cut = min(max(ratio, LOWEST), HIGHEST)
    return LEFT + WIDTH * math.log(cut / LOWEST) / math.log(HIGHEST / LOWEST)


def draw_chart(title: str, measured: dict[str, dict[str, Measured]]) -> str:
    """Return the SVG. measured: by case and library; CPU time as a multiple of raw's."""
    bars: list[str] = []
    y = float(TOP)
    for case in (*MAIN, *WEB):
        timings = measured[case.name]
        shown = [name for name in COLOURS if name in timings]
        middle = y + len(shown) * BAR / 2 + 4
        bars.append(
            f'<text x="{LEFT - 8}" y="{middle:.0f}" class="case">{escape(case.title)}</text>'
        )
        for name in shown:
            ratio = timings[name].cpu / timings["raw"].cpu
            bars.append(_bar(name, ratio, y))
            y += BAR
        y += GAP
    height = y + 20
    return "\n".join([*_frame(title, height), *_scale(y), *bars, "</svg>"]) + "\n"


def _bar(name: str, ratio: float, y: float) -> str:
    end = place_of(ratio)
    width = max(end - LEFT, 1)
    bar = (
        f'<rect x="{LEFT}" y="{y:.0f}" width="{width:.1f}" height="{BAR - 1}" '
        f'fill="{COLOURS[name]}"><title>{LIBRARIES[name][0]}: {ratio:.2f}</title></rect>'
    )
    if name != "orm":
        return bar
    return f'{bar}<text x="{end + 4:.1f}" y="{y + BAR - 1:.0f}" class="value">{ratio:.1f}</text>'


def _frame(title: str, height: float) -> list[str]:
    total = LEFT + WIDTH + 60
    legend = []
    x = LEFT
    for name, colour in COLOURS.items():
        label = LIBRARIES[name][0]
        legend.append(f'<rect x="{x}" y="30" width="10" height="10" fill="{colour}"/>')
        legend.append(f'<text x="{x + 15}" y="39">{label}</text>')
        x += 40 + 7 * len(label)
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {total} {height:.0f}" '
        'font-family="sans-serif" font-size="11" fill="#333">',
        "<style>.case{text-anchor:end}.value{font-size:8px}.tick{text-anchor:middle;fill:#888}"
        "</style>",
        f'<rect width="{total}" height="{height:.0f}" fill="#fff"/>',
        f'<text x="{LEFT}" y="18" font-size="13">{escape(title)}: CPU time as a multiple of the '
        "bare driver's (logarithmic)</text>",
        *legend,
    ]


def _scale(bottom: float) -> list[str]:
    lines = []
    for ratio in (1, 2, 5, 10, 20, 50, 100):
        x = place_of(ratio)
        lines.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 8}" y2="{bottom:.0f}" stroke="#ddd"/>'
            f'<text x="{x:.1f}" y="{TOP - 12}" class="tick">{ratio}</text>'
        )
    return lines
