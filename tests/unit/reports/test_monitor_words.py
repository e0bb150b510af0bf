"""A monitored day in words: what moved, from how much to how much, and what to do, Korean first."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from fancare.churn.bootstrap import Interval
from fancare.churn.metrics import Figures
from fancare.churn.monitored import Finding, Monitoring, Moved
from fancare.churn.performance import Performance, Promise
from fancare.panel.feature import Feature
from fancare.reports.monitor_words import findings, lines, moved_words, outcomes

DAY = date(2026, 6, 30)
GIFTS = Feature("gifts_7d", "counts", "events", "최근 7일 팬의 'gift' 건수", "fans' 'gift', 7 days", "x", event_name="gift")
SILENCE = Feature("recency_days", "recency", "days", "마지막 활동 후 일수", "days since the last activity", "x")


def moved(feature: Feature | None, before: float | None, now: float | None, psi: float = 0.9, undefined: float = 0.0) -> Moved:
    what = ("score", "risk_14d", "14일 위험도", "14-day risk", None)
    if feature is not None:
        what = ("feature", feature.name, feature.meaning_ko, feature.meaning_en, feature.event_name)
    return Moved(*what, 60, psi, 0.1, 0.1, 0.25, before, now, 0.0, undefined)


def performance(auc: float = 0.7, rate: float = 0.3, risk: float = 0.2) -> Performance:
    figures = Figures(auc, 0.5, 0.6, 0.2, 0.03, 2.0, 1_200, rate)
    return Performance(
        "v1", 14, True, date(2026, 6, 1), date(2026, 6, 16), figures, risk, Interval(auc, auc - 0.02, auc + 0.02),
        Interval(risk - rate, risk - rate - 0.01, risk - rate + 0.01), 40, 2.5, Promise(Interval(0.8, 0.78, 0.82), 0.02),
        "broken", "broken",
    )  # fmt: skip


def day(*found: Finding, drifted: tuple[Moved, ...] = (), became: tuple[Performance, ...] = ()) -> Monitoring:
    return Monitoring("creator", DAY, "creator_churn", "v1", drifted, (7, 14), became, found, ())


def test_a_first_finding_says_that_it_is_one_and_what_comes_next():
    found = day(Finding("features", 0, 1, "amber"), drifted=(moved(GIFTS, 3.0, 0.0), moved(SILENCE, 4.0, 4.1, psi=0.1)))
    ((state, (korean, english)),) = findings(found)
    assert state == "amber"
    assert found.verdict == "amber"
    assert english == (
        "look again (seen once): 1 of 2 features are not as in training – fans' 'gift', 7 days: mean 3 → 0. Check whether the "
        "event 'gift' is no longer logged, or has another name now. It becomes an alarm if the next run finds it again."
    )
    assert korean.startswith("확인 필요 (처음 발견): 변수 2개 중 1개가 학습 때와 다릅니다 – 최근 7일 팬의 'gift'")


def test_an_alarm_says_how_often_and_to_train_again():
    found = day(Finding("score", 0, 3, "red"), drifted=(moved(None, 0.2, 0.35), moved(GIFTS, 3.0, 6.0)))
    ((_, (korean, english)),) = findings(found)
    assert english == (
        "alarm (found in 3 runs in a row): the distribution of risks is not as in training – 14-day risk: mean 0.2 → 0.35. Look "
        "at the event 'gift' first. Once the cause is clear, train again with `fancare train`."
    )
    assert "경보 (연속 3회 발견)" in korean
    assert "`fancare train`" in korean
    first = lines(found)[0]
    assert first == "모델이 아직 맞나: 경보 (연속 3회 발견) · Is the model still right: alarm (found in 3 runs in a row)"


def test_a_broken_promise_names_both_figures():
    found = day(Finding("ranking", 14, 2, "red"), Finding("level", 14, 1, "amber"), became=(performance(),))
    (_, (_, ranking)), (_, (_, level)) = findings(found)
    assert "14-day risks rank worse than promised: realised AUC 0.700 (0.680–0.720), promised 0.800 (0.780–0.820)" in ranking
    assert "14-day risks are off in level: mean risk 20.0%, really churned 30.0%" in level


def test_what_is_not_ripe_yet_is_said():
    (first, _), (second, english) = outcomes(day(became=(performance(),)))
    assert first == "7일 위험도는 아직 결과가 확정되지 않았습니다."
    assert "1,200건" in second
    assert "n = 1,200" in english
    assert "2026-06-01 to 2026-06-16" in english


def test_a_version_without_a_backtest_has_a_dash_for_its_promise():
    (_, (_, english)) = outcomes(day(became=(replace(performance(), promise=None),)))
    assert "promised – (–––)" in english


def test_the_furthest_beyond_its_bound_is_named_first_and_five_are_enough():
    features = [replace(GIFTS, name=f"f{i}", meaning_en=f"feature {i}") for i in range(8)]
    found = day(
        Finding("features", 0, 1, "amber"), drifted=tuple(moved(f, 1.0, 2.0, psi=0.3 + i) for i, f in enumerate(features))
    )
    ((_, (_, english)),) = findings(found)
    named = [f"feature {i}" in english for i in range(8)]
    assert named == [False] * 3 + [True] * 5
    assert english.index("feature 7") < english.index("feature 3")


@pytest.mark.parametrize(
    ("given", "english"),
    [
        (moved(SILENCE, 4.0, 9.0), "days since the last activity: mean 4 → 9"),
        (moved(SILENCE, 4.0, 4.2), "days since the last activity: mean about the same (4.2), another distribution"),
        (moved(SILENCE, 4.0, 4.0, undefined=0.5), "days since the last activity: undefined 0% → 50%"),
        (moved(SILENCE, 4.0, None, undefined=1.0), "days since the last activity: undefined 0% → 100%"),
    ],
)
def test_what_moved_is_said_in_the_way_it_moved(given, english):
    assert moved_words(given)[1] == english


def test_a_hostile_event_name_stays_a_name():
    hostile = replace(GIFTS, meaning_en="fans' '\u202e{n}\x00', 7 days", event_name="\u202e{n}\x00")
    ((_, (_, english)),) = findings(day(Finding("features", 0, 1, "amber"), drifted=(moved(hostile, 3.0, 0.0),)))
    assert "\u202e" not in english
    assert "\x00" not in english
    assert "'{n}'" in english


def test_too_few_for_a_finding_are_named_all_the_same():
    found = day(drifted=(moved(GIFTS, 3.0, 0.0), moved(SILENCE, 4.0, 4.1, psi=0.1), moved(None, 0.2, 0.2, psi=0.1)))
    assert found.verdict == "green"
    assert lines(found)[2] == (
        "  1 of 2 features drifted since training; the distribution of risks is as it was – fans' 'gift', 7 days: mean 3 → 0"
    )


def test_nothing_found_is_green():
    found = day(drifted=(moved(GIFTS, 1.0, 1.0, psi=0.1),))
    assert found.verdict == "green"
    assert lines(found)[0] == "모델이 아직 맞나: 이상 없음 · Is the model still right: nothing found"
