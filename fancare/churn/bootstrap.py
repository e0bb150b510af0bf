"""Intervals that know rows of one creator or fan are not independent: a bootstrap that redraws whole clusters.

For rooms both the creator and the fan repeat, so creators and fans are redrawn independently and a row counts as often
as the product of the two (the pigeonhole bootstrap: Owen 2007, "The pigeonhole bootstrap"; Owen & Eckles 2012).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fancare.churn.ids import codes
from fancare.churn.metrics import SMALLEST_RISK
from fancare.progress import Progress

LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % percentile interval; NaN where it cannot be said."""

    estimate: float
    low: float
    high: float

    @classmethod
    def of(cls, estimate: float, draws: np.ndarray) -> Interval:
        """From the draws of a bootstrap, (draws,); draws that came out NaN (one class only) are left out."""
        draws = draws[~np.isnan(draws)]
        if not len(draws):
            return cls(float(estimate), float("nan"), float("nan"))
        low, high = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        return cls(float(estimate), float(low), float(high))

    def to_dict(self) -> dict[str, Any]:
        return {"estimate": self.estimate, "low": self.low, "high": self.high}


def cluster_weights(clusters: Sequence[np.ndarray], draws: int, seed: int) -> Iterator[np.ndarray]:
    """``draws`` arrays (n,) float64: how often each row counts when every kind of cluster is redrawn with replacement.

    ``clusters`` holds one (n,) array of ids per kind: creators, or fans, or both.
    """
    generator = np.random.default_rng(seed)
    numbers = [codes(ids) for ids in clusters]
    sizes = [int(number.max()) + 1 if len(number) else 0 for number in numbers]
    for _ in range(draws):
        weight = np.ones(len(clusters[0]))
        for number, size in zip(numbers, sizes, strict=True):
            counts = np.bincount(generator.integers(size, size=size), minlength=size)
            weight *= counts[number]
        yield weight


class WeightedAUC:
    """The AUC of fixed outcomes and risks under any row weights, each in one pass: the rows are sorted once.

    >>> auc = WeightedAUC(np.array([0, 1, 1]), np.array([0.2, 0.1, 0.9]))
    >>> float(auc(np.ones(3))), float(auc(np.array([1.0, 0.0, 5.0])))
    (0.5, 1.0)
    """

    def __init__(self, outcome: np.ndarray, risk: np.ndarray) -> None:
        known = np.flatnonzero(~np.isnan(outcome))
        self._order = known[np.argsort(risk[known], kind="stable")]
        risk = risk[self._order]
        self._churned = (outcome[self._order] == 1).astype(np.float64)
        self._starts = np.flatnonzero(np.r_[True, risk[1:] != risk[:-1]]) if len(risk) else np.zeros(0, dtype=int)

    def __call__(self, weight: np.ndarray) -> float:
        """NaN when the weights leave only one class."""
        weight = weight[self._order]
        churners = weight * self._churned
        if not len(self._starts):
            return float("nan")
        up = np.add.reduceat(churners, self._starts)  # per tied risk: the weight of churners
        down = np.add.reduceat(weight - churners, self._starts)  # and of stayers
        below = np.cumsum(down) - down / 2  # a tie counts half
        total = up.sum() * down.sum()
        return float(up @ below / total) if total > 0 else float("nan")


def draws_of(
    statistics: Callable[[np.ndarray], Sequence[float] | np.ndarray], clusters: Sequence[np.ndarray], draws: int, seed: int,
    progress: Progress | None = None,
) -> np.ndarray:  # fmt: skip
    """(draws, S): S statistics of row weights (n,), in each draw; their differences are paired.

    All are NaN where there is a single cluster of each kind: drawing it again and again would give an interval without width.
    """
    size = len(statistics(np.ones(len(clusters[0]))))
    out = np.full((draws, size), np.nan)
    if all(len(set(ids.tolist())) < 2 for ids in clusters):
        return out
    with (progress or Progress()).task("Intervals", total=draws) as task:
        for draw, weight in enumerate(cluster_weights(clusters, draws, seed)):
            out[draw] = statistics(weight)
            task.advance()
    return out


def auc_draws(
    outcome: np.ndarray, risks: Mapping[str, np.ndarray], clusters: Sequence[np.ndarray], draws: int, seed: int,
    progress: Progress | None = None,
) -> dict[str, np.ndarray]:  # fmt: skip
    """Each model's AUC in each draw, (draws, H); outcome and every risk are (n, H).

    One draw is the same for all models and horizons, so differences of the results are paired.
    """
    horizons = range(outcome.shape[1])
    scorers = [WeightedAUC(outcome[:, k], risk[:, k]) for risk in risks.values() for k in horizons]
    drawn = draws_of(lambda weight: [auc(weight) for auc in scorers], clusters, draws, seed, progress)
    return {name: drawn[:, i * len(horizons) : (i + 1) * len(horizons)] for i, name in enumerate(risks)}


def log_loss_minus(
    outcome: np.ndarray, one: np.ndarray, other: np.ndarray, clusters: Sequence[np.ndarray], draws: int, seed: int
) -> tuple[Interval, ...]:
    """By horizon, the log loss of one model's risks (n, H) minus the other's, paired: below 0, the one is better."""
    known = ~np.isnan(outcome)
    y = np.where(known, outcome, 0).astype(np.float64)
    p, q = (np.clip(risk, SMALLEST_RISK, 1 - SMALLEST_RISK) for risk in (one, other))
    gap = np.where(known, -y * np.log(p / q) - (1 - y) * np.log((1 - p) / (1 - q)), 0.0)
    counted = known.astype(np.float64)

    def means(weight: np.ndarray) -> np.ndarray:
        with np.errstate(invalid="ignore"):  # no row with a known outcome: NaN
            return (weight @ gap) / (weight @ counted)

    plain = means(np.ones(len(outcome)))
    drawn = draws_of(means, clusters, draws, seed)
    return tuple(Interval.of(float(plain[k]), drawn[:, k]) for k in range(outcome.shape[1]))
