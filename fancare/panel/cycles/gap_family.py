"""The family of gap distributions that an entity's rhythm is taken from: discretised Burr XII on a grid.

A gap is a whole number of days, 1 or more, with

    P(gap > g) = (1 + (2^(1/c) − 1) · (g / median)^shape)^(−c),    g = 0, 1, 2, …

``c = 1`` is the log-logistic, ``c → ∞`` the Weibull distribution, both with that median. In between it is a Weibull gap
whose pace varies from gap to gap by a gamma factor of variance 1/c (Dubey 1968, "A compound Weibull distribution"):
people have busy weeks and breaks. The Weibull alone, the usual choice, makes breaks too rare: it foretells the next gap of
real logs worse (tests/benchmarks/test_gap_model_choice.py). The log-logistic alone does about as well there, but is wrong
about those who are regular.

Who is silent for longer than ``LONGEST_DAYS`` counts as gone: whether such a gap ever ends, no log of a year can say. So
quantiles are those of the gaps that end within it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

LONGEST_DAYS = 168
MEDIANS = tuple(float(m) for m in np.geomspace(0.35, 90.0, 36))  # steps of 17 %: 20 gaps do not tell apart finer ones
SHAPES = (0.7, 1.0, 1.4, 2.0, 3.0, 4.5, 7.0)
TAILS = (1.0, 4.0, math.inf)
GRID = (len(MEDIANS), len(SHAPES), len(TAILS))
LEAST = 1e-12  # nothing is impossible: a gap that a rhythm excludes speaks against it, but not infinitely


@dataclass(frozen=True)
class GapFamily:
    """A rhythms: medians × shapes × tails, in this order.

    ``survival`` is (A, LONGEST_DAYS + 1), column g = P(gap > g). ``log_probability`` is of the same shape, float32: column
    g − 1 = log P(gap = g), and the last column log P(gap > LONGEST_DAYS).
    """

    survival: np.ndarray
    log_probability: np.ndarray

    def __len__(self) -> int:
        return len(self.survival)

    def quantile_days(self, q: float) -> np.ndarray:
        """(A,) int64: the fewest days that hold a share ``q`` of the gaps that end within LONGEST_DAYS.

        >>> days = gap_family().quantile_days(0.95)
        >>> int(days.min()), int(days.max()) <= LONGEST_DAYS
        (1, True)
        """
        gone = self.survival[:, -1:]
        return (self.survival - gone > (1 - q) * (1 - gone) + 1e-12).sum(axis=1)


def survival(median: float, shape: float, tail: float, days: np.ndarray) -> np.ndarray:
    """P(gap > g) for each g of ``days``.

    >>> [round(float(p), 3) for p in survival(2.0, 1.0, 1.0, np.array([0, 2, 38]))]
    [1.0, 0.5, 0.05]
    """
    paced = (np.asarray(days, dtype=np.float64) / median) ** shape
    if math.isinf(tail):
        return np.exp(-math.log(2) * paced)
    return (1 + (2 ** (1 / tail) - 1) * paced) ** -tail


@lru_cache(maxsize=1)
def gap_family() -> GapFamily:
    """The family, made once."""
    days = np.arange(LONGEST_DAYS + 1)
    beyond = np.array([survival(m, s, c, days) for m in MEDIANS for s in SHAPES for c in TAILS])
    probability = np.column_stack([beyond[:, :-1] - beyond[:, 1:], beyond[:, -1]])
    return GapFamily(beyond, np.log(np.maximum(probability, LEAST)).astype(np.float32))
