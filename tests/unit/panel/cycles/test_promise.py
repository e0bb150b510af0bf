"""The promise on drawn days: which silences are called when, who came back, and what no call may know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from fancare.config import CyclesConfig
from fancare.errors import NotEnoughHistory
from fancare.panel.cycles import promise as promises
from fancare.panel.cycles.active_days import ActiveDays
from fancare.panel.cycles.pooled_gaps import fit_pooled_gaps
from fancare.panel.cycles.promise import Promise, split_day
from tests.drawn_log import config
from tests.drawn_rhythms import FIRST_DAY, active_days, draw_rhythms

BEFORE = 40  # days are counted from so many after the log may begin
LAST = 199  # as_of: the split is day 59, calls are made on days 60 to 143


def promise(*histories: list[int], **cycles: object) -> Promise:
    """What comes of drawn histories, and of somebody who was there on the log's first day only; horizons of 7 and 28 days."""
    histories = ([-BEFORE], *histories)
    settings = replace(config(horizons=(7, 28)), cycles=CyclesConfig(**cycles))  # type: ignore[arg-type]
    learnt = fit_pooled_gaps(draw_rhythms(0, n=40, log_days=60).days)
    return promises.measure_with(learnt, until(59, histories), until(LAST, histories), settings)


def until(last: int, histories: Sequence[list[int]]) -> ActiveDays:
    """The histories as if nothing after day ``last`` had happened."""
    seen = [kept for history in histories if (kept := [day for day in history if day <= last])]
    days = [day + BEFORE for kept in seen for day in kept]
    return active_days(days, np.cumsum([0, *map(len, seen)]).tolist(), last + BEFORE)


def calls(told: Promise) -> dict[int | None, int]:
    return {row.silence_days: row.n_calls for row in told.everybody}


def test_calls_are_made_after_the_split_and_each_can_be_followed_to_the_end():
    told = promise([52], [53], [136], [137])  # the 7th day of silence: days 59, 60, 143, 144
    assert (told.first_call, told.last_call) == (
        FIRST_DAY + timedelta(BEFORE + 60),
        FIRST_DAY + timedelta(BEFORE + 143),
    )
    assert calls(told)[7] == 2
    assert calls(told)[28] == 2  # days 80 and 81, 164 and 165


def test_a_silence_that_ends_on_the_day_after_is_called_and_one_that_ends_on_the_day_is_not():
    assert calls(promise([70, 77, *range(78, 200)]))[7] == 0
    assert calls(promise([70, 78, *range(79, 200)]))[7] == 1


def test_who_comes_back_is_counted_from_the_call():
    daily_until, back = list(range(60, 81)), list(range(117, 200))
    told = promise([*daily_until, 115, *back], [*daily_until, 116, *back], list(range(60, 81)))  # called on day 87
    (row,) = (row for row in told.everybody if row.silence_days == 7)
    assert row.n_calls == 3
    assert row.back[0].estimate == pytest.approx(1 / 3)  # day 115 is the 28th after the call, 116 the 29th
    assert row.back[1].estimate == pytest.approx(2 / 3)
    assert told.n_leavers == 1


def test_who_comes_daily_is_called_at_the_floor_and_who_comes_fortnightly_at_the_ceiling():
    daily, fortnightly = list(range(90)), list(range(0, 90, 14))
    told = promise(daily, fortnightly, floor_days=5, ceiling_days=10)
    waited = {row.silence_days: row.leavers_median_days for row in told.everybody}
    assert waited == {7: 7, 28: 28, None: (5 + 10) / 2}
    assert calls(told)[None] == 4  # the fortnightly one twice before
    assert [row.leavers_caught for row in told.everybody] == [1, 1, 1]


def test_what_is_promised_rests_on_what_was_known_on_the_split_day():
    """Called on day 17: one back on day 30, one silent until day 59 and back on day 62, one lost."""
    told = promise([10, 30], [10, 62], [10], list(range(100, 200)), ceiling_days=50)
    (row,) = (row for row in told.everybody if row.silence_days == 7)
    month, two_months = row.promised
    assert month.estimate == pytest.approx(1 / 4)
    assert not two_months.is_known  # no call is followed for longer than from day 10 to day 59
    assert month.n == 4  # the one who came back is called again on day 37
    assert row.back[0].n == row.n_calls == 1  # on day 69


def test_regulars_are_those_with_four_gaps_before_the_silence():
    told = promise([60, 62, 64, 66], [60, 62, 64, 66, 68])
    assert [row.n_calls for row in told.everybody if row.silence_days == 7] == [2]
    assert [row.n_calls for row in told.regulars if row.silence_days == 7] == [1]
    assert (told.n_leavers, told.n_regular_leavers) == (2, 1)


def test_nothing_after_a_call_changes_whether_it_is_made():
    """Two futures, the same calls."""
    before = [[*range(0, 90, step)] for step in (1, 2, 5, 9)]
    gone = promise(*before)
    back = promise(*([*days, *range(120, 200)] for days in before))
    assert calls(gone) == calls(back)
    assert gone.everybody[0].back[1].estimate < back.everybody[0].back[1].estimate == 1


def test_the_usual_gap_holds_its_share_of_later_gaps():
    drawn, before = draw_rhythms(5, n=200, log_days=LAST + 1), draw_rhythms(6, n=200, log_days=60)
    told = promises.measure_with(fit_pooled_gaps(before.days), before.days, drawn.days, config())
    assert told.quantile_held.low <= 0.965
    assert 0.93 <= told.quantile_held.estimate <= 0.985


def test_too_short_a_log_says_which_day_will_do():
    first = date(2026, 1, 1)
    with pytest.raises(NotEnoughHistory) as stop:
        split_day(first, first + timedelta(166))
    assert str(stop.value) == (
        "Activity is known from 2026-01-01 to 2026-06-16; a return rate out of time needs 84 days to learn from, 28 of calls "
        "and 56 to see who comes back, so data through 2026-06-17: bring more history, or wait until then."
    )
    assert (split_day(first, first + timedelta(167)) - first).days == 83


def test_nothing_is_promised_while_only_the_quick_could_have_been_called():
    told = promise([0, 8, *range(20, 60)], ceiling_days=84)
    assert [row.promised[0].n for row in told.everybody] == [0, 0, 0]


def stationary(days_of_log: int, seed: int = 3) -> Promise:
    """150 creators of two paces who never leave: what is promised on the split day is what comes."""
    random = np.random.default_rng(seed)
    days = [np.flatnonzero(random.random(days_of_log) < random.choice([0.03, 0.08])) - BEFORE for _ in range(150)]
    histories = [[-BEFORE], *([int(day) for day in one] for one in days)]
    first = date(2026, 1, 1)
    split = (split_day(first, first + timedelta(days_of_log - 1)) - first).days - BEFORE
    known_then, known = until(split, histories), until(days_of_log - 1 - BEFORE, histories)
    learnt = fit_pooled_gaps(draw_rhythms(0, n=40, log_days=60).days)
    return promises.measure_with(learnt, known_then, known, config(horizons=(7, 14)))


@pytest.mark.parametrize(
    ("days_of_log", "said"),
    [(230, [False, False]), (258, [False, False]), (259, [True, False]), (286, [True, False]), (287, [True, True])],
)
def test_what_nobody_was_followed_for_is_not_promised_and_what_is_promised_comes(days_of_log, said):
    """Calls before the split begin on day 84: those of a week have to be followed for 28 and for 56 days."""
    rows = [row for row in stationary(days_of_log).everybody if row.silence_days]
    for row in rows:
        assert [share.is_known for share in row.promised] == said
        assert all(share.is_known for share in row.back)
        for promised, back in zip(row.promised, row.back, strict=True):
            assert not promised.is_known or (promised.low <= back.high and back.low <= promised.high)
    assert all(row.promised[0].n > 20 for row in rows)  # there were calls enough; it is the days that are missing


@pytest.mark.parametrize(
    ("days_of_log", "learnt", "called"), [(168, 84, 28), (180, 84, 40), (224, 84, 84), (300, 160, 84)]
)
def test_more_history_gives_more_days_of_calls_and_then_more_to_learn_from(days_of_log, learnt, called):
    first = date(2026, 1, 1)
    as_of = first + timedelta(days_of_log - 1)
    split = split_day(first, as_of)
    assert (split - first).days + 1 == learnt
    assert (as_of - timedelta(56) - split).days == called
