"""How far a variable has moved since training: the population stability index on bins frozen with the model.

    reference weeks (up to the origin)        the model at work
    ──┤ w₁ │ w₂ │ ··· │ w₁₃ ├── origin ──────────── day ──────▶
        bins and counts, frozen                 the same bins, counted again

The reference is the last ``reference_weeks`` weekly as_ofs up to the origin, all rows of their cohorts. Features need no label,
so these are newer than the rows that trained: on a platform that moves anyway, the weeks behind the labels would alarm on the
day after each training, and training again would not help. A quarter of a year of them, because a season, a campaign or a growing
cohort is no news where the model's own weeks went through it.

A day has moved away when its index exceeds three things at once: the bound of the model spec; what chance makes of so few rows
(`psi_by_chance`); and the largest index that one of the reference weeks shows against the others. The last also keeps still what
is the same for everybody on a day (a platform's mean), of which one day is always in one bin.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from fancare.churn.model import ChurnModel, columns_of
from fancare.panel.gate import Panel

MOST_BINS = 10
CHANCE_Z = 2.326  # so large an index is reached by chance in one of a hundred draws


@dataclass(frozen=True)
class FrozenBins:
    """One variable as it was: ``counts`` of rows in each of its bins, the last one for undefined values.

    Bin i holds values in (edges[i-1], edges[i]], the first and the last are open. A value that a tenth of the rows have, such
    as zero, has a bin of its own. ``mean`` is over the defined values (None: there were none), ``largest_week`` the largest
    index of one reference week against the others. ``weeks`` is how many days the counts are of.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    mean: float | None
    largest_week: float
    weeks: int

    @classmethod
    def of(cls, values: np.ndarray, days: np.ndarray) -> FrozenBins:
        """From values (n,), NaN where undefined, and the day of each (n,)."""
        values = values.astype(np.float64)
        edges = bin_edges(values)
        each = np.stack([bin_counts(values[days == day], edges) for day in np.unique(days)])
        whole = each.sum(axis=0)
        apart = [psi(whole - week, week) for week in each] if len(each) > 1 else [0.0]
        return cls(edges, tuple(whole.tolist()), mean_of(values), rounded(max(apart)), len(each))

    def index_of(self, values: np.ndarray) -> float:
        """The stability index of these values (n,) against the frozen counts."""
        return psi(np.array(self.counts), bin_counts(values, self.edges))

    def by_chance(self, values: np.ndarray) -> float:
        """What chance makes of as many values drawn from the frozen counts.

        The weeks hold the same entities again and again, so they count as one.
        """
        occupied = (np.array(self.counts) + bin_counts(values, self.edges)) > 0
        return psi_by_chance(int(occupied.sum()), sum(self.counts) / self.weeks, len(values))

    @property
    def undefined(self) -> float:
        """The share of undefined values."""
        return self.counts[-1] / sum(self.counts)

    def to_dict(self) -> dict[str, Any]:
        return {
            "edges": list(self.edges),
            "counts": list(self.counts),
            "mean": self.mean,
            "largest_week": self.largest_week,
            "weeks": self.weeks,
        }

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> FrozenBins:
        """Its inverse; ValueError where edges and counts do not fit."""
        edges, counts = tuple(map(float, told["edges"])), tuple(map(int, told["counts"]))
        if len(counts) != len(edges) + 2 or list(edges) != sorted(set(edges)) or min(counts) < 0 or not sum(counts):
            raise ValueError("the frozen bins do not fit their counts")
        mean = None if told["mean"] is None else float(told["mean"])
        return cls(edges, counts, mean, float(told["largest_week"]), int(told["weeks"]))


@dataclass(frozen=True)
class Reference:
    """What a model's days are compared with: its features on the last weeks up to the origin, and its risks.

    ``scores`` are by horizon, on the weekly as_ofs from the cut to the origin: no label of theirs trained the networks, so what a
    model says of rows that it knows has no part in it. They are this model's, not the backtest's: another network deals the
    same risks out otherwise, which would alarm on the day after a training. ``first_day`` to ``last_day`` are the features'.
    """

    first_day: date
    last_day: date
    features: Mapping[str, FrozenBins]
    scores: Mapping[int, FrozenBins]

    @classmethod
    def of(cls, panel: Panel, model: ChurnModel, cut: date, weeks: int) -> Reference:
        """From the weekly panel on which the model was made; training labels ended by ``cut``."""
        until = panel.as_of <= np.datetime64(model.origin, "D")
        days = np.unique(panel.as_of[until])[-weeks:]
        rows = np.flatnonzero(np.isin(panel.as_of, days))
        columns = columns_of(panel, model.feature_names)
        features = {
            name: FrozenBins.of(panel.X[rows, j], panel.as_of[rows])
            for name, j in zip(model.feature_names, columns, strict=True)
        }
        unseen = np.flatnonzero(until & (panel.as_of >= np.datetime64(cut, "D")))
        risks, of_rows = model.risks_of(panel, unseen), panel.as_of[unseen]
        scores = {h: FrozenBins.of(risks[:, k], of_rows) for k, h in enumerate(model.horizons)}
        return cls(_day(days[0]), _day(days[-1]), features, scores)

    def to_dict(self) -> dict[str, Any]:
        return {
            "first_day": self.first_day.isoformat(),
            "last_day": self.last_day.isoformat(),
            "features": {name: bins.to_dict() for name, bins in self.features.items()},
            "scores": {str(h): bins.to_dict() for h, bins in self.scores.items()},
        }

    @classmethod
    def of_model(cls, told: Mapping[str, Any], model: ChurnModel) -> Reference:
        """The inverse of `to_dict`; KeyError or ValueError where a part is missing, or is not this model's."""
        features = {name: FrozenBins.from_dict(bins) for name, bins in told["features"].items()}
        scores = {int(h): FrozenBins.from_dict(bins) for h, bins in told["scores"].items()}
        if set(features) != set(model.feature_names) or set(scores) != set(model.horizons):
            raise ValueError("the frozen bins are not those of the model's features and horizons")
        return cls(date.fromisoformat(told["first_day"]), date.fromisoformat(told["last_day"]), features, scores)


def bin_edges(values: np.ndarray, most: int = MOST_BINS) -> tuple[float, ...]:
    """Inner edges of at most ``most`` bins of about equal count over the defined values, none of them empty.

    A value that at least one in ``most`` rows has gets a bin of its own, so that the many zeros of a count are not mixed with
    what lies beside them.

    >>> bin_edges(np.array([0.0] * 6 + [1.0, 2.0, 3.0, 4.0]), most=5)
    (0.0, 2.0)
    """
    values = values[~np.isnan(values)]
    if not len(values):
        return ()
    met, times = np.unique(values, return_counts=True)
    heavy = met[times * most >= len(values)]
    quantiles = np.quantile(values, np.arange(1, most) / most, method="inverted_cdf")
    edges = np.unique(np.concatenate([quantiles, heavy, np.nextafter(heavy, -np.inf)]))
    edges = edges[(edges >= met[0]) & (edges < met[-1])]
    inside = bin_counts(values, edges)[:-1]
    left, rows = edges[inside[:-1] > 0].tolist(), inside[inside > 0].tolist()
    while len(rows) > most:  # the two neighbours that are fewest together become one
        i = int(np.argmin(np.add(rows[:-1], rows[1:])))
        rows[i : i + 2] = [rows[i] + rows[i + 1]]
        del left[i]
    return tuple(left)


def bin_counts(values: np.ndarray, edges: Sequence[float] | np.ndarray) -> np.ndarray:
    """(len(edges) + 2,) rows in each bin, undefined values last.

    >>> bin_counts(np.array([-1.0, 0.0, 0.5, np.nan]), (0.0,)).tolist()
    [2, 1, 1]
    """
    undefined = np.isnan(values)
    place = np.searchsorted(np.asarray(edges, dtype=np.float64), values[~undefined].astype(np.float64), side="left")
    return np.append(np.bincount(place, minlength=len(edges) + 1), undefined.sum())


def psi(before: np.ndarray, now: np.ndarray) -> float:
    """The population stability index of two rows of counts: Σ (q − p) · ln(q / p) over their shares p and q.

    Half a row is added to each bin, or one that is empty on one side would make it infinite; bins that are empty on both sides
    are left out. The usual reading: below 0.1 hardly moved, above 0.25 moved.

    >>> round(psi(np.array([50, 50]), np.array([80, 20])), 2)
    0.41
    """
    occupied = (before + now) > 0
    p, q = ((counts[occupied] + 0.5) / (counts[occupied] + 0.5).sum() for counts in (before, now))
    return float(((q - p) * np.log(q / p)).sum())


def psi_by_chance(bins: int, n: float, m: float, z: float = CHANCE_Z) -> float:
    """The index that two samples of n and m rows from one distribution stay below in 99 of 100 draws.

    It is (1/n + 1/m) times a χ² of bins − 1 degrees of freedom (Yurdakul 2018, "Statistical properties of the population
    stability index"), whose quantile is Wilson and Hilferty's; its mean is (bins − 1)(1/n + 1/m).

    >>> round(psi_by_chance(10, 1e12, 1000), 4), round(psi_by_chance(10, 60, 60), 2)
    (0.0217, 0.72)
    """
    k = bins - 1
    if k < 1 or n <= 0 or m <= 0:
        return math.inf if k >= 1 else 0.0
    chi_squared = k * (1 - 2 / (9 * k) + z * math.sqrt(2 / (9 * k))) ** 3
    return (1 / n + 1 / m) * chi_squared


def mean_of(values: np.ndarray) -> float | None:
    """The mean of the defined values, to six digits; None where there are none."""
    defined = values[~np.isnan(values)].astype(np.float64)
    return rounded(float(defined.mean())) if len(defined) else None


def rounded(value: float) -> float:
    """To six digits: machines sum in another order, and a manifest must not differ by that."""
    return float(f"{value:.6g}")


def _day(day: np.datetime64) -> date:
    return day.astype("datetime64[D]").item()
