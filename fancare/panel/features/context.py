"""For a room: what its fan and its creator do elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from fancare.panel import bits
from fancare.panel.blocks import SLOT_WINDOWS
from fancare.panel.feature import Feature
from fancare.panel.features.activity import ACT
from fancare.panel.features.record import record
from fancare.panel.features.rooms import fans_of_creator, rooms_of_fan
from fancare.panel.features.trend import AGAINST, ratio

OF_CREATORS_ROOMS = (
    "fans_7d", "fans_28d", "fans_84d", "fans_slope_12w", "fans_lost_28d", "fans_gained_28d", "fans_trend_28d", "fans_trend_7d",
    "top_fan_share_84d", "fan_recency_mean_84d",
)  # fmt: skip


def context() -> Iterator[Feature]:
    """The fan's activity anywhere and over its rooms, the creator's own acts and other rooms, and this room's share."""
    yield from _of("fan", "팬의 전체", "the fan's overall")
    yield from rooms_of_fan("fan_rooms", "fan_")
    yield from _of("creator", "크리에이터의", "the creator's")
    names = {f"creator_{name}" for name in OF_CREATORS_ROOMS}
    yield from (f for f in fans_of_creator("creator_rooms", "creator_") if f.name in names)
    yield from _share_in_room()


def _of(block: str, ko: str, en: str) -> Iterator[Feature]:
    """What ``block`` says, the fan or the creator; who does nothing has no row there."""
    act = f"{block}.act"
    days = {w: f"COALESCE({bits.active_days(act, w)}, 0)" for w in SLOT_WINDOWS}
    for w in SLOT_WINDOWS:
        yield record(f"{block}_active_days_{w}d", "context", "days", f"{ko} 활동일 수({w}일)", f"{en} active days, {w} days",
                     days[w], block=block, window=w)  # fmt: skip
    for w in (7, 28, 84):
        yield record(f"{block}_events_{w}d", "context", "events", f"{ko} 활동 건수({w}일)", f"{en} activity events, {w} days",
                     f"COALESCE({act}_n{w}, 0)", block=block, window=w)  # fmt: skip
    yield record(f"{block}_recency_days", "context", "days", f"{ko} 마지막 활동 후 일수", f"days since {en} last activity",
                 f"COALESCE({bits.recency(act)}, {bits.SPAN})", block=block)  # fmt: skip
    yield record(f"{block}_days_slope_12w", "context", "days/week²", f"{ko} 12주 활동일 추세", f"{en} trend over 12 weeks",
                 f"COALESCE({bits.slope(act, 12)}, 0)", block=block, window=84)  # fmt: skip
    for w in (7, 28):
        before, against_ko, against_en = AGAINST[w]
        yield record(f"{block}_active_days_trend_{w}d", "context", "ratio", f"{ko} 활동일: 최근 {w}일 ÷ {against_ko}",
                     f"{en} active days: {w} days against {against_en}", ratio(days[w], days[w + before], w, before),
                     block=block, window=w + before)  # fmt: skip


def _share_in_room() -> Iterator[Feature]:
    share = {w: f"SAFE_DIVIDE({ACT}_n{w}, fan.act_n{w})" for w in (7, 28, 84)}
    for w, expression in share.items():
        yield record(f"fan_share_in_room_{w}d", "context", "share", f"팬 활동 중 이 방의 비중({w}일)",
                     f"share of the fan's activity that is in this room, {w} days", expression, block="fan", window=w)  # fmt: skip
    yield record("fan_share_in_room_change_28d", "context", "index", "팬 활동 중 이 방의 비중: 28일 − 84일",
                 "share of the fan's activity that is in this room: 28 days less 84", f"{share[28]} - {share[84]}",
                 block="fan", window=84)  # fmt: skip
    yield record("fan_only_elsewhere_days", "context", "days", "이 방의 마지막 활동 후 팬이 다른 곳에서 활동한 마지막 날까지의 일수",
                 "days from the last activity here to the fan's last anywhere", f"{bits.recency(ACT)} - ({bits.recency('fan.act')})",
                 block="fan", window=84)  # fmt: skip
