"""A share of events is told as a share, and a week's trend by the week: never as a count of days."""

from __future__ import annotations

from tests.unit.churn.test_reasons import GIFT, worded


def test_a_share_is_told_as_a_share():
    found = worded("event", {f"{GIFT}_share_28d": 0.1}, {f"{GIFT}_share_28d": 0.3}, f"{GIFT}_share_28d")
    assert found.text["ko"] == "모든 이벤트 중 팬의 'gift'의 비중(28일): 10% (일반적으로 30%)"


def test_a_weeks_trend_is_told_by_the_week():
    own = {f"{GIFT}_trend_7d": 0.4, f"{GIFT}_n_7d": 1, f"{GIFT}_n_28d": 10, f"{GIFT}_n_84d": 30}
    found = worded("event", own, {f"{GIFT}_trend_7d": 1}, f"{GIFT}_trend_7d")
    assert (found.code, found.facts["window_days"], found.facts["now"], found.facts["before"]) == (
        "reason.event_down",
        7,
        1,
        3,
    )


def test_how_all_others_do_is_told_as_such():
    found = worded("platform", {"all_active_share_7d": 0.4}, {"all_active_share_7d": 0.7}, "all_active_share_7d")
    assert found.text["ko"] == "플랫폼 전체의 흐름 – 전체 중 최근 7일 활동한 비율: 40% (일반적으로 70%)"


def test_a_rank_is_told_with_what_it_ranks():
    name = "active_days_28d_rank"
    found = worded("activity", {name: 0.1}, {name: 0.5}, name)
    assert found.text["ko"] == "활동량과 리듬 – 28일 활동일 수의 순위(0: 가장 적음, 1: 가장 많음): 10% (일반적으로 50%)"
