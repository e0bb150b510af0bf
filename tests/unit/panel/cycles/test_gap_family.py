"""Laws of the gap distributions."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from fancare.panel.cycles.gap_family import GRID, LONGEST_DAYS, MEDIANS, SHAPES, TAILS, gap_family, survival

DAYS = np.arange(LONGEST_DAYS + 1)


def test_probabilities_sum_to_one_and_survival_never_rises():
    family = gap_family()
    assert len(family) == math.prod(GRID)
    assert np.allclose(np.exp(family.log_probability.astype(float)).sum(axis=1), 1, atol=1e-5)
    assert (np.diff(family.survival, axis=1) <= 0).all()
    assert (family.survival[:, 0] == 1).all()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("tail", TAILS)
def test_the_median_is_the_median_whatever_the_shape_and_tail(shape, tail):
    assert survival(9.0, shape, tail, np.array([9]))[0] == pytest.approx(0.5)


def test_its_ends_are_the_log_logistic_and_the_weibull_distribution():
    assert np.allclose(survival(5.0, 1.4, 1.0, DAYS), 1 / (1 + (DAYS / 5.0) ** 1.4))
    assert np.allclose(survival(5.0, 1.4, math.inf, DAYS), np.exp(-math.log(2) * (DAYS / 5.0) ** 1.4))
    assert np.allclose(survival(5.0, 1.4, 1e6, DAYS), survival(5.0, 1.4, math.inf, DAYS), atol=1e-4)


@pytest.mark.parametrize("q", [0.5, 0.9, 0.95, 0.99])
def test_a_quantile_holds_its_share_of_the_gaps_that_end_and_a_day_less_does_not(q):
    family = gap_family()
    days, rows = family.quantile_days(q), np.arange(len(family))
    ended = (1 - family.survival) / (1 - family.survival[:, -1:])
    assert (ended[rows, days] >= q - 1e-9).all()
    assert (ended[rows, days - 1] < q).all()


def test_medians_are_fine_enough_that_neighbours_are_alike():
    assert max(b / a for a, b in itertools.pairwise(MEDIANS)) < 1.2
