"""Drift is neither cried by chance, at any size of platform, nor missed when it is there."""

from __future__ import annotations

import numpy as np
import pytest

from fancare.churn.monitored import Moved
from fancare.churn.stability import FrozenBins

WEEKS, DRAWS, AT_MOST = 13, 300, 0.25

# what features look like: smooth, skewed, a count with many zeros, a share that few have, one kind of undefined
KINDS = {
    "normal": lambda random, n: random.normal(size=n),
    "skewed": lambda random, n: random.lognormal(sigma=2, size=n),
    "counts": lambda random, n: random.poisson(0.7, size=n).astype(float),
    "rare": lambda random, n: np.where(random.random(n) < 0.03, random.random(n), 0.0),
    "undefined": lambda random, n: np.where(random.random(n) < 0.4, np.nan, random.integers(0, 28, n)),
}


def frozen(kind: str, n: int, random: np.random.Generator) -> FrozenBins:
    return FrozenBins.of(KINDS[kind](random, n * WEEKS), np.repeat(np.arange(WEEKS), n))


def has_drifted(bins: FrozenBins, values: np.ndarray) -> bool:
    return Moved.of(7, bins, values, AT_MOST).has_drifted


@pytest.mark.parametrize("n", [12, 60, 400, 5_000])
@pytest.mark.parametrize("kind", KINDS)
def test_at_most_one_draw_in_twenty_from_the_frozen_distribution_is_called_drifted(kind, n):
    random = np.random.default_rng(7)
    bins = frozen(kind, n, random)
    draws = DRAWS if n < 1_000 else DRAWS // 5
    alarms = sum(has_drifted(bins, KINDS[kind](random, n)) for _ in range(draws))
    assert alarms <= 0.05 * draws


@pytest.mark.parametrize("n", [12, 60, 400])
def test_a_day_of_the_same_entities_as_ever_is_not_called_drifted(n):
    """Entities keep their level from week to week, so weeks are no new rows; chance must not be taken for smaller by that."""
    random = np.random.default_rng(3)
    alarms = 0
    for _ in range(DRAWS):
        level = random.normal(size=n)
        weeks = level + 0.1 * random.normal(size=(WEEKS, n))
        bins = FrozenBins.of(weeks.ravel(), np.repeat(np.arange(WEEKS), n))
        others = random.normal(size=n) + 0.1 * random.normal(size=n)  # another set of entities of the same kind
        alarms += has_drifted(bins, level + 0.1 * random.normal(size=n)) + has_drifted(bins, others)
    assert alarms <= 0.05 * 2 * DRAWS


@pytest.mark.parametrize("n", [60, 400, 5_000])
@pytest.mark.parametrize("kind", ["normal", "counts", "undefined"])
def test_a_feature_that_moved_is_called_drifted(kind, n):
    random = np.random.default_rng(11)
    bins = frozen(kind, n, random)
    moved = {
        "normal": KINDS["normal"](random, n) + 2.0,
        "counts": np.zeros(n),  # its event is no longer logged
        "undefined": np.where(random.random(n) < 0.95, np.nan, KINDS["undefined"](random, n)),
    }
    assert has_drifted(bins, moved[kind])
