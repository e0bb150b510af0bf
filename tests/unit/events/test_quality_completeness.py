"""Too few events in a day: the arithmetic, on logs whose truth is known."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fancare.events.completeness import fresh_days, odd_days, usual_for

FIRST = date(2026, 1, 5)


def log(counts) -> dict[date, int]:
    return {FIRST + timedelta(i): int(n) for i, n in enumerate(counts)}


def day(i: int) -> date:
    return FIRST + timedelta(i)


def alarms(counts) -> list[str]:
    return [odd.kind for odd in odd_days(log(counts), log(counts)) if odd.kind in ("zero", "low")]


@pytest.mark.parametrize("rate", [0.3, 1, 2, 4, 7, 15, 50, 700])
def test_chance_alone_hardly_ever_raises_an_alarm(rate):
    counts = np.random.default_rng(int(rate * 10)).poisson(rate, 1500)
    assert len(alarms(counts)) <= 0.01 * 1500


@pytest.mark.parametrize("swing", [0.2, 0.4, 0.8])
def test_a_jumpy_log_hardly_ever_raises_an_alarm(swing):
    rng = np.random.default_rng(int(swing * 10))
    weekday = np.exp(0.3 * np.sin(np.arange(1500)))
    counts = rng.poisson(120 * weekday * np.exp(rng.normal(0, swing, 1500)))
    assert len(alarms(counts)) <= 0.01 * 1500


@pytest.mark.parametrize("rate", [60, 700, 20_000])
def test_a_steady_log_that_loses_most_of_a_day_always_raises_one(rate):
    rng = np.random.default_rng(rate)
    for _ in range(20):
        counts = rng.poisson(rate, 70)
        counts[-1] *= 0.3
        assert alarms(counts)[-1:] == ["low"]


def test_a_log_that_shrank_for_good_is_an_alarm_for_a_week_at_most():
    counts = [700] * 60 + [320] * 100
    low = [odd.day for odd in odd_days(log(counts), log(counts)) if odd.kind == "low"]
    assert low[0] == day(60)
    assert low[-1] < day(67)


@settings(max_examples=30)
@given(st.lists(st.integers(0, 60), min_size=60, max_size=90), st.lists(st.integers(0, 900), min_size=1, max_size=30))
def test_no_later_day_changes_what_is_said_of_a_day(counts, later):
    before, after = log(counts), log(counts + later)
    assert odd_days(before, before) == odd_days(after, before)


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=80))
def test_the_bound_is_never_above_half_the_median(counts):
    usual = usual_for(log(counts), day(len(counts)), FIRST)
    assert 0 <= usual.low_bound <= usual.median / 2


def test_an_explained_day_is_neither_judged_nor_part_of_what_is_usual():
    counts = log([100] * 70)
    for i in (55, 62):
        counts[day(i)] = 0
    explained = [day(55), day(62)]
    assert odd_days(counts, counts, explained) == []
    usual = usual_for(counts, day(69), FIRST, explained)
    assert (usual.median, usual.weeks, usual.gaps_before) == (100, 6, 0)


# a log of 40 days; days 20 to 22 are empty
GAP = log([0 if 20 <= i <= 22 else 50 for i in range(40)])


@pytest.mark.parametrize(
    ("new", "red_before", "fresh"),
    [
        pytest.param(range(40), (), range(33, 40), id="first load: the last week"),
        pytest.param((), (), range(33, 40), id="nothing new: the last week"),
        pytest.param((38, 39), (), range(33, 40), id="a daily load: the last week"),
        pytest.param(range(23, 40), (), range(20, 40), id="a gap and all after it: from the first empty day"),
        pytest.param((5, 39), (), range(33, 40), id="an old day reopened is not fresh"),
        pytest.param((39,), (21,), (21, *range(33, 40)), id="what was red is judged again"),
    ],
)
def test_fresh_days(new, red_before, fresh):
    found = fresh_days(GAP, [day(i) for i in new], day(39), [day(i) for i in red_before])
    assert found == tuple(day(i) for i in fresh)


def test_days_after_the_last_event_are_fresh_when_they_are_said_to_be_whole():
    assert fresh_days(log([50] * 10), [day(9)], day(12))[-3:] == (day(10), day(11), day(12))
