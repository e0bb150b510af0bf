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
SCALE = 1.5  # the page stretches a chart to its card; here a viewBox unit is so many pixels
FONT = 'font-family:"Noto Sans KR","Noto Sans CJK KR","Apple SD Gothic Neo",NanumGothic,"Malgun Gothic",sans-serif'

_CHART_RULE = re.compile(r"(?<![\w-])\.chart [^{}]*\{[^}]*\}")
_COLOURS = re.compile(r":root \{(.*?)\}", re.DOTALL)
_VIEW_BOX = re.compile(r'<svg class="(chart[^"]*)" viewBox="0 0 ([\d.]+) ([\d.]+)"')


def standalone(chart: Markup, lang: str = "ko") -> str:
    """The chart (of `charts.line_chart` or `charts.reliability_chart`) as a whole SVG document in one language.

    >>> from fancare.reports.charts import Line, line_chart
    >>> drawn = line_chart(("점수", "score"), [("월", "Mon")], [Line(("점수", "score"), (1.0,))], lambda v: (f"{v}", f"{v}"))
    >>> standalone(drawn)[:70]
    '<svg xmlns="http://www.w3.org/2000/svg" width="540" height="252" class'
    """
    found = _VIEW_BOX.match(chart)
    if found is None or lang not in LANGUAGES:
        raise ValueError(
            f"standalone() draws charts with axes in one of {', '.join(LANGUAGES)}, not {chart[:40]!r} in {lang!r}"
        )
    width, height = (round(SCALE * float(size)) for size in found.groups()[1:])
    hidden = next(other for other in LANGUAGES if other != lang)
    style = f"{_rules()} .chart text[lang={hidden}]{{display:none}}"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" {found[0].removeprefix("<svg ")}'
    opened, body = chart[found.end() :].split(">", 1)
    return f'{head}{opened}><style>{style}</style><rect width="100%" height="100%" fill="#fff"/>{body}'


@lru_cache(maxsize=1)
def _rules() -> str:
    """The page's rules for charts, its light colours given to the chart itself: nothing around it is touched."""
    css = CSS.read_text(encoding="utf-8")
    colours = _COLOURS.search(css)
    if colours is None:
        raise ValueError(f"{CSS.name} has no :root with the page's colours")
    values = " ".join(line for line in colours[1].split("\n") if "color-scheme" not in line)
    return f".chart {{{values};{FONT}}} " + " ".join(_CHART_RULE.findall(css))
