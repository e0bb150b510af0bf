"""How much and how lately: the entity's activity by window and week, and events of any kind."""

from __future__ import annotations

from collections.abc import Iterator

from fancare.panel import bits
from fancare.panel.blocks import ACTIVITY_WINDOWS
from fancare.panel.feature import Feature
from fancare.panel.features.record import record


def activity() -> Iterator[Feature]:
    """Counts, active days, recency and trend of what counts as still here."""
    act = "own.act"
    for w in ACTIVITY_WINDOWS:
        yield record(f"events_{w}d", "counts", "events", f"최근 {w}일 활동 건수", f"activity events, {w} days",
                 f"{act}_n{w}", window=w, audience="creator")  # fmt: skip
        yield record(f"active_days_{w}d", "active_days", "days", f"최근 {w}일 활동일 수", f"active days, {w} days",
                 bits.active_days(act, w), window=w, audience="creator")  # fmt: skip
    yield record("recency_days", "recency", "days", "마지막 활동 후 일수", "days since the last activity",
             bits.recency(act), audience="creator")  # fmt: skip
    for k in range(12):
        yield record(f"active_days_week_{k}", "active_days", "days", f"{k}주 전 한 주의 활동일 수",
                 f"active days in the week {k} weeks ago", bits.week(act, k), window=7)  # fmt: skip
    yield record("active_days_slope_12w", "trend", "days/week²", "12주 활동일 추세", "trend of active days over 12 weeks",
             bits.slope_12w(act), window=84)  # fmt: skip
    yield record("streak_weeks", "trend", "weeks", "연속 활동 주 수", "weeks in a row with activity", bits.streak_weeks(act),
             window=84)  # fmt: skip
    yield record("events_trend_7d", "trend", "ratio", "최근 7일 활동 ÷ 이전 21일의 주평균", "7 days against the 3 weeks before",
             f"({act}_n7 + 1) / (({act}_n28 - {act}_n7) / 3 + 1)", window=28)  # fmt: skip
    yield record("events_trend_28d", "trend", "ratio", "최근 28일 활동 ÷ 이전 56일의 4주 평균",
             "28 days against the 8 weeks before", f"({act}_n28 + 1) / (({act}_n84 - {act}_n28) / 2 + 1)",
             window=84)  # fmt: skip
    yield record("events_per_active_day_28d", "counts", "events/day", "활동일당 활동 건수(28일)", "activity events an active day, 28 days",
             f"SAFE_DIVIDE({act}_n28, {bits.active_days(act, 28)})", window=28)  # fmt: skip


def any_event(entity: str) -> Iterator[Feature]:
    """The same in short of whatever happens; only where there are events beside the activity."""
    ko, en = {
        "creator": ("본인·팬", "own and fans'"),
        "room": ("이 방에서 팬", "the fan's in this room"),
        "fan": ("팬", "the fan's"),
    }[entity]
    for w in (28, 84):
        yield record(f"events_any_{w}d", "counts", "events", f"최근 {w}일 {ko}의 모든 이벤트 수", f"events of any kind ({en}), {w} days",
                 f"own.any_n{w}", window=w)  # fmt: skip
        yield record(f"days_any_{w}d", "active_days", "days", f"최근 {w}일 {ko}의 이벤트가 하나라도 있던 날", f"days with any event ({en}), {w} days",
                 bits.active_days("own.any", w), window=w)  # fmt: skip
    yield record("recency_any_days", "recency", "days", f"{ko}의 마지막 이벤트 후 일수", f"days since the last event of any kind ({en})",
             bits.recency("own.any"))  # fmt: skip
