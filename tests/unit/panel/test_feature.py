"""Feature records: their names are distinct, their hash knows the order, their words exist in both languages."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fancare.panel.event_slots import Slot
from fancare.panel.feature import feature_hash
from fancare.panel.features import features_for

SLOTS = (
    Slot(0, "creator", "broadcast", date(2026, 3, 1), False, True),
    Slot(1, "fan", "donation", date(2026, 3, 2), True, True),
    Slot(2, "fan", "broadcast", date(2026, 3, 3), False, True),
    Slot(3, "fan", None, date(2026, 3, 4), True, True),
)


@given(names=st.lists(st.text(), unique=True, min_size=2), seed=st.randoms())
def test_the_hash_tells_orders_and_names_apart(names, seed):
    other = names[:]
    seed.shuffle(other)
    assert (feature_hash(names) == feature_hash(other)) == (names == other)
    assert feature_hash(names[:-1]) != feature_hash(names)


def test_the_hash_does_not_join_names():
    assert feature_hash(["a", "b"]) != feature_hash(["a,b"]) != feature_hash(['a","b'])


@pytest.mark.parametrize("entity", ["creator", "room", "fan"])
def test_every_record_is_one_column_with_words_in_both_languages(entity):
    slots = SLOTS if entity == "creator" else SLOTS[1:]
    records = features_for(entity, slots, revenue=True, many_rooms=True, other_events=True)
    assert [name for name, n in Counter(f.name for f in records).items() if n > 1] == []
    for field in ("meaning_ko", "meaning_en"):
        assert [word for word, n in Counter(getattr(f, field) for f in records).items() if n > 1] == []
    for record in records:
        assert record.meaning_ko
        assert record.meaning_en
        assert record.unit
        assert any("가" <= letter <= "힣" for letter in record.meaning_ko), record.name


@pytest.mark.parametrize("entity", ["creator", "room", "fan"])
def test_no_id_is_a_feature(entity):
    """Raw ids as features let a model learn names by heart."""
    for record in features_for(entity, SLOTS, revenue=True, many_rooms=True, other_events=True):
        assert "creator_id" not in record.expression
        assert "fan_id" not in record.expression


def test_every_family_that_was_asked_for_has_records():
    families = {
        entity: {f.family for f in features_for(entity, SLOTS, revenue=True, many_rooms=True, other_events=True)}
        for entity in ("creator", "room", "fan")
    }
    common = {"counts", "active_days", "recency", "trend", "share", "amount", "rhythm", "tenure", "weekday", "standing"}
    common |= {"platform"}
    assert families == {"creator": common | {"rooms"}, "fan": common | {"rooms"}, "room": common | {"context"}}


def test_a_record_about_an_event_name_knows_since_when():
    records = features_for("creator", SLOTS, revenue=True, many_rooms=True, other_events=True)
    for record in records:
        since = {(slot.actor, slot.event_name): slot.first_known for slot in SLOTS}
        about = (record.actor, record.event_name)
        assert record.first_known == since.get(about), record.name
    assert {record.first_known for record in records} == {None, *(slot.first_known for slot in SLOTS)}
