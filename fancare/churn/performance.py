"""How good the risks turned out to be, day by day and over a window, beside what the backtest promised.

A day has few rows, and its rows share their week; so days are shown, and the window is judged. Both intervals redraw whole
entities (rooms: creators and fans), because the same ones come back day after day.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from fancare.churn.bootstrap import Interval, WeightedAUC, cluster_weights
from fancare.churn.metrics import Figures
from fancare.churn.outcomes import Outcomes
from fancare.modelspec import MonitorSpec

BOOTSTRAP_SEED = 0
KEPT, BROKEN, UNKNOWN = "kept", "broken", "unknown"


@dataclass(frozen=True)
class Promise:
    """What a version's backtest said of one horizon: its AUC with interval, and its calibration error."""

    auc: Interval
    ece: float

    @classmethod
    def of(cls, backtest: Mapping[str, Any] | None, horizon: int) -> Promise | None:
        """From the backtest in a bundle; None where it has none, or none of this horizon."""
        figures = None if backtest is None else backtest["horizons"].get(str(horizon), {}).get("tabnet")
        if figures is None:
            return None
        auc, low, high, ece = (_number(figures[name]) for name in ("auc", "auc_low", "auc_high", "ece"))
        return cls(Interval(auc, low, high), ece)


@dataclass(frozen=True)
class Performance:
    """One version at one horizon, over one scored day or (``is_pooled``) all of the window's.

    ``gap`` is mean risk minus churn rate. ``watchlist_lift`` is the churn rate of the ``watchlist_n`` rows among the first ranks
    over that of all; NaN where it cannot be said.
    """

    version: str
    horizon: int
    is_pooled: bool
    first_scored: date
    last_scored: date
    figures: Figures
    mean_risk: float
    auc: Interval
    gap: Interval
    watchlist_n: int
    watchlist_lift: float
    promise: Promise | None
    ranking: str
    level: str


def performances(
    outcomes: Outcomes,
    promises: Mapping[str, Mapping[int, Promise | None]],
    capacity: int,
    draws: int,
    spec: MonitorSpec,
) -> list[Performance]:
    """Every version of ``promises`` at every horizon: the window as a whole first, then day by day."""
    found: list[Performance] = []
    for version in sorted(promises):
        own = outcomes.rows(outcomes.version == version)
        for day in (None, *np.unique(own.as_of)):
            part = own if day is None else own.rows(own.as_of == day)
            found += _of_rows(part, version, day is None, promises[version], capacity, draws, spec)
    return found


def ranking_verdict(auc: Interval, promise: Promise | None) -> str:
    """Broken where the AUC's interval lies below the promised one.

    >>> promise = Promise(Interval(0.80, 0.78, 0.82), ece=0.03)
    >>> [ranking_verdict(Interval(0.74, 0.70, high), promise) for high in (0.77, 0.79)]
    ['broken', 'kept']
    """
    if promise is None or math.isnan(promise.auc.low) or math.isnan(auc.high):
        return UNKNOWN
    return BROKEN if auc.high < promise.auc.low else KEPT


def level_verdict(gap: Interval, promise: Promise | None, max_gap: float) -> str:
    """Broken where the interval of mean risk minus churn rate lies outside of ± what is tolerated.

    Tolerated is ``max_gap``, or the backtest's calibration error where that was larger: such a platform is known to move.

    >>> promise = Promise(Interval(0.80, 0.78, 0.82), ece=0.03)
    >>> [level_verdict(Interval(0.08, low, 0.10), promise, max_gap=0.05) for low in (0.06, 0.04)]
    ['broken', 'kept']
    """
    if math.isnan(gap.low):
        return UNKNOWN
    tolerated = max(max_gap, promise.ece if promise is not None and not math.isnan(promise.ece) else 0.0)
    return BROKEN if gap.low > tolerated or gap.high < -tolerated else KEPT


def _of_rows(
    rows: Outcomes, version: str, is_pooled: bool, promises: Mapping[int, Promise | None], capacity: int, draws: int,
    spec: MonitorSpec,
) -> list[Performance]:  # fmt: skip
    drawn = rows.rows(rows.is_drawn)
    if not len(drawn):
        return []
    auc_draws, gap_draws = _draws(drawn, draws)
    listed = rows.rows(rows.rank <= capacity)
    found = []
    for k, h in enumerate(rows.horizons):
        known = ~np.isnan(drawn.churned[:, k])
        if not known.any():
            continue
        figures = Figures.of(drawn.churned[:, k], drawn.risks[:, k])
        mean_risk = float(drawn.risks[known, k].mean())
        auc = Interval.of(figures.auc, auc_draws[:, k])
        gap = Interval.of(mean_risk - figures.churn_rate, gap_draws[:, k])
        happened = listed.churned[~np.isnan(listed.churned[:, k]), k]
        can_lift = len(happened) and figures.churn_rate > 0
        days = drawn.as_of[known]
        promise = promises[h]
        found.append(
            Performance(
                version=version,
                horizon=h,
                is_pooled=is_pooled,
                first_scored=_day(days.min()),
                last_scored=_day(days.max()),
                figures=figures,
                mean_risk=mean_risk,
                auc=auc,
                gap=gap,
                watchlist_n=len(happened),
                watchlist_lift=float(happened.mean()) / figures.churn_rate if can_lift else math.nan,
                promise=promise,
                ranking=ranking_verdict(auc, promise),
                level=level_verdict(gap, promise, spec.max_calibration_gap),
            )
        )
    return found


def _draws(rows: Outcomes, draws: int) -> tuple[np.ndarray, np.ndarray]:
    """(draws, H) AUCs and (draws, H) gaps; NaN where there is a single cluster of each kind, which has no width."""
    shape = (draws, len(rows.horizons))
    aucs, gaps = np.full(shape, np.nan), np.full(shape, np.nan)
    if _one_of_each(rows.clusters):
        return aucs, gaps
    scorers = [WeightedAUC(rows.churned[:, k], rows.risks[:, k]) for k in range(shape[1])]
    apart = rows.risks - rows.churned
    known = ~np.isnan(apart)
    for draw, weight in enumerate(cluster_weights(rows.clusters, draws, BOOTSTRAP_SEED)):
        aucs[draw] = [scorer(weight) for scorer in scorers]
        total = weight @ known
        with np.errstate(invalid="ignore"):  # no row of a horizon was drawn: NaN, left out by Interval
            gaps[draw] = (weight @ np.where(known, apart, 0.0)) / total
    return aucs, gaps


def _one_of_each(clusters: Sequence[np.ndarray]) -> bool:
    return all(len(set(ids.tolist())) < 2 for ids in clusters)


def _day(day: np.datetime64) -> date:
    return day.astype("datetime64[D]").item()


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)
