"""How activity is spread over a creator's fans or a fan's rooms, and what goes on beside one room: for the oracle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from statistics import mean, stdev

from tests.daily_habits import Cells, Day, ages_of, by, count, slope


@dataclass(frozen=True)
class Room:
    """One room's activity: the ages of its active days, events of 28 and 84 days, and when anything happened at all."""

    ages: list[int]
    n_28: int
    n_84: int
    any_ages: list[int]

    def days(self, window: int, after: int = 0) -> int:
        return sum(after <= age < window for age in self.ages)

    @property
    def recency(self) -> int:
        return min(self.ages, default=84)


def _rooms(days: Sequence[Day], activity: Sequence[str]) -> list[Room]:
    rooms: dict[tuple, list[Day]] = {}
    for day in days:
        rooms.setdefault((day.creator, day.fan), []).append(day)
    found = []
    for own in rooms.values():
        active = [day for day in own if day.name in activity]
        found.append(Room(ages_of(active), count(active, 28), count(active, 84), ages_of(own)))
    return found


def of_fans(days: Sequence[Day], activity: Sequence[str]) -> Cells:
    """A creator's fans; ``days`` are all that fans did in the rooms."""
    rooms = _rooms(days, activity)
    now = {w: [room for room in rooms if room.days(w)] for w in (7, 14, 28, 56, 84)}
    regular = [room for room in rooms if room.days(84) >= 4]
    visitors = {w: sum(any(age < w for age in room.any_ages) for room in rooms) for w in (7, 28, 84)}
    weekly = [sum(1 for room in rooms if room.days(7 * k + 7, 7 * k)) for k in range(12)]
    sizes = [log(1 + room.n_84) for room in now[84]]
    return {
        **{f"fans_{w}d": len(fans) for w, fans in now.items()},
        **{f"fans_week_{k}": weekly[k] for k in (1, 2, 3)},
        "fans_slope_12w": slope(weekly),
        "fans_lost_14d": sum(1 for room in rooms if room.days(84, 14) and not room.days(14)),
        "fans_lost_28d": sum(1 for room in rooms if room.days(84, 28) and not room.days(28)),
        "fans_gained_7d": sum(1 for room in now[7] if not room.days(84, 7)),
        "fans_gained_28d": sum(1 for room in now[28] if not room.days(84, 28)),
        "fans_trend_7d": (len(now[7]) + 1) / (sum(1 for room in rooms if room.days(28, 7)) + 1),
        "fans_trend_28d": (len(now[28]) + 1) / (sum(1 for room in rooms if room.days(84, 28)) + 1),
        **{f"visitors_{w}d": n for w, n in visitors.items()},
        "visitors_active_share_28d": by(len(now[28]), visitors[28]),
        "fans_returning_share_7d": by(sum(1 for room in now[7] if room.days(28, 7)), len(now[7])),
        "fans_returning_share_28d": by(sum(1 for room in now[28] if room.days(84, 28)), len(now[28])),
        "fans_regular_share_84d": by(len(regular), len(now[84])),
        "fans_regular_28d": sum(1 for room in rooms if room.days(28) >= 4),
        "regular_fans_quiet_share_14d": by(sum(room.recency >= 14 for room in regular), len(regular)),
        "top_fan_share_28d": by(max((room.n_28 for room in rooms), default=0), sum(room.n_28 for room in rooms)),
        "top_fan_share_84d": by(max((room.n_84 for room in rooms), default=0), sum(room.n_84 for room in rooms)),
        "fan_concentration_84d": by(sum(room.n_84**2 for room in rooms), sum(room.n_84 for room in rooms) ** 2),
        **{f"quiet_fans_events_share_{w}d": by(
            sum(room.n_84 for room in rooms if room.recency >= w), sum(room.n_84 for room in rooms)) for w in (14, 28)},
        **{f"fan_days_mean_{w}d": mean(room.days(w) for room in now[w]) if now[w] else None for w in (28, 84)},
        "fan_events_spread_84d": stdev(sizes) if len(sizes) > 1 else None,
        "fan_recency_mean_84d": mean(room.recency for room in now[84]) if now[84] else None,
    }  # fmt: skip


def of_rooms(days: Sequence[Day], activity: Sequence[str]) -> Cells:
    """A fan's rooms: the same, seen from the other side."""
    about = of_fans(days, activity)
    return {
        **{f"rooms_{w}d": about[f"fans_{w}d"] for w in (7, 14, 28, 56, 84)},
        "rooms_lost_28d": about["fans_lost_28d"],
        "rooms_gained_28d": about["fans_gained_28d"],
        "rooms_trend_28d": about["fans_trend_28d"],
        "room_concentration_84d": about["fan_concentration_84d"],
        "main_room_share_28d": about["top_fan_share_28d"],
        "main_room_share_84d": about["top_fan_share_84d"],
        "quiet_rooms_events_share_28d": about["quiet_fans_events_share_28d"],
        "room_recency_mean_84d": about["fan_recency_mean_84d"],
    }


def of_context(block: str, days: Sequence[Day]) -> Cells:
    """What a room's fan does anywhere, or its creator itself."""
    ages = ages_of(days)
    active = {w: sum(age < w for age in ages) for w in (7, 14, 28, 56, 84)}
    return {
        **{f"{block}_active_days_{w}d": n for w, n in active.items()},
        **{f"{block}_events_{w}d": count(days, w) for w in (7, 28, 84)},
        f"{block}_recency_days": min(ages, default=84),
        f"{block}_days_slope_12w": slope([sum(age // 7 == k for age in ages) for k in range(12)]),
        f"{block}_active_days_trend_7d": (active[7] + 1) / ((active[28] - active[7]) / 3 + 1),
        f"{block}_active_days_trend_28d": (active[28] + 1) / ((active[84] - active[28]) / 2 + 1),
    }


def of_share_in_room(cells: Cells) -> Cells:
    """How much of what the fan does is in this room, and for how long only elsewhere."""
    share = {w: by(cells[f"events_{w}d"], cells[f"fan_events_{w}d"]) for w in (7, 28, 84)}
    return {
        **{f"fan_share_in_room_{w}d": value for w, value in share.items()},
        "fan_share_in_room_change_28d": share[28] - share[84],  # type: ignore[operator]
        "fan_only_elsewhere_days": cells["recency_days"] - cells["fan_recency_days"],  # type: ignore[operator]
    }
