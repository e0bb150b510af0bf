"""A chart of the report page as an SVG of its own, for where no stylesheet surrounds it: a notebook, a wiki, a slide.

The rules come from the page's stylesheet, so a chart looks the same in both. A chart alone cannot follow a switch of
language or a dark mode around it: it has one language, and the light colours on a white ground.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from markupsafe import Markup

from fancare.messages import LANGUAGES

CSS = Path(__file__).with_name("templates") / "report.css"
ABOVE = 20  # units of room for its name
SCALE = 1.5  # the page stretches a chart to its card; here a viewBox unit is so many pixels
FONT = 'font-family:"Noto Sans KR","Noto Sans CJK KR","Apple SD Gothic Neo",NanumGothic,"Malgun Gothic",sans-serif'

_CHART_RULE = re.compile(
    r"(?<![\w-])\.chart [^\s{}][^{}]*\{[^}]*\}"
)  # of what is in a chart; its width is the page's affair
_COLOURS = re.compile(r":root \{(.*?)\}", re.DOTALL)
_OPENING = re.compile(r'<svg class="(chart[^"]*)" viewBox="0 0 ([\d.]+) ([\d.]+)" role="img"><title>([^<]*)</title>')


def standalone(chart: Markup, lang: str = "ko") -> str:
    """The chart (of `charts.line_chart` or `charts.reliability_chart`) as a whole SVG document in one language.

    Its name, which the page writes beside it, stands above it as it is, in both languages.

    >>> from fancare.reports.charts import Line, line_chart
    >>> drawn = line_chart(("점수", "score"), [("월", "Mon")], [Line(("점수", "score"), (1.0,))], lambda v: (f"{v}", f"{v}"))
    >>> standalone(drawn)[:70]
    '<svg xmlns="http://www.w3.org/2000/svg" width="540" height="282" class'
    """
    opening = _OPENING.match(chart)
    if opening is None or lang not in LANGUAGES:
        raise ValueError(
            f"standalone() draws charts with axes in one of {', '.join(LANGUAGES)}, not {chart[:40]!r} in {lang!r}"
        )
    css, width, height, name = opening[1], float(opening[2]), float(opening[3]), opening[4]
    hidden = next(other for other in LANGUAGES if other != lang)
    size = f'width="{SCALE * width:.0f}" height="{SCALE * (height + ABOVE):.0f}"'
    view = f"0 {-ABOVE} {width:g} {height + ABOVE:g}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} class="{css}" viewBox="{view}" role="img"><title>{name}</title>'
        f"<style>{_rules()} .chart text[lang={hidden}]{{display:none}}</style>"
        f'<rect y="{-ABOVE}" width="100%" height="100%" fill="#fff"/><text x="8" y="{6 - ABOVE / 2:g}">{name}</text>'
        f"{chart[opening.end() :]}"
    )


@lru_cache(maxsize=1)
def _rules() -> str:
    """The page's rules for charts, its light colours given to the chart itself: nothing around it is touched."""
    css = CSS.read_text(encoding="utf-8")
    colours = _COLOURS.search(css)
    if colours is None:
        raise ValueError(f"{CSS.name} has no :root with the page's colours")
    values = " ".join(line for line in colours[1].split("\n") if "color-scheme" not in line)
    return f".chart {{{values};{FONT}}} " + " ".join(_CHART_RULE.findall(css))
