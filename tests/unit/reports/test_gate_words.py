"""The gate on the page: why this model scores and the newest challenger does not, Korean first."""

from __future__ import annotations

from fancare.churn.admission import Admission
from fancare.churn.gate_record import Answer
from fancare.reports import gate_words
from fancare.reports.page import html
from tests import drawn_log
from tests.drawn_gate import LET_IN, REFUSED, check
from tests.drawn_log import day, events
from tests.unit.reports.page_reader import Page

TODAY = day(41)
SEOUL = "Asia/Seoul"


def page(tmp_path, admission: Admission) -> Page:
    config = drawn_log.config(folder=tmp_path)
    with drawn_log.warehouse(events("lumi", "x" * 42)) as warehouse:
        return Page(html(warehouse, config, TODAY, None, None, None, gate_words.read(admission, SEOUL)))


def test_the_page_says_why_the_model_scores_and_the_challenger_does_not(tmp_path):
    shown = page(tmp_path, Admission(LET_IN.version, LET_IN, REFUSED))
    said = shown.said("ko")
    for words in (
        "왜 이 모델이 점수를 내나",
        "2026년 6월 2일 (화) 05:30에 모델 20260601-aaaaaaaa이 심사를 통과해 20260501-cccccccc의 자리를 이어받았습니다.",
        "누출 검사 인증서를 통과함",
        "명단이 얼마나 바뀌는지 알 수 없음",
        "가장 최근에 도전한 모델",
        "모델 20260608-bbbbbbbb이 심사에 걸려 20260601-aaaaaaaa이 계속 점수를 냅니다.",
        "허용보다 크게 나빠짐",
        "이유가 <b>안정적</b>임",
    ):
        assert words in said, words
    items = shown.find("li", within="gate")
    assert [item.attributes["class"] for item in items] == ["good", "cannot_say", "alarm", "good"]
    assert [word for word in ("통과", "알 수 없음", "미달") if word in said] == ["통과", "알 수 없음", "미달"]
    assert [e.attributes["class"] for e in shown.find("p", "verdict", within="gate")] == [
        "verdict good",
        "verdict alarm",
    ]
    assert "more than the loss allowed" in shown.said("en")
    assert "\u202e" not in shown.source


def test_a_first_model_had_nobody_to_beat_and_what_failed_kept_nobody_out(tmp_path):
    weak = check("reasons", False, "이유가 시드에 따라 달라짐", "reasons depend on the seed")
    first = Answer("20260601-aaaaaaaa", None, "2026-06-01T00:00:00+00:00", False, True, (weak,))
    shown = page(tmp_path, Admission(first.version, first, None))
    assert "모델 20260601-aaaaaaaa을 받아들였습니다: 자리를 지킬 만한 현재 모델이 없었습니다." in shown.said("ko")
    assert "미달 (현재 모델이 없거나 아직 말할 수 없어 막지 않음)" in shown.said("ko")
    assert [item.attributes["class"] for item in shown.find("li", within="gate")] == ["cannot_say"]
    assert "가장 최근에 도전한 모델" not in shown.said("ko")


def test_what_is_not_on_record_is_a_sentence(tmp_path):
    shown = page(tmp_path, Admission("20260601-aaaaaaaa", None, None))
    assert "이 모델의 심사 기록이 없거나 읽을 수 없습니다" in shown.said("ko")
    assert shown.find("li", within="gate") == []


def test_without_a_model_there_is_no_gate(tmp_path):
    config = drawn_log.config(folder=tmp_path)
    with drawn_log.warehouse(events("lumi", "x" * 42)) as warehouse:
        assert not Page(html(warehouse, config, TODAY, None, None)).find("section", within="gate")
        assert "page.gate" not in html(warehouse, config, TODAY, None, None)
        assert "왜 이 모델이 점수를 내나" not in html(warehouse, config, TODAY, None, None)
