"""Event names become slots: named safely, in the order they became known, at most 200 with columns of their own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fancare.panel.event_slots import MAX_NAMES, OTHER, EventSlots, event_slots
from fancare.warehouse.names import column_stem
from tests.drawn_log import config, day, warehouse


def slots_of(rows: list[dict], n: int = 200, entity: str = "creator") -> EventSlots:
    with warehouse(rows) as made:
        return event_slots(made, config(entity), day(n))


def told(slots: EventSlots) -> list[tuple]:
    return [(slot.actor, slot.event_name, (slot.first_known - day(0)).days) for slot in slots.slots]


@given(name=st.text())
def test_a_stem_is_a_safe_identifier_of_bounded_length(name):
    stem = column_stem(name)
    assert stem.isascii()
    assert stem.isidentifier()
    assert len(stem) <= 32


@given(one=st.text(), other=st.text())
def test_names_that_differ_have_stems_that_differ(one, other):
    assert (column_stem(one) == column_stem(other)) == (one == other)


def test_names_with_one_slug_are_kept_apart_by_the_hash():
    stems = {column_stem(name) for name in ("방 입장", "방 퇴장", "", "!!", "Visit", "visit")}
    assert len(stems) == 6
    assert {stem.rsplit("_", 1)[0] for stem in stems} == {"event", "visit"}


def test_oldest_knowledge_first_then_the_more_frequent_then_by_name():
    rows = [
        {"day": 5, "creator": "a", "event": "late", "n": 99},
        {"day": 1, "creator": "a", "event": "rare"},
        {"day": 1, "creator": "a", "event": "often", "n": 7},
        {"day": 1, "creator": "a", "event": "also rare"},
        {"day": 3, "creator": "a", "fan": "f", "event": "often"},
        {"day": 0, "creator": "a", "event": "arrived late", "known": 4},
    ]
    assert told(slots_of(rows)) == [
        ("creator", "often", 1),
        ("fan", "often", 3),
        ("creator", "also rare", 1),
        ("creator", "rare", 1),
        ("creator", "arrived late", 4),
        ("creator", "late", 5),
    ]


def test_what_an_early_day_knew_is_a_prefix_of_what_a_later_day_knows():
    rows = [
        {"day": (7 * i) % 31, "creator": "a", "event": f"name {i}", "n": n, "known": (7 * i) % 31 + i % 3}
        for i in range(60)
        for n in [1 + i % 5]
    ]
    last = told(slots_of(rows))
    for n in range(31):
        known = told(slots_of(rows, n))
        assert known == last[: len(known)]
        assert [first for *_, first in known] == sorted(first for *_, first in last if first <= n)


def test_names_past_the_first_200_share_one_slot():
    rows = [{"day": i // 10, "creator": "a", "event": f"name {i:03d}"} for i in range(MAX_NAMES + 7)]
    rows += [{"day": 30, "creator": "a", "fan": "f", "event": "newest", "amount": 5}]
    found = slots_of(rows)
    shared = [slot for slot in found.slots if slot.event_name is None]
    assert [(slot.actor, slot.stem, slot.has_amount) for slot in shared] == [
        ("creator", OTHER, False),
        ("fan", OTHER, True),
    ]
    assert len(found.slots) == MAX_NAMES + 2
    assert shared[0].first_known == day(20)
    numbers = dict(zip(found.rows["event_name"].to_pylist(), found.rows["slot"].to_pylist(), strict=True))
    assert {numbers[f"name {i:03d}"] for i in range(MAX_NAMES, MAX_NAMES + 7)} == {shared[0].number}
    assert numbers["newest"] == shared[1].number
    assert len(set(numbers.values())) == MAX_NAMES + 2


def test_of_two_names_with_one_stem_the_newer_has_no_column_of_its_own():
    older, newer = "가나라나카", "가다카마파"
    assert column_stem(older) == column_stem(newer)
    rows = [{"day": 2, "creator": "a", "event": newer, "n": 9}, {"day": 1, "creator": "a", "event": older}]
    assert told(slots_of(rows)) == [("creator", older, 1), ("creator", None, 2)]


def test_a_new_name_never_takes_a_column_from_an_old_one():
    rows = [{"day": 0, "creator": "a", "event": f"name {i:03d}"} for i in range(MAX_NAMES)]
    before = told(slots_of(rows, 9))
    after = told(slots_of([*rows, {"day": 5, "creator": "a", "event": "busiest", "n": 10_000}], 9))
    assert after == [*before, ("creator", None, 5)]


@pytest.mark.parametrize(
    ("entity", "names"),
    [("creator", ["message", "broadcast"]), ("room", ["message"]), ("fan", ["home visit", "message"])],
)
def test_only_what_concerns_the_entity_becomes_columns(entity, names):
    rows = [
        {"day": 0, "creator": None, "fan": "f", "event": "home visit"},
        {"day": 1, "creator": "a", "fan": "f", "event": "message"},
        {"day": 2, "creator": "a", "event": "broadcast"},
    ]
    assert [slot.event_name for slot in slots_of(rows, entity=entity).of_entity] == names


def test_a_slot_has_amounts_once_one_was_known():
    rows = [
        {"day": 0, "creator": "a", "fan": "f", "event": "gift"},
        {"day": 4, "creator": "a", "fan": "f", "event": "gift", "amount": 3},
    ]
    assert [slots_of(rows, n).slots[0].has_amount for n in (3, 4)] == [False, True]


def test_an_empty_log_has_no_slots():
    found = slots_of([])
    assert (found.slots, found.rows.num_rows) == ((), 0)
