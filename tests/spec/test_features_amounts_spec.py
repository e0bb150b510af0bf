"""Amounts: drawn donations in, sums, maxima, means and trends computed by hand out."""

from __future__ import annotations

import pytest

from tests.drawn_features import AS_OF, ago, features, picked, shown
from tests.drawn_log import table

ROWS = [
    *(row for who in "abcd" for row in ago(who, None, {0: 1})),
    *ago("a", "f", {2: 1}, "donation", amount=1000),
    *ago("a", "g", {10: 2}, "donation", amount=500),  # two of 250
    *ago("a", "f", {30: 1}, "donation", amount=300),
    *ago("a", "f", {5: 1}, "donation"),  # the log does not say how much
    *ago("a", "f", {84: 1}, "donation", amount=9999),
    *ago("a", "f", {1: 1}, "donation", amount=7777, known=AS_OF + 1),
    *ago("a", "f", {1: 1}, "sticker", amount=20),  # carries an amount, is no revenue
    *ago("a", "f", {1: 1}, "message"),
    *ago("c", "f", {1: 1}, "donation"),  # of unknown amount only
    *ago("d", "f", {3: 1}, "donation", amount=-100),  # refunded
    *ago("d", "f", {4: 1}, "donation", amount=400),
]


@pytest.fixture(scope="module")
def made():
    return features(ROWS)


def test_revenue(made):
    """a: means 1800 over 5 and 1500 over 4 donations, one of unknown amount; trends 1500 / (300/2) and 1000 / (500/3)."""
    drawn = table("""
        id revenue_amount_7d revenue_amount_14d revenue_amount_28d revenue_amount_56d revenue_amount_84d
        a  1000              1500               1500               1800               1800
        b  0                 0                  0                  0                  0
        c  0                 0                  0                  0                  0
        d  300               300                300                300                300
    """)
    assert picked(made, drawn) == drawn
    drawn = table("""
        id revenue_amount_max_84d revenue_amount_mean_28d revenue_amount_mean_84d revenue_amount_trend_7d revenue_amount_trend_28d
        a  1000                   375                     360                     6                       10
        b  0                      -                       -                       -                       -
        c  0                      0                       0                       -                       -
        d  400                    150                     150                     -                       -
    """)
    assert picked(made, drawn) == drawn


def test_every_name_with_amounts_has_them(made):
    assert shown(made, "a", "sticker", "fan_") == {
        **{f"{what}_{w}d": 1 for what in ("n", "days") for w in (7, 14, 28, 56, 84)}, "recency_days": 1,
        "trend_7d": 2, "trend_28d": 2, "days_slope_12w": 0.0385,
        "share_28d": 0.1429, "share_84d": 0.125, "per_day_28d": 1,  # one of 7 and of 8 events
        **{f"amount_{w}d": 20 for w in (7, 14, 28, 56, 84)}, "amount_max_84d": 20, "amount_mean_28d": 20, "amount_mean_84d": 20,
        "amount_trend_7d": None, "amount_trend_28d": None,
    }  # fmt: skip
    assert shown(made, "a", "donation", "fan_")["amount_84d"] == 1800
    assert not [name for name in shown(made, "a", "message", "fan_") if "amount" in name]


def test_a_room_and_a_fan_have_their_own_money():
    drawn = table("""
        id  revenue_amount_28d revenue_amount_max_84d
        a/f 1000               1000
        a/g 500                250
        d/f 300                400
    """)
    assert picked(features(ROWS, "room"), drawn) == drawn
    drawn = table("""
        id revenue_amount_28d revenue_amount_84d
        f  1300               1600
        g  500                500
    """)
    assert picked(features(ROWS, "fan"), drawn) == drawn


def test_without_amounts_in_the_log_there_are_no_money_columns():
    rows = [row | {"amount": None} for row in ROWS]
    assert not [name for name in features(rows)["a"] if "amount" in name]
