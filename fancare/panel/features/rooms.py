"""How activity is spread over rooms: a creator's over its fans, a fan's over its creators."""

from __future__ import annotations

from fancare.panel.feature import Family, Feature
from fancare.panel.features.record import record


def fans_of_creator() -> list[Feature]:
    """Over a creator's rooms, one a fan."""

    def r(name: str, unit: str, ko: str, en: str, expression: str, window: int) -> Feature:
        return record(name, "rooms", unit, ko, en, expression, block="rooms", window=window)

    return [
        *(r(f"fans_{w}d", "fans", f"최근 {w}일 활동한 팬 수", f"fans active, {w} days", f"COALESCE(rooms.n_{w}, 0)", w)
          for w in (7, 28, 84)),
        r("fans_lost_28d", "fans", "이전 56일에 있었으나 최근 28일 조용한 팬", "fans of the 8 weeks before, silent for 28 days",
          "COALESCE(rooms.lost, 0)", 84),
        r("fans_gained_28d", "fans", "최근 28일에 새로 온(돌아온) 팬", "fans of the last 28 days, absent for 8 weeks before",
          "COALESCE(rooms.gained, 0)", 84),
        r("fans_trend_28d", "ratio", "활동 팬: 최근 28일 ÷ 이전 56일", "active fans: 28 days against the 8 weeks before",
          "(COALESCE(rooms.n_28, 0) + 1) / (COALESCE(rooms.n_before, 0) + 1)", 84),
        r("visitors_28d", "fans", "최근 28일 방을 찾은 팬", "fans seen in the room, 28 days",
          "COALESCE(rooms.visitors_28, 0)", 28),
        r("fans_returning_share_28d", "share", "최근 28일 팬 중 돌아온 팬 비율", "share of active fans who were there before",
          "SAFE_DIVIDE(rooms.returning, rooms.n_28)", 84),
        r("fans_regular_share_84d", "share", "4일 이상 활동한 팬 비율(84일)", "share of fans active on 4 days or more",
          "SAFE_DIVIDE(rooms.regular, rooms.n_84)", 84),
        r("top_fan_share_28d", "share", "가장 활발한 팬의 활동 비중(28일)", "share of activity by the most active fan",
          "SAFE_DIVIDE(rooms.top_n28, rooms.sum_n28)", 28),
        r("fan_concentration_84d", "index", "소수 팬에게 활동이 몰린 정도(84일, 1이면 한 명뿐)",
          "how far activity comes from few fans, 84 days (1: from one alone)",
          "SAFE_DIVIDE(rooms.squares_n84, rooms.sum_n84 * rooms.sum_n84)", 84),
        r("fan_days_mean_28d", "days", "팬 1인당 활동일(28일)", "active days a fan", "rooms.days_mean", 28),
        r("fan_events_spread_84d", "log events", "팬별 활동량의 편차", "spread of activity over fans (SD of log counts)",
          "rooms.spread", 84),
        r("fan_recency_mean_84d", "days", "팬들의 마지막 활동 후 평균 일수", "mean days since each fan's last activity",
          "rooms.recency_mean", 84),
    ]  # fmt: skip


def rooms_of_fan(block: str, prefix: str) -> list[Feature]:
    """Over a fan's rooms; with a ``prefix`` as the context of one room."""
    family: Family = "context" if prefix else "rooms"

    def r(name: str, unit: str, ko: str, en: str, expression: str, window: int) -> Feature:
        whose_ko, whose_en = ("팬의 방 전체 – ", "the fan's rooms: ") if prefix else ("", "")
        return record(prefix + name, family, unit, whose_ko + ko, whose_en + en, expression, block=block, window=window)

    return [
        r("rooms_28d", "rooms", "최근 28일 활동한 방 수", "rooms active in, 28 days", f"COALESCE({block}.n_28, 0)", 28),
        r("rooms_84d", "rooms", "최근 84일 활동한 방 수", "rooms active in, 84 days", f"COALESCE({block}.n_84, 0)", 84),
        r("rooms_lost_28d", "rooms", "최근 28일 조용해진 방 수", "rooms gone silent for 28 days", f"COALESCE({block}.lost, 0)", 84),
        r("rooms_gained_28d", "rooms", "최근 28일 새로 찾은 방 수", "rooms new in 28 days", f"COALESCE({block}.gained, 0)", 84),
        r("room_concentration_84d", "index", "소수 방에 활동이 몰린 정도(84일, 1이면 한 방뿐)",
          "how far activity goes to few rooms, 84 days (1: to one alone)",
          f"SAFE_DIVIDE({block}.squares_n84, {block}.sum_n84 * {block}.sum_n84)", 84),
    ]  # fmt: skip
