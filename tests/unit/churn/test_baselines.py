from dataclasses import replace

import numpy as np
import pytest

from fancare.churn.baselines import BASELINES, fit_baseline
from fancare.churn.calibration import ChainCalibration, platt
from fancare.churn.hazard import logit
from fancare.churn.metrics import auc
from fancare.churn.threads import limited
from tests.drawn_panel import SMALL_MODEL, drawn_panel, drawn_timeline


@pytest.fixture(autouse=True)
def one_thread():
    with limited(1):
        yield


@pytest.fixture(scope="module")
def drawn():
    line = drawn_timeline(16)
    return drawn_panel(n_entities=60, weeks=16), line.split_at(line.data_through, 2), SMALL_MODEL


@pytest.mark.parametrize("name", BASELINES)
def test_every_baseline_finds_a_plain_signal_and_gives_probabilities(drawn, name):
    panel, split, spec = drawn
    later = drawn_panel(n_entities=200, weeks=8, seed=9)
    risks = fit_baseline(name, panel, split, spec).risks_of(later, np.arange(len(later)))
    assert ((risks > 0) & (risks < 1)).all()
    known = ~np.isnan(later.churned[:, 1])
    assert auc(later.churned[known, 1], risks[known, 1]) > 0.6


def test_the_recency_rule_ranks_by_recency_alone(drawn):
    panel, split, spec = drawn
    rule = fit_baseline("recency", panel, split, spec)
    index = np.arange(200)
    risks = rule.risks_of(panel, index)
    order = np.argsort(panel.X[index, 0], kind="stable")
    assert (np.diff(risks[order], axis=0) >= 0).all()
    noise = replace(panel, X=np.column_stack([panel.X[:, 0], np.full((len(panel), 3), 5.0, np.float32)]))
    assert (rule.risks_of(noise, index) == risks).all()


@pytest.mark.parametrize("name", BASELINES)
def test_a_horizon_with_one_outcome_gets_its_base_rate(drawn, name):
    panel, split, spec = drawn
    churned = np.where(np.isnan(panel.churned), np.nan, 1).astype(np.float32)
    risks = fit_baseline(name, replace(panel, churned=churned), split, spec).risks_of(panel, np.arange(5))
    assert (risks > 0.99).all()
    assert (risks < 1).all()


def test_one_row_of_the_other_outcome_among_many_does_not_stop_the_trees():
    """With more than 10,000 rows they stop early on a stratified tenth, which needs two of each outcome."""
    panel = drawn_panel(n_entities=1_000, weeks=16, extra=1)
    line = drawn_timeline(16)
    churned = np.where(np.isnan(panel.churned), np.nan, 1).astype(np.float32)
    churned[0, :] = 0
    split = line.split_at(line.data_through, 2)
    for few in (0.0, 1.0):
        turned = replace(panel, churned=np.where(np.isnan(churned), np.nan, np.abs(churned - few)).astype(np.float32))
        rule = fit_baseline("hist_gradient_boosting", turned, split, SMALL_MODEL)
        assert rule.classifiers[0].n_iter_ == 100
        assert np.isfinite(rule.risks_of(turned, np.arange(5))).all()


@pytest.mark.parametrize("name", BASELINES)
def test_nothing_after_the_origin_is_read(drawn, name):
    panel, _, spec = drawn
    line = drawn_timeline(16)
    origin = line.weekly_as_ofs()[-5]
    split = line.split_at(origin, 2)
    later = panel.as_of > np.datetime64(origin)
    X = panel.X.copy()
    X[later] = 1e6
    a = fit_baseline(name, panel, split, spec)
    b = fit_baseline(name, replace(panel, X=X), split, spec)
    assert (a.risks_of(panel, np.arange(50)) == b.risks_of(panel, np.arange(50))).all()


@pytest.mark.parametrize("name", BASELINES)
def test_a_feature_that_no_row_defines_is_left_out(drawn, name):
    panel, split, spec = drawn
    X = panel.X.copy()
    X[:, 1] = np.nan  # such as the spread of gaps where nobody has two
    X[panel.as_of <= np.datetime64(split.cut), 2] = np.nan  # or one that only becomes known later
    risks = fit_baseline(name, replace(panel, X=X), split, spec).risks_of(panel, np.arange(50))
    assert np.isfinite(risks).all()


@pytest.mark.parametrize("name", BASELINES)
def test_every_horizon_is_calibrated_on_all_rows_of_its_slice(drawn, name):
    """By hand; unlike a chain's link, each horizon is a model of its own and everyone in its slice counts."""
    panel, split, spec = drawn
    baseline = fit_baseline(name, panel, split, spec)
    raw = replace(baseline, calibration=ChainCalibration((1.0,) * 3, (0.0,) * 3))
    for k, h in enumerate(panel.horizons):
        rows = np.flatnonzero(np.isin(panel.as_of, np.array(split.calibration[h], dtype="datetime64[D]")))
        by_hand = platt(logit(raw.risks_of(panel, rows)[:, k]), panel.churned[rows, k])
        assert (baseline.calibration.slopes[k], baseline.calibration.shifts[k]) == pytest.approx(by_hand, abs=1e-5)
