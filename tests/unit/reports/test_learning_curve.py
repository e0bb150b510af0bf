"""The page of the learning curve and what is said of it: honest words for every kind of last doubling."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest

from fancare import messages
from fancare.churn.bootstrap import Interval
from fancare.churn.learning_curve import LearningCurve, Point
from fancare.reports import learning_curve, learning_curve_words
from fancare.reports.learning_curve_terminal import print_curve
from tests.drawn_log import config
from tests.unit.reports.page_reader import Page

NAN = float("nan")
NOTHING = Interval(0.0, 0.0, 0.0)


def point(
    weeks: int, share: float, mean: float, gain: Interval | None, n_rows: int = 1000, n_available: int = 1000
) -> Point:
    found = Interval(mean, mean - 0.011, mean + 0.012)
    by_horizon = dict.fromkeys((7, 14, 28), found)
    return Point(
        weeks,
        share,
        int(2400 * share),
        n_available,
        n_rows,
        found,
        by_horizon,
        {7: 0.5, 14: 0.4, 28: 0.3},
        NOTHING,
        gain,
    )


def curve(weeks_gain: Interval, entities_gain: Interval, entity: str = "creator", **more: object) -> LearningCurve:
    by_weeks = (point(10, 1, 0.80, None), point(20, 1, 0.81, weeks_gain))
    by_entities = (
        point(20, 0.25, 0.78, None),
        point(20, 0.5, 0.8, Interval(0.02, 0.01, 0.03)),
        point(20, 1, 0.81, entities_gain),
    )
    drawn = LearningCurve(
        entity, (7, 14, 28), (date(2026, 5, 1),), date(2026, 5, 1), date(2026, 5, 22), 4321, 1234, 3, 60_000, by_weeks,
        by_entities, (), 12.4,
    )  # fmt: skip
    return replace(drawn, **more)  # type: ignore[arg-type]


RISING, HARDLY = Interval(0.0041, 0.0012, 0.0069), Interval(0.0003, -0.0011, 0.0017)
UNCLEAR, FALLING, UNKNOWN = Interval(0.004, -0.001, 0.009), Interval(-0.004, -0.009, -0.001), Interval(0.004, NAN, NAN)


@pytest.mark.parametrize(
    ("gain", "english"),
    [
        (RISING, "so twice the history may still buy something; nothing is said of what lies beyond."),
        (HARDLY, "Even the upper end is below 0.002, so twice the history would hardly buy anything."),
        (
            UNCLEAR,
            "The interval includes 0: whether twice the history would buy anything cannot be told from this log.",
        ),
        (FALLING, "The older weeks did harm: compare with a smaller [train] history_weeks."),
        (UNKNOWN, "Too few are tested for an interval: whether twice the history would buy anything cannot be told."),
    ],
)
def test_the_last_doubling_of_weeks_is_judged_by_its_interval(gain, english):
    said = learning_curve_words.weeks(curve(gain, RISING))[1]
    assert said.startswith("Going from 10 to 20 weeks of history changed the mean AUC by ")
    assert said.endswith(english)


def test_the_gain_is_said_with_its_interval_in_both_languages():
    korean, english = learning_curve_words.entities(curve(HARDLY, RISING, "room"))
    assert english.startswith(
        "Going from 1,200 to 2,400 rooms changed the mean AUC by +0.0041 (95% interval +0.0012 to +0.0069). The curve is still"
    )
    assert "twice as many rooms" in english
    assert korean.startswith(
        "팬방 수를 1,200에서 2,400로 늘리자 평균 AUC가 +0.0041 달라졌습니다 (95% 구간 +0.0012 ~ +0.0069)."
    )


def test_where_rows_are_capped_it_is_said():
    capped = (point(20, 0.5, 0.8, None), point(20, 1, 0.81, HARDLY, n_rows=60_000, n_available=90_000))
    said = learning_curve_words.entities(curve(RISING, HARDLY, by_entities=capped))[1]
    assert said.endswith(
        "But training takes 60,000 rows at most ([train] max_rows): not all of what was added trained."
    )
    assert "at most" not in learning_curve_words.weeks(curve(RISING, HARDLY))[1]


def test_with_one_point_there_is_nothing_to_compare():
    alone = (point(4, 1, 0.8, None),)
    both = learning_curve_words.sentences(curve(RISING, RISING, by_weeks=alone, by_entities=alone))
    assert both[0][1] == "There are 4 weeks to train on, too few to compare with fewer."
    assert both[1][1] == "There are 2,400 creators to train on, too few to compare with fewer."


def test_the_page_stands_alone_and_says_the_same_numbers_in_both_languages():
    found = curve(RISING, UNCLEAR)
    page = Page(learning_curve.html(found, config()))
    assert re.findall(r"(?:src|href)=\"(?!data:)[^\"]*\"", page.source) == []
    assert "default-src 'none'" in page.source
    assert not page.find("script")
    assert [heading.attributes["id"] for heading in page.find("h2")] == ["weeks", "entities"]
    assert len([svg for svg in page.find("svg", "chart") if "role" in svg.attributes]) == 2
    for words in learning_curve_words.sentences(found):
        for lang, text in zip(messages.LANGUAGES, words, strict=True):
            assert text in page.said(lang)
    numbers = [re.findall(r"[+-]?0\.\d+", page.said(lang)) for lang in messages.LANGUAGES]
    assert sorted(numbers[0]) == sorted(numbers[1])


def test_the_chart_holds_just_the_interval():
    drawn = learning_curve.chart(
        ("이름", "name"), [("1", "1"), ("2", "2"), ("4", "4")], curve(RISING, RISING).by_entities
    )
    ticks = re.findall(r'class="tick end"[^>]*>([\d.]+)<', drawn)
    assert ticks[:3] == ["0.76", "0.80", "0.84"]
    heights = [
        float(y)
        for y in re.findall(r"[\d.]+,([\d.]+)", re.search(r'polyline class="line s1" points="([^"]+)"', drawn)[1])
    ]
    assert heights == sorted(heights, reverse=True)  # upwards is smaller
    assert heights[0] - heights[1] == pytest.approx(2 * (heights[1] - heights[2]), abs=0.2)


def test_a_terminal_reads_it_all(capsys):
    found = curve(RISING, UNKNOWN, left_out=("10 weeks, 1/8 of the entities: none.",))
    print_curve(found)
    out = capsys.readouterr().out
    assert "4,321 test rows of 1,234 creators, 2026-05-01 to 2026-05-22, the same at every point" in out
    assert "+0.0041 (+0.0012 to +0.0069)" in out
    assert "left out: 10 weeks, 1/8 of the entities: none." in out
    assert "12 CPU seconds" in out
    assert "nan" not in out
