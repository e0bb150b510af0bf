"""Counts, active days and recency of an entity's activity: drawn days in, numbers computed by hand out."""

from __future__ import annotations

import pytest

from tests.drawn_features import AS_OF, ago, features, picked
from tests.drawn_log import table

ROWS = [
    # days ago: how many; 84 days ago is outside of every window
    *ago("a", None, {0: 1, 6: 2, 7: 1, 13: 1, 27: 1, 28: 3, 55: 1, 56: 1, 83: 1, 84: 9}),
    *ago("b", None, {20: 1}),
    *ago("c", None, {9: 1}, known=AS_OF - 8),
    *ago("c", None, {3: 1}, known=AS_OF + 1),  # arrives tomorrow
    *ago("c", None, {2: 1}, until=AS_OF),  # from today on it counts as somebody else's
    *ago("c", None, {1: 1}, until=AS_OF + 1),  # and this from tomorrow on
    *ago("a", None, {1: 2, 40: 1}, "visit"),
    *ago("b", None, {2: 1}, "visit"),
    *ago("c", "f", {0: 1}, "message"),
    *ago(None, "f", {0: 1}, "home_visit"),  # outside any room: nobody's
]


@pytest.fixture(scope="module")
def made():
    return features(ROWS)


def test_counts(made):
    drawn = table("""
        id events_7d events_14d events_21d events_28d events_42d events_56d events_84d
        a  3         5          5          6          9          10         12
        b  0         0          1          1          1          1          1
        c  1         2          2          2          2          2          2
    """)
    assert picked(made, drawn) == drawn
    drawn = table("""
        id events_per_active_day_28d events_per_active_day_84d
        a  1.2                       1.3333
        b  1                         1
        c  1                         1
    """)
    assert picked(made, drawn) == drawn


def test_active_days_by_window(made):
    drawn = table("""
        id active_days_7d active_days_14d active_days_21d active_days_28d active_days_42d active_days_56d active_days_84d
        a  2              4               4               5               6               7               9
        b  0              0               1               1               1               1               1
        c  1              2               2               2               2               2               2
    """)
    assert picked(made, drawn) == drawn
    drawn = table("""
        id active_days_1d active_days_2d active_days_3d active_days_5d
        a  1              1              1              1
        b  0              0              0              0
        c  0              1              1              1
    """)
    assert picked(made, drawn) == drawn


def test_active_days_by_week(made):
    weeks = {"a": [2, 2, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1], "b": [0, 0, 1] + [0] * 9, "c": [1, 1] + [0] * 10}
    for who, expected in weeks.items():
        assert [made[who][f"active_days_week_{k}"] for k in range(12)] == expected
    drawn = table("""
        id active_weeks_4w active_weeks_8w active_weeks_12w
        a  3               5               7
        b  1               1               1
        c  2               2               2
    """)
    assert picked(made, drawn) == drawn


def test_events_by_week(made):
    for who, expected in {"a": [2, 0, 1, 3, 0, 0, 1], "b": [0, 1, 0, 0, 0, 0, 0], "c": [1, 0, 0, 0, 0, 0, 0]}.items():
        assert [made[who][f"events_week_{k}"] for k in range(1, 8)] == expected


def test_older_days_weigh_less():
    """Days 0, 7 and 14 ago. Half-life 7: 1 + 1/2 + 1/4; 14: 1 + 1/√2 + 1/2; 28: 1 + 2^(−1/4) + 1/√2."""
    weighed = features(ago("a", None, {0: 1, 7: 9, 14: 1}))
    drawn = table("""
        id active_days_ewm_3d active_days_ewm_7d active_days_ewm_14d active_days_ewm_28d
        a  1.2378             1.75               2.2071              2.548
    """)
    assert picked(weighed, drawn) == drawn
    drawn = table("""
        id active_days_ewm_3d_to_14d active_days_ewm_7d_to_28d
        a  0.5608                    0.6868
    """)
    assert picked(weighed, drawn) == drawn


def test_recency(made):
    drawn = table("""
        id recency_days recency_any_days
        a  0            0
        b  20           2
        c  1            0
    """)
    assert picked(made, drawn) == drawn


def test_events_of_any_kind_in_the_creators_rooms(made):
    drawn = table("""
        id events_any_7d events_any_14d events_any_28d events_any_56d events_any_84d
        a  5             7              8              13             15
        b  1             1              2              2              2
        c  2             3              3              3              3
    """)
    assert picked(made, drawn) == drawn
    drawn = table("""
        id days_any_7d days_any_14d days_any_28d days_any_56d days_any_84d
        a  3           5            6            9            11
        b  1           1            2            2            2
        c  2           3            3            3            3
    """)
    assert picked(made, drawn) == drawn


def test_trends_of_any_kind_and_how_much_of_it_is_activity(made):
    """a: 6 of 8 and 12 of 15; (5 + 1) / (3/3 + 1), (8 + 1) / (7/2 + 1); slope 20.5/143, b 9/143, c 15.5/143."""
    drawn = table("""
        id activity_share_28d activity_share_84d events_any_trend_7d events_any_trend_28d days_any_slope_12w
        a  0.75               0.8                3                   2                    0.1434
        b  0.5                0.5                1.5                 3                    0.0629
        c  0.6667             0.6667             2.25                4                    0.1084
    """)
    assert picked(made, drawn) == drawn


def test_a_log_of_nothing_but_activity_has_no_columns_that_say_it_twice():
    only = features(ago("a", None, {0: 1}))
    assert only["a"]["events_7d"] == 1
    assert not [name for name in only["a"] if "_any_" in name or "activity_share" in name or "broadcast" in name]
    assert [name for name in features(ROWS)["a"] if "any" in name]


def test_rooms_and_fans_count_what_is_theirs():
    rows = [
        *ago("a", "f", {1: 2, 30: 1}, "message"),
        *ago("b", "f", {2: 1}, "donation"),
        *ago("a", "g", {3: 5}, "message"),
        *ago(None, "f", {0: 1}, "message"),
        *ago("a", None, {0: 7}, "message"),  # the creator writes in the own room
    ]
    drawn = table("""
        id  events_7d events_84d active_days_84d recency_days
        a/f 2         3          2               1
        b/f 1         1          1               2
        a/g 5         5          1               3
    """)
    assert picked(features(rows, "room"), drawn) == drawn
    drawn = table("""
        id events_7d events_84d active_days_84d recency_days
        f  4         5          4               0
        g  5         5          1               3
    """)
    assert picked(features(rows, "fan"), drawn) == drawn
