"""Distinct and returning fans, concentration over fans, distribution over rooms: computed by hand."""

from __future__ import annotations

import pytest

from tests.drawn_features import AS_OF, ago, features, picked
from tests.drawn_log import table

ROWS = [
    *ago("a", None, {0: 1}),
    *ago("b", None, {0: 1}),
    *ago("a", "f", {1: 2, 5: 1, 30: 1, 40: 1}, "message"),  # regular: 4 active days
    *ago("a", "g", {10: 1}, "donation", amount=5),  # gained
    *ago("a", "h", {50: 4}, "message"),  # lost
    *ago("a", "i", {2: 1}, "room_enter"),  # a visitor
    *ago("a", "j", {84: 1}, "message"),  # out of sight
    *ago("a", "k", {3: 1}, "message", known=AS_OF + 1),  # arrives tomorrow
    *ago(None, "f", {0: 1}, "message"),  # in nobody's room
]


@pytest.fixture(scope="module")
def made():
    return features(ROWS)


def test_distinct_lost_and_gained_fans(made):
    """Trend: fans of 28 days and one, by fans of the 8 weeks before (f, h) and one."""
    drawn = table("""
        id fans_7d fans_28d fans_84d fans_lost_28d fans_gained_28d fans_trend_28d visitors_28d
        a  1       2        3        1             1               1              3
        b  0       0        0        0             0               1              0
    """)
    assert picked(made, drawn) == drawn
    drawn = table("""
        id fans_14d fans_56d fans_lost_14d fans_gained_7d fans_trend_7d visitors_7d visitors_84d visitors_active_share_28d
        a  2        3        1             0              1             2           4            0.6667
        b  0        0        0             0              1             0           0            -
    """)
    assert picked(made, drawn) == drawn


def test_fans_by_week(made):
    """a: f this week, g last week, f 4 and 5 weeks ago, h 7: (5.5 + 4.5 + 1.5 + 0.5 − 1.5) / 143."""
    drawn = table("""
        id fans_week_1 fans_week_2 fans_week_3 fans_slope_12w
        a  1           0           0           0.0734
        b  0           0           0           0
    """)
    assert picked(made, drawn) == drawn


def test_returning_and_regular_fans(made):
    """Of f and g, f was there before; of f, g and h, f was active on four days."""
    drawn = table("""
        id fans_returning_share_28d fans_regular_share_84d fan_days_mean_28d fan_days_mean_84d fan_recency_mean_84d
        a  0.5                      0.3333                 1.5               2                 20.3333
        b  -                        -                      -                 -                 -
    """)
    assert picked(made, drawn) == drawn


def test_concentration_over_fans(made):
    """28 days: f 3 of 4. 84 days: f 5, g 1, h 4, so (25 + 1 + 16) / 10², and the deviation of ln 6, ln 2, ln 5."""
    drawn = table("""
        id top_fan_share_28d top_fan_share_84d fan_concentration_84d fan_events_spread_84d
        a  0.75              0.5               0.42                  0.5888
        b  -                 -                 -                     -
    """)
    assert picked(made, drawn) == drawn


def test_fans_that_went_quiet():
    """p and q come on four days each. Of 20 events p, silent for 20 days, has 8 and s, for 40, has 4; q is new, r came back."""
    rows = [
        *ago("a", None, {0: 1}),
        *ago("a", "p", dict.fromkeys(range(20, 24), 2), "message"),
        *ago("a", "q", dict.fromkeys(range(1, 5), 1), "message"),
        *ago("a", "r", {2: 2, 16: 2}, "message"),
        *ago("a", "s", {40: 4}, "message"),
    ]
    drawn = table("""
        id regular_fans_quiet_share_14d fans_regular_28d fans_lost_14d fans_gained_7d fans_returning_share_7d fans_trend_7d
        a  0.5                          2                2             1              0.5                     1
    """)
    assert picked(features(rows), drawn) == drawn
    drawn = table("""
        id quiet_fans_events_share_14d quiet_fans_events_share_28d
        a  0.6                         0.2
    """)
    assert picked(features(rows), drawn) == drawn


def test_two_rooms_of_the_same_size_look_different_where_their_fans_do():
    """Eight messages each: one loyal fan, or four fans twice."""
    rows = [
        *ago("one", None, {0: 1}),
        *ago("four", None, {0: 1}),
        *ago("one", "f", dict.fromkeys(range(8), 1), "message"),
    ]
    for n, fan in enumerate("ghij"):
        rows += ago("four", fan, {n: 1, n + 4: 1}, "message")
    made = features(rows)
    drawn = table("""
        id   fan_message_total fans_84d top_fan_share_28d fan_concentration_84d fans_regular_share_84d fan_days_mean_28d
        one  8                 1        1                 1                     1                      8
        four 8                 4        0.25              0.25                  0                      2
    """)
    for row in drawn:
        assert made[row["id"]]["events_any_28d"] == 1 + row.pop("fan_message_total")
    assert picked(made, drawn) == drawn


def test_the_rooms_of_a_fan():
    """f: a 3, b 1, c 1 events in 84 days, so (9 + 1 + 1) / 5²."""
    rows = [
        *ago("a", "f", {1: 2, 40: 1}, "message"),
        *ago("b", "f", {30: 1}, "message"),
        *ago("c", "f", {3: 1}, "donation"),
        *ago("c", "g", {3: 1}, "room_enter"),
        *ago(None, "g", {2: 1}, "message"),
    ]
    drawn = table("""
        id rooms_7d rooms_14d rooms_28d rooms_56d rooms_84d rooms_lost_28d rooms_gained_28d rooms_trend_28d
        f  2        2         2         3         3         1              1                1
        g  0        0         0         0         0         0              0                1
    """)
    assert picked(features(rows, "fan"), drawn) == drawn
    drawn = table("""
        id room_concentration_84d main_room_share_28d main_room_share_84d quiet_rooms_events_share_28d room_recency_mean_84d
        f  0.44                   0.6667              0.6                 0.2                          11.3333
        g  -                      -                   -                   -                            -
    """)
    assert picked(features(rows, "fan"), drawn) == drawn


def test_where_all_rooms_are_one_creators_a_fan_has_no_room_columns():
    rows = ago("a", "f", {1: 2}, "message")
    assert not [name for name in features(rows, "fan")["f"] if "room" in name]
