"""Each entity's usual gap, partially pooled: who has shown few gaps is judged by all, who has shown many by their own.

Empirical Bayes. An entity has one rhythm of `gap_family` and, after each activity, leaves for good with one probability of
``LEAVING``. How common each pair is among the entities is estimated from all of them (the nonparametric maximum likelihood
of a mixing distribution: Kiefer & Wolfowitz 1956; Laird 1978), by EM with a little smoothing over the grid after each step
(Silverman et al. 1990): unsmoothed, the estimate falls on so few points that intervals come out too narrow. Of an entity
with gaps g and an open gap c,

    likelihood = Π (1 − leave) · P(gap = g)  ·  [ leave + (1 − leave) · P(gap > c) ]

The open gap counts: leaving it out would leave out the long ones. Without the leavers' term a silence of months would
be taken for a rhythm, and would stretch everybody's.

What is said of a spell rests on the gaps that ended before it began, never on its own silence: so a threshold does not
run away from who is silent. Of these the last ``RECENT_GAPS`` count, for rhythms drift. On real logs each of these choices
foretells the next gap better than without it (tests/benchmarks/test_gap_model_choice.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from fancare.panel.cycles.active_days import ActiveDays
from fancare.panel.cycles.gap_family import GRID, LEAST, LONGEST_DAYS, gap_family
from fancare.progress import Progress

LEAVING = np.array((0.0, 0.01, 0.03, 0.08, 0.2, 0.45, 0.8))
RECENT_GAPS = 20
LEVEL = 0.95  # of the interval around an entity's own quantile
SAMPLE = 12_000  # entities the mixing weights are estimated from: more would not move them
ROUNDS = 80
SMOOTHING = 0.01
CHUNK = 2_000


@dataclass(frozen=True)
class Rhythms:
    """Of k spells, (k,) arrays of whole days: the median gap and the gap quantile that their entity's next gap is foretold,
    and the interval of the entity's own quantile; ``n_gaps`` is how many gaps of its own this rests on.
    """

    n_gaps: np.ndarray
    p50_days: np.ndarray
    quantile_days: np.ndarray
    low_days: np.ndarray
    high_days: np.ndarray

    def __len__(self) -> int:
        return len(self.n_gaps)

    def thresholds(self, floor_days: int, ceiling_days: int) -> np.ndarray:
        """(k,) int64: the silence past which an entity is called churned by its own rhythm."""
        return np.clip(self.quantile_days, floor_days, ceiling_days)


@dataclass(frozen=True)
class PooledGaps:
    """How common each rhythm is: ``weights`` (A, R) float64 over `gap_family` × ``LEAVING``, summing to 1."""

    weights: np.ndarray

    def rhythms(self, days: ActiveDays, spells: np.ndarray, q: float, progress: Progress | None = None) -> Rhythms:
        """What was to be expected of these spells (k,) when they began; ``q`` such as 0.95."""
        family = gap_family()
        own_quantile = family.quantile_days(q)
        order = np.argsort(own_quantile, kind="stable")
        ended_by = 1 - family.survival
        parts: list[tuple[np.ndarray, ...]] = []
        with (progress or Progress()).task("each one's rhythm", total=len(spells)) as task:
            for start in range(0, len(spells), CHUNK):
                counts = past_gaps(days, spells[start : start + CHUNK])
                rhythm, returning = self._posterior(counts)
                by = returning @ ended_by
                by /= by[:, -1:]
                said = np.cumsum(rhythm[:, order], axis=1)
                low, high = (
                    own_quantile[order[np.minimum((said < p).sum(axis=1), len(order) - 1)]]
                    for p in ((1 - LEVEL) / 2, (1 + LEVEL) / 2)
                )
                parts.append((counts.sum(axis=1).astype(np.int64), _quantile(by, 0.5), _quantile(by, q), low, high))
                task.advance(len(counts))
        if not parts:
            return Rhythms(*(np.zeros(0, dtype=np.int64) for _ in range(5)))
        return Rhythms(*(np.concatenate(column) for column in zip(*parts, strict=True)))

    def _posterior(self, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(k, A) each: how probable each rhythm is for these entities, and how probable if they come back once more."""
        log_likelihood = counts @ gap_family().log_probability.T
        likelihood = np.exp(log_likelihood - log_likelihood.max(axis=1, keepdims=True))
        stayed = np.array([self.weights @ (1 - LEAVING) ** n for n in range(RECENT_GAPS + 2)])  # after n gaps, (n, A)
        n_gaps = counts.sum(axis=1).astype(np.int64)
        rhythm, returning = likelihood * stayed[n_gaps], likelihood * stayed[n_gaps + 1]
        return rhythm / rhythm.sum(axis=1, keepdims=True), returning / returning.sum(axis=1, keepdims=True)


def _quantile(ended_by: np.ndarray, q: float) -> np.ndarray:
    """The fewest days by which a share ``q`` of the gaps has ended; ``ended_by`` (k, days) rises to 1."""
    return (ended_by < q - 1e-9).sum(axis=1)


def past_gaps(days: ActiveDays, spells: np.ndarray) -> np.ndarray:
    """(k, LONGEST_DAYS + 1) float32: how many of the last RECENT_GAPS gaps before each spell were 1, 2, … days, or longer."""
    first = np.maximum(days.offsets[days.entity[spells]], spells - RECENT_GAPS)
    n_gaps = spells - first
    row = np.repeat(np.arange(len(spells)), n_gaps)
    begins = np.cumsum(n_gaps) - n_gaps
    at = np.arange(n_gaps.sum()) + np.repeat(first - begins, n_gaps)
    width = LONGEST_DAYS + 1
    cell = row * width + np.minimum(days.length[at], width) - 1
    return np.bincount(cell, minlength=len(spells) * width).reshape(len(spells), width).astype(np.float32)


def fit_pooled_gaps(days: ActiveDays, seed: int = 0, progress: Progress | None = None) -> PooledGaps:
    """How common each rhythm is among these entities, as far as ``days`` goes; needs one entity at least.

    From a sample of SAMPLE entities, drawn by ``seed``, where there are more.
    """
    chosen = np.sort(np.random.default_rng(seed).permutation(len(days))[:SAMPLE])
    spells = days.offsets[chosen + 1] - 1
    open_days = np.minimum(days.length[spells], LONGEST_DAYS)
    # many look the same (seen once, silent ever since): each look is weighed once
    looks = np.column_stack([past_gaps(days, spells), open_days.astype(np.float32)])
    looks, alike = np.unique(looks, axis=0, return_counts=True)
    likelihood = _likelihood(looks[:, :-1], looks[:, -1].astype(np.int64))
    share = (alike / alike.sum()).astype(np.float32)
    weights = np.full(likelihood.shape[1], 1 / likelihood.shape[1], dtype=np.float32)
    with (progress or Progress()).task("rhythms of all", total=ROUNDS) as task:
        for _ in range(ROUNDS):
            weights = weights * (likelihood.T @ (share / (likelihood @ weights)))
            weights = _smoothed(weights)
            task.advance()
    weights = weights.astype(np.float64)
    return PooledGaps((weights / weights.sum()).reshape(-1, len(LEAVING)))


def _likelihood(counts: np.ndarray, open_days: np.ndarray) -> np.ndarray:
    """(k, A·R) float32: of each look under each rhythm and probability of leaving, up to a factor per look."""
    family = gap_family()
    of_gaps = counts @ family.log_probability.T
    n_gaps = counts.sum(axis=1)
    survival = family.survival.T[open_days].astype(np.float32)
    whole = np.empty((*of_gaps.shape, len(LEAVING)), dtype=np.float32)
    for r, leave in enumerate(LEAVING):
        of_open = np.log(np.maximum(leave + (1 - leave) * survival, LEAST))
        whole[:, :, r] = of_gaps + n_gaps[:, None] * np.log1p(-leave) + of_open
    flat = whole.reshape(len(counts), -1)
    flat -= flat.max(axis=1, keepdims=True)
    return np.exp(flat, out=flat)


def _smoothed(weights: np.ndarray) -> np.ndarray:
    """A little of each weight goes to its neighbours on the grid; the sum stays."""
    grid = weights.reshape(*GRID, len(LEAVING))
    for axis in range(grid.ndim):
        before, after = _shifted(grid, axis)
        grid = (1 - SMOOTHING) * grid + SMOOTHING / 2 * (before + after)
    return grid.reshape(weights.shape)


def _shifted(grid: np.ndarray, axis: int) -> Iterator[np.ndarray]:
    """The grid moved by one step up and down; what is at the edge stays there."""
    n = grid.shape[axis]
    yield np.take(grid, np.maximum(np.arange(n) - 1, 0), axis=axis)
    yield np.take(grid, np.minimum(np.arange(n) + 1, n - 1), axis=axis)
