"""The learning curve on drawn worlds: more data is better where there is something to learn, and every point is tested alike."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from fancare.churn import learning_curve
from fancare.churn.learning_curve import doublings, drawn, measure
from fancare.churn.model import ChurnModel, fit_at_origin
from fancare.churn.recalibration import DailyCalibration
from fancare.errors import NotEnoughHistory
from fancare.modelspec import BacktestSpec
from tests.drawn_panel import HORIZONS, SMALL, SMALL_MODEL, drawn_panel, drawn_timeline

WEEKS = 24
LINE = drawn_timeline(WEEKS)
BLINK = replace(SMALL_MODEL, backtest=BacktestSpec(folds=1, test_weeks=2, bootstrap=20))


@pytest.fixture(scope="module")
def watched():
    """A curve of a panel, with the panel's rows that each fit and each test looked at."""
    fits, tests = [], []
    panel = drawn_panel(n_entities=80, weeks=WEEKS)

    def fit(learnt, split, spec, *args, **more):
        model = fit_at_origin(learnt, split, spec, *args, **more)
        rows = learning_curve.training_rows(learnt, split, spec.train)
        fits.append((learnt.creator_id[rows.index], learnt.as_of[rows.index], rows.churned, split, spec))
        return model

    class Watching(DailyCalibration):
        def __init__(self, model, learnt, *args):
            super().__init__(model, learnt, *args)
            self.learnt = set(learnt.creator_id)

        def risks_of(self, tested, index):
            tests.append((tested is panel, index.tolist(), self.learnt))
            return super().risks_of(tested, index)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(learning_curve, "fit_at_origin", fit)
        patch.setattr(learning_curve, "DailyCalibration", Watching)
        curve = measure(panel, LINE, BLINK, repeats=2)
    return panel, curve, fits, tests


def test_every_point_is_tested_on_the_same_rows_and_all_of_them(watched):
    panel, curve, fits, tests = watched
    (fold,) = LINE.folds(1, 2, 2)
    expected = np.flatnonzero(np.isin(panel.as_of, np.array(fold.test_as_ofs, dtype="datetime64[D]"))).tolist()
    assert len(tests) == len(fits) == 2 * (len(curve.by_weeks) + len(curve.by_entities) - 1)
    assert all(is_panel and index == expected for is_panel, index, _ in tests)
    assert curve.n_test == len(expected) == 2 * 80
    assert curve.n_test_entities == 80


def test_no_training_row_is_outside_the_split_or_the_weeks_asked_for(watched):
    _, curve, fits, _ = watched
    for ids, as_of, churned, split, spec in fits:
        days = split.training_as_ofs[-spec.train.history_weeks :]
        assert set(as_of.tolist()) <= set(days)
        for k, h in enumerate(HORIZONS):
            ends = as_of[~np.isnan(churned[:, k])] + np.timedelta64(h, "D")
            assert (ends <= np.datetime64(split.cut)).all()
        assert len(ids)
    weeks = [point.weeks for point in curve.by_weeks]
    assert weeks == list(doublings(len(fits[0][3].training_as_ofs), 4))
    assert {len(set(as_of.tolist())) for _, as_of, *_ in fits} == set(weeks)


def test_fewer_entities_are_whole_ones_that_also_calibrate_and_draws_are_nested(watched):
    panel, curve, fits, tests = watched
    by_share: dict[tuple[float, int], set[str]] = {}
    for share in (1 / 8, 1 / 4, 1 / 2):
        for repeat in range(2):
            by_share[share, repeat] = set(panel.creator_id[drawn(panel, share, repeat)])
    for repeat in range(2):
        assert by_share[1 / 8, repeat] < by_share[1 / 4, repeat] < by_share[1 / 2, repeat] < set(panel.creator_id)
    assert by_share[1 / 4, 0] != by_share[1 / 4, 1]
    trained = [set(ids) for ids, *_ in fits[-6:]]
    assert trained == [by_share[share, repeat] for share in (1 / 8, 1 / 4, 1 / 2) for repeat in range(2)]
    assert [learnt for *_, learnt in tests[-6:]] == trained
    sizes = [int(np.mean([len(by_share[share, repeat]) for repeat in range(2)])) for share in (1 / 8, 1 / 4, 1 / 2)]
    assert [point.n_entities for point in curve.by_entities] == [*sizes, 80]


def test_each_repeat_has_a_seed_of_its_own(watched):
    _, _, fits, _ = watched
    assert [spec.tabnet.seeds for *_, spec in fits] == [(0,), (1,)] * (len(fits) // 2)


def test_the_figures_are_paired_and_come_as_json_without_nan(watched):
    _, curve, *_ = watched
    assert curve.by_weeks[-1].minus_all.to_dict() == {"estimate": 0.0, "low": 0.0, "high": 0.0}
    assert (curve.by_weeks[0].gain, curve.by_entities[0].gain) == (None, None)
    for points in (curve.by_weeks, curve.by_entities):
        for before, after in pairwise(points):
            assert after.gain.estimate == pytest.approx(after.auc.estimate - before.auc.estimate)
            assert after.gain.low <= after.gain.estimate <= after.gain.high
        for point in points:
            assert point.auc.estimate == pytest.approx(np.mean([a.estimate for a in point.by_horizon.values()]))
    told = json.loads(json.dumps(curve.to_json_dict(), allow_nan=False))
    assert [point["weeks"] for point in told["by_weeks"]] == [point.weeks for point in curve.by_weeks]
    assert list(told["by_weeks"][0]["auc"]) == ["7", "14", "28"]


def test_more_data_is_better_where_there_is_something_to_learn():
    """A signal beside ten columns of noise, from an eighth of 160 entities: about 20 of them."""
    panel = drawn_panel(n_entities=160, weeks=20, extra=10)
    spec = replace(BLINK, tabnet=replace(SMALL, epochs=8, min_updates=60, batch_size=128))
    curve = measure(panel, drawn_timeline(20), spec, repeats=2)
    eighth, everyone = curve.by_entities[0], curve.by_entities[-1]
    assert everyone.auc.estimate > eighth.auc.estimate + 0.02
    assert eighth.minus_all.high < 0.02
    assert np.mean(list(everyone.log_loss.values())) < np.mean(list(eighth.log_loss.values()))


def test_a_cap_on_the_rows_is_told():
    panel = drawn_panel(n_entities=40, weeks=20)
    spec = replace(BLINK, train=replace(BLINK.train, max_rows=60))
    curve = measure(panel, drawn_timeline(20), spec, repeats=1)
    assert curve.all_data.is_capped
    assert curve.all_data.n_rows == 60 < curve.all_data.n_available
    assert not curve.by_entities[0].is_capped


def test_rooms_are_drawn_by_fan():
    panel = drawn_panel(n_entities=40, weeks=20, entity="room")
    kept = drawn(panel, 1 / 2, 0)
    assert 0 < kept.sum() < len(panel)
    assert not set(panel.fan_id[kept]) & set(panel.fan_id[~kept])
    assert set(panel.creator_id[kept]) & set(panel.creator_id[~kept])


def test_several_folds_train_on_as_many_weeks_each():
    panel, spec = drawn_panel(n_entities=20, weeks=WEEKS), replace(BLINK, backtest=replace(BLINK.backtest, bootstrap=2))
    first, last = LINE.folds(2, 2, 2)
    assert len(first.split.training_as_ofs) < len(last.split.training_as_ofs)
    curve = measure(panel, LINE, spec, folds=2, repeats=1)
    assert curve.all_data.weeks == len(first.split.training_as_ofs)
    assert curve.origins == (first.split.origin, last.split.origin)
    assert curve.n_test == 4 * 20


def test_too_few_weeks_or_entities_leave_a_point_out_and_too_little_for_all_is_refused():
    panel = drawn_panel(n_entities=3, weeks=20)
    curve = measure(panel, drawn_timeline(20), BLINK, repeats=2)
    assert [point.share for point in curve.by_entities] == [1]
    assert [why.split(":")[0] for why in curve.left_out] == [f"9 weeks, 1/{n} of the entities" for n in (8, 4, 2)]
    assert "no entity was drawn" in curve.left_out[0]
    assert "training rows are of one creator" in curve.left_out[2]
    with pytest.raises(NotEnoughHistory, match="one backtest fold needs data through 2026-"):
        measure(drawn_panel(weeks=6), drawn_timeline(6), BLINK)
    early = panel.rows(panel.as_of < panel.as_of.max() - np.timedelta64(60, "D"))
    with pytest.raises(NotEnoughHistory, match="where the learning curve tests; bring a log with activity there"):
        measure(early, drawn_timeline(20), BLINK)


def test_a_model_that_says_one_thing_for_all_gains_nothing(monkeypatch):
    monkeypatch.setattr(ChurnModel, "risks_of", lambda self, panel, index: np.full((len(index), 3), 0.5))
    curve = measure(drawn_panel(n_entities=40, weeks=20), drawn_timeline(20), BLINK, repeats=1)
    assert curve.all_data.auc.estimate == 0.5
    assert all(point.minus_all.estimate == 0 for point in (*curve.by_weeks, *curve.by_entities))


@pytest.mark.parametrize(("weeks", "expected"), [(4, (4,)), (7, (7,)), (8, (4, 8)), (41, (5, 10, 20, 41))])
def test_weeks_double(weeks, expected):
    assert doublings(weeks, 4) == expected
