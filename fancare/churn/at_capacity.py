"""What a list of the day is worth to those who work with it: the first `capacity` ranks of each test day, and no more.

    day's cohort by risk, highest first   │▒▒▒▒▒▒▒▒│·································│
                                           capacity ─▶ share that churned = precision; over the day's churn rate = lift

An AUC speaks of all pairs; a team that can look at twenty a day meets twenty. Each horizon is ranked by its own risk; the bands'
horizon is the one of the watchlist. Rows of the same risk at the list's edge count with their mean outcome, so a rule that
ties many (whole days of silence) gains nothing by the order of its rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fancare.churn.bootstrap import Interval, draws_of


@dataclass(frozen=True)
class ModelAtCapacity:
    """One model at one horizon: means over the test days. ``lift`` is the mean precision over the mean churn rate."""

    precision: Interval
    lift: Interval


@dataclass(frozen=True)
class AtCapacity:
    """``capacity`` rows a day over ``n_days`` test days (of some horizon), by horizon and model.

    ``minus`` holds by horizon and baseline the first model's precision minus the baseline's, with a paired interval.
    """

    capacity: int
    n_days: int
    models: Mapping[int, Mapping[str, ModelAtCapacity]]
    minus: Mapping[int, Mapping[str, Interval]]

    def to_dict(self) -> dict[str, Any]:
        return {
            "capacity": self.capacity,
            "n_days": self.n_days,
            "horizons": {
                str(h): {
                    name: {"precision": found.precision.to_dict(), "lift": found.lift.to_dict()}
                    for name, found in by_model.items()
                }
                for h, by_model in self.models.items()
            },
            "precision_minus": {
                str(h): {name: gap.to_dict() for name, gap in by_model.items()} for h, by_model in self.minus.items()
            },
        }


class PrecisionAtCapacity:
    """Precision and lift at capacity of fixed days, outcomes and risks under any row weights: the rows are sorted once.

    A row of weight 2 takes two places. A day with fewer rows than places is listed as a whole.

    >>> first = PrecisionAtCapacity(np.zeros(4), np.array([1, 0, 1, 0]), np.array([0.9, 0.8, 0.1, 0.1]), capacity=2)
    >>> [float(value) for value in first(np.ones(4))]
    [0.5, 1.0]
    """

    def __init__(self, day: np.ndarray, outcome: np.ndarray, risk: np.ndarray, capacity: int) -> None:
        known = np.flatnonzero(~np.isnan(outcome))
        self._capacity = capacity
        self._order = known[np.lexsort((-risk[known], day[known]))]
        day, risk = day[self._order], risk[self._order]
        self._churned = (outcome[self._order] == 1).astype(np.float64)
        new_day = np.r_[True, day[1:] != day[:-1]] if len(day) else np.zeros(0, dtype=bool)
        self._ties = (
            np.flatnonzero(new_day | np.r_[True, risk[1:] != risk[:-1]]) if len(day) else np.zeros(0, dtype=int)
        )
        self._days = np.flatnonzero(new_day[self._ties])  # where each day begins, among the groups of tied rows

    def __call__(self, weight: np.ndarray) -> tuple[float, float]:
        """(precision, lift), means over the days that have a row left; NaN where there is none, or for a lift no churner."""
        if not len(self._days):
            return float("nan"), float("nan")
        weight = weight[self._order]
        rows = np.add.reduceat(weight, self._ties)
        churners = np.add.reduceat(weight * self._churned, self._ties)
        before = np.cumsum(rows) - rows
        lengths = np.diff(np.r_[self._days, len(rows)])
        before = before - np.repeat(before[self._days], lengths)
        taken = np.clip(self._capacity - before, 0.0, rows)
        hits = taken * np.divide(churners, rows, out=np.zeros_like(rows), where=rows > 0)
        listed, found, of, all_churners = (np.add.reduceat(x, self._days) for x in (taken, hits, rows, churners))
        there = of > 0
        if not there.any():
            return float("nan"), float("nan")
        precision = float((found[there] / listed[there]).mean())
        rate = float((all_churners[there] / of[there]).mean())
        return precision, precision / rate if rate > 0 else float("nan")


def at_capacity(
    day: np.ndarray, outcome: np.ndarray, risks: Mapping[str, np.ndarray], horizons: tuple[int, ...], capacity: int,
    clusters: Sequence[np.ndarray], draws: int, seed: int,
) -> AtCapacity:  # fmt: skip
    """Every model's list on every test day; ``day`` is (n,), outcome and every risk (n, H). The first model is compared."""
    first = next(iter(risks))
    models: dict[int, dict[str, ModelAtCapacity]] = {}
    minus: dict[int, dict[str, Interval]] = {}
    scorers = [
        PrecisionAtCapacity(day, outcome[:, k], risk[:, k], capacity)
        for k in range(len(horizons))
        for risk in risks.values()
    ]
    drawn = draws_of(lambda weight: [value for scorer in scorers for value in scorer(weight)], clusters, draws, seed)
    everybody = np.ones(len(day))
    plain = np.array([scorer(everybody) for scorer in scorers]).reshape(len(horizons), len(risks), 2)
    drawn = drawn.reshape(draws, len(horizons), len(risks), 2)
    for k, h in enumerate(horizons):
        models[h] = {
            name: ModelAtCapacity(*(Interval.of(plain[k, m, part], drawn[:, k, m, part]) for part in (0, 1)))
            for m, name in enumerate(risks)
        }
        minus[h] = {
            name: Interval.of(plain[k, 0, 0] - plain[k, m, 0], drawn[:, k, 0, 0] - drawn[:, k, m, 0])
            for m, name in enumerate(risks)
            if name != first
        }
    known = ~np.isnan(outcome).all(axis=1)
    return AtCapacity(capacity, len(np.unique(day[known])), models, minus)
