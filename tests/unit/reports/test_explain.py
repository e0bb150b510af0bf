"""`fancare explain` in words: every state an id can be in, in both languages, to the letter."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fancare.config import OpsConfig
from fancare.errors import Refused, WarehouseError
from fancare.reports import explain as explanation
from fancare.reports import watchlist
from fancare.reports.explain import blocks, explain
from fancare.warehouse.duckdb_engine import Warehouse
from fancare.warehouse.schema import ACTIVITY_DAILY, RISK_REASONS, risk_scores_table
from tests import drawn_log
from tests.drawn_log import config, day, events
from tests.report_tables import HORIZONS, activity, put, reason, score

TODAY = 60  # 30 April 2026, a Thursday
FOUR_DAILY = "x..." * 12 + "x"  # days 0, 4, … 48: silent for 12
ROWS = [
    *events("lumi", FOUR_DAILY),
    *events("mina", "." * 40 + "3", event="message", creator="lumi"),
    *events("mina", "." * 50 + "x", event="donation", creator="lumi", amount=5000),
    *events("mina", "." * 20 + "x", event="message", creator="lumi"),
    *events("mina", "." * 20 + "x", event="donation", creator="lumi", amount=2000),
    *events("joon", "." * 20 + "x", event="message", creator="lumi"),
    *events("sora", "." * 45 + "x", event="message", creator="lumi"),
    *events("haneul", "x" * 20),  # silent for 41 days
    *events("byul", "." * 60 + "x"),  # only today
    *events("shy", "." * 30 + "x", event="page_visit"),
    *events("later", "." * 61 + "x"),
]
SILENCE = ("마지막 활동 후 12일 – 평소 간격(4일)의 3배", "last activity 12 d ago – 3 times the usual gap (4 d)")
FANS = ("최근 28일 활동 팬 1명 (일반적으로 4명)", "1 fans active in the last 28 days (typically 4)")


@pytest.fixture
def log():
    with drawn_log.warehouse(ROWS) as warehouse:
        yield warehouse


@pytest.fixture
def scored(log):
    as_of = day(TODAY)
    put(log, risk_scores_table(HORIZONS), [
        score(as_of, 1, (0.9, 0.8, 0.62), "lumi"),
        score(as_of, 2, (0.4, 0.35, 0.3), "byul", band="medium"),
        score(as_of, 3, (0.007, 0.004, 0.0005), "c3", band="low"),
    ])  # fmt: skip
    put(log, RISK_REASONS, [reason(as_of, 2, -0.054, FANS, "lumi"), reason(as_of, 1, 0.31, SILENCE, "lumi")])
    return log


def told(warehouse: Warehouse, id: str, lang: str = "ko", at: int | None = None, **more) -> str:
    return explain(warehouse, config(**more), id, None if at is None else day(at), lang)


def test_a_creator_at_risk_in_korean(scored):
    assert told(scored, "lumi") == """\
크리에이터 lumi · 2026년 4월 30일 (목)

7일 위험도 90% · 14일 위험도 80% · 28일 위험도 62%
(위험도: 앞으로 그 기간 동안 활동이 한 번도 없을 확률)
위험 높음 – 바로 살펴봐 주세요 (14일 기준) · 3명 중 1위

이유 (숫자: 그 사실이 속한 주제 전체가 14일 위험도를 높인(↑)·낮춘(↓) 정도. 서로 겹치므로 더할 수 없음)
  ↑  +31.0%p  마지막 활동 후 12일 – 평소 간격(4일)의 3배
  ↓   -5.4%p  최근 28일 활동 팬 1명 (일반적으로 4명)

최근 12주 활동  ···█▄███▄█▄·  (주별 활동 수, 최대 2, 맨 오른쪽이 이번 주)
마지막 활동 2026년 4월 18일 (토), 12일 전
평소 간격 4일 – 지금의 침묵은 그 3배
첫 활동 2026년 3월 1일 (일), 최근 84일 중 활동한 날 13일

최근 28일 (괄호 안은 그 전 28일)
  활동 팬 2 (2)
  후원 5,000 (2,000)

모델 creator_churn 20260630-1a2b3c · 데이터 완결일 2026년 4월 30일 (목)"""


def test_a_creator_at_risk_in_english(scored):
    assert told(scored, "lumi", "en") == """\
creator lumi · Thu 30 Apr 2026

7-day risk 90% · 14-day risk 80% · 28-day risk 62%
(risk: the probability of no activity at all over that many days)
high risk: look at it now (by 14 days) · rank 1 of 3

Why (by how much the whole theme of each fact raises ↑ or lowers ↓ the 14-day risk; they overlap, so they do not add up)
  ↑  +31.0 pp  last activity 12 d ago – 3 times the usual gap (4 d)
  ↓   -5.4 pp  1 fans active in the last 28 days (typically 4)

Last 12 weeks  ···█▄███▄█▄·  (activity events per week, at most 2, this week at the right)
Last active Sat 18 Apr 2026, 12 days ago
Usual gap 4 days – the present silence is 3 times that
First active Sun 1 Mar 2026, active on 13 of the last 84 days

Last 28 days (the 28 days before in brackets)
  active fans 2 (2)
  donations 5,000 (2,000)

Model creator_churn 20260630-1a2b3c · data through Thu 30 Apr 2026"""


def test_active_today_has_no_silence_to_compare(scored):
    text = told(scored, "byul")
    assert "마지막 활동 2026년 4월 30일 (목), 기준일 당일\n평소 간격 알 수 없음 (최근 84일 중 활동일이 이틀 미만)\n" in text
    assert "0일 전" not in text
    assert "위험 보통 – 이번 주 안에 살펴봐 주세요 (14일 기준) · 3명 중 2위" in text


def test_only_what_was_known_on_the_day(log):
    put(log, ACTIVITY_DAILY, [
        activity(day(55), "creator", "lumi", None, "broadcast", known_from=day(61)),
        activity(day(55), "fan", "lumi", "later_fan", "message", known_from=day(61)),
        activity(day(55), "fan", "lumi", "device", "message", known_until=day(60)),
    ])  # fmt: skip
    text = told(log, "lumi", at=TODAY)
    assert "마지막 활동 2026년 4월 18일 (토), 12일 전" in text
    assert "활동 팬 2 (2)" in text
    assert "마지막 활동 2026년 4월 25일 (토)" in told(log, "lumi", at=TODAY + 1)


@pytest.mark.parametrize("id", ["lumi", "byul"])
def test_the_list_and_the_explanation_agree(scored, tmp_path, id):
    """Silence, usual gap, fans and revenue come from two queries: one for the top, one for anybody."""
    settings = replace(config(folder=tmp_path), ops=OpsConfig(capacity=2, output="out"))
    (row,) = (row for row in watchlist.build(scored, settings, day(TODAY)).rows if row.id == id)
    known = explanation._known(scored, config(), (id, None), day(TODAY))
    assert (row.last_active_date, row.usual_gap_days) == (known.last_active_date, known.usual_gap_days)
    assert (row.fans_at_stake, row.revenue_28d) == (known.fans_28d, known.revenue_28d)


# --- no score


def test_gone_quiet_before(scored):
    assert told(scored, "haneul") == """\
크리에이터 haneul · 2026년 4월 30일 (목)

점수 없음: 마지막 활동이 2026년 3월 20일 (금), 41일 전이라 최근 28일 안에 활동한 대상에 들지 않습니다. 이미 조용해졌습니다.

최근 12주 활동  ···▆██▂·····  (주별 활동 수, 최대 7, 맨 오른쪽이 이번 주)
마지막 활동 2026년 3월 20일 (금), 41일 전
평소 간격 1일 – 지금의 침묵은 그 41배
첫 활동 2026년 3월 1일 (일), 최근 84일 중 활동한 날 20일

최근 28일 (괄호 안은 그 전 28일)
  활동 팬 0 (0)
  후원 0 (0)"""


@pytest.mark.parametrize(("at", "in_cohort"), [(19 + 27, True), (19 + 28, False)])
def test_the_last_day_in_the_cohort(log, at, in_cohort):
    text = told(log, "haneul", at=at)
    assert ("이미 조용해졌습니다" in text) is not in_cohort
    assert (f"`fancare score --as-of {day(at)}`" in text) is in_cohort


def test_seen_but_never_active(scored):
    assert (
        "점수 없음: 기록은 있지만(마지막 2026년 3월 31일 (화)) 활동으로 치는 이벤트(broadcast)가 한 번도 없었습니다.\n\n"
        "최근 12주 활동 없음\n\n"
    ) in told(scored, "shy")
    assert "No activity in the last 12 weeks\n" in told(scored, "shy", "en")


def test_nothing_known_by_that_day(scored):
    assert "점수 없음: 2026년 4월 30일 (목)까지 알려진 기록이 없습니다." in told(scored, "later")
    assert "No score: nothing was known by Thu 30 Apr 2026." in told(scored, "later", "en")


def test_a_day_that_was_not_scored_names_the_command(log):
    assert "No score: this day has not been scored yet; run `fancare score --as-of 2026-04-29`." in told(log, "lumi", "en", at=59)


def test_without_scores_the_newest_day_of_the_log_is_meant(log):
    assert told(log, "lumi").startswith("크리에이터 lumi · 2026년 5월 1일 (금)\n")


def test_scores_of_another_entity_are_not_ours(log):
    put(log, risk_scores_table(HORIZONS), [score(day(TODAY), 1, (0.9, 0.8, 0.7), fan="mina", entity="fan")])
    assert "이 날짜의 점수가 아직 없습니다" in told(log, "lumi")


def test_before_there_is_a_log():
    with Warehouse.in_memory() as empty, pytest.raises(WarehouseError) as caught:
        told(empty, "lumi")
    assert str(caught.value) == ":memory: holds no activity yet: run `fancare ingest` first."


def test_a_model_that_cannot_say_gives_no_rank_and_no_reasons(log):
    rows = [score(day(TODAY), None, (0.5, 0.4, 0.3), name, band="unknown") for name in ("lumi", "byul")]
    put(log, risk_scores_table(HORIZONS), rows)
    text = told(log, "lumi")
    assert """
판단 불가: 모델을 믿어도 되는지 확인되지 않아 2명 모두 순위를 매기지 않았습니다.
아래 수치는 전체의 평균 비율로만 봐 주세요. 이 대상에 대한 판단이 아닙니다.
7일 위험도 50% · 14일 위험도 40% · 28일 위험도 30%
""" in text, "first that it cannot be judged, then figures"
    assert "이유" not in text
    assert "none of the 2 scored is ranked" in told(log, "lumi", "en")


@pytest.mark.parametrize(
    ("lang", "line"), [("ko", "  ↑ 함께 보면 +41.0%p"), ("en", "  ↑ together +41.0 pp")]
)
def test_reasons_that_raise_the_risk_are_weighed_together(log, lang, line):
    """+31 and +25 are not +56: the themes overlap. What lowers the risk has no part in it."""
    as_of = day(TODAY)
    put(log, risk_scores_table(HORIZONS), [score(as_of, 1, (0.9, 0.5, 0.4), "lumi")])
    put(log, RISK_REASONS, [
        reason(as_of, 1, 0.31, SILENCE, "lumi", joint=0.41), reason(as_of, 2, 0.25, FANS, "lumi", joint=0.41),
        reason(as_of, 3, -0.1, FANS, "lumi", joint=-0.1),
    ])  # fmt: skip
    lines = told(log, "lumi", lang).splitlines()
    (at,) = (n for n, own in enumerate(lines) if "-10.0" in own)
    assert lines[at + 1] == line


# --- reasons on demand


def test_reasons_are_made_when_somebody_asks(scored, monkeypatch):
    asked = []

    def explain_on_demand(warehouse, _, creator, fan, as_of):
        asked.append((creator, fan, as_of))
        put(warehouse, RISK_REASONS, [reason(as_of, 1, -0.02, ("당일 활동", "active today"), creator)])

    monkeypatch.setattr("fancare.churn.scoring.explain_on_demand", explain_on_demand)
    assert "  ↓   -2.0%p  당일 활동" in told(scored, "byul")
    assert "  ↓   -2.0 pp  active today" in told(scored, "byul", "en")
    told(scored, "lumi")
    assert asked == [("byul", None, day(TODAY))], "what is on record is not made again"


def test_without_the_model_the_rest_is_told_all_the_same(scored, monkeypatch):
    def refuse(*_):
        raise Refused("The bundle is damaged.")

    monkeypatch.setattr("fancare.churn.scoring.explain_on_demand", refuse)
    text = told(scored, "byul")
    assert "\n이유를 계산하지 못했습니다: The bundle is damaged.\n" in text
    assert "The reasons could not be made: The bundle is damaged." in told(scored, "byul", "en")
    assert "3명 중 2위" in text
    assert "첫 활동 2026년 4월 30일" in text


def test_where_nothing_moves_the_risk_much_it_says_so(scored, monkeypatch):
    monkeypatch.setattr("fancare.churn.scoring.explain_on_demand", lambda *_: 0)
    text = told(scored, "byul")
    assert "\n따로 적을 만큼 위험도를 움직인 이유가 없습니다. 대부분 평범한 값입니다.\n" in text
    assert "못했습니다" not in text


def test_a_risk_just_below_a_bands_threshold_does_not_read_as_the_threshold(log):
    put(log, risk_scores_table(HORIZONS), [score(day(TODAY), 1, (0.597, 0.597, 0.2), "lumi", band="medium")])
    assert "7일 위험도 60% · 14일 위험도 59.7% · 28일 위험도 20%" in told(log, "lumi")


# --- fans, rooms, hostile names


def test_a_fan(log):
    text = told(log, "mina", at=TODAY, entity="fan")
    assert text.startswith("팬 mina · 2026년 4월 30일 (목)\n")
    assert "마지막 활동 2026년 4월 20일 (월), 10일 전\n평소 간격 15일 – 지금의 침묵은 그 0.7배" in text
    assert "  후원 5,000 (2,000)" in text
    assert "활동 팬" not in text, "a fan has no fans"


def test_a_room(log):
    text = told(log, "lumi/joon", "en", at=TODAY, entity="room")
    assert text.startswith("room (creator–fan) lumi/joon · Thu 30 Apr 2026\n")
    assert "No score: last active on Sat 21 Mar 2026, 40 days ago, so not among those active within 28 days." in text


def test_without_revenue_and_fans_there_is_no_comparison(log):
    settings = config("fan")
    settings = replace(settings, events=replace(settings.events, revenue=()))
    assert explain(log, settings, "joon", day(TODAY)).endswith("첫 활동 2026년 3월 21일 (토), 최근 84일 중 활동한 날 1일")


def test_hostile_names_stay_on_their_line():
    evil = "x\u202e\x1b[31m\n기준일 2099"
    rows = [*events(evil, "x"), *events("shy", "x", event="visit")]
    with drawn_log.warehouse(rows) as warehouse:
        first, *_ = told(warehouse, evil, at=3).splitlines()
        put(warehouse, risk_scores_table(HORIZONS), [score(day(3), 1, (0.9, 0.8, 0.6), evil)])
        put(warehouse, RISK_REASONS, [reason(day(3), 1, 0.2, (f"'{evil}'", f"'{evil}'"), evil)])
        text = told(warehouse, evil)
    assert first == "크리에이터 x\\u202e\\u001b[31m\\u000a기준일 2099 · 2026년 3월 4일 (수)"
    assert "\u202e" not in text
    assert "\x1b" not in text
    assert "\n기준일" not in text


@pytest.mark.parametrize(
    ("weeks", "drawn"), [((), ""), ((0, 0), "··"), ((1,), "█"), ((1, 1000), "▁█"), ((1, 2, 3, 4, 5, 6, 7, 8), "▁▂▃▄▅▆▇█")]
)
def test_blocks(weeks, drawn):
    assert blocks(weeks) == drawn
