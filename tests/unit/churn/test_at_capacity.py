"""The first ranks of a day: counted by hand, by brute force under any weights, and over days."""

from __future__ import annotations

import numpy as np
import pytest

from fancare.churn.at_capacity import PrecisionAtCapacity, at_capacity


def plain(day, outcome, risk, capacity, weight=None):
    return PrecisionAtCapacity(np.array(day), np.array(outcome, dtype=float), np.array(risk, dtype=float), capacity)(
        np.ones(len(day)) if weight is None else np.array(weight, dtype=float)
    )


def test_a_mean_over_days_worked_out_by_hand():
    """Day 0: the first two are a churner and a stayer. Day 1: two churners. Rates 2/4 and 2/3."""
    day = [0, 0, 0, 0, 1, 1, 1]
    outcome = [1, 0, 0, 1, 1, 1, 0]
    risk = [0.9, 0.8, 0.1, 0.2, 0.7, 0.6, 0.5]
    precision, lift = plain(day, outcome, risk, 2)
    assert precision == pytest.approx((1 / 2 + 2 / 2) / 2)
    assert lift == pytest.approx(0.75 / ((2 / 4 + 2 / 3) / 2))


def test_each_day_has_places_of_its_own():
    """Over all days together the two highest risks are of day 0; yet day 1 has a list, too."""
    assert plain([0, 0, 1, 1], [1, 1, 0, 0], [0.9, 0.8, 0.2, 0.1], 1)[0] == 0.5


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]])
def test_a_tie_at_the_edge_counts_with_its_mean_whatever_the_order_of_the_rows(order):
    outcome, risk = np.array([1, 1, 0, 0.0])[order], np.array([0.9, 0.5, 0.5, 0.5])[order]
    assert plain([0] * 4, outcome, risk, 2)[0] == pytest.approx((1 + 1 / 3) / 2)


def test_fewer_rows_than_places_are_all_listed_and_nothing_is_gained():
    assert plain([0, 0], [1, 0], [0.9, 0.1], 20) == (0.5, 1.0)


def test_rows_whose_outcome_is_not_known_take_no_place():
    assert plain([0, 0, 0], [np.nan, 1, 0], [0.9, 0.8, 0.1], 1)[0] == 1.0


def test_what_cannot_be_said_is_nan():
    assert np.isnan(plain([], [], [], 5)).all()
    precision, lift = plain([0, 0], [0, 0], [0.9, 0.1], 1)
    assert precision == 0
    assert np.isnan(lift)
    assert np.isnan(plain([0, 0], [1, 0], [0.9, 0.1], 1, weight=[0, 0])).all()


def test_a_weight_is_so_many_rows():
    """Against the rows repeated in fact, days that lost all of their rows included."""
    random = np.random.default_rng(0)
    day, outcome = random.integers(0, 5, 60), (random.random(60) < 0.4).astype(float)
    risk = random.integers(0, 6, 60) / 6  # many ties
    for capacity in (1, 4, 9, 50):
        for _ in range(10):
            weight = random.integers(0, 3, 60) * (day != random.integers(0, 5))
            again = np.repeat(np.arange(60), weight)
            assert plain(day, outcome, risk, capacity, weight) == pytest.approx(
                plain(day[again], outcome[again], risk[again], capacity)
            )


def test_by_brute_force_where_nothing_ties():
    random = np.random.default_rng(1)
    day, risk = np.repeat(np.arange(8), 30), random.random(240)
    outcome = (random.random(240) < risk).astype(float)
    lists = [np.argsort(-np.where(day == d, risk, -1))[:7] for d in range(8)]
    assert plain(day, outcome, risk, 7)[0] == pytest.approx(np.mean([outcome[top].mean() for top in lists]))


def test_a_model_that_knows_is_ahead_of_one_that_guesses_with_a_paired_interval():
    random = np.random.default_rng(2)
    n = 40 * 6
    day, ids = np.tile(np.arange(6), 40), np.repeat(np.arange(40), 6).astype(str).astype(object)
    risk = random.random(n)
    outcome = np.column_stack([random.random(n) < risk, random.random(n) < risk / 2]).astype(float)
    both = {
        "knows": np.column_stack([risk, risk]),
        "guesses": random.random((n, 2)),
        "knows again": np.column_stack([risk, risk]),
    }
    found = at_capacity(day, outcome, both, (7, 14), 5, (ids,), 60, 0)
    assert (found.capacity, found.n_days) == (5, 6)
    for h in (7, 14):
        assert found.minus[h]["guesses"].low > 0
        again = found.minus[h]["knows again"]
        assert (again.estimate, again.low, again.high) == (0, 0, 0), (
            "the same list in every draw: no difference, no interval"
        )
        knows = found.models[h]["knows"].precision
        assert knows.low < knows.estimate < knows.high
        assert found.models[h]["knows"].lift.estimate > found.models[h]["guesses"].lift.estimate
