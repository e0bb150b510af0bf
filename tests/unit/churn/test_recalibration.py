"""The calibration of the day: only ripe labels speak, the newest ones, and on the origin nothing is new."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from fancare.churn.baselines import fit_baseline
from fancare.churn.model import fit_at_origin
from fancare.churn.recalibration import DailyCalibration
from tests.drawn_panel import HORIZONS, SMALL_MODEL, drawn_panel, drawn_timeline

LINE = drawn_timeline(22)
WEEKS = 2
ORIGIN = LINE.weekly_as_ofs()[-6]
SPLIT = LINE.split_at(ORIGIN, WEEKS)


@pytest.fixture(scope="module")
def panel():
    return drawn_panel(n_entities=80, weeks=22)


@pytest.fixture(scope="module", params=["tabnet", "recency"])
def model(request, panel):
    if request.param == "tabnet":
        return fit_at_origin(panel, SPLIT, SMALL_MODEL)
    return fit_baseline(request.param, panel, SPLIT, SMALL_MODEL)


def on_day(panel, day):
    return np.flatnonzero(panel.as_of == np.datetime64(day))


def test_on_the_origin_it_is_what_the_model_was_made_with(panel, model):
    index = on_day(panel, ORIGIN)
    as_scored = DailyCalibration(model, panel, LINE, WEEKS).risks_of(panel, index)
    assert as_scored == pytest.approx(model.risks_of(panel, index), abs=1e-5)


@pytest.mark.parametrize("weeks_later", [0, 1, 3, 5])
def test_no_label_speaks_before_it_is_ripe(panel, model, weeks_later):
    day = ORIGIN + timedelta(7 * weeks_later)
    churned = panel.churned.copy()
    for k, h in enumerate(HORIZONS):
        unripe = panel.as_of + np.timedelta64(h, "D") > np.datetime64(day)
        churned[unripe, k] = 1 - churned[unripe, k]
    index = on_day(panel, day)
    told, turned = (
        DailyCalibration(model, labelled, LINE, WEEKS).risks_of(panel, index)
        for labelled in (panel, replace(panel, churned=churned))
    )
    assert (told == turned).all()


def test_a_world_that_sank_is_heard_horizon_by_horizon_as_its_labels_ripen(panel):
    model = fit_at_origin(panel, SPLIT, SMALL_MODEL)
    sank = panel.as_of >= np.datetime64(ORIGIN)
    churned = np.where(sank[:, None] & ~np.isnan(panel.churned), 1, panel.churned).astype(np.float32)
    before, after = (
        [
            DailyCalibration(model, labelled, LINE, WEEKS).on(ORIGIN + timedelta(7 * week)).links(panel.X).mean(axis=0)
            for week in range(6)
        ]
        for labelled in (panel, replace(panel, churned=churned))
    )
    first_heard = [
        next(week for week in range(6) if after[week][k] > before[week][k] + 0.01) for k in range(len(HORIZONS))
    ]
    assert first_heard == [1, 2, 4]


def test_order_is_kept_on_every_day(panel):
    model = fit_at_origin(panel, SPLIT, SMALL_MODEL)
    risks = DailyCalibration(model, panel, LINE, WEEKS).risks_of(panel, np.arange(len(panel)))
    assert ((risks > 0) & (risks < 1)).all()
    assert (np.diff(risks, axis=1) <= 0).all()


def test_other_weekdays_take_the_labels_that_are_ripe_on_them(panel):
    model = fit_at_origin(panel, SPLIT, SMALL_MODEL)
    shifted = replace(panel, as_of=panel.as_of + np.timedelta64(3, "D"))
    daily = DailyCalibration(model, panel, LINE, WEEKS)
    index = on_day(panel, ORIGIN)
    assert (daily.risks_of(shifted, index) == daily.on(ORIGIN + timedelta(3)).risks_of(panel, index)).all()


def test_where_no_label_is_ripe_nothing_changes(panel):
    model = fit_at_origin(panel, SPLIT, SMALL_MODEL)
    assert DailyCalibration(model, panel, LINE, WEEKS).on(LINE.first_day) is model


def test_log_odds_are_computed_once_a_day_of_the_panel(panel):
    model = fit_at_origin(panel, SPLIT, SMALL_MODEL)
    asked = []

    class Watched:
        def logits_of(self, panel, index):
            asked.append(panel.as_of[index[0]])
            return model.logits_of(panel, index)

        def recalibrated(self, logits, recent):
            return model.recalibrated(logits, recent)

    daily = DailyCalibration(Watched(), panel, LINE, WEEKS)
    for week in range(6):
        daily.on(ORIGIN + timedelta(7 * week))
    assert len(asked) == len(set(asked)) == 10  # from five weeks before the origin to four after it


def test_with_too_few_rows_a_link_keeps_the_calibration_it_was_made_with(panel, model):
    """Not none at all: a platform that shrinks must not fall back to what the networks say by themselves."""
    few = panel.rows((panel.as_of < np.datetime64(ORIGIN)) | (panel.creator_id < "e010"))  # 20 rows in two weeks
    later = DailyCalibration(model, few, LINE, WEEKS).on(ORIGIN + timedelta(14)).calibration
    assert (
        (later.slopes[0], later.shifts[0]) == (model.calibration.slopes[0], model.calibration.shifts[0]) != (1.0, 0.0)
    )
    # the weeks that calibrate 28 days are older, and full
    assert (later.slopes[2], later.shifts[2]) != (model.calibration.slopes[2], model.calibration.shifts[2])
