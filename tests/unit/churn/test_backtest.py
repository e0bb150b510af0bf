import json
from dataclasses import replace

import numpy as np
import pytest

from fancare.churn import backtest
from fancare.churn.backtest_result import MODELS, HorizonFigures
from fancare.churn.bootstrap import Interval
from fancare.churn.metrics import Figures, ece
from fancare.churn.model import ChurnModel
from fancare.errors import NotEnoughHistory
from fancare.modelspec import BacktestSpec
from tests.drawn_panel import HORIZONS, SMALL, SMALL_MODEL, drawn_panel, drawn_timeline, feature

LINE = drawn_timeline(22)
LEARNING = replace(SMALL_MODEL, tabnet=replace(SMALL, epochs=8, min_updates=80, batch_size=128))


@pytest.fixture(scope="module")
def result():
    return backtest.run(drawn_panel(n_entities=120, weeks=22), LINE, LEARNING)


def test_the_public_form_is_as_fixed_and_has_no_nan(result):
    told = json.loads(json.dumps(result.to_json_dict(), allow_nan=False))
    assert told["entity"] == "creator"
    assert list(told["horizons"]) == ["7", "14", "28"]
    for by_model in told["horizons"].values():
        assert set(by_model) == {"tabnet", "hist_gradient_boosting", "logistic_regression", "recency"}
        for figures in by_model.values():
            assert set(figures) == {
                "auc", "auc_low", "auc_high", "average_precision", "log_loss", "brier", "ece", "lift_at_10pct", "n", "churn_rate"
            }  # fmt: skip
            assert 0 <= figures["auc_low"] <= figures["auc"] <= figures["auc_high"] <= 1
            assert figures["n"] == 2 * 2 * 120
    assert told["order_violations"] == 0
    assert set(told["log_loss_minus"]) == set(told["tabnet_minus"]) == set(MODELS) - {"tabnet"}
    for name, by_horizon in told["log_loss_minus"].items():
        for h, gap in by_horizon.items():
            figures = told["horizons"][h]
            assert gap["estimate"] == pytest.approx(figures["tabnet"]["log_loss"] - figures[name]["log_loss"])
            assert gap["low"] <= gap["estimate"] <= gap["high"]
    capacity = told["at_capacity"]
    assert (capacity["capacity"], capacity["n_days"]) == (20, 4)
    assert set(capacity["horizons"]["14"]) == set(MODELS)
    assert set(capacity["precision_minus"]["14"]) == set(MODELS) - {"tabnet"}
    assert set(told["cohorts"]) == {"new", "small", "top"}
    assert told["cohorts"]["small"]["by"] is None, "the drawn panel has no active days"
    assert set(told["fit_cpu_seconds"]) == set(MODELS)
    assert len(told["folds"]) == 2


def test_every_test_row_is_on_or_after_its_origin_and_no_day_is_tested_twice(result):
    days = [day for fold in result.folds for day in fold.fold.test_as_ofs]
    assert len(days) == len(set(days))
    for fold in result.folds:
        split = fold.fold.split
        assert min(fold.fold.test_as_ofs) >= split.origin > max(split.calibration_as_ofs)
        assert split.cut > max(split.training_as_ofs)


def test_each_fold_tells_its_own_figures(result):
    for fold in result.folds:
        assert fold.n_test == 2 * 120
        for h in HORIZONS:
            assert (
                abs(fold.mean_risk[h] - fold.churn_rate[h]) <= fold.ece["tabnet"][h] + 1e-9
            )  # the mean error is part of it
    pooled = [np.mean([fold.churn_rate[h] for fold in result.folds]) for h in HORIZONS]
    assert pooled == pytest.approx([result.horizons[h]["tabnet"].figures.churn_rate for h in HORIZONS])


def test_reliability_pools_the_test_rows_of_every_horizon(result):
    for h in HORIZONS:
        said, happened, n = zip(*result.reliability[h], strict=True)
        figures = result.horizons[h]["tabnet"].figures
        assert sum(n) == figures.n
        assert np.average(happened, weights=n) == pytest.approx(figures.churn_rate)
        assert np.average(np.abs(np.subtract(said, happened)), weights=n) == pytest.approx(figures.ece)


def test_a_plain_signal_is_found_and_what_can_be_said_is_said(result):
    assert result.horizons[14]["tabnet"].figures.auc > 0.65
    assert result.mean_auc("recency") > 0.65
    assert result.minus["recency"].estimate == pytest.approx(result.mean_auc("tabnet") - result.mean_auc("recency"))
    assert result.alarm is None
    # the drawn world has no signal beyond recency, so nothing can beat the rule
    assert result.cannot_say is not None
    assert result.cannot_say.startswith("TabNet's mean AUC minus the recency rule's is")


def test_a_world_without_signal_is_near_a_half_and_says_so():
    result = backtest.run(drawn_panel(n_entities=120, weeks=22, signal=0.0), LINE, LEARNING)
    for h in HORIZONS:
        figures = result.horizons[h]["tabnet"]
        assert figures.auc.low - 0.03 < 0.5 < figures.auc.high + 0.03
    assert "not above chance" in result.cannot_say


def test_a_leak_raises_the_alarm_and_is_named():
    panel = drawn_panel(n_entities=60, weeks=22)
    leaking = replace(
        panel,
        X=np.column_stack([panel.X, np.minimum(panel.days_until_return, 60)]).astype(np.float32),
        features=(*panel.features, feature("knows_the_future")),
    )
    result = backtest.run(leaking, LINE, replace(LEARNING, backtest=BacktestSpec(folds=1, test_weeks=2, bootstrap=10)))
    assert "too good to be true above 0.95" in result.alarm
    assert "'knows_the_future' alone reaches 1.000" in result.alarm


def test_rooms_are_clustered_both_ways(monkeypatch):
    seen = []
    original = backtest.auc_draws

    def watch(outcome, risks, clusters, draws, seed, progress):
        seen.append(len(clusters))
        return original(outcome, risks, clusters, draws, seed, progress)

    monkeypatch.setattr(backtest, "auc_draws", watch)
    spec = replace(SMALL_MODEL, entity="room", backtest=BacktestSpec(folds=1, test_weeks=2, bootstrap=3))
    result = backtest.run(drawn_panel(weeks=22, entity="room"), LINE, spec)
    assert result.entity == "room"
    assert seen == [2]


def test_other_weekdays_report_their_calibration():
    panel = drawn_panel(n_entities=60, weeks=22)
    shifted = replace(panel, as_of=panel.as_of + np.timedelta64(3, "D"))
    spec = replace(SMALL_MODEL, backtest=BacktestSpec(folds=1, test_weeks=2, bootstrap=3))
    result = backtest.run(panel, LINE, spec, off_weekday=shifted)
    assert set(result.off_weekday_ece) == set(HORIZONS)
    assert all(0 <= value <= 1 for value in result.off_weekday_ece.values())
    assert backtest.run(panel, LINE, spec).to_json_dict()["off_weekday_ece"] == {}
    none = backtest.run(panel, LINE, spec, off_weekday=shifted.rows(np.arange(0)))
    assert none.off_weekday_ece == {}
    assert not any("other weekdays" in sentence for sentence in none.sentences())


def test_other_weekdays_are_judged_by_their_own_rows_within_the_test_period(monkeypatch):
    monkeypatch.setattr(ChurnModel, "risks_of", lambda self, panel, index: np.tile(panel.X[index, :1] / 100, (1, 3)))
    panel = drawn_panel(n_entities=60, weeks=22)
    X = panel.X.copy()
    X[:, 0] = 50
    shifted = replace(panel, X=X, as_of=panel.as_of + np.timedelta64(3, "D"))
    spec = replace(SMALL_MODEL, backtest=BacktestSpec(folds=1, test_weeks=2, bootstrap=2))
    first, last = LINE.folds(1, 2, 2)[0].test_as_ofs
    within = (shifted.as_of > np.datetime64(first)) & (shifted.as_of < np.datetime64(last) + np.timedelta64(7, "D"))
    assert within.sum() == 2 * 60
    found = backtest.run(panel, LINE, spec, off_weekday=shifted).off_weekday_ece
    for k, h in enumerate(HORIZONS):
        y = shifted.churned[within, k].astype(float)
        assert found[h] == pytest.approx(ece(y, np.full(len(y), 0.5)))


def test_disordered_risks_are_counted(monkeypatch):
    monkeypatch.setattr(
        ChurnModel, "risks_of", lambda self, panel, index=None: np.tile([0.3, 0.4, 0.1], (len(index), 1)), raising=True
    )
    spec = replace(SMALL_MODEL, backtest=BacktestSpec(folds=1, test_weeks=2, bootstrap=2))
    assert backtest.run(drawn_panel(weeks=22), LINE, spec).order_violations == 2 * 40


def test_one_class_in_the_test_rows_is_null_not_nan():
    panel = drawn_panel(n_entities=20, weeks=22)
    churned = panel.churned.copy()
    churned[panel.as_of >= np.datetime64(LINE.weekly_as_ofs()[-7])] = 1
    churned[np.isnan(panel.churned)] = np.nan
    spec = replace(SMALL_MODEL, backtest=BacktestSpec(folds=1, test_weeks=2, bootstrap=3))
    told = backtest.run(replace(panel, churned=churned), LINE, spec).to_json_dict()
    json.dumps(told, allow_nan=False)
    assert told["horizons"]["7"]["tabnet"]["auc"] is None
    assert told["horizons"]["7"]["tabnet"]["churn_rate"] == 1.0
    assert told["cannot_say"].startswith("All 40 test rows have the same outcome over 7 days")


def test_one_entity_in_the_test_rows_cannot_say():
    panel = drawn_panel(n_entities=40, weeks=22)
    panel = panel.rows(
        (panel.as_of < np.datetime64(LINE.folds(2, 2, 2)[0].split.origin)) | (panel.creator_id == "e001")
    )
    told = backtest.run(panel, LINE, replace(SMALL_MODEL, backtest=BacktestSpec(folds=2, test_weeks=2, bootstrap=5)))
    assert np.isnan(told.horizons[28]["tabnet"].auc.low)
    assert "cannot be said" in told.cannot_say
    assert "nan" not in " ".join(told.sentences())


def test_every_horizon_must_be_above_chance():
    """One horizon at chance is enough to say nothing: its risks would be shown beside the others."""
    figures = Figures(0.7, 0.5, 0.5, 0.2, 0.02, 2.0, 100, 0.3)
    good, bad = HorizonFigures(figures, Interval(0.7, 0.6, 0.8)), HorizonFigures(figures, Interval(0.7, 0.49, 0.8))
    ahead, level = Interval(0.1, 0.05, 0.15), Interval(0.1, -0.01, 0.15)
    assert backtest._cannot_say(ahead, {7: good, 14: good}) is None
    assert "TabNet's AUC over 14 days is 0.700 (0.490 to 0.800), which is not above chance" in backtest._cannot_say(
        ahead, {7: good, 14: bad}
    )
    assert "minus the recency rule's is +0.100 (-0.010" in backtest._cannot_say(level, {7: good, 14: good})


def test_an_origin_with_nothing_to_learn_from_is_left_out_and_a_log_of_such_is_refused():
    panel = drawn_panel(n_entities=40, weeks=22)
    first, last = LINE.folds(2, 2, 2)
    spec = replace(SMALL_MODEL, backtest=BacktestSpec(folds=2, test_weeks=2, bootstrap=3))
    young = replace(panel, churned=panel.churned.copy())
    ends = panel.as_of[:, None] + np.array(HORIZONS, dtype="timedelta64[D]")
    young.churned[ends <= np.datetime64(first.split.cut)] = 0  # nobody had left by then
    result = backtest.run(young, LINE, spec)
    assert [fold.fold for fold in result.folds] == [last]
    assert result.horizons[7]["tabnet"].figures.n == 2 * 40
    calm = replace(panel, churned=np.where(np.isnan(panel.churned), np.nan, 0).astype(np.float32))
    with pytest.raises(NotEnoughHistory, match="had the same outcome"):
        backtest.run(calm, LINE, spec)
    with pytest.raises(NotEnoughHistory, match="where the backtest tests"):
        backtest.run(panel.rows(panel.as_of < np.datetime64(first.test_as_ofs[0])), LINE, spec)


def test_a_history_too_short_for_a_fold_says_which_date_will_do():
    with pytest.raises(NotEnoughHistory, match="one backtest fold needs data through 2026-"):
        backtest.run(drawn_panel(weeks=6), drawn_timeline(6), SMALL_MODEL)


def test_rows_are_flat_records(result):
    rows = result.to_rows()
    assert [(row["horizon"], row["model"]) for row in rows] == [(h, m) for h in HORIZONS for m in MODELS]
