"""Since when the entity is there, and on which days of the week."""

from __future__ import annotations

from fancare.panel import bits
from fancare.panel.feature import Feature
from fancare.panel.features.activity import ACT
from fancare.panel.features.record import record


def tenure_and_weekday() -> list[Feature]:
    """Tenure counts from the first event of any kind that was known.

    Shares by name of the weekday are left out: every horizon is made of whole weeks, so each weekday comes as often.
    """
    tenure = "DATE_DIFF(snapshot.as_of, tenure.first_day, DAY)"
    by_weekday = [bits.weekday_days(ACT, ago) for ago in range(7)]
    return [
        record("tenure_days", "tenure", "days", "첫 이벤트 후 일수", "days since the first event", tenure, audience="creator"),
        *(record(f"active_share_{w}d", "tenure", "share", f"재적 기간 중 활동일 비율(최대 {w}일)", f"share of days active, of at most {w}",
                 f"{bits.active_days(ACT, w)} / LEAST({tenure} + 1, {w})", window=w) for w in (28, 84)),
        record("events_per_day_84d", "tenure", "events/day", "재적 기간 하루당 활동 건수(최대 84일)", "activity events a day there, of at most 84",
               f"{ACT}_n84 / LEAST({tenure} + 1, 84)", window=84),
        record("weekend_share_84d", "weekday", "share", "활동일 중 주말 비율", "share of active days on weekends",
               f"SAFE_DIVIDE({bits.weekend_days(ACT)}, {bits.active_days(ACT, 84)})", window=84),
        record("weekend_share_28d", "weekday", "share", "최근 28일 활동일 중 주말 비율", "share of active days on weekends, 28 days",
               f"SAFE_DIVIDE({bits.weekend_days_28d(ACT)}, {bits.active_days(ACT, 28)})", window=28),
        record("weekday_top_share_84d", "weekday", "share", "가장 잦은 요일에 활동한 비율", "share of active days on the most frequent weekday",
               f"SAFE_DIVIDE(GREATEST({', '.join(by_weekday)}), {bits.active_days(ACT, 84)})", window=84),
        record("weekdays_active_84d", "weekday", "days", "활동한 적 있는 요일 수", "weekdays with any activity",
               " + ".join(f"IF({d} > 0, 1, 0)" for d in by_weekday), window=84),
    ]  # fmt: skip
