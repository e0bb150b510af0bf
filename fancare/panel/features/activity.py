"""How much and how lately: the entity's activity by window and week, and events of any kind."""

from __future__ import annotations

from collections.abc import Iterator

from fancare.panel import bits
from fancare.panel.blocks import ACTIVITY_WINDOWS, HALF_LIVES, SLOT_WINDOWS, WEEKS
from fancare.panel.feature import Feature
from fancare.panel.features.record import record

ACT, ANY = "own.act", "own.any"
DAY_WINDOWS = (1, 2, 3, 5, *ACTIVITY_WINDOWS)


def activity() -> Iterator[Feature]:
    """Counts, active days and recency of what counts as still here."""
    for w in ACTIVITY_WINDOWS:
        yield record(f"events_{w}d", "counts", "events", f"최근 {w}일 활동 건수", f"activity events, {w} days",
                     f"{ACT}_n{w}", window=w, audience="creator")  # fmt: skip
    for w in DAY_WINDOWS:
        yield record(f"active_days_{w}d", "active_days", "days", f"최근 {w}일 활동일 수", f"active days, {w} days",
                     bits.active_days(ACT, w), window=w, audience="creator")  # fmt: skip
    yield record("recency_days", "recency", "days", "마지막 활동 후 일수", "days since the last activity",
                 bits.recency(ACT), audience="creator")  # fmt: skip
    for k in range(WEEKS):
        yield record(f"active_days_week_{k}", "active_days", "days", f"{k}주 전 한 주의 활동일 수",
                     f"active days in the week {k} weeks ago", bits.week(ACT, k), window=7)  # fmt: skip
    for k in range(1, 8):  # this week's count is events_7d
        yield record(f"events_week_{k}", "counts", "events", f"{k}주 전 한 주의 활동 건수",
                     f"activity events in the week {k} weeks ago", f"{ACT}_w{k}", window=7 * (k + 1))  # fmt: skip
    for weeks in (4, 8, 12):
        yield record(f"active_weeks_{weeks}w", "active_days", "weeks", f"최근 {weeks}주 중 활동한 주 수",
                     f"weeks with activity, of {weeks}", bits.active_weeks(ACT, weeks), window=7 * weeks)  # fmt: skip
    for days in HALF_LIVES:
        yield record(f"active_days_ewm_{days}d", "active_days", "days", f"최근일수록 크게 센 활동일 수(반감기 {days}일)",
                     f"active days, each counted half for every {days} days since", f"COALESCE(rhythm.ewm_{days}, 0)",
                     block="rhythm", window=84)  # fmt: skip
    for w in (28, 84):
        yield record(f"events_per_active_day_{w}d", "counts", "events/day", f"활동일당 활동 건수({w}일)",
                     f"activity events an active day, {w} days", f"SAFE_DIVIDE({ACT}_n{w}, {bits.active_days(ACT, w)})",
                     window=w)  # fmt: skip


def any_event(entity: str) -> Iterator[Feature]:
    """The same in short of whatever happens; only where there are events beside the activity."""
    ko, en = {
        "creator": ("본인·팬", "own and fans'"),
        "room": ("이 방에서 팬", "the fan's in this room"),
        "fan": ("팬", "the fan's"),
    }[entity]
    for w in SLOT_WINDOWS:
        yield record(f"events_any_{w}d", "counts", "events", f"최근 {w}일 {ko}의 모든 이벤트 수", f"events of any kind ({en}), {w} days",
                     f"{ANY}_n{w}", window=w)  # fmt: skip
        yield record(f"days_any_{w}d", "active_days", "days", f"최근 {w}일 {ko}의 이벤트가 하나라도 있던 날", f"days with any event ({en}), {w} days",
                     bits.active_days(ANY, w), window=w)  # fmt: skip
    yield record("recency_any_days", "recency", "days", f"{ko}의 마지막 이벤트 후 일수", f"days since the last event of any kind ({en})",
                 bits.recency(ANY))  # fmt: skip
    for w in (28, 84):
        yield record(f"activity_share_{w}d", "share", "share", f"{ko}의 모든 이벤트 중 활동의 비중({w}일)",
                     f"share of all events ({en}) that are activity, {w} days", f"SAFE_DIVIDE({ACT}_n{w}, {ANY}_n{w})", window=w)  # fmt: skip
