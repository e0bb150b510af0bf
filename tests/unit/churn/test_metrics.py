import math

import numpy as np
import pytest

from fancare.churn.metrics import Figures, auc, ece, lift_at_10pct, reliability


def test_figures_of_a_drawn_table():
    y = np.array([1, 1, 0, 0, np.nan])
    p = np.array([0.9, 0.4, 0.6, 0.1, 0.5])
    figures = Figures.of(y, p)
    assert figures.auc == 0.75
    assert figures.average_precision == pytest.approx((1 + 2 / 3) / 2)
    assert figures.brier == pytest.approx((0.01 + 0.36 + 0.36 + 0.01) / 4)
    assert figures.log_loss == pytest.approx(-np.log([0.9, 0.4, 0.4, 0.9]).mean())
    assert (figures.n, figures.churn_rate) == (4, 0.5)


def test_one_class_has_no_ranking_but_still_a_loss():
    figures = Figures.of(np.zeros(4), np.full(4, 0.2))
    assert math.isnan(figures.auc)
    assert math.isnan(figures.average_precision)
    assert math.isnan(figures.lift_at_10pct)
    assert figures.log_loss == pytest.approx(-math.log(0.8))
    assert figures.ece == pytest.approx(0.2)


def test_no_rows_say_nothing():
    figures = Figures.of(np.full(3, np.nan), np.full(3, 0.5))
    assert figures.n == 0
    assert all(math.isnan(v) for k, v in figures.to_dict().items() if k != "n")


def test_certainty_that_is_wrong_costs_much_but_not_infinity():
    assert 10 < Figures.of(np.array([1.0, 0.0]), np.array([0.0, 1.0])).log_loss < 20


def test_honest_probabilities_have_a_small_ece_and_overconfident_ones_a_large():
    random = np.random.default_rng(0)
    p = random.random(30_000)
    y = (random.random(30_000) < p).astype(float)
    assert ece(y, p) < 0.01
    assert ece(y, np.where(p > 0.5, 0.99, 0.01)) > 0.2


def test_bins_hold_equal_counts():
    p = np.array([0.1] * 8 + [0.9] * 7)  # 15 rows: every row a bin of its own
    y = np.array([0.0] * 8 + [1.0] * 7)
    assert ece(y, p) == pytest.approx(0.1)
    assert ece(y, p, bins=1) == pytest.approx(abs(p.mean() - y.mean()))


def test_there_are_15_bins():
    p = np.arange(150) / 150
    y = np.tile([0.0] * 10 + [1.0] * 10, 8)[
        :150
    ]  # every second tenth of rows churned: right on average, wrong in each bin
    expected = np.mean([abs(p[i : i + 10].mean() - y[i]) for i in range(0, 150, 10)])
    assert Figures.of(y, p).ece == pytest.approx(expected)
    assert ece(y, p, bins=5) < 0.6 * expected


def test_lift_compares_the_top_tenth_with_all():
    y = np.array([1, 1] + [0] * 14 + [1] * 2 + [0] * 2, dtype=float)
    p = np.linspace(1, 0, 20)
    assert lift_at_10pct(y, p) == pytest.approx(1 / 0.2)
    assert lift_at_10pct(y, np.full(20, 0.3)) == pytest.approx(1)
    tied = np.where(np.arange(20) < 4, 0.8, 0.2)
    assert lift_at_10pct(y, tied) == pytest.approx(0.5 / 0.2)
    assert lift_at_10pct(y[::-1], tied[::-1]) == lift_at_10pct(y, tied)


def test_ties_count_half_in_the_auc():
    assert auc(np.array([0.0, 1.0]), np.array([0.5, 0.5])) == 0.5


def test_reliability_bins_hold_every_row_once_and_are_what_the_ece_averages():
    random = np.random.default_rng(0)
    p = random.random(1000)
    y = (random.random(1000) < p**2).astype(float)
    bins = reliability(y, p, bins=7)
    said, happened, n = (np.array(column) for column in zip(*bins, strict=True))
    assert n.sum() == 1000
    assert n.max() - n.min() <= 1
    assert (np.diff(said) > 0).all()
    assert said @ n == pytest.approx(p.sum())
    assert happened @ n == pytest.approx(y.sum())
    assert np.abs(said - happened) @ n / 1000 == pytest.approx(ece(y, p, bins=7))
    assert reliability(np.array([]), np.array([])) == []


def test_the_order_of_tied_rows_changes_no_calibration_figure():
    p = np.repeat([0.2, 0.7], [60, 120])
    y = np.tile([1.0, 0.0], 90)
    told = {
        ece(y[order], p[order])
        for order in (np.arange(180), np.argsort(y, kind="stable"), np.argsort(-y, kind="stable"))
    }
    assert len(told) == 1
    assert told.pop() == pytest.approx(0.3 / 3 + 0.2 * 2 / 3)  # half of them churned
