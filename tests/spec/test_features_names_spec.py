"""Every event name that occurs becomes variables, whatever it is called and whoever acts: no name is in the code."""

from __future__ import annotations

import pytest

from fancare.panel import event_slots
from fancare.warehouse.names import column_stem
from tests.drawn_features import AS_OF, ago, features, shown

HOSTILE = "x'; DROP TABLE events; -- 방"
NOTHING = {
    **{f"{what}_{w}d": 0 for what in ("n", "days") for w in (7, 14, 28, 56, 84)}, "recency_days": 84,
    "trend_7d": 1, "trend_28d": 1, "days_slope_12w": 0, "share_28d": 0, "share_84d": 0, "per_day_28d": None,
}  # fmt: skip
ROWS = [
    *ago("a", None, {0: 1}),
    *ago("b", None, {0: 1}),
    *ago("a", None, {1: 2, 40: 1}, HOSTILE),
    *ago("a", "f", {6: 1, 7: 1, 27: 3, 28: 1, 83: 1, 84: 5}, "wave"),
    *ago("b", "f", {5: 1}, "wave"),
    *ago("b", "g", {5: 1, 6: 2}, "wave"),
    *ago("b", None, {5: 1}, "wave"),  # the creator waves too
    *ago(None, "f", {0: 1}, "home_visit"),
]


@pytest.fixture(scope="module")
def made():
    return features(ROWS)


def test_a_name_nobody_foresaw(made):
    """Trends: (2 + 1) / (0 + 1) and (2 + 1) / (1/2 + 1); slope (5.5 + 0.5) / 143; of all 8 and 11 events of the room."""
    assert shown(made, "a", HOSTILE, "creator_") == {
        "n_7d": 2, "n_14d": 2, "n_28d": 2, "n_56d": 3, "n_84d": 3,
        "days_7d": 1, "days_14d": 1, "days_28d": 1, "days_56d": 2, "days_84d": 2,
        "recency_days": 1, "trend_7d": 3, "trend_28d": 2, "days_slope_12w": 0.042,
        "share_28d": 0.25, "share_84d": 0.2727, "per_day_28d": 2,
    }  # fmt: skip
    assert shown(made, "b", HOSTILE, "creator_") == NOTHING


def test_what_fans_do_in_the_rooms_is_summed_over_them(made):
    """a: trend (1 + 1) / (4/3 + 1) and (5 + 1) / (2/2 + 1), slope (5.5 + 4.5 + 2.5 + 1.5 − 5.5) / 143.

    b: f and g waved, on two days; (4 + 1) / (0 + 1); 4 of 6 events.
    """
    assert shown(made, "a", "wave", "fan_") == {
        "n_7d": 1, "n_14d": 2, "n_28d": 5, "n_56d": 6, "n_84d": 7,
        "days_7d": 1, "days_14d": 2, "days_28d": 3, "days_56d": 4, "days_84d": 5,
        "recency_days": 6, "trend_7d": 0.8571, "trend_28d": 3, "days_slope_12w": 0.0594,
        "share_28d": 0.625, "share_84d": 0.6364, "per_day_28d": 1.6667,
    }  # fmt: skip
    assert shown(made, "b", "wave", "fan_") == {
        **{f"n_{w}d": 4 for w in (7, 14, 28, 56, 84)}, **{f"days_{w}d": 2 for w in (7, 14, 28, 56, 84)},
        "recency_days": 5, "trend_7d": 5, "trend_28d": 5, "days_slope_12w": 0.0769,
        "share_28d": 0.6667, "share_84d": 0.6667, "per_day_28d": 2,
    }  # fmt: skip


def test_the_creators_own_acts_of_that_name_stand_apart(made):
    assert shown(made, "b", "wave", "creator_")["n_7d"] == 1
    assert shown(made, "a", "wave", "creator_") == NOTHING


def test_activity_is_a_name_like_others_too(made):
    assert shown(made, "a", "broadcast", "creator_")["n_7d"] == made["a"]["events_7d"] == 1


def test_a_visit_outside_any_room_is_no_creators_and_no_rooms_but_the_fans(made):
    assert not [name for name in made["a"] if column_stem("home_visit") in name]
    rows = [*ROWS, *ago("a", "f", {3: 1}, "message")]
    assert shown(features(rows, "room"), "a/f", "home_visit") == {}
    assert shown(features(rows, "fan"), "f", "home_visit")["n_7d"] == 1


def test_rooms_and_fans_names_are_without_whose():
    rows = [*ROWS, *ago("a", "f", {3: 1}, "message")]
    assert shown(features(rows, "room"), "a/f", "wave")["n_28d"] == 5
    assert shown(features(rows, "fan"), "f", "wave")["n_28d"] == 6


def test_a_name_known_only_tomorrow_is_no_column():
    rows = [*ago("a", None, {0: 1}), *ago("a", None, {5: 1}, "visit"), *ago("a", None, {2: 1}, "late", known=AS_OF + 1)]
    assert shown(features(rows), "a", "late", "creator_") == {}


def test_names_past_the_limit_share_their_columns(monkeypatch):
    monkeypatch.setattr(event_slots, "MAX_NAMES", 2)
    rows = [*ago("a", None, {30: 1}), *ago("a", None, {20: 1}, "old"), *ago("a", None, {8: 2, 0: 1}, "new")]
    rows += ago("a", None, {1: 4, 8: 1}, "newer")
    made = features(rows, active_within_days=60)
    other = {
        name.removeprefix("creator_other_"): None if v is None else round(v, 4)
        for name, v in made["a"].items() if name.startswith("creator_other_")
        for name, v in made["a"].items()
        if name.startswith("creator_other_")
    }
    assert other == {
        "n_7d": 5, "n_14d": 8, "n_28d": 8, "n_56d": 8, "n_84d": 8,
        "days_7d": 2, "days_14d": 3, "days_28d": 3, "days_56d": 3, "days_84d": 3,
        "recency_days": 0, "trend_7d": 3, "trend_28d": 9, "days_slope_12w": 0.1084,
        "share_28d": 0.8889, "share_84d": 0.8, "per_day_28d": 2.6667,
    }  # fmt: skip
    assert shown(made, "a", "new", "creator_") == shown(made, "a", "newer", "creator_") == {}
    assert shown(made, "a", "old", "creator_")["n_28d"] == 1
