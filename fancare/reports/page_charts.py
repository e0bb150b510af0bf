"""The charts of the report page: which lines, axes and words each of them has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from markupsafe import Markup

from fancare.reports import charts, wording
from fancare.reports.kpis import KpiTrend
from fancare.reports.model_quality import Quality
from fancare.reports.risk_trend import PastWeek, ScoredDay
from fancare.reports.wording import Words, both


def mean_risk(days: Sequence[ScoredDay], horizons: Sequence[int]) -> Markup | None:
    """The mean risk of each scored day, one line per horizon; None while there are no two days to join."""
    if len(days) < 2:
        return None
    lines = [
        charts.Line(both("page.risk_h", h=h), tuple(day.mean(h) for day in days), css=f"s{position % 3 + 1}")
        for position, h in enumerate(horizons)
    ]
    top = min(charts.nice_top(max(value or 0.0 for line in lines for value in line.values)), 1.0)
    return charts.line_chart(both("page.trend_mean"), _axis(day.as_of for day in days), lines, wording.percent, top=top)


def high_risk(days: Sequence[ScoredDay]) -> Markup | None:
    """How many were at high risk on each scored day; a gap where nobody has a band, None where there is no line."""
    if len(days) < 2 or not any(day.is_banded for day in days):
        return None
    values = tuple(float(day.n_high) if day.is_banded else None for day in days)
    line = charts.Line(both("page.tile_high"), values, css="s4")
    return charts.line_chart(both("page.trend_high"), _axis(day.as_of for day in days), [line], wording.compact)


def past_churn(weeks: Sequence[PastWeek], horizon: int) -> Markup | None:
    """The share that really went quiet, week by week; None while there are no two weeks whose outcome is known."""
    if len(weeks) < 2:
        return None
    name = both("page.trend_past", horizon=horizon)
    shares = tuple(week.share for week in weeks)
    top = min(charts.nice_top(max(shares)), 1.0)
    line = charts.Line(both("page.trend_past_line"), shares)
    return charts.line_chart(name, _axis(week.as_of for week in weeks), [line], wording.percent, top=top)


def weekly_figures(trend: KpiTrend) -> dict[str, Markup]:
    """One chart per key figure, by its code."""
    axis = _axis(trend.weeks)
    drawn = {}
    for kpi in trend.kpis:
        number = wording.percent if kpi.unit == "share" else wording.compact
        name = both(f"page.kpi.{kpi.code}")
        top = 1.0 if kpi.unit == "share" else None
        drawn[kpi.code] = charts.line_chart(name, axis, [charts.Line(name, kpi.values)], number, top=top)
    return drawn


def reliability(quality: Quality | None, horizon: int) -> tuple[int, Markup] | None:
    """The horizon shown and its chart of stated against real risk; None where the backtest does not hold it."""
    at = quality.at(horizon) if quality else None
    if at is None or not at.reliability:
        return None
    name = both("page.quality.reliability", h=at.horizon)
    axes = (both("page.quality.said"), both("page.quality.happened"))
    return at.horizon, charts.reliability_chart(name, at.reliability, axes)


def _axis(days: Iterable[date]) -> list[Words]:
    return [wording.short_day(day) for day in days]
