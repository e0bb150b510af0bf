"""Gaps and silences of drawn days."""

from __future__ import annotations

import numpy as np

from tests.drawn_rhythms import active_days


def test_gaps_are_from_one_active_day_to_the_next_and_the_last_is_open():
    #  c0: x..x.....x   c1: .....x....   c2: .........x
    days = active_days([0, 3, 9, 5, 9], [0, 3, 4, 5], last=9)
    assert days.length.tolist() == [3, 6, 0, 4, 0]
    assert days.is_open.tolist() == [False, False, True, True, True]
    assert days.entity.tolist() == [0, 0, 0, 1, 2]
    assert days.silence_days.tolist() == [0, 4, 0]


def test_a_silence_of_k_days_is_reached_when_k_days_without_activity_have_passed():
    days = active_days([0, 3, 9, 5, 9], [0, 3, 4, 5], last=9)
    assert days.reached(0).all()
    assert days.reached(2).tolist() == [True, True, False, True, False]
    assert days.reached(3).tolist() == [False, True, False, True, False]  # a gap of 3 days holds two silent ones
    assert days.reached(4).tolist() == [False, True, False, True, False]
    assert days.reached(5).tolist() == [False, True, False, False, False]


def test_creators_are_their_own_clusters():
    days = active_days([0, 3, 9, 5, 9], [0, 3, 4, 5], last=9)
    (codes,) = days.clusters()
    assert np.array_equal(codes, days.entity)
