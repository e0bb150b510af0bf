"""How activity is spread over rooms: a creator's over its fans, a fan's over its creators."""

from __future__ import annotations

from fancare.panel import bits
from fancare.panel.blocks import WEEKS
from fancare.panel.feature import Family, Feature
from fancare.panel.features.record import record

WINDOWS = (7, 14, 28, 56, 84)


def fans_of_creator(block: str = "rooms", prefix: str = "") -> list[Feature]:
    """Over a creator's rooms, one a fan; with a ``prefix`` as the context of one room."""
    family: Family = "context" if prefix else "rooms"

    def r(name: str, unit: str, ko: str, en: str, expression: str, window: int) -> Feature:
        whose_ko, whose_en = ("크리에이터 방 전체 – ", "the creator's rooms: ") if prefix else ("", "")
        return record(prefix + name, family, unit, whose_ko + ko, whose_en + en, expression, block=block, window=window)

    def n(column: str) -> str:
        return f"COALESCE({block}.{column}, 0)"

    def share(part: str, whole: str) -> str:
        return f"SAFE_DIVIDE({block}.{part}, {block}.{whole})"

    return [
        *(r(f"fans_{w}d", "fans", f"최근 {w}일 활동한 팬 수", f"fans active, {w} days", n(f"n_{w}"), w) for w in WINDOWS),
        *(r(f"fans_week_{k}", "fans", f"{k}주 전 한 주에 활동한 팬 수", f"fans active in the week {k} weeks ago", n(f"week_{k}"), 7 * (k + 1))
          for k in (1, 2, 3)),
        r("fans_slope_12w", "fans/week", "주별 활동 팬 수의 12주 추세", "trend of weekly active fans over 12 weeks",
          bits.slope_of([n(f"week_{k}") for k in range(WEEKS)]), 84),
        r("fans_lost_28d", "fans", "이전 56일에 있었으나 최근 28일 조용한 팬", "fans of the 8 weeks before, silent for 28 days", n("lost_28"), 84),
        r("fans_lost_14d", "fans", "이전 70일에 있었으나 최근 14일 조용한 팬", "fans of the 10 weeks before, silent for 14 days", n("lost_14"), 84),
        r("fans_gained_28d", "fans", "최근 28일에 새로 온(돌아온) 팬", "fans of the last 28 days, absent for 8 weeks before", n("gained_28"), 84),
        r("fans_gained_7d", "fans", "최근 7일에 새로 온(돌아온) 팬", "fans of the last 7 days, absent for 11 weeks before", n("gained_7"), 84),
        r("fans_trend_28d", "ratio", "활동 팬: 최근 28일 ÷ 이전 56일", "active fans: 28 days against the 8 weeks before",
          f"({n('n_28')} + 1) / ({n('n_before_28')} + 1)", 84),
        r("fans_trend_7d", "ratio", "활동 팬: 최근 7일 ÷ 이전 21일", "active fans: 7 days against the 3 weeks before",
          f"({n('n_7')} + 1) / ({n('n_before_7')} + 1)", 28),
        *(r(f"visitors_{w}d", "fans", f"최근 {w}일 방을 찾은 팬", f"fans seen in the room, {w} days", n(f"visitors_{w}"), w) for w in (7, 28, 84)),
        r("visitors_active_share_28d", "share", "방을 찾은 팬 중 활동한 비율(28일)", "share of fans seen in the room that were active, 28 days",
          share("n_28", "visitors_28"), 28),
        r("fans_returning_share_28d", "share", "최근 28일 팬 중 돌아온 팬 비율", "share of active fans who were there before",
          share("returning_28", "n_28"), 84),
        r("fans_returning_share_7d", "share", "최근 7일 팬 중 이전 21일에도 온 비율", "share of the week's fans who were there in the 3 weeks before",
          share("returning_7", "n_7"), 28),
        r("fans_regular_share_84d", "share", "4일 이상 활동한 팬 비율(84일)", "share of fans active on 4 days or more", share("regular_84", "n_84"), 84),
        r("fans_regular_28d", "fans", "최근 28일에 4일 이상 활동한 팬 수", "fans active on 4 days or more of 28", n("regular_28"), 28),
        r("regular_fans_quiet_share_14d", "share", "단골 팬 중 최근 14일 조용한 비율", "share of regular fans that are silent for 14 days",
          share("regular_quiet", "regular_84"), 84),
        *(r(f"top_fan_share_{w}d", "share", f"가장 활발한 팬의 활동 비중({w}일)",
            "share of activity by the most active fan" + (f", {w} days" if w != 28 else ""), share(f"top_n{w}", f"sum_n{w}"), w)
          for w in (28, 84)),
        r("fan_concentration_84d", "index", "소수 팬에게 활동이 몰린 정도(84일, 1이면 한 명뿐)",
          "how far activity comes from few fans, 84 days (1: from one alone)", share("squares_n84", f"sum_n84 * {block}.sum_n84"), 84),
        *(r(f"quiet_fans_events_share_{w}d", "share", f"84일 활동 중 최근 {w}일 조용한 팬의 몫", f"share of 84 days' activity by fans now silent for {w} days",
            share(f"quiet_n84_{w}", "sum_n84"), 84) for w in (14, 28)),
        *(r(f"fan_days_mean_{w}d", "days", f"팬 1인당 활동일({w}일)", f"active days a fan, {w} days", f"{block}.days_mean_{w}", w) for w in (28, 84)),
        r("fan_events_spread_84d", "log events", "팬별 활동량의 편차", "spread of activity over fans (SD of log counts)", f"{block}.spread", 84),
        r("fan_recency_mean_84d", "days", "팬들의 마지막 활동 후 평균 일수", "mean days since each fan's last activity", f"{block}.recency_mean", 84),
    ]  # fmt: skip


def rooms_of_fan(block: str, prefix: str) -> list[Feature]:
    """Over a fan's rooms; with a ``prefix`` as the context of one room."""
    family: Family = "context" if prefix else "rooms"

    def r(name: str, unit: str, ko: str, en: str, expression: str, window: int) -> Feature:
        whose_ko, whose_en = ("팬의 방 전체 – ", "the fan's rooms: ") if prefix else ("", "")
        return record(prefix + name, family, unit, whose_ko + ko, whose_en + en, expression, block=block, window=window)

    def n(column: str) -> str:
        return f"COALESCE({block}.{column}, 0)"

    return [
        *(r(f"rooms_{w}d", "rooms", f"최근 {w}일 활동한 방 수", f"rooms active in, {w} days", n(f"n_{w}"), w) for w in WINDOWS),
        r("rooms_lost_28d", "rooms", "최근 28일 조용해진 방 수", "rooms gone silent for 28 days", n("lost_28"), 84),
        r("rooms_gained_28d", "rooms", "최근 28일 새로 찾은 방 수", "rooms new in 28 days", n("gained_28"), 84),
        r("rooms_trend_28d", "ratio", "활동한 방: 최근 28일 ÷ 이전 56일", "rooms active in: 28 days against the 8 weeks before",
          f"({n('n_28')} + 1) / ({n('n_before_28')} + 1)", 84),
        r("room_concentration_84d", "index", "소수 방에 활동이 몰린 정도(84일, 1이면 한 방뿐)",
          "how far activity goes to few rooms, 84 days (1: to one alone)",
          f"SAFE_DIVIDE({block}.squares_n84, {block}.sum_n84 * {block}.sum_n84)", 84),
        *(r(f"main_room_share_{w}d", "share", f"가장 많이 활동한 방의 비중({w}일)", f"share of activity in the fan's main room, {w} days",
            f"SAFE_DIVIDE({block}.top_n{w}, {block}.sum_n{w})", w) for w in (28, 84)),
        r("quiet_rooms_events_share_28d", "share", "84일 활동 중 최근 28일 조용한 방의 몫", "share of 84 days' activity in rooms now silent for 28 days",
          f"SAFE_DIVIDE({block}.quiet_n84_28, {block}.sum_n84)", 84),
        r("room_recency_mean_84d", "days", "방마다 마지막 활동 후 일수의 평균", "mean days since the last activity in each room", f"{block}.recency_mean", 84),
    ]  # fmt: skip
