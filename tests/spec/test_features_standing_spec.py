"""Ranks among those at risk on the same day, and how those do on the whole: computed by hand."""

from __future__ import annotations

import pytest

from tests.drawn_features import AS_OF, ago, features, picked
from tests.drawn_log import table

ROWS = [
    *ago("a", None, {0: 1, 10: 1}),
    *ago("b", None, {3: 5}),
    *ago("c", None, {20: 1, 60: 1}),
    *ago("d", None, {3: 1}),
    *ago("d", None, {1: 9}, known=AS_OF + 1),  # arrives tomorrow
    *ago("gone", None, {40: 30}),  # not at risk on that day: no rank is measured against it
]


@pytest.fixture(scope="module")
def made():
    return features(ROWS)


def test_a_rank_is_the_share_of_the_others_that_have_less(made):
    drawn = table("""
        id recency_rank active_days_28d_rank active_days_84d_rank active_days_rank_change events_28d_rank events_84d_rank
        a  0            1                    0.6667               0.3333                  0.6667          0.3333
        b  0.3333       0                    0                    0                       1               1
        c  1            0                    0.6667               -0.6667                 0               0.3333
        d  0.3333       0                    0                    0                       0               0
    """)
    assert picked(made, drawn) == drawn


def test_against_all(made):
    """28 days: a has two active days, b, c and d one; the mean is 1.25."""
    drawn = table("""
        id active_days_28d_to_all
        a  1.6
        b  0.8
    """)
    assert picked(made, drawn) == drawn


def test_how_all_do_is_the_same_for_all(made):
    """Silent for 0, 3, 20 and 3 days. Active days: 3 in 7 days, 5 in 28, 6 in 84; so 3 by 2/3 and 5 by 1/2."""
    drawn = table("""
        id all_active_share_7d all_silence_mean_days all_active_days_trend_7d all_active_days_trend_28d
        a  0.75                6.5                   4.5                      10
        d  0.75                6.5                   4.5                      10
    """)
    assert picked(made, drawn) == drawn


def test_who_is_alone_ranks_last_and_is_the_mean():
    drawn = table("""
        id recency_rank active_days_28d_rank active_days_28d_to_all all_active_share_7d all_active_days_trend_7d
        a  0            0                    1                      1                   -
    """)
    assert picked(features(ago("a", None, {2: 1})), drawn) == drawn
