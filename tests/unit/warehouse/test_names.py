"""Event names become stems of column names: safe, readable, and different for names that differ."""

from __future__ import annotations

import re

from hypothesis import assume, given
from hypothesis import strategies as st

from fancare.warehouse.names import HASH_LENGTH, SLUG_LENGTH, column_stem

ANY_TEXT = st.text(st.characters(), max_size=300)


@given(ANY_TEXT)
def test_a_stem_is_a_plain_identifier_whatever_the_name_holds(name):
    stem = column_stem(name)
    assert re.fullmatch(r"[a-z][a-z0-9_]*", stem)
    assert len(stem) <= SLUG_LENGTH + 2 + HASH_LENGTH


@given(ANY_TEXT, ANY_TEXT)
def test_names_that_differ_have_stems_that_differ(one, other):
    assume(one != other)
    assert column_stem(one) != column_stem(other)


def test_names_with_the_same_slug_are_kept_apart():
    stems = [column_stem(name) for name in ("Room Enter", "room enter", "room-enter", "ROOM_ENTER", "room enter ")]
    assert len(set(stems)) == 5
    assert {stem[:-HASH_LENGTH] for stem in stems} == {"room_enter_"}


def test_names_without_letters_and_names_that_begin_with_a_digit():
    assert column_stem("방송").startswith("event_")
    assert column_stem("").startswith("event_")
    assert column_stem("7 days").startswith("e7_days_")
    assert column_stem("a" * 10_000).startswith("a" * SLUG_LENGTH + "_")
    assert column_stem("\ud800").startswith("event_")
