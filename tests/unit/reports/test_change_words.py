"""Why a risk changed, in words and as JSON: the same numbers in both languages, parts that sum, and what stands behind."""

from __future__ import annotations

import io
import json
import re
from contextlib import redirect_stdout
from dataclasses import replace
from fractions import Fraction

import pytest

from fancare.churn.change import ALL, BEHAVIOUR, PLAYERS, Change
from fancare.churn.changed_facts import ChangedFact
from fancare.messages import LANGUAGES
from fancare.panel.feature import Feature
from fancare.panel.replayed import Told
from fancare.reports.change_terminal import print_change
from fancare.reports.change_words import behind, to_json_dict, warnings
from tests.drawn_change import changed_by
from tests.drawn_log import config

FACT = ChangedFact(
    "event:fan:message",
    0.42,
    Feature("n", "counts", "events", "최근 7일 팬의 'message' 건수", "fans' 'message', 7 days", ""),
    12,
    3,
)

KOREAN = """\
크리에이터 lumi · 2026년 6월 1일 (월) → 2026년 6월 15일 (월)
14일 위험도 12% → 25% (로그 오즈 -2.00 → -1.12, 차이 +0.88)
이 대상의 활동: 마지막 활동 후 2일 → 최소 84일, 최근 28일 활동일 12일 → 0일, 활동 40건 → 0건
왜 달라졌나 – 다섯 몫을 더하면 로그 오즈의 차이와 정확히 같습니다 (섀플리 값: 따지는 순서와 무관, Shapley 1953)

행동                      ██████│                  -0.50  2026-06-01 뒤의 이벤트: 플랫폼 전체 120건, 이 대상 7건
시간                            │████████████████  +1.25  14일이 지나 옛 이벤트가 그만큼 오래됨 (요일·이용 기간 포함)
늦게 온 데이터                  │                      0  2026-06-01까지의 날에 대해 나중에 알려진 것 없음
새 모델                         │██                +0.12  같은 버전 {version}, 그날의 보정만 다름
새 정의                         │                      0  그대로
합계                                               +0.88

모든 기간
┏━━━━━━━━━━━━━━━━┳━━━━━━━┳━━━━━━━┳━━━━━━━┓
┃ 로그 오즈      ┃   7일 ┃  14일 ┃  28일 ┃
┡━━━━━━━━━━━━━━━━╇━━━━━━━╇━━━━━━━╇━━━━━━━┩
│ 행동           │ -0.50 │ -0.50 │ -0.50 │
│ 시간           │ +1.25 │ +1.25 │ +1.25 │
│ 늦게 온 데이터 │     0 │     0 │     0 │
│ 새 모델        │ +0.12 │ +0.12 │ +0.12 │
│ 새 정의        │     0 │     0 │     0 │
├────────────────┼───────┼───────┼───────┤
│ 합계           │ +0.88 │ +0.88 │ +0.88 │
└────────────────┴───────┴───────┴───────┘

행동 – 달라진 사실 (숫자: 그 주제를 통해 새 행동이 움직인 로그 오즈. 주제끼리 겹치므로 더할 수 없음)
  ↑ +0.42  최근 7일 팬의 'message' 건수 12회 → 3회"""


@pytest.fixture(scope="module")
def change() -> Change:
    return changed_by({"behaviour": -0.5, "clock": 1.25, "late_data": 0.0, "model": 0.125, "definition": 0.0})


def printed(change: Change, lang: str, facts: tuple[ChangedFact, ...] = (FACT,)) -> str:
    out = io.StringIO()
    with redirect_stdout(out):
        print_change(change, facts, 14, lang)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def test_in_korean(change):
    assert printed(change, "ko") == KOREAN.replace("{version}", change.as_of.bundle.version)


def test_both_languages_say_the_same_numbers(change):
    korean, english = (re.findall(r"[+-]?\d+\.\d\d", printed(change, lang)) for lang in LANGUAGES)
    assert korean == english
    assert "Shapley 1953" in printed(change, "ko")
    assert "Shapley 1953" in printed(change, "en")


def test_without_a_fact_it_says_so(change):
    assert "눈에 띄게 움직인 새 행동은 없습니다" in printed(change, "ko", ())


def test_what_lies_behind_each_part(change):
    told = behind(change, "en")
    assert list(told) == list(PLAYERS)
    assert told["behaviour"] == "events after 2026-06-01: 120 on the platform, 7 of this one"
    assert told["late_data"] == "nothing became known later of days until 2026-06-01"
    assert told["model"].startswith("the same version ")
    assert told["definition"] == "unchanged"
    late = replace(change, told=Told(120, 3, 2), own=Told(7, 1, 0))
    assert behind(late, "en")["late_data"] == (
        "of days until 2026-06-01: 3 events known only later (1 of this one), 2 moved to other ids (0 of this one)"
    )
    other = replace(change, as_of=replace(change.as_of, config=config(creator_activity=("broadcast", "photo"))))
    assert behind(other, "en")["definition"] == "activity broadcast → broadcast, photo, at risk within 28 → 28 days"


def test_an_unlike_score_is_told_with_both_numbers(change):
    stored = (change.since.stored[0], 0.25, change.since.stored[2])
    (warning,) = warnings(replace(change, since=replace(change.since, stored=stored)), "en")
    assert "the 14-day risk that stands for Mon 1 Jun 2026 is 0.2500000, recomputed it is 0.1192029" in warning
    assert warnings(change, "en") == []


def test_the_json_holds_every_number_and_its_parts_sum(change):
    told = json.loads(json.dumps(to_json_dict(change, (FACT,), 14)))
    for horizon, found in told["horizons"].items():
        total = sum(Fraction(part) for part in found["parts"].values())
        assert float(total) == pytest.approx(found["difference"], abs=1e-15)
        assert found["log_odds_as_of"] - found["log_odds_since"] == pytest.approx(found["difference"], abs=1e-15)
        assert (
            told["values"][horizon][ALL & ~BEHAVIOUR]
            == change.values[ALL & ~BEHAVIOUR, change.horizons.index(int(horizon))]
        )
    assert told["facts"][0]["text_ko"] == "최근 7일 팬의 'message' 건수 12회 → 3회"
    assert (told["since"], told["as_of"], told["creator_id"], told["players"]) == (
        "2026-06-01",
        "2026-06-15",
        "lumi",
        list(PLAYERS),
    )


def test_names_from_the_log_stay_harmless(change):
    hostile = replace(change, key=("lu[bold]mi\u202e\x1b[31m", None))
    shown = printed(hostile, "en", (replace(FACT, feature=replace(FACT.feature, meaning_en="'[red]x\x1b' ")),))
    assert "lu[bold]mi" in shown
    assert "[red]x" in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown
