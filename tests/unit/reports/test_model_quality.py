"""A backtest's JSON becomes records; what it lacks becomes None, never an error on somebody's page."""

from __future__ import annotations

import json
import math

import pytest

from fancare.reports.charts import ReliabilityBin
from fancare.reports.model_quality import Interval, read
from tests import drawn_model
from tests.report_tables import backtest


def test_a_whole_backtest():
    found = read(backtest())
    assert (found.folds, found.first_origin, found.last_origin) == (3, "2026-03-31", "2026-05-26")
    assert [at.horizon for at in found.horizons] == [7, 14, 28]
    assert found.over_recency == Interval(0.061, 0.044, 0.078)
    assert found.order_violations == 0
    assert found.verdict == "good"
    at = found.at(14)
    assert (at.n, at.churn_rate) == (12345, 0.19)
    assert [figures.model for figures in at.models] == ["tabnet", "hist_gradient_boosting", "logistic_regression", "recency"]
    assert at.model.auc == Interval(pytest.approx(0.856), pytest.approx(0.835), pytest.approx(0.875))
    assert at.model.lift_at_10pct == 3.4
    assert at.reliability[0] == ReliabilityBin(0.5 / 12, 0.5 / 12 * 1.08, 823)
    assert found.at(7).reliability == ()


def test_horizons_in_the_order_of_days_not_of_text():
    one = backtest()["horizons"]["7"]
    assert [at.horizon for at in read({"horizons": {"28": one, "7": one, "120": one}}).horizons] == [7, 28, 120]


def test_a_horizon_that_is_missing_is_answered_by_the_longest():
    assert read(backtest()).at(21).horizon == 28
    assert read({}).at(14) is None


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, "good"),
        ({"cannot_say": "not above recency"}, "cannot_say"),
        ({"alarm": "too good"}, "alarm"),
        ({"alarm": "too good", "cannot_say": "not above recency"}, "alarm"),
        ({"horizons": {}}, "cannot_say"),
        ({"horizons": None}, "cannot_say"),
    ],
)
def test_verdicts(changes, verdict):
    assert read(backtest(**changes)).verdict == verdict


@pytest.mark.parametrize("value", [None, math.nan, math.inf, "0.8", [0.8]])
def test_what_is_no_figure_is_none(value):
    figures = backtest()["horizons"]["14"]["tabnet"] | {"auc": value, "auc_low": value, "ece": value, "lift_at_10pct": value}
    model = read(backtest(horizons={"14": {"tabnet": figures}})).at(14).model
    assert (model.auc.estimate, model.auc.low, model.ece, model.lift_at_10pct) == (None, None, None, None)
    assert model.average_precision is not None


def test_other_models_follow_and_a_backtest_without_ours_has_no_own_figures():
    figures = backtest()["horizons"]["14"]["recency"]
    at = read(backtest(horizons={"14": {"zebra": figures, "recency": figures, "ant": figures}})).at(14)
    assert [one.model for one in at.models] == ["recency", "ant", "zebra"]
    assert at.model is None


def test_an_empty_backtest_says_nothing():
    found = read({})
    assert (found.folds, found.first_origin, found.horizons, found.verdict) == (0, None, (), "cannot_say")
    assert found.over_recency == Interval(None, None, None)


def test_what_the_registry_keeps_can_be_read():
    """The backtest as it comes out of a bundle's manifest, through JSON."""
    kept = json.loads(json.dumps(drawn_model.drawn_backtest(tabnet=0.8, recency=0.7)))
    found = read(kept)
    assert found.over_recency.estimate == pytest.approx(0.1)
    assert found.at(14).model.ece == 0.02
    assert found.verdict == "good"


def test_what_a_list_is_worth_and_for_whom():
    listed = {"precision": {"estimate": 0.6, "low": 0.5, "high": 0.7}, "lift": {"estimate": 2.5, "low": 2, "high": 3}}
    cohort = {"n": 90, "churn_rate": 0.4, "auc": 0.7, "auc_low": None, "auc_high": None,
              "auc_minus_hist_gradient_boosting": {"estimate": 0.01, "low": -0.1, "high": 0.1}}  # fmt: skip
    found = read(
        backtest()
        | {
            "at_capacity": {"capacity": 20, "n_days": 12, "horizons": {"14": {"tabnet": listed}}},
            "cohorts": {"new": {"horizons": {"14": cohort}}, "top": {"horizons": {"14": cohort | {"n": 0}}}, "small": {}},
        }
    )
    assert found.capacity == 20
    at = found.at(14)
    assert (at.precision, at.precision_lift) == (Interval(0.6, 0.5, 0.7), 2.5)
    (new,) = at.cohorts
    assert (new.cohort, new.n, new.auc, new.over_boosting) == ("new", 90, Interval(0.7, None, None), Interval(0.01, -0.1, 0.1))
    other = found.at(7)
    assert (other.precision, other.precision_lift, other.cohorts) == (Interval(None, None, None), None, ())
    assert read(backtest(at_capacity=None, cohorts=None)).capacity is None
