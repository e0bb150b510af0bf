"""Is the model still right, for the report page: findings, what drifted, realised against promised over the monitored days."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from fancare.churn.monitor import monitored_day
from fancare.churn.monitored import Monitoring, Moved, read_pooled
from fancare.churn.performance import Performance
from fancare.config import Config
from fancare.reports import charts, monitor_words, wording
from fancare.reports.hostile import visible
from fancare.reports.wording import Words, both
from fancare.warehouse.duckdb_engine import Warehouse

SHOWN_DAYS = 90  # monitored days in the chart
SHOWN_FEATURES = 8


@dataclass(frozen=True)
class ModelWatch:
    """What the page shows of a monitored day; ``chart`` is None while there are no two days to join."""

    state: str
    verdict: Words
    findings: tuple[Words, ...]
    summary: tuple[Words, ...]
    drifted: tuple[tuple[Words, Moved], ...]
    horizon: int
    chart: Markup | None


def read(warehouse: Warehouse, config: Config, as_of: date) -> ModelWatch | None:
    """The section of ``as_of`` by what the tables hold up to it; None where that day was not monitored."""
    found = monitored_day(warehouse, config, as_of)
    if found is None:
        return None
    horizon = config.model.bands.horizon
    return ModelWatch(
        state=found.verdict,
        verdict=monitor_words.verdict(found),
        findings=tuple(_visible(words) for _, words in monitor_words.findings(found)),
        summary=tuple(_visible(words) for words in monitor_words.summary(found)),
        drifted=tuple((_visible(monitor_words.moved_words(moved)), moved) for moved in _drifted(found)),
        horizon=horizon,
        chart=chart(_series(read_pooled(warehouse, config, as_of), horizon), horizon),
    )


def chart(points: Sequence[tuple[date, Performance]], horizon: int) -> Markup | None:
    """Realised AUC with its interval beside the promised one, over the monitored days; None without two points."""
    if len(points) < 2:
        return None
    days, found = zip(*points, strict=True)
    promised = tuple(math.nan if one.promise is None else one.promise.auc.estimate for one in found)
    lines = [
        charts.Line(both("monitor.line_realised"), _known([one.auc.estimate for one in found])),
        charts.Line(both("monitor.line_promised"), _known(promised), "s2"),
        charts.Line(both("learning.line_low"), _known([one.auc.low for one in found]), "s3"),
        charts.Line(both("learning.line_high"), _known([one.auc.high for one in found]), "s3"),
    ]
    values = [value for line in lines for value in line.values if value is not None]
    bottom = math.floor(20 * min(values, default=0.5)) / 20
    name = both("monitor.chart", h=horizon)
    return charts.line_chart(name, [wording.short_day(day) for day in days], lines, _two_digits, 1.0, min(bottom, 0.95))


def _series(pooled: Sequence[tuple[date, Performance]], horizon: int) -> list[tuple[date, Performance]]:
    """One point per monitored day: of the version with the newest ripe scores."""
    newest: dict[date, Performance] = {}
    for day, one in pooled:
        if one.horizon == horizon and (day not in newest or one.last_scored >= newest[day].last_scored):
            newest[day] = one
    return sorted(newest.items())[-SHOWN_DAYS:]


def _drifted(found: Monitoring) -> list[Moved]:
    return [*found.drifted("score"), *found.drifted("feature")][:SHOWN_FEATURES]


def _visible(words: Words) -> Words:
    return visible(words[0]), visible(words[1])


def _known(values: Sequence[float]) -> tuple[float | None, ...]:
    return tuple(None if math.isnan(value) else value for value in values)


def _two_digits(value: float) -> Words:
    return (f"{value:.2f}",) * 2
