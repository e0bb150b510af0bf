"""The page of activity cycles and what is said of them, on drawn creators."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace

import pytest

from fancare import messages
from fancare.errors import NotEnoughHistory
from fancare.panel.cycles.promise import GONE_DAYS
from fancare.panel.cycles.returns import Share
from fancare.panel.cycles.study import CycleStudy, study
from fancare.reports import cycle_words, cycles, cycles_terminal
from fancare.warehouse.duckdb_engine import Warehouse
from tests.drawn_log import config, day, events, warehouse
from tests.unit.reports.page_reader import Page

THROUGH = 209
DAILY, WEEKLY, LEFT = "x" * 210, "x......" * 30, "xx." * 25


def drawn() -> Warehouse:
    """Five who come daily, ten weekly, twenty who leave on different days, one of them with a hostile name."""
    rows = []
    for i in range(5):
        rows += events(f"daily{i}", DAILY)
    for i in range(10):
        rows += events(f"weekly{i}", "." * i + WEEKLY[: 210 - i])
    for i in range(20):
        rows += events("<script>alert(1)</script>" if i == 7 else f"left{i}", "." * (3 * i) + LEFT)
    return warehouse(rows)


@pytest.fixture(scope="module")
def found() -> CycleStudy:
    with drawn() as made:
        return study(made, config(), day(THROUGH))


@pytest.fixture(scope="module")
def page(found: CycleStudy) -> Page:
    return Page(cycles.html(found, config()))


def test_the_page_nests_stands_alone_and_forbids_scripts(page: Page):
    assert re.findall(r"(?:src|href)=\"(?!data:)[^\"]*\"", page.source) == []
    assert "default-src 'none'" in page.source
    assert not page.find("script")
    assert {e.attributes["id"] for e in page.find("h2")} == {"returns", "promise", "gaps", "rhythm", "pooling"}
    assert len([svg for svg in page.find("svg", "chart") if svg.attributes.get("role") == "img"]) == 3


def test_both_languages_say_the_same_numbers(page: Page, found: CycleStudy):
    for words in cycle_words.sentences(found, config()):
        for lang, text in zip(messages.LANGUAGES, words, strict=True):
            assert text in page.said(lang)
    numbers = [re.findall(r"\d+(?:\.\d+)?%", page.said(lang)) for lang in messages.LANGUAGES]
    assert sorted(numbers[0]) == sorted(numbers[1])


def test_everyone_is_judged_by_their_own_rhythm(found: CycleStudy):
    with drawn() as made:
        study(made, config(), day(THROUGH))
        rows = made.rows("SELECT creator_id, gap_p95_days, threshold_days, is_called_churned FROM own_rhythm")
        labels = dict(made.rows("SELECT creator_id, churned_own_rhythm FROM own_rhythm_labels"))
    by_name = {name: rest for name, *rest in rows}
    assert len(by_name) == found.n_judged == 35
    assert all(p95 <= 2 and threshold == 7 for name, (p95, threshold, _) in by_name.items() if "daily" in name)
    assert all(7 <= p95 <= 12 for name, (p95, *_) in by_name.items() if "weekly" in name)
    assert {name for name, (*_, called) in by_name.items() if called} == {n for n, churned in labels.items() if churned}
    assert sum(called for *_, called in by_name.values()) == found.n_called == 20
    assert by_name["<script>alert(1)</script>"][2]


def test_who_left_stays_gone_and_the_promise_says_so(found: CycleStudy):
    own = next(row for row in found.promise.everybody if row.silence_days is None)
    week = next(row for row in found.promise.everybody if row.silence_days == 7)
    assert own.n_calls == week.n_calls > 0
    assert [share.estimate for share in own.back] == [0, 0]
    assert found.back_after(7).estimate == 0
    assert found.suggested == (7,)
    assert "7 days, the first whole weeks of silence after which at most 40%" in cycle_words.suggestion(found)[1]


def test_the_figures_as_json_hold_no_nan_and_come_back(found: CycleStudy):
    told = json.loads(json.dumps(found.to_json_dict(), allow_nan=False))
    assert told["as_of"] == "2026-09-26"
    assert told["promise"]["everybody"][-1]["silence_days"] is None
    assert len(told["curve"]) == 84
    assert told["after_silence"][0]["within"] == [7, 14, 28, 56, 168]


def test_a_terminal_reads_it_all(found: CycleStudy, capsys):
    cycles_terminal.print_study(found, config())
    out = capsys.readouterr().out
    assert "own rhythm" in out
    assert "7 days of silence" in out
    for _, english in cycle_words.sentences(found, config()):
        assert english in out


def test_what_nobody_was_followed_for_is_a_dash_without_an_interval(found: CycleStudy, capsys):
    own = next(row for row in found.promise.everybody if row.silence_days is None)
    told = replace(own, promised=(Share(math.nan, math.nan, math.nan, 40),) * 2)
    young = replace(found, promise=replace(found.promise, everybody=(told,), regulars=(told,)))
    cells = [element.text for element in Page(cycles.html(young, config())).find("td") if "promise" in element.within]
    assert cells.count("–") == 2
    cycles_terminal.print_study(young, config())
    assert not [text for text in (*cells, capsys.readouterr().out) if "(–" in text]


def test_a_promise_is_called_one_in_both_languages_and_leavers_are_silent_for_84_days_or_more(page: Page):
    korean, english = (page.said(lang) for lang in messages.LANGUAGES)
    assert f"{GONE_DAYS}일 이상 조용함" in korean
    assert f"silent for {GONE_DAYS} days or more" in english
    assert "2026년 5월 23일 (토)까지의 기록으로 예상한 비율" in korean
    assert "예상: 28일 안에 돌아옴" in korean
    assert "Promised: back within 28 d" in english


def test_as_far_as_followed_is_said_of_a_log_however_short(found: CycleStudy):
    """After 84 days of silence nobody is followed for 56 more in a log of which the first left on day 73 of 209."""
    (row,) = (row for row in found.after_silence if row.silence_days == 84)
    assert dict(zip(row.within, (share.is_known for share in row.back), strict=True)) == {
        7: True, 14: True, 28: True, 56: False, 168: True,
    }  # fmt: skip


def test_where_more_come_back_than_any_level_nothing_is_suggested(found: CycleStudy):
    assert cycle_words.suggestion(replace(found, suggested=()))[1] == (
        "Up to 84 days of silence more than 40% come back within 28 days, so no set is suggested."
    )


def test_a_study_again_is_the_same_and_keeps_other_days(found: CycleStudy):
    with drawn() as made:
        study(made, config(), day(THROUGH - 40))
        one, two = (study(made, config(), day(THROUGH)) for _ in range(2))
        assert one == two
        assert one.to_json_dict() == found.to_json_dict()
        as_ofs = made.rows(
            "SELECT as_of, COUNT(*), COUNTIF(churned_own_rhythm IS NULL) FROM own_rhythm_labels GROUP BY 1 ORDER BY 1"
        )
    assert [(as_of, n) for as_of, n, _ in as_ofs] == [(day(THROUGH - 40), 35), (day(THROUGH), 35)]
    assert as_ofs[0][2] == 0
    assert as_ofs[1][2] == 15


def test_without_activity_or_history_it_says_what_is_needed():
    with drawn() as made:
        with pytest.raises(
            NotEnoughHistory, match="so data through 2026-08-15: bring more history, or wait until then"
        ):
            study(made, config(), day(120))
        assert not made.has_table("own_rhythm")
        with pytest.raises(NotEnoughHistory, match="No creator had an event named concert by 2026-09-26; see"):
            study(made, config(creator_activity=("concert",)), day(THROUGH))
