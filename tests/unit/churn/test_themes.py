"""Every feature belongs to one theme, and twins to the same."""

from __future__ import annotations

from datetime import date

import pytest

from fancare.churn.themes import label, themes_of
from fancare.panel.event_slots import Slot
from fancare.panel.features import features_for

SLOTS = (
    Slot(0, "creator", "broadcast", date(2026, 1, 1), False, True),
    Slot(1, "fan", "donation", date(2026, 1, 1), True, True),
    Slot(2, "fan", "visit", date(2026, 1, 1), False, True),
    Slot(3, "fan", None, date(2026, 1, 1), False, True),
)


def grouped(entity: str, activity=("broadcast",)):
    features = features_for(entity, SLOTS, revenue=True, many_rooms=True, other_events=True)
    return features, {theme.key: {features[j].name for j in theme.columns} for theme in themes_of(features, activity)}


@pytest.mark.parametrize("entity", ["creator", "room", "fan"])
def test_every_feature_is_in_exactly_one_theme(entity):
    features, themes = grouped(entity)
    assert sorted(name for names in themes.values() for name in names) == sorted(f.name for f in features)


def test_a_silence_is_told_by_all_that_measures_it():
    silence = grouped("creator")[1]["silence"]
    assert silence >= {
        "recency_days", "events_7d", "active_days_7d", "active_days_week_0", "silence_to_gap_mean", "gaps_over_silence",
        "recency_any_days", "silence_to_gap_q90", "silence_outlasts_28d", "recency_rank", "active_days_ewm_3d",
    }  # fmt: skip
    assert {name for name in silence if name.startswith("creator_broadcast")}
    assert not [name for name in silence if ("28d" in name or "84d" in name) and "silence" not in name]


def test_habits_are_no_silence():
    activity = grouped("creator")[1]["activity"]
    assert activity >= {"gap_mean_84d", "active_days_28d", "active_days_week_1", "recency_5th_days", "streak_weeks",
                        "gap_cv_84d", "gaps_longer_7d", "events_week_1", "active_days_28d_rank", "active_share_84d"}  # fmt: skip


def test_how_all_others_do_is_a_theme_of_its_own():
    platform = grouped("creator")[1]["platform"]
    assert "all_active_share_7d" in platform
    assert all(name.startswith("all_") for name in platform)


def test_all_amounts_are_one_theme():
    themes = grouped("creator")[1]
    assert all("_amount_" in name for name in themes["amount"])
    assert {name for names in themes.values() for name in names if "_amount_" in name} == themes["amount"]


def test_each_event_name_has_its_theme_without_code():
    themes = grouped("creator")[1]
    assert {key for key in themes if key.startswith("event:")} == {
        "event:creator:broadcast", "event:fan:donation", "event:fan:visit", "event:fan:*",
    }  # fmt: skip


def test_a_rooms_context_is_its_fans_or_its_creators():
    themes = grouped("room", activity=("donation",))[1]
    assert all(name.startswith("fan_") for name in themes["fan"])
    assert all(name.startswith("creator_") for name in themes["creator"])


@pytest.mark.parametrize("lang", ["ko", "en"])
@pytest.mark.parametrize("entity", ["creator", "room", "fan"])
def test_every_theme_has_a_label(entity, lang):
    features, _ = grouped(entity)
    labels = [label(t.kind, t.actor, t.event_name, entity, lang) for t in themes_of(features, ())]
    assert len(set(labels)) == len(labels)
