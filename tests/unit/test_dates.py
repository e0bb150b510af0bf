"""The rules of time as laws: they hold for every log, horizon and day, not for drawn ones only."""

from __future__ import annotations

import itertools
import re
from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fancare.dates import Fold, OriginSplit, TimeLine
from fancare.errors import NotEnoughHistory

FIRST = date(2026, 1, 1)
HORIZONS = st.lists(st.integers(1, 40), min_size=1, max_size=4, unique=True).map(lambda days: tuple(sorted(days)))
WEEKS = st.integers(1, 5)


@st.composite
def timelines(draw: st.DrawFn, most_days: int = 500) -> TimeLine:
    days, late, warm_up = draw(st.integers(0, most_days)), draw(st.integers(0, 10)), draw(st.integers(1, 90))
    return TimeLine(FIRST, FIRST + timedelta(days), late, draw(HORIZONS), warm_up)


def line(days: int, horizons: tuple[int, ...] = (7, 14, 28), late_days: int = 0, warm_up_days: int = 28) -> TimeLine:
    return TimeLine(FIRST, FIRST + timedelta(days), late_days, horizons, warm_up_days)


# --- maturity and the grid


@given(timelines(), st.integers(0, 500), st.integers(1, 40))
def test_a_label_is_mature_exactly_when_its_last_day_is_complete(timeline, back, horizon):
    as_of = timeline.data_through - timedelta(back)
    assert timeline.is_mature(as_of, horizon) == (back >= horizon)


@given(timelines(), st.integers(0, 100), st.integers(1, 40))
def test_a_usable_label_has_ripened_and_its_late_events_have_arrived(timeline, back, horizon):
    origin = timeline.data_through
    as_of = origin - timedelta(back)
    if timeline.is_usable(as_of, horizon, origin):
        assert timeline.is_mature(as_of, horizon)
        assert (origin - as_of).days - horizon >= timeline.late_days
    else:
        assert back < horizon + timeline.late_days


@given(timelines())
def test_weekly_as_ofs_end_today_begin_after_the_warm_up_and_leave_no_week_out(timeline):
    grid = timeline.weekly_as_ofs()
    earliest = timeline.first_day + timedelta(timeline.warm_up_days - 1)
    assume(earliest <= timeline.data_through)
    assert grid[-1] == timeline.data_through
    assert {(b - a).days for a, b in itertools.pairwise(grid)} <= {7}
    assert timedelta(0) <= grid[0] - earliest < timedelta(7)


@given(timelines(), st.integers(0, 500))
def test_an_earlier_look_at_the_grid_is_a_part_of_it(timeline, back):
    through = timeline.data_through - timedelta(back)
    assert timeline.weekly_as_ofs(through) == tuple(day for day in timeline.weekly_as_ofs() if day <= through)


# --- one origin


def assert_lawful(timeline: TimeLine, split: OriginSplit, calibration_weeks: int, min_training_weeks: int) -> None:
    longest = max(timeline.horizons)
    for h in timeline.horizons:
        assert all(timeline.is_usable(day, h, split.origin) for day in split.calibration[h])
        assert all(timeline.is_usable(day, h, split.origin) for day in split.training[h])
        assert len(split.calibration[h]) == calibration_weeks
        assert all(day + timedelta(h) <= split.cut <= split.calibration[h][0] for day in split.training[h])
        newer = {day for day in timeline.weekly_as_ofs(split.origin) if day > split.calibration[h][-1]}
        assert not any(timeline.is_usable(day, h, split.origin) for day in newer)  # the newest ripe ones calibrate
    for shorter, longer in zip(timeline.horizons, timeline.horizons[1:], strict=False):
        assert split.calibration[shorter] >= split.calibration[longer]
        assert set(split.training[shorter]) >= set(split.training[longer])
    assert len(split.training[longest]) >= min_training_weeks
    assert not set(split.training_as_ofs) & set(split.calibration_as_ofs)
    assert max(split.training_as_ofs) < split.cut == min(split.calibration_as_ofs)


@given(timelines(), WEEKS, WEEKS, st.integers(0, 200))
def test_nothing_trains_or_calibrates_that_was_not_ripe_at_the_origin(timeline, calibration_weeks, training_weeks, back):
    try:
        split = timeline.split_at(timeline.data_through - timedelta(back), calibration_weeks, training_weeks)
    except NotEnoughHistory:
        return
    assert_lawful(timeline, split, calibration_weeks, training_weeks)


# --- rolling origins


@given(timelines(), st.integers(1, 5), WEEKS, WEEKS, WEEKS)
def test_folds_never_overlap_and_test_what_follows(timeline, count, test_weeks, calibration_weeks, training_weeks):
    try:
        folds = timeline.folds(count, test_weeks, calibration_weeks, training_weeks)
    except NotEnoughHistory:
        return
    assert 1 <= len(folds) <= count
    for fold in folds:
        assert_lawful(timeline, fold.split, calibration_weeks, training_weeks)
        assert fold.test_as_ofs[0] == fold.split.origin
        assert len(fold.test_as_ofs) == test_weeks
        assert all(timeline.is_mature(day, h) for day in fold.test_as_ofs for h in timeline.horizons)
        assert not set(fold.test_as_ofs) & {*fold.split.training_as_ofs, *fold.split.calibration_as_ofs}
    for earlier, later in itertools.pairwise(folds):
        assert earlier.test_as_ofs[-1] + timedelta(7) == later.test_as_ofs[0]
    untested = [day for day in timeline.weekly_as_ofs() if day > folds[-1].test_as_ofs[-1]]
    assert not any(timeline.is_mature(day, max(timeline.horizons)) for day in untested)  # the newest mature ones are tested


@given(timelines(most_days=900), st.integers(1, 4), WEEKS, WEEKS)
def test_more_folds_only_add_older_ones(timeline, count, test_weeks, calibration_weeks):
    def folds(n: int) -> tuple[Fold, ...]:
        try:
            return timeline.folds(n, test_weeks, calibration_weeks)
        except NotEnoughHistory:
            return ()

    few, many = folds(count), folds(count + 1)
    assert many[len(many) - len(few) :] == few


# --- what to wait for


def named_day(error: NotEnoughHistory, before: str) -> date:
    return date.fromisoformat(re.search(rf"{before} ([\d-]+)", str(error))[1])  # type: ignore[index]


@given(HORIZONS, st.integers(0, 10), st.integers(1, 90), WEEKS, WEEKS)
def test_the_day_named_for_a_model_will_do_and_none_before(horizons, late, warm_up, calibration_weeks, training_weeks):
    short = line(0, horizons, late, warm_up)
    with pytest.raises(NotEnoughHistory) as stop:
        short.split_at(short.data_through, calibration_weeks, training_weeks)
    needed = named_day(stop.value, "ripe from")
    assert needed == short.earliest_origin(calibration_weeks, training_weeks)
    for day, will_do in ((needed, True), (needed - timedelta(1), False), (needed + timedelta(1), True)):
        then = line((day - FIRST).days, horizons, late, warm_up)
        if will_do:
            then.split_at(day, calibration_weeks, training_weeks)
        else:
            with pytest.raises(NotEnoughHistory):
                then.split_at(day, calibration_weeks, training_weeks)


@given(HORIZONS, st.integers(0, 10), st.integers(1, 90), WEEKS, WEEKS, WEEKS, st.integers(1, 3))
def test_the_day_named_for_a_fold_will_do_and_none_before(horizons, late, warm_up, test, calibration, training, count):
    with pytest.raises(NotEnoughHistory) as stop:
        line(0, horizons, late, warm_up).folds(count, test, calibration, training)
    needed = named_day(stop.value, "needs data through")
    assert len(line((needed - FIRST).days, horizons, late, warm_up).folds(count, test, calibration, training)) == 1
    with pytest.raises(NotEnoughHistory):
        line((needed - FIRST).days - 1, horizons, late, warm_up).folds(count, test, calibration, training)


def test_the_sentences_say_what_was_given_what_is_needed_and_what_to_do():
    short = line(60)
    with pytest.raises(NotEnoughHistory) as stop:
        short.split_at(short.data_through, calibration_weeks=3)
    assert str(stop.value) == (
        "The log starts on 2026-01-01 and the model was asked for as of 2026-03-02; labels over 28 days with 3 weeks of "
        "calibration are ripe from 2026-04-08 on: bring more history, wait until then, or set shorter horizons in [churn]."
    )
    with pytest.raises(NotEnoughHistory) as stop:
        short.folds(count=3, test_weeks=4, calibration_weeks=3)
    assert str(stop.value) == (
        "The log covers 2026-01-01 to 2026-03-02; one backtest fold needs data through 2026-06-17: bring more history, wait "
        "until then, or set shorter horizons in [churn]."
    )
