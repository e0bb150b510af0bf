"""The page of activity cycles: one self-contained HTML file, Korean first, with the figures and two curves."""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup

import fancare
from fancare.config import Config
from fancare.panel.cycles.gap_family import LONGEST_DAYS
from fancare.panel.cycles.pooled_gaps import RECENT_GAPS
from fancare.panel.cycles.promise import BACK_WITHIN, CAUGHT_WITHIN, REGULAR_GAPS
from fancare.panel.cycles.study import CURVE_WITHIN, LEVELS_WITHIN, CycleStudy
from fancare.reports import charts, cycle_words, wording
from fancare.reports.page import environment
from fancare.reports.watchlist import write_atomically
from fancare.reports.wording import Words, both

NAMED_DAYS = (14, 28, 56)  # below the axis: what people choose horizons from; a 7 would touch the first day's name


def write(study: CycleStudy, config: Config, out: Path) -> Path:
    """Write the page of ``study`` to ``out`` as a whole or not at all, and return ``out``."""
    write_atomically(out, html(study, config).encode("utf-8"))
    return out


def html(study: CycleStudy, config: Config) -> str:
    """The page as text."""
    entity = both(f"entity.{study.entity}")
    own = next(one for one in study.promise.everybody if one.silence_days is None)
    return environment().get_template("cycles.html.j2").render(
        study=study,
        promise=study.promise,
        own=own,
        entity=entity,
        both_title=f"{both('cycles.title', entity=entity)[0]} · {study.as_of}",
        count=lambda n: both(f"page.count.{study.entity}", n=f"{n:,.0f}"),
        sentences=cycle_words.sentences(study, config),
        rate=cycle_words.rate,
        cycles=config.cycles,
        quantiles=dict(study.gap_quantiles),
        back_within=BACK_WITHIN,
        caught_within=CAUGHT_WITHIN,
        regular_gaps=REGULAR_GAPS,
        recent_gaps=RECENT_GAPS,
        longest_days=LONGEST_DAYS,
        curve=returns_chart(study),
        keys=returns_keys(),
        gaps=shares_chart("cycles.gaps_title", study.gap_shares),
        thresholds=shares_chart("cycles.rhythm_title", study.threshold_shares[1:]),
        timezone=config.platform.timezone,
        version=fancare.__version__,
    )  # fmt: skip


def returns_chart(study: CycleStudy) -> Markup:
    """The share that comes back, by days of silence, with the interval of the shorter time."""
    lines = []
    for within, css in zip(CURVE_WITHIN, ("s1", "s2"), strict=True):
        at = study.curve[0].within.index(within)
        lines.append(
            charts.Line(
                both("cycles.curve_within", within=within),
                tuple(_known(row.back[at].estimate) for row in study.curve),
                css,
            )
        )
    at = study.curve[0].within.index(LEVELS_WITHIN)
    for end in ("low", "high"):
        values = tuple(_known(getattr(row.back[at], end)) for row in study.curve)
        lines.append(charts.Line(both(f"cycles.curve_{end}", within=LEVELS_WITHIN), values, "s3"))
    names = [_days(row.silence_days) for row in study.curve]
    named = [index for index, row in enumerate(study.curve) if row.silence_days in NAMED_DAYS]
    return charts.line_chart(both("cycles.returns_title"), names, lines, wording.percent, top=1.0, between=named)


def returns_keys() -> list[tuple[str, Words]]:
    """What each kind of line of `returns_chart` is: its CSS class and its name."""
    within = [(css, both("cycles.curve_within", within=h)) for h, css in zip(CURVE_WITHIN, ("s1", "s2"), strict=True)]
    return [*within, ("s3", both("cycles.curve_interval", within=LEVELS_WITHIN))]


def shares_chart(code: str, shares: tuple[float, ...]) -> Markup | None:
    """Shares of at most 1, 2, … days; None where there are none."""
    if not shares:
        return None
    names = [_days(x) for x in range(1, len(shares) + 1)]
    named = [days - 1 for days in NAMED_DAYS]
    return charts.line_chart(both(code), names, [charts.Line(both(code), shares)], wording.percent, top=1.0, between=named)


def _days(n: int) -> Words:
    return both("cycles.days", n=n)


def _known(value: float) -> float | None:
    return None if value != value else value
