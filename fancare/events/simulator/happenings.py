"""From a life to its events: each act and page visit gets a second of the day, in the order a session has them.

A fan's day:  app_open  home_visit …  notification_open  room_enter  profile_visit  message …  payment_page_visit  donation
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from fancare.events.simulator.bots import BotAccounts
from fancare.events.simulator.life import Life
from fancare.events.simulator.world import (
    CREATOR_ACTS,
    CREATOR_VISITS,
    EVENT_NAMES,
    FAN_VISITS,
    ROOM_ACTS,
    ROOM_VISITS,
)

NOBODY = -1
CODE = {name: code for code, name in enumerate(EVENT_NAMES)}
DAY_SECONDS = 86_400
HOURS = np.array([
    2.6, 1.5, 0.8, 0.5, 0.4, 0.5, 1.0, 2.2, 3.0, 2.8, 2.8, 3.2,
    4.4, 3.8, 3.2, 3.2, 3.6, 4.4, 5.8, 7.0, 8.4, 9.2, 8.4, 5.6,
])  # fmt: skip
"""When fans come, by hour of the platform's day: a little more at lunch, a peak in the evening."""
PER_VISIT = {"profile_visit": 0.12, "payment_page_visit": 0.03}  # on top of what other events bring with them
PER_FAN_DAY = {
    "home_visit": 0.5, "search": 0.08, "ranking_visit": 0.12, "shop_visit": 0.05, "settings_visit": 0.02,
    "membership_page_visit": 0.03,
}  # fmt: skip
SECONDS_IN = {
    "app_open": 0, "home_visit": 10, "search": 30, "ranking_visit": 40, "shop_visit": 60, "settings_visit": 70,
    "membership_page_visit": 80, "notification_open": 5, "room_enter": 20, "profile_visit": 50, "message": 60,
    "payment_page_visit": 500, "donation": 560,
}  # fmt: skip


@dataclass(frozen=True)
class Events:
    """``k`` events in no particular order; every array has shape (k,). ``creator`` and ``fan`` say who acts (one of them
    is −1), ``room`` whose room it is in (−1: none), ``to`` the fan a reply is for (−1: none), ``amount`` KRW (0: none),
    ``minutes`` a broadcast's length."""

    code: np.ndarray  # index into EVENT_NAMES
    day: np.ndarray
    second: np.ndarray  # of the day, in the platform's zone
    creator: np.ndarray
    fan: np.ndarray
    room: np.ndarray
    to: np.ndarray
    amount: np.ndarray
    minutes: np.ndarray

    def epoch_seconds(self, first_day: date, timezone: str) -> np.ndarray:
        """(k,) Unix times, given the date of day 0."""
        zone = ZoneInfo(timezone)
        days = int(self.day.max(initial=0)) + 1
        midnights = [datetime.combine(first_day + timedelta(d), datetime.min.time(), zone) for d in range(days)]
        return np.array([int(m.timestamp()) for m in midnights])[self.day] + self.second


def happen(life: Life, bots: BotAccounts, rng: np.random.Generator) -> Events:
    """All events of a life, and what bots wrote; a bot's number as a fan follows those of the fans."""
    parts = [*_of_creators(life, rng), *_of_rooms(life, rng), *_of_fan_days(life, rng), _of_bots(life, bots)]
    fields = ("code", "day", "second", "creator", "fan", "room", "to", "amount", "minutes")
    return Events(**{f: np.concatenate([part[f] for part in parts]) for f in fields})


def _events(name: str, day: np.ndarray, second: np.ndarray, **who: np.ndarray) -> dict[str, np.ndarray]:
    k = len(day)
    columns = {
        "code": np.full(k, CODE[name]),
        "day": day,
        "second": _within_the_day(second),
        "amount": np.zeros(k, np.int64),
        "minutes": np.zeros(k, np.int64),
    }
    for role in ("creator", "fan", "room", "to"):
        columns[role] = np.full(k, NOBODY)
    columns.update(who)
    return columns


def _within_the_day(second: np.ndarray) -> np.ndarray:
    """Whole seconds; what would fall after midnight is mirrored to before it, so that an event keeps its day."""
    last = DAY_SECONDS - 1
    return np.clip(last - np.abs(last - second), 0, last).astype(np.int64)


def _of_creators(life: Life, rng: np.random.Generator) -> list[dict[str, np.ndarray]]:
    usual = rng.normal(20.0, 2.0, len(life.joined)) * 3600  # each has a usual time of day
    parts = []
    for at, name in enumerate(CREATOR_ACTS + CREATOR_VISITS):
        if name == "reply":
            continue
        acts = at < len(CREATOR_ACTS)
        counts = life.acts[..., at] if acts else life.own_visits[..., at - len(CREATOR_ACTS)]
        creator, day = np.nonzero(counts)
        times = counts[creator, day]
        creator, day = np.repeat(creator, times), np.repeat(day, times)
        second = usual[creator] + rng.normal(0, 1.7 * 3600, len(day))
        room = creator if acts else np.full(len(day), NOBODY)
        part = _events(name, day, second, creator=creator, room=room)
        if name == "broadcast":
            part["minutes"] = np.clip(rng.lognormal(3.7, 0.5, len(day)), 5, 300).astype(np.int64)
        parts.append(part)
    answered = np.flatnonzero(life.session_answered)
    room, day = life.session_room[answered], life.session_day[answered]
    creator, fan = life.room_creator[room], life.room_fan[room]
    second = usual[creator] + rng.normal(0, 1.7 * 3600, len(day))
    parts.append(_events("reply", day, second, creator=creator, room=creator, to=fan))
    return parts


def _of_bots(life: Life, bots: BotAccounts) -> dict[str, np.ndarray]:
    bot, day, second = bots.messages()
    return _events("message", day, second, fan=len(life.fan_joined) + bot, room=bots.creator[bot])


def _of_rooms(life: Life, rng: np.random.Generator) -> list[dict[str, np.ndarray]]:
    start = _session_starts(len(life.session_day), rng)
    creator, fan = life.room_creator[life.session_room], life.room_fan[life.session_room]
    visits = life.session_visits
    told = life.creator_active[creator, life.session_day]  # an act sends notifications to the room's fans
    counts = {
        "room_enter": visits,
        "message": life.session_messages,
        "donation": life.session_donations,
        "profile_visit": rng.poisson(PER_VISIT["profile_visit"] * visits),
        "payment_page_visit": life.session_donations + rng.poisson(PER_VISIT["payment_page_visit"] * visits),
        "notification_open": rng.binomial(visits, 0.3 * told),
    }
    parts = []
    for name in ROOM_ACTS + ROOM_VISITS:
        of = np.repeat(np.arange(len(visits)), counts[name])
        second = start[of] + SECONDS_IN[name] + rng.exponential(180, len(of))
        part = _events(name, life.session_day[of], second, fan=fan[of], room=creator[of])
        if name == "donation":
            part["amount"] = _amounts(life.generosity[fan[of]], rng)
        parts.append(part)
    return parts


def _of_fan_days(life: Life, rng: np.random.Generator) -> list[dict[str, np.ndarray]]:
    """Visits outside rooms on days with a session and on idle days. Creators who are fans of others leave none here:
    outside rooms a creator's visits are the creator's own."""
    fan_of_session = life.room_fan[life.session_room]
    key = np.unique(
        np.concatenate([fan_of_session * life.days + life.session_day, life.idle_fan * life.days + life.idle_day])
    )
    fan, day = key // life.days, key % life.days
    plain = life.creator_of_fan[fan] == NOBODY
    fan, day = fan[plain], day[plain]
    start = _session_starts(len(fan), rng)
    parts = []
    for name in FAN_VISITS:
        counts = 1 + rng.poisson(0.2, len(fan)) if name == "app_open" else rng.poisson(PER_FAN_DAY[name], len(fan))
        of = np.repeat(np.arange(len(fan)), counts)
        second = start[of] + SECONDS_IN[name] + rng.exponential(60, len(of))
        parts.append(_events(name, day[of], second, fan=fan[of]))
    return parts


def _session_starts(k: int, rng: np.random.Generator) -> np.ndarray:
    hour = rng.choice(24, size=k, p=HOURS / HOURS.sum())
    return hour * 3600 + rng.integers(0, 3600, k)


def _amounts(generosity: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """KRW in hundreds: lognormal, and one gift in fifty from a Pareto tail, which carries much of the sum."""
    k = len(generosity)
    usual = 3000 * generosity * rng.lognormal(0, 0.9, k)
    large = 10_000 * (1 + rng.pareto(1.5, k))
    amount = np.where(rng.random(k) < 0.02, large, usual)
    return np.clip(np.round(amount / 100), 5, 50_000).astype(np.int64) * 100
