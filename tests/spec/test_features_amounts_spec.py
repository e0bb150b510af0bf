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
    """a: mean 1800 over 5 donations, one of them of unknown amount; trend 1500 / ((1800 − 1500) / 2)."""
    drawn = table("""
        id revenue_amount_7d revenue_amount_28d revenue_amount_84d
        a  1000              1500               1800
        b  0                 0                  0
        c  0                 0                  0
        d  300               300                300
    """)
    assert picked(made, drawn) == drawn
    drawn = table("""
        id revenue_amount_max_84d revenue_amount_mean_84d revenue_amount_trend_28d
        a  1000                   360                     10
        b  0                      -                       -
        c  0                      0                       -
        d  400                    150                     -
    """)
    assert picked(made, drawn) == drawn


def test_every_name_with_amounts_has_them(made):
    assert shown(made, "a", "sticker", "fan_") == {
        "n_7d": 1, "n_28d": 1, "n_84d": 1, "days_28d": 1, "days_84d": 1, "recency_days": 1, "trend_28d": 2,
        "amount_7d": 20, "amount_28d": 20, "amount_84d": 20, "amount_max_84d": 20, "amount_mean_84d": 20,
        "amount_trend_28d": None,
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
