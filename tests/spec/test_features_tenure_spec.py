"""Tenure, the share of it that was active, and weekdays: computed by hand for an as_of on a Tuesday."""

from __future__ import annotations

import pytest

from tests.drawn_features import AS_OF, ago, features, picked
from tests.drawn_log import day, table

ROWS = [
    *ago("a", None, {95: 1}, "visit"),  # any event begins a tenure
    *ago("a", None, {2: 1, 3: 1, 4: 1, 10: 5}),  # Sunday, Saturday, Friday, Saturday
    *ago("b", None, {0: 1, 19: 1}),  # Tuesday, Thursday
    *ago("b", None, {50: 1}, known=AS_OF + 1),
    *ago("c", None, {0: 1}),
    *ago("d", None, {9: 1, 79: 1, 83: 1, 84: 1}),  # Sunday, Sunday, Wednesday, out of sight
]


@pytest.fixture(scope="module")
def made():
    return features(ROWS)


def test_tenure_counts_from_the_first_event_known(made):
    drawn = table("""
        id tenure_days
        a  95
        b  19
        c  0
        d  84
    """)
    assert picked(made, drawn) == drawn


def test_share_of_days_active_of_those_there_were(made):
    """a: 4 of 84, on which were 8 events; b: 2 of 20; c: 1 of 1; d: 3 of 84, one of the last 28."""
    drawn = table("""
        id active_share_84d active_share_28d events_per_day_84d
        a  0.0476           0.1429           0.0952
        b  0.1              0.1              0.1
        c  1                1                1
        d  0.0357           0.0357           0.0357
    """)
    assert picked(made, drawn) == drawn


def test_share_of_active_days_on_weekends(made):
    assert day(AS_OF).strftime("%A") == "Tuesday"
    drawn = table("""
        id weekend_share_84d weekend_share_28d
        a  0.75              0.75
        b  0                 0
        c  0                 0
        d  0.6667            1
    """)
    assert picked(made, drawn) == drawn


def test_weekday_habits(made):
    """a: Sunday, Saturday twice, Friday; d: Sunday twice, Wednesday."""
    drawn = table("""
        id weekday_top_share_84d weekdays_active_84d
        a  0.5                   3
        b  0.5                   2
        c  1                     1
        d  0.6667                2
    """)
    assert picked(made, drawn) == drawn


@pytest.mark.parametrize("later", [1, 2, 3, 4, 5, 6])
def test_weekends_are_the_same_days_seen_from_another_weekday(later):
    made = features([row for row in ROWS if row["creator"] in "ab"], as_of=AS_OF + later)
    assert made["a"]["weekend_share_84d"] == 0.75
    assert made["b"]["tenure_days"] == 50 + later  # what arrived a day later is known by now


def test_a_person_has_been_there_as_long_as_the_device_once_that_is_known():
    rows = [
        *ago("a", "$device:1", {60: 1, 20: 1}, "message", until=AS_OF - 10),
        *ago("a", "f", {60: 1, 20: 1}, "message", known=AS_OF - 10),
        *ago("a", "f", {12: 1}, "message"),
    ]
    links = [("$device:1", "f", AS_OF - 10)]
    before, after = features(rows, "fan", links, as_of=AS_OF - 11), features(rows, "fan", links, as_of=AS_OF - 10)
    assert {who: cells["tenure_days"] for who, cells in before.items()} == {"$device:1": 49, "f": 1}
    assert {who: cells["tenure_days"] for who, cells in after.items()} == {"f": 50}
