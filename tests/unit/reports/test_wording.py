"""Days, numbers and shares read well in both languages and never say more than is known."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fancare.reports import wording


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0%"), (0.0001, "<0.1%"), (0.001, "0.1%"), (0.034, "3.4%"), (0.0994, "9.9%"), (0.0996, "10%"), (0.62, "62%"),
        (0.994, "99%"), (0.9951, ">99%"), (0.99999, ">99%"), (1, "100%"),
    ],
)  # fmt: skip
def test_percent(value, said):
    assert wording.percent(value) == (said, said)


@given(st.floats(0, 1))
def test_only_certainty_is_said_as_certainty(share):
    (said, _) = wording.percent(share)
    assert (said == "0%") == (share == 0)
    assert (said == "100%") == (share == 1)


@pytest.mark.parametrize(
    ("value", "ko", "en"),
    [
        (0, "0", "0"), (950, "950", "950"), (9_999, "9,999", "10k"), (10_000, "1만", "10k"), (348_000, "34.8만", "348k"),
        (12_345_678, "1,235만", "12.3M"), (123_456_789, "1.2억", "123M"), (2e12, "2조", "2,000B"), (7.5, "7.5", "7.5"),
        (-20_000, "-2만", "-20k"), (float("nan"), "–", "–"),
    ],
)  # fmt: skip
def test_compact_numbers_in_the_units_of_each_language(value, ko, en):
    assert wording.compact(value) == (ko, en)


def test_days():
    assert wording.day(date(2026, 6, 28)) == ("2026년 6월 28일 (일)", "Sun 28 Jun 2026")
    assert wording.short_day(date(2006, 1, 2)) == ("06.1.2", "2 Jan 06")
    assert wording.month_day(date(2026, 12, 1)) == ("12월 1일", "1 Dec")


def test_a_moment_is_told_on_the_platforms_clock():
    stored = datetime(2026, 12, 31, 15, 30)  # UTC, as the warehouse keeps it
    assert wording.moment(stored, "Asia/Seoul") == ("2027년 1월 1일 (금) 00:30", "Fri 1 Jan 2027 00:30")
    assert wording.moment(stored, "America/New_York")[1] == "Thu 31 Dec 2026 10:30"


def test_a_fact_in_two_languages_gives_each_its_own():
    assert wording.both("page.tile_scored", entity=("팬", "fan")) == ("점수를 매긴 팬", "Scored: fan")


def test_equal_words_are_said_once_and_all_are_escaped():
    assert wording.bilingual(("<b>7", "<b>7")) == "&lt;b&gt;7"
    assert wording.bilingual(("팬 & 방", "fan & room")) == (
        '<span lang="ko">팬 &amp; 방</span><span lang="en">fan &amp; room</span>'
    )
