"""What a backtest says about the model, read from its JSON into records that a page can draw.

A figure that the file lacks, or that could not be said, is None here: the page shows a dash and goes on.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fancare.reports.charts import ReliabilityBin

MODEL = "tabnet"
BOOSTING = "hist_gradient_boosting"
MODELS = (MODEL, BOOSTING, "logistic_regression", "recency")


@dataclass(frozen=True)
class Interval:
    """A figure and its 95 % interval; ends are None where they could not be said."""

    estimate: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Figures:
    """One model at one horizon, over all test rows."""

    model: str
    auc: Interval
    average_precision: float | None
    ece: float | None
    brier: float | None
    lift_at_10pct: float | None


@dataclass(frozen=True)
class CohortQuality:
    """The model on newcomers, the small or the top (``cohort``: the backtest's name for it) at one horizon."""

    cohort: str
    n: int
    churn_rate: float | None
    auc: Interval
    over_boosting: Interval


@dataclass(frozen=True)
class HorizonQuality:
    """All models at one horizon on the same rows, and where the file holds it the model's reliability.

    ``precision`` is the share of the day's first ranks that churned, ``precision_lift`` its ratio to the churn rate;
    ``cohorts`` are those with a row.
    """

    horizon: int
    n: int | None
    churn_rate: float | None
    models: tuple[Figures, ...]
    reliability: tuple[ReliabilityBin, ...]
    precision: Interval
    precision_lift: float | None
    cohorts: tuple[CohortQuality, ...]

    @property
    def model(self) -> Figures | None:
        """The figures of the model itself, without the baselines."""
        return next((figures for figures in self.models if figures.model == MODEL), None)


@dataclass(frozen=True)
class Quality:
    """The backtest as a whole; ``alarm`` and ``cannot_say`` are its own sentences, None when all is well.

    ``capacity`` is how many ranks of a day its ``precision`` is about.
    """

    folds: int
    first_origin: str | None
    last_origin: str | None
    horizons: tuple[HorizonQuality, ...]
    over_recency: Interval
    order_violations: int | None
    alarm: str | None
    cannot_say: str | None
    capacity: int | None

    def at(self, horizon: int) -> HorizonQuality | None:
        """The quality at this horizon, or at the longest one when the backtest lacks it."""
        last = self.horizons[-1] if self.horizons else None
        return next((quality for quality in self.horizons if quality.horizon == horizon), last)

    @property
    def verdict(self) -> str:
        """``good``, ``cannot_say`` or ``alarm``."""
        if self.alarm:
            return "alarm"
        return "cannot_say" if self.cannot_say or not self.horizons else "good"


def read(backtest: Mapping[str, Any]) -> Quality:
    """The backtest's JSON as records; keys it lacks become None, further ones are used where known."""
    horizons = backtest.get("horizons") or {}
    reliability = backtest.get("reliability") or {}
    origins = [
        str(fold["origin"]) for fold in backtest.get("folds") or () if isinstance(fold, Mapping) and "origin" in fold
    ]
    return Quality(
        folds=len(backtest.get("folds") or ()),
        first_origin=min(origins, default=None),
        last_origin=max(origins, default=None),
        horizons=tuple(
            _horizon(int(h), horizons[h], reliability.get(h) or (), backtest)
            for h in sorted(horizons, key=int)
            if horizons[h]
        ),
        over_recency=_interval((backtest.get("tabnet_minus") or {}).get("recency") or {}, "estimate", "low", "high"),
        order_violations=backtest.get("order_violations"),
        alarm=backtest.get("alarm"),
        cannot_say=backtest.get("cannot_say"),
        capacity=(backtest.get("at_capacity") or {}).get("capacity"),
    )


def _horizon(
    horizon: int, by_model: Mapping[str, Mapping[str, Any]], bins: Any, backtest: Mapping[str, Any]
) -> HorizonQuality:
    known = [name for name in MODELS if name in by_model] + sorted(set(by_model) - set(MODELS))
    any_model = by_model[known[0]]
    listed = ((backtest.get("at_capacity") or {}).get("horizons") or {}).get(str(horizon), {}).get(MODEL, {})
    return HorizonQuality(
        horizon=horizon,
        n=any_model.get("n"),
        churn_rate=_number(any_model.get("churn_rate")),
        models=tuple(_figures(name, by_model[name]) for name in known),
        reliability=tuple(ReliabilityBin(float(b["said"]), float(b["happened"]), int(b["n"])) for b in bins),
        precision=_interval(listed.get("precision") or {}, "estimate", "low", "high"),
        precision_lift=_number((listed.get("lift") or {}).get("estimate")),
        cohorts=tuple(
            CohortQuality(
                cohort=name,
                n=found["n"],
                churn_rate=_number(found.get("churn_rate")),
                auc=_interval(found, "auc", "auc_low", "auc_high"),
                over_boosting=_interval(found.get(f"auc_minus_{BOOSTING}") or {}, "estimate", "low", "high"),
            )
            for name, cohort in (backtest.get("cohorts") or {}).items()
            if (found := (cohort.get("horizons") or {}).get(str(horizon))) and found.get("n")
        ),
    )


def _figures(name: str, found: Mapping[str, Any]) -> Figures:
    return Figures(
        model=name,
        auc=_interval(found, "auc", "auc_low", "auc_high"),
        average_precision=_number(found.get("average_precision")),
        ece=_number(found.get("ece")),
        brier=_number(found.get("brier")),
        lift_at_10pct=_number(found.get("lift_at_10pct")),
    )


def _interval(found: Mapping[str, Any], estimate: str, low: str, high: str) -> Interval:
    return Interval(_number(found.get(estimate)), _number(found.get(low)), _number(found.get(high)))


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None
