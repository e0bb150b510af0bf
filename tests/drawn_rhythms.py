"""Simulated creators whose gap distributions are known: several families and paces, newcomers, regulars and leavers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from scipy import special, stats

from fancare.panel.cycles.active_days import ActiveDays, day_of, number
from fancare.panel.cycles.pooled_gaps import PooledGaps, fit_pooled_gaps

MOST = 400
FIRST_DAY = date(2025, 1, 1)
SLOWEST, FASTEST = 11.0, 1.4  # mean gaps, days
LEAVES = (0.0, 0.01, 0.05, 0.2)
HOW_MANY = (0.3, 0.3, 0.3, 0.1)  # leave after an activity with that probability


@dataclass(frozen=True)
class DrawnRhythms:
    """``days`` of n creators, the true 95 % gap of each (n,), and for each one more gap (n,) that nobody has seen."""

    days: ActiveDays
    true_p95_days: np.ndarray
    next_gap_days: np.ndarray


@dataclass(frozen=True)
class Coverage:
    """Shares over creators: the own 95 % gap within its interval, the unseen gap within the pooled 95 % gap; and how wide
    the intervals are, as a median of high / low.
    """

    of_intervals: float
    of_next_gaps: float
    width: float


def draw_rhythms(seed: int, n: int = 300, log_days: int = 300) -> DrawnRhythms:
    """Creators who begin on any day of the log; their gaps are negative binomial, Weibull or gamma, a third each."""
    random = np.random.default_rng(seed)
    days: list[int] = []
    offsets, p95, unseen = [0], [], []
    for who in range(n):
        mean = math.exp(random.uniform(math.log(FASTEST), math.log(SLOWEST)))
        ended_by = np.cumsum(_gaps(("negative binomial", "weibull", "gamma")[who % 3], mean, random.uniform(0.5, 2.0)))
        leaves = random.choice(LEAVES, p=HOW_MANY)
        day = int(random.integers(0, log_days))
        while day < log_days:
            days.append(day)
            if random.random() < leaves:
                break
            day += int(np.searchsorted(ended_by, random.random())) + 1
        offsets.append(len(days))
        p95.append(int(np.searchsorted(ended_by, 0.95 - 1e-9)) + 1)
        unseen.append(int(np.searchsorted(ended_by, random.random())) + 1)
    return DrawnRhythms(active_days(days, offsets, log_days - 1), np.array(p95), np.array(unseen))


def active_days(days: list[int], offsets: list[int], last: int) -> ActiveDays:
    """Creators c0, c1, … by their days, counted from FIRST_DAY."""
    n = len(offsets) - 1
    return ActiveDays(
        creator_id=pa.array([f"c{i}" for i in range(n)], type=pa.string()),
        fan_id=pa.nulls(n, pa.string()),
        offsets=np.array(offsets, dtype=np.int64),
        days=np.array(days, dtype=np.int32) + number(FIRST_DAY),
        as_of=day_of(number(FIRST_DAY) + last),
    )


def coverage(drawn: DrawnRhythms, pooled: PooledGaps | None = None) -> Coverage:
    """How far the pooled gaps of these creators hold (default: as learnt from them)."""
    pooled = pooled or fit_pooled_gaps(drawn.days)
    said = pooled.rhythms(drawn.days, drawn.days.offsets[1:] - 1, 0.95)
    held = (said.low_days <= drawn.true_p95_days) & (drawn.true_p95_days <= said.high_days)
    return Coverage(
        of_intervals=float(held.mean()),
        of_next_gaps=float((drawn.next_gap_days <= said.quantile_days).mean()),
        width=float(np.median(said.high_days / said.low_days)),
    )


def _gaps(family: str, mean: float, regularity: float) -> np.ndarray:
    """(MOST,) probabilities of a gap of 1, 2, … days."""
    if family == "negative binomial":
        size = 3 * regularity
        probability = stats.nbinom.pmf(np.arange(MOST), size, size / (size + mean - 1))
    else:
        edges = np.arange(MOST + 1)
        shape = 0.6 + regularity if family == "weibull" else 1.5 * regularity
        scale = (mean - 0.5) / (special.gamma(1 + 1 / shape) if family == "weibull" else shape)
        beyond = (
            np.exp(-((edges / scale) ** shape)) if family == "weibull" else stats.gamma.sf(edges, shape, scale=scale)
        )
        probability = beyond[:-1] - beyond[1:]
    return probability / probability.sum()
