"""How good the model is for whom: newcomers, the small and the top, each beside gradient boosting on the same rows.

    new     first seen within the 28 days before as_of
    small   the lower half of a day's cohort by active days of the last 28, ties at the median included
    top     the upper tenth of a day's cohort by the revenue of the last 28 days, or where no money moves by active days

A model may rank everybody well and still guess about those who joined last week, for whom there is least to go by, or fail for
the few that bring in most. The cohorts overlap, and are drawn anew on each day.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from fancare.churn.bootstrap import Interval, auc_draws
from fancare.churn.ids import entity_codes
from fancare.churn.metrics import Figures, ece_by_chance
from fancare.panel.gate import Panel

Cohort = Literal["new", "small", "top"]
COHORTS: tuple[Cohort, ...] = ("new", "small", "top")
NEW_DAYS = 28
ACTIVITY, REVENUE = "active_days_28d", "revenue_amount_28d"
TOP_SHARE = 0.1
FEWEST_ENTITIES = 30
FEWEST_OF_A_KIND = 10  # rows that churned, and rows that stayed


@dataclass(frozen=True)
class CohortAtHorizon:
    """The model on one cohort's rows at one horizon; ``minus`` is its AUC less the baseline's, paired.

    Intervals are NaN where the cohort is too small for one, and ``too_small`` says so.
    """

    figures: Figures
    auc: Interval
    minus: Interval
    too_small: str | None

    def to_dict(self, baseline: str) -> dict[str, Any]:
        f = self.figures
        return {
            "n": f.n,
            "churn_rate": f.churn_rate,
            "auc": self.auc.estimate,
            "auc_low": self.auc.low,
            "auc_high": self.auc.high,
            "ece": f.ece,
            "ece_by_chance": ece_by_chance(f.brier, f.n) if f.n else math.nan,
            f"auc_minus_{baseline}": self.minus.to_dict(),
            "too_small": self.too_small,
        }


@dataclass(frozen=True)
class CohortFigures:
    """One cohort: by what it is drawn (None: the panel has nothing to draw it by), its entities, its figures by horizon."""

    name: Cohort
    by: str | None
    n_entities: int
    horizons: Mapping[int, CohortAtHorizon]

    def to_dict(self, baseline: str) -> dict[str, Any]:
        return {
            "by": self.by,
            "n_entities": self.n_entities,
            "horizons": {str(h): found.to_dict(baseline) for h, found in self.horizons.items()},
        }


def cohort_figures(
    panel: Panel, index: np.ndarray, risks: Mapping[str, np.ndarray], model: str, baseline: str, draws: int, seed: int
) -> tuple[CohortFigures, ...]:
    """``model`` and ``baseline`` (keys of ``risks``, each (n, H)) on each cohort among the panel's rows at ``index``."""
    clusters = [ids[index] for ids in panel.clusters]
    churned, entities = panel.churned[index], entity_codes(panel)[index]
    pair = {key: risks[key] for key in (model, baseline)}
    found = []
    for name in COHORTS:
        by, member = members(panel, index, name)
        outcome = np.where(member[:, None], churned, np.nan)
        drawn = auc_draws(outcome, pair, clusters, draws if member.any() else 0, seed)
        horizons = {}
        for k, h in enumerate(panel.horizons):
            figures, other = (Figures.of(outcome[:, k], pair[key][:, k]) for key in (model, baseline))
            too_small = _too_small(name, outcome[:, k], _count(entities[~np.isnan(outcome[:, k])]), h)
            own, gap = drawn[model][:, k], drawn[model][:, k] - drawn[baseline][:, k]
            if too_small:
                own, gap = own[:0], gap[:0]
            horizons[h] = CohortAtHorizon(
                figures, Interval.of(figures.auc, own), Interval.of(figures.auc - other.auc, gap), too_small
            )
        found.append(CohortFigures(name, by, _count(entities[member]), horizons))
    return tuple(found)


def members(panel: Panel, index: np.ndarray, cohort: Cohort) -> tuple[str | None, np.ndarray]:
    """(what the cohort is drawn by, (n,) True for its rows) of the panel's rows at ``index``."""
    if cohort == "new":
        tenure = _column(panel, index, "tenure_days")
        if tenure is not None:
            return "tenure_days", tenure < NEW_DAYS
        return "first day in the panel", _days_since_first(panel)[index] < NEW_DAYS
    revenue = _column(panel, index, REVENUE) if cohort == "top" else None
    by, value = ACTIVITY, _column(panel, index, ACTIVITY)
    if revenue is not None and (revenue > 0).any():
        by, value = REVENUE, revenue
    member = np.zeros(len(index), dtype=bool)
    if value is None:
        return None, member
    value, day = np.nan_to_num(value, nan=0.0), panel.as_of[index]
    for one in np.unique(day):
        own = day == one
        if cohort == "small":
            member[own] = value[own] <= np.median(value[own])
        else:
            member[own] = (value[own] >= np.quantile(value[own], 1 - TOP_SHARE)) & (value[own] > 0)
    return by, member


def _column(panel: Panel, index: np.ndarray, name: str) -> np.ndarray | None:
    names = panel.feature_names
    return panel.X[index, names.index(name)].astype(np.float64) if name in names else None


def _days_since_first(panel: Panel) -> np.ndarray:
    """(n,) whole days since the entity's first row in the panel."""
    entities = entity_codes(panel)
    _, place = np.unique(entities, return_inverse=True)
    day = panel.as_of.astype("datetime64[D]").astype(np.int64)
    first = np.full(place.max(initial=-1) + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, place, day)
    return day - first[place]


def _count(entities: np.ndarray) -> int:
    return len(np.unique(entities))


def _too_small(cohort: str, outcome: np.ndarray, n_entities: int, horizon: int) -> str | None:
    churned, stayed = int((outcome == 1).sum()), int((outcome == 0).sum())
    if n_entities >= FEWEST_ENTITIES and min(churned, stayed) >= FEWEST_OF_A_KIND:
        return None
    return (
        f"{cohort} at {horizon} days: {churned} rows that churned and {stayed} that stayed, of {n_entities} entities, are too "
        f"few for an interval (needed are {FEWEST_OF_A_KIND} of either and {FEWEST_ENTITIES} entities)"
    )
