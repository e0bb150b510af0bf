"""Small charts as inline SVG: sparkline, meter, line chart, reliability chart.

Drawn here rather than by a plotting library: the page stays one small file that needs no network, the text inside a
chart is text (selectable, readable aloud, in both languages), colours follow the page into dark mode and print, and the
batch job is spared a 200 MB renderer. Everything that comes from data is escaped by ``markupsafe``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

Words = tuple[str, str]  # Korean, English
NumberWords = Callable[[float], Words]

WIDTH, HEIGHT = 360, 168
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 12, 24


@dataclass(frozen=True)
class Line:
    """One line of a chart: its name, one value per x (None leaves a gap), and the CSS class that colours it."""

    name: Words
    values: tuple[float | None, ...]
    css: str = "s1"


def sparkline(values: Sequence[float], name: Words) -> Markup:
    """Bars for the last weeks, oldest first, scaled to their own maximum; a week of nothing is a dot on the ground."""
    top = max(values, default=0)
    width = 8 * max(len(values), 1)
    bars = []
    for index, value in enumerate(values):
        x = 8 * index
        if value <= 0 or top <= 0:
            bars.append(Markup('<rect class="none" x="{}" y="24" width="6" height="2"/>').format(x))
        else:
            height = max(3.0, 26 * value / top)
            bars.append(
                Markup('<rect x="{}" y="{}" width="6" height="{}" rx="1"/>').format(x, _n(26 - height), _n(height))
            )
    return Markup('<svg class="spark" viewBox="0 0 {} 26" role="img">{}{}</svg>').format(
        width, _title(name), Markup("").join(bars)
    )


def meter(share: float, css: str = "") -> Markup:
    """A bar filled to ``share`` (0 to 1) of its length; decoration beside the number, so hidden from screen readers."""
    filled = _n(100 * min(max(share, 0.0), 1.0))
    return Markup(
        '<svg class="meter {}" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="ground" width="100" height="8"/><rect class="fill" width="{}" height="8"/></svg>'
    ).format(css, filled)


def line_chart(
    name: Words, x_names: Sequence[Words], lines: Sequence[Line], number: NumberWords, top: float | None = None,
    bottom: float = 0.0, between: Sequence[int] = (),
) -> Markup:  # fmt: skip
    """Lines over equally spaced x, the y axis from ``bottom`` to ``top`` (default: 0 and a round number above the largest).

    Hovering a place shows its x and values; the first and last x, and those numbered in ``between``, are named below the axis.
    """
    top = top or nice_top(max((v for line in lines for v in line.values if v is not None), default=1.0))
    count = len(x_names)
    step = (WIDTH - LEFT - RIGHT) / max(count - 1, 1)

    def x_at(index: int) -> float:
        return LEFT + (step * index if count > 1 else (WIDTH - LEFT - RIGHT) / 2)

    def y_at(value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * min(max((value - bottom) / (top - bottom), 0.0), 1.0)

    parts = [_title(name), _grid(bottom, top, number, y_at), _x_names(x_names, x_at, between)]
    for position, line in enumerate(lines):
        runs = _runs(line.values)
        for run in runs:
            points = " ".join(f"{_n(x_at(i))},{_n(y_at(v))}" for i, v in run)
            if position == 0 and len(run) > 1:
                ground = f"{_n(x_at(run[0][0]))},{HEIGHT - BOTTOM} {points} {_n(x_at(run[-1][0]))},{HEIGHT - BOTTOM}"
                parts.append(Markup('<polygon class="area {}" points="{}"/>').format(line.css, ground))
            parts.append(Markup('<polyline class="line {}" points="{}"/>').format(line.css, points))
        dots = [run[-1] for run in runs if len(run) == 1 or run is runs[-1]]  # the newest, and what no line would show
        for index, value in dots:
            parts.append(
                Markup('<circle class="end {}" cx="{}" cy="{}" r="3.5"/>').format(line.css, _n(x_at(index)), _n(y_at(value)))
            )
    parts.append(_hover(x_names, lines, number, x_at, step))
    return _svg(parts, "chart")


@dataclass(frozen=True)
class ReliabilityBin:
    """Rows with about the same risk: what was said on average, what happened, how many rows."""

    said: float
    happened: float
    n: int


def reliability_chart(name: Words, bins: Sequence[ReliabilityBin], axes: tuple[Words, Words]) -> Markup:
    """Said risk (x) against what happened (y); on the diagonal the risk means what it says."""
    side, left, top = 196.0, 50.0, 10.0

    def at(said: float, happened: float) -> tuple[str, str]:
        return _n(left + side * min(max(said, 0), 1)), _n(top + side * (1 - min(max(happened, 0), 1)))

    parts = [_title(name)]
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        (x, _), (_, y) = at(tick, 0), at(0, tick)
        parts.append(Markup('<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(left, left + side, y, y))
        parts.append(Markup('<text class="tick end" x="{}" y="{}" dy=".32em">{:.0%}</text>').format(left - 5, y, tick))
        parts.append(Markup('<text class="tick mid" x="{}" y="{}">{:.0%}</text>').format(x, top + side + 19, tick))
    (x1, y1), (x2, y2) = at(0, 0), at(1, 1)
    parts.append(Markup('<line class="diagonal" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(x1, y1, x2, y2))
    points = Markup(" ").join(Markup("{},{}").format(*at(b.said, b.happened)) for b in bins)
    parts.append(Markup('<polyline class="line s1" points="{}"/>').format(points))
    for b in bins:
        x, y = at(b.said, b.happened)
        parts.append(
            Markup('<circle class="end s1" cx="{}" cy="{}" r="3.5"><title>{:.1%} → {:.1%} (n={:,})</title></circle>').format(
                x, y, b.said, b.happened, b.n
            )
        )
    parts.append(_text(left + side / 2, top + side + 36, "tick mid", axes[0]))
    turned = Markup('<g transform="rotate(-90 13 {0})">{1}</g>')
    parts.append(turned.format(top + side / 2, _text(13, top + side / 2, "tick mid", axes[1])))
    return _svg(parts, "chart square", width=left + side + 20, height=top + side + 42)


def nice_top(largest: float) -> float:
    """A round number that is not below ``largest`` and whose half, the tick in between, is round too.

    >>> nice_top(0.31), nice_top(7), nice_top(213), nice_top(0)
    (0.4, 8.0, 300.0, 2.0)
    """
    if largest < 1e-9:
        return 2.0
    power = 10.0 ** math.floor(math.log10(largest))
    steps = (2, 4, 6, 8, 10) if power == 1 else (1, 1.2, 1.6, 2, 3, 4, 5, 6, 8, 10, 12)
    return next(round(step * power, 12) for step in steps if step * power >= largest * (1 - 1e-9))


def _runs(values: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    """Stretches of (index, value) without a gap."""
    runs: list[list[tuple[int, float]]] = [[]]
    for index, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((index, value))
    return [run for run in runs if run]


def _grid(bottom: float, top: float, number: NumberWords, y_at: Callable[[float], float]) -> Markup:
    parts = []
    for value in (bottom, (bottom + top) / 2, top):
        y = _n(y_at(value))
        parts.append(Markup('<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(LEFT, WIDTH - RIGHT, y, y))
        parts.append(_text(LEFT - 6, y_at(value) + 3.5, "tick end", number(value)))
    return Markup("").join(parts)


def _x_names(x_names: Sequence[Words], x_at: Callable[[int], float], between: Sequence[int]) -> Markup:
    if not x_names:
        return Markup("")
    last = len(x_names) - 1
    parts = [_text(x_at(last), HEIGHT - 6, "tick end" if last else "tick mid", x_names[last])]
    if last:
        parts.append(_text(x_at(0), HEIGHT - 6, "tick", x_names[0]))
    parts += [_text(x_at(index), HEIGHT - 6, "tick mid", x_names[index]) for index in between if 0 < index < last]
    return Markup("").join(parts)


def _hover(
    x_names: Sequence[Words], lines: Sequence[Line], number: NumberWords, x_at: Callable[[int], float], step: float
) -> Markup:
    parts = []
    for index, x_name in enumerate(x_names):
        said = [f"{x_name[0]} / {x_name[1]}"]
        said += [
            f"{line.name[0]} / {line.name[1]}: {' / '.join(dict.fromkeys(number(value)))}"
            for line in lines
            if (value := line.values[index]) is not None
        ]
        left, right = max(x_at(index) - step / 2, LEFT), min(x_at(index) + step / 2, WIDTH - RIGHT)
        parts.append(
            Markup('<rect class="hover" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>').format(
                _n(left), TOP, _n(right - left), HEIGHT - TOP - BOTTOM, "\n".join(said)
            )
        )
    return Markup("").join(parts)


def _text(x: float, y: float, css: str, words: Words) -> Markup:
    one = Markup('<text class="{}" x="{}" y="{}"{}>{}</text>')
    if words[0] == words[1]:
        return one.format(css, _n(x), _n(y), "", words[0])
    marks = (Markup(' lang="ko"'), Markup(' lang="en"'))
    return Markup("").join(one.format(css, _n(x), _n(y), mark, word) for mark, word in zip(marks, words, strict=True))


def _title(name: Words) -> Markup:
    return Markup("<title>{}</title>").format(escape(" / ".join(dict.fromkeys(name))))


def _svg(parts: Sequence[Markup], css: str, width: float = WIDTH, height: float = HEIGHT) -> Markup:
    return Markup('<svg class="{}" viewBox="0 0 {} {}" role="img">{}</svg>').format(
        css, _n(width), _n(height), Markup("").join(parts)
    )


def _n(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")
