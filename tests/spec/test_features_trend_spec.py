"""More or less than before: drawn days in, ratios, slopes, streaks and best weeks computed by hand out."""

from __future__ import annotations

import pytest

from tests.drawn_features import AS_OF, ago, features, picked
from tests.drawn_log import table

ROWS = [
    # by week a has 6, 2, 0, 0, 4 events on 3, 2, 0, 0, 1 days; b 0, 4, 5, 1 events on 0, 4, 1, 1 days
    *ago("a", None, {0: 2, 1: 1, 2: 3, 9: 1, 10: 1, 30: 4, 84: 9}),
    *ago("a", None, {3: 1}, known=AS_OF + 1),  # arrives tomorrow
    *ago("b", None, {8: 1, 9: 1, 10: 1, 11: 1, 20: 5, 21: 1}),
    *ago("c", None, {3: 2, 40: 2}),
]


@pytest.fixture(scope="module")
def made():
    return features(ROWS)


def test_windows_against_the_days_before_them(made):
    """The newer mean and one by the older and one: a has (6 + 1) / (2/3 + 1), (8 + 1) / (0 + 1), (8 + 1) / (4/2 + 1), 13 / 1."""
    drawn = table("""
        id events_trend_7d events_trend_14d events_trend_28d events_trend_42d
        a  4.2             9                3                13
        b  0.2308          0.7143           11               11
    """)
    assert picked(made, drawn) == drawn
    drawn = table("""
        id active_days_trend_7d active_days_trend_14d active_days_trend_28d active_days_trend_42d active_days_change_1w
        a  2.4                  6                     4                     7                     1
        b  0.3333               1.6667                7                     7                     -4
    """)
    assert picked(made, drawn) == drawn


def test_how_much_of_the_84_days_is_of_late(made):
    """Mean age: a 52/6, b 79/6 days. Events an active day: a 8/5 by 12/6."""
    drawn = table("""
        id events_share_7d events_share_28d events_per_active_day_trend_28d active_day_age_mean_84d
        a  0.5             0.6667           0.8                             8.6667
        b  0               1                1                               13.1667
    """)
    assert picked(made, drawn) == drawn


def test_slopes(made):
    """Σ (5.5 − k) · x_k / 143 over 12 weeks, Σ (1.5 − k) · x_k / 5 over four.

    a: (3·5.5 + 2·4.5 + 1·1.5) / 143 = 27/143 and (3·1.5 + 2·0.5) / 5; events (6·5.5 + 2·4.5 + 4·1.5) / 143, a week's mean is 1
    b: (4·4.5 + 3.5 + 2.5) / 143 = 24/143 and (4·0.5 − 0.5 − 1.5) / 5; events (4·4.5 + 5·3.5 + 2.5) / 143, by 10/12
    """
    drawn = table("""
        id active_days_slope_12w active_days_slope_4w active_days_acceleration events_slope_12w events_slope_share_12w
        a  0.1888                1.1                  0.9112                   0.3357           0.3357
        b  0.1678                0                    -0.1678                  0.2657           0.3189
    """)
    assert picked(made, drawn) == drawn


def test_streaks(made):
    drawn = table("""
        id streak_weeks streak_days streak_last_days streak_max_84d
        a  2            3           3                3
        b  0            0           4                4
        c  1            0           1                1
    """)
    assert picked(made, drawn) == drawn


def test_the_best_week_and_how_weeks_differ(made):
    """√(12 Σx² − (Σx)²) / Σx: a √(12·56 − 12²) / 12 and √(12·14 − 6²) / 6, b √(12·42 − 10²) / 10 and √(12·18 − 6²) / 6."""
    drawn = table("""
        id events_week_max_12w weeks_since_best_week events_7d_to_best_week events_week_cv_12w active_days_week_cv_12w
        a  6                   0                     1                      1.9149             1.9149
        b  5                   2                     0                      2.01               2.2361
        c  2                   0                     1                      2.2361             2.2361
    """)
    assert picked(made, drawn) == drawn
