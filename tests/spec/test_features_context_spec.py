"""What a room's fan and creator do elsewhere: computed by hand."""

from __future__ import annotations

import pytest

from tests.drawn_features import AS_OF, ago, features, picked
from tests.drawn_log import table

ROWS = [
    *ago("a", "f", {3: 1}, "message"),
    *ago("b", "f", {1: 2, 20: 1}, "message"),
    *ago(None, "f", {5: 1}, "message"),  # outside any room, and still the fan's
    *ago("a", "f", {0: 1}, "room_enter"),  # no activity
    *ago("a", "h", {40: 1}, "message"),
    *ago("a", "h", {2: 1}, "message", known=AS_OF + 1),
    *ago("a", None, {0: 1, 10: 1}),
    *ago("a", None, {2: 1, 84: 1}, "visit"),  # whatever a creator does counts
]


@pytest.fixture(scope="module")
def made():
    return features(ROWS, "room")


def test_the_cohort(made):
    assert sorted(made) == ["a/f", "b/f"]


def test_the_fan_elsewhere(made):
    """Slope: three days this week and one two weeks ago, (3·5.5 + 3.5) / 143."""
    drawn = table("""
        id  fan_active_days_7d fan_active_days_14d fan_active_days_28d fan_active_days_56d fan_active_days_84d
        a/f 3                  3                   4                   4                   4
        b/f 3                  3                   4                   4                   4
    """)
    assert picked(made, drawn) == drawn
    drawn = table("""
        id  fan_events_7d fan_events_28d fan_events_84d fan_recency_days fan_days_slope_12w
        a/f 4             5              5              1                0.1399
        b/f 4             5              5              1                0.1399
    """)
    assert picked(made, drawn) == drawn
    drawn = table("""
        id  fan_active_days_trend_7d fan_active_days_trend_28d
        a/f 3                        5
        b/f 3                        5
    """)
    assert picked(made, drawn) == drawn


def test_how_much_of_the_fan_is_in_this_room(made):
    """Of five events one is in a's room, three in b's, one in none; (1 + 9) / 4² over the rooms."""
    drawn = table("""
        id  fan_share_in_room_7d fan_share_in_room_84d fan_share_in_room_change_28d fan_only_elsewhere_days
        a/f 0.25                 0.2                   0                            2
        b/f 0.5                  0.6                   0                            0
    """)
    assert picked(made, drawn) == drawn
    drawn = table("""
        id  fan_rooms_7d fan_rooms_14d fan_rooms_56d fan_rooms_trend_28d fan_main_room_share_28d fan_main_room_share_84d
        a/f 2            2             2             3                   0.75                    0.75
    """)
    assert picked(made, drawn) == drawn
    drawn = table("""
        id  fan_quiet_rooms_events_share_28d fan_room_recency_mean_84d
        a/f 0                                2
    """)
    assert picked(made, drawn) == drawn
    drawn = table("""
        id  fan_share_in_room_28d fan_rooms_28d fan_rooms_84d fan_rooms_lost_28d fan_rooms_gained_28d fan_room_concentration_84d
        a/f 0.2                   2             2             0                  2                    0.625
        b/f 0.6                   2             2             0                  2                    0.625
    """)
    assert picked(made, drawn) == drawn


def test_the_creators_own_acts(made):
    """Slope: two days this week and one last week, (2·5.5 + 4.5) / 143; b does nothing."""
    drawn = table("""
        id  creator_active_days_7d creator_active_days_14d creator_active_days_28d creator_active_days_56d creator_active_days_84d
        a/f 2                      3                       3                       3                       3
        b/f 0                      0                       0                       0                       0
    """)
    assert picked(made, drawn) == drawn
    drawn = table("""
        id  creator_events_7d creator_active_days_trend_7d creator_active_days_trend_28d
        a/f 2                 2.25                         4
        b/f 0                 1                            1
    """)
    assert picked(made, drawn) == drawn
    drawn = table("""
        id  creator_events_28d creator_events_84d creator_recency_days creator_days_slope_12w
        a/f 3                  3                  0                    0.1084
        b/f 0                  0                  84                   0
    """)
    assert picked(made, drawn) == drawn


def test_the_creators_other_rooms(made):
    """a had h before and has f now; b has f. Weekly fans of a: one now and 5 weeks ago, of b: one now and 2 weeks ago."""
    drawn = table("""
        id  creator_fans_slope_12w creator_fans_trend_7d creator_top_fan_share_84d creator_fan_recency_mean_84d
        a/f 0.042                  2                     0.5                       21.5
        b/f 0.0629                 1                     1                         1
    """)
    assert picked(made, drawn) == drawn
    drawn = table("""
        id  creator_fans_7d creator_fans_28d creator_fans_84d creator_fans_lost_28d creator_fans_gained_28d creator_fans_trend_28d
        a/f 1               1                2                1                     1                       1
        b/f 1               1                1                0                     1                       2
    """)
    assert picked(made, drawn) == drawn


def test_a_fan_that_moves_to_another_room():
    """Of 4 events of 28 days one is here, of 8 of 84 days five; here silent for 20 days, elsewhere seen 2 days ago."""
    rows = [*ago("a", "f", {20: 1, 50: 4}, "message"), *ago("b", "f", {2: 3}, "message")]
    drawn = table("""
        id  fan_share_in_room_7d fan_share_in_room_28d fan_share_in_room_84d fan_share_in_room_change_28d fan_only_elsewhere_days
        a/f 0                    0.25                  0.625                 -0.375                       18
        b/f 1                    0.75                  0.375                 0.375                        0
    """)
    assert picked(features(rows, "room"), drawn) == drawn
