"""An entity's own rhythm: gaps between active days, and the silence against them, computed by hand."""

from __future__ import annotations

import pytest

from tests.drawn_features import AS_OF, ago, features, picked
from tests.drawn_log import table

ROWS = [
    *ago("a", None, {4: 1, 6: 1, 10: 1, 16: 1, 26: 1}),  # gaps 2, 4, 6, 10; silent for 4
    *ago("a", None, {0: 1, 8: 1}, "visit"),  # which ends no silence
    *ago("b", None, {3: 1}),
    *ago("c", None, {0: 1, 20: 1}),
    *ago("d", None, {10: 1, 83: 1, 84: 1}),  # the last is out of sight
    *ago("e", None, {1: 3, 8: 1}),
    *ago("e", None, {4: 1}, known=AS_OF + 1),  # arrives tomorrow: today the gap is 7
    *ago("e", None, {6: 1}, until=AS_OF),
    *ago("g", None, {2 + 3 * k: 1 for k in range(11)}),
    *ago("h", None, {20: 1, 22: 1}),  # silent for longer than ever
    *ago("i", None, dict.fromkeys(range(20), 1)),
]


@pytest.fixture(scope="module")
def made():
    return features(ROWS)


def test_usual_and_longest_gap(made):
    """a: mean 22/4; standard deviation √((3.5² + 1.5² + 0.5² + 4.5²) / 3)."""
    drawn = table("""
        id gap_mean_84d gap_max_84d gap_std_84d
        a  5.5          10          3.4157
        b  -            -           -
        c  20           20          -
        d  73           73          -
        e  7            7           -
        g  3            3           0
    """)
    assert picked(made, drawn) == drawn


def test_quantiles_of_gaps_are_gaps(made):
    """By nearest rank: of a's four gaps the second, the third and the fourth."""
    drawn = table("""
        id gap_median_84d gap_q75_84d gap_q90_84d silence_to_gap_median silence_to_gap_q90
        a  4              6           10          1                     0.4
        b  -              -           -           -                     -
        c  20             20          20          0                     0
        d  73             73          73          0.137                 0.137
        g  3              3           3           0.6667                0.6667
    """)
    assert picked(made, drawn) == drawn


def test_gaps_of_late(made):
    """Within 28 days lie gaps whose both ends do; a's last gap is 2 of a mean of 5.5."""
    drawn = table("""
        id gap_last_days gap_mean_28d gap_max_28d gap_last_to_mean gap_mean_trend_28d
        a  2             5.5          10          0.3636           1
        b  -             -            -           -                -
        c  20            20           20          1                1
        d  73            -            -           1                -
        g  3             3            3           1                1
    """)
    assert picked(made, drawn) == drawn


def test_how_gaps_differ_and_how_many_are_long(made):
    """a: 3.4157 / 5.5, and (4 − 5.5) / 3.4157."""
    drawn = table("""
        id gap_cv_84d silence_zscore gaps_longer_3d gaps_longer_7d gaps_longer_14d
        a  0.621      -0.4392        0.75           0.25           0
        b  -          -              -              -              -
        c  -          -              1              1              1
        e  -          -              1              0              0
        g  0          -              0              0              0
    """)
    assert picked(made, drawn) == drawn


def test_silence_by_the_usual_gap(made):
    """a: 4 / 5.5 and 4 / 10; d: 10 / 73; e: 1 / 7; g: 2 / 3."""
    drawn = table("""
        id silence_to_gap_mean silence_to_gap_max
        a  0.7273              0.4
        b  -                   -
        c  0                   0
        d  0.137               0.137
        e  0.1429              0.1429
        g  0.6667              0.6667
    """)
    assert picked(made, drawn) == drawn


def test_how_many_of_the_own_gaps_were_longer_than_the_silence_and_than_a_week_more(made):
    """a: of 2, 4, 6, 10 two exceed 4 and none 11."""
    drawn = table("""
        id gaps_over_silence gaps_over_silence_7d
        a  0.5               0
        b  -                 -
        c  1                 1
        d  1                 1
        e  1                 0
        g  1                 0
    """)
    assert picked(made, drawn) == drawn


def test_what_became_of_own_gaps_as_long_as_the_silence(made):
    """c: 20 days, longer than none and 7 and 14 more; h was never silent as long."""
    drawn = table("""
        id gaps_over_silence_14d gaps_over_silence_28d silence_outlasts_7d silence_outlasts_14d silence_outlasts_28d
        a  0                     0                     0                   0                    0
        b  -                     -                     -                   -                    -
        c  1                     0                     1                   1                    0
        d  1                     1                     1                   1                    1
        h  0                     0                     -                   -                    -
    """)
    assert picked(made, drawn) == drawn


def test_the_nth_last_active_day(made):
    drawn = table("""
        id recency_days recency_2nd_days recency_3rd_days recency_4th_days recency_5th_days recency_7th_days
        a  4            6                10               16               26               84
        b  3            84               84               84               84               84
        g  2            5                8                11               14               20
    """)
    assert picked(made, drawn) == drawn
    drawn = table("""
        id recency_10th_days recency_15th_days recency_20th_days
        a  84                84                84
        g  29                84                84
        i  9                 14                19
    """)
    assert picked(made, drawn) == drawn


def test_a_room_has_its_own_rhythm_and_the_fan_that_of_all_rooms():
    rows = [*ago("a", "f", {1: 1, 11: 1}, "message"), *ago("b", "f", {2: 1, 6: 1, 11: 1}, "donation")]
    drawn = table("""
        id  gap_mean_84d gap_max_84d silence_to_gap_mean
        a/f 10           10          0.1
        b/f 4.5          5           0.4444
    """)
    assert picked(features(rows, "room"), drawn) == drawn
    drawn = table("""
        id gap_mean_84d gap_max_84d silence_to_gap_mean
        f  3.3333       5           0.3
    """)
    assert picked(features(rows, "fan"), drawn) == drawn
