"""Since when the entity is there, and on which days of the week."""

from __future__ import annotations

from fancare.panel import bits
from fancare.panel.feature import Feature
from fancare.panel.features.record import record


def tenure_and_weekday() -> list[Feature]:
    """Tenure counts from the first event of any kind that was known."""
    tenure = "DATE_DIFF(snapshot.as_of, tenure.first_day, DAY)"
    return [
        record("tenure_days", "tenure", "days", "첫 이벤트 후 일수", "days since the first event", tenure, audience="creator"),
        record("active_share_84d", "tenure", "share", "재적 기간 중 활동일 비율(최대 84일)", "share of days active, of at most 84",
           f"{bits.active_days('own.act', 84)} / LEAST({tenure} + 1, 84)", window=84),
        record("weekend_share_84d", "weekday", "share", "활동일 중 주말 비율", "share of active days on weekends",
           f"SAFE_DIVIDE({bits.weekend_days('own.act')}, {bits.active_days('own.act', 84)})", window=84),
    ]  # fmt: skip
