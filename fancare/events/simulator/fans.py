"""Fans of a two-sided world and their rooms: who opens which room, what it is to them, and what they do there.

    casual ⇄ prospective ⇄ true        a room's class moves up and down; all may fall asleep, and leave
       ⇅
    dormant ──▶ left

Everything here answers to what anybody can see of a creator: acts, replies, and *presence*, the recent activity beside
the usual one. With ``e`` the planted effect, a day with acts multiplies a room's visits by exp(e), and presence p
multiplies what moves rooms up by exp(e·(p − 1)) and what moves them down, or away, by exp(−e·(p − 1)). Nothing answers
to a creator's hidden mood. So, given the log up to a day, fans tell nothing about a creator that is not in the log.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from fancare.events.simulator.life import Rooms, stretches
from fancare.events.simulator.outside import Outside
from fancare.events.simulator.world import ROOM_CLASSES, FanSide

TRUE, PROSPECTIVE, CASUAL, DORMANT = range(len(ROOM_CLASSES))
LEFT = -1
MOST_VISITS = 5.0  # expected of a room on a day without acts


class Visible(Protocol):
    """All that fans ever see of ``n`` creators, beside their acts; every array has shape (n,)."""

    joined: np.ndarray
    popularity: np.ndarray
    genre: np.ndarray
    outside: Outside

    @property
    def pull(self) -> np.ndarray: ...

    @property
    def presence(self) -> np.ndarray: ...


@dataclass(frozen=True)
class Day:
    """One day's sessions: rooms that were visited, and how often, written in and paid in, and who was answered."""

    rooms: np.ndarray
    visits: np.ndarray
    messages: np.ndarray
    donations: np.ndarray
    answered: np.ndarray


class Fans:
    """The changing state of fans and rooms; ``live_a_day`` moves it on by one day."""

    def __init__(self, side: FanSide, n: int, days: int, creators: Visible, rng: np.random.Generator) -> None:
        """``n`` fans are to be expected in the log; those who left before it come on top."""
        self.side, self._creators, self._rng, self._days = side, creators, rng, days
        burn_in = -creators.outside.first
        span = days + burn_in
        n = round(n * (side.fan_lifetime + span) / (side.fan_lifetime + days))
        here_first = rng.random(n) < side.fan_lifetime / (side.fan_lifetime + span)
        self.joined = np.where(here_first, -burn_in, rng.integers(-burn_in, days, n))
        self.left = np.full(n, days)
        self.creator_of_fan = self._draw_creators_as_fans(n)
        as_creator = self.creator_of_fan >= 0
        # Within the log, which is to show it, and whatever the creator does in the own room.
        self.joined[as_creator] = rng.integers(0, max(days * 2 // 3, 1), int(as_creator.sum()))
        self.generosity = rng.lognormal(0, 0.7, n)
        self._present = np.zeros(n, bool)
        self._eager = rng.lognormal(-0.15, 0.5, n)  # how much of a visitor a fan is
        self._pays = rng.beta(0.5, 5.0, n)  # donations per visit
        self._mood = rng.normal(0, 0.3, n)
        self._plan_rooms(days)

    def _draw_creators_as_fans(self, n: int) -> np.ndarray:
        found = len(self._creators.joined)
        chosen = self._rng.permutation(found)[: min(round(found * self.side.creators_as_fans), n)]
        who = np.full(n, -1)
        who[self._rng.permutation(n)[: len(chosen)]] = chosen
        return who

    def _plan_rooms(self, days: int) -> None:
        """Who will open a room on which day; which creator's is decided on that day."""
        rng, n = self._rng, len(self.joined)
        rooms_each = rng.geometric(1 / self.side.rooms_per_fan, n)
        fan = np.repeat(np.arange(n), rooms_each)
        first = np.concatenate([[0], np.cumsum(rooms_each)[:-1]])
        delay = rng.exponential(45, len(fan)).astype(np.int64)
        delay[first] = 0
        opens = self.joined[fan] + delay
        order = np.argsort(opens, kind="stable")
        fan, opens = fan[order], opens[order]
        keep = opens < days
        self.room_fan, self._opens = fan[keep], opens[keep]
        self.room_creator = np.full(len(self.room_fan), -1)
        begins = np.array(self.side.begins)
        self.kind = rng.choice(len(begins), size=len(self.room_fan), p=begins / begins.sum()).astype(np.int8)
        self._warmth = rng.normal(0.1, 0.3, len(self.room_fan))
        self._live = np.zeros(0, np.int64)
        self._known: set[tuple[int, int]] = set()
        self._changes: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []

    @property
    def rooms(self) -> Rooms:
        """What every room was to its fan, over the days lived of the log."""
        day, room, kind = (np.concatenate(parts) for parts in zip(*self._changes, strict=True))
        return stretches(day, room, kind, self._days)

    def live_a_day(self, day: int, acted: np.ndarray) -> Day:
        """The day's sessions in all open rooms, given (n,) who of the creators acted today."""
        rng, side, c = self._rng, self.side, self._creators
        before = self._live
        self._leave(day)
        moved = self._move()
        opened = self._open_rooms(day)
        if day > 0:
            left = np.setdiff1d(before, self._live)
            self._note(day, np.concatenate([moved, opened]), left)
        elif day == 0:
            self._note(day, self._live, np.zeros(0, np.int64))
        live = self._live
        creator, fan = self.room_creator[live], self.room_fan[live]
        self._mood += -self._mood / 25 + rng.normal(0, 0.09, len(self._mood))
        self._warmth[live] += -self._warmth[live] / 40 + rng.normal(0, 0.06, len(live))
        rate = np.array(side.visits)[self.kind[live]] * self._eager[fan] * np.exp(self._warmth[live] + self._mood[fan])
        rate = np.minimum(rate * c.pull[creator] * self._outside(day)[creator], MOST_VISITS)
        visits = rng.poisson(rate * np.exp(side.creator_effect * acted[creator]))
        met = np.flatnonzero(visits)
        rooms, visits = live[met], visits[met]
        warm = np.exp(0.4 * self._warmth[rooms])
        messages = rng.poisson(np.array(side.talk)[self.kind[rooms]] * visits * warm)
        pays = self._pays[fan[met]] * np.array(side.pays)[self.kind[rooms]] * warm
        donations = rng.binomial(visits, np.clip(pays, 0, 0.9))
        answered = answer(self.room_creator[rooms], messages, acted, side.replies_a_day, rng)
        self._warmth[rooms[answered]] += side.reply_warmth
        return Day(rooms, visits, messages, donations, answered)

    def love(self, day: Day) -> np.ndarray:
        """(creators,) the day's response as creators feel it: messages, and donations threefold."""
        weight = day.messages + 3.0 * day.donations
        return np.bincount(self.room_creator[day.rooms], weight, minlength=len(self._creators.joined))

    def idle(self) -> np.ndarray:
        """Fans who open the app today whatever else they do."""
        return np.flatnonzero(self._present & (self._rng.random(len(self._present)) < self.side.idle_opens))

    def _outside(self, day: int) -> np.ndarray:
        """(creators,) how much today's weekday, holiday, drift and the genre's season draw fans to the rooms."""
        outside = self._creators.outside
        season = outside.season[self._creators.genre, outside.at(day)]
        return outside.fan_pace[outside.at(day)] * outside.season_fan_pace[season]

    def _tilt(self) -> np.ndarray:
        """(live rooms,) what presence adds to the log rate of moving up, and takes from that of moving down."""
        return self.side.creator_effect * (self._creators.presence[self.room_creator[self._live]] - 1)

    def _leave(self, day: int) -> None:
        rng, side = self._rng, self.side
        leaving = self._present & (rng.random(len(self.left)) < 1 / side.fan_lifetime)
        self.left[leaving] = max(day, 0)
        self._present[leaving] = False
        self._present |= (self.joined <= day) & (self.left == self._days) & ~leaving
        live = self._live
        gone = rng.random(len(live)) < np.array(side.leaves)[self.kind[live]] * np.exp(-self._tilt())
        gone |= self._creators.joined[self.room_creator[live]] == day  # the place of another, who had these fans
        self._live = live[~gone & self._present[self.room_fan[live]]]

    def _move(self) -> np.ndarray:
        """Move the live rooms between classes; returns those that moved."""
        side, live = self.side, self._live
        kind, tilt = self.kind[live], self._tilt()
        up = np.array([0.0, *side.ups])[kind] * np.exp(tilt)
        down = np.array([*side.downs, 0.0])[kind] * np.exp(-tilt)
        sleep = np.array([*side.sleeps, 0.0, 0.0])[kind] * np.exp(-tilt)
        u = self._rng.random(len(live))
        now = np.where(u < up, kind - 1, kind)
        now = np.where((u >= up) & (u < up + down), kind + 1, now)
        now = np.where((u >= up + down) & (u < up + down + sleep), DORMANT, now)
        self.kind[live] = now
        return live[now != kind]

    def _open_rooms(self, day: int) -> np.ndarray:
        """Open the rooms whose day has come, with creators as they can be seen today; returns these rooms."""
        first, stop = np.searchsorted(self._opens, [day, day + 1])
        new = np.arange(first, stop)
        new = new[self._present[self.room_fan[new]]]
        c = self._creators
        weight = c.popularity * c.pull * c.presence
        if len(new) == 0 or weight.sum() == 0:
            return np.zeros(0, np.int64)
        chosen = self._rng.choice(len(weight), size=len(new), p=weight / weight.sum())
        opened = []
        for room, fan, creator in zip(new.tolist(), self.room_fan[new].tolist(), chosen.tolist(), strict=True):
            pair = (fan, creator)
            if pair not in self._known and self.creator_of_fan[fan] != creator:
                self._known.add(pair)
                self.room_creator[room] = creator
                opened.append(room)
        self._live = np.concatenate([self._live, np.array(opened, np.int64)])
        return np.array(opened, np.int64)

    def _note(self, day: int, rooms: np.ndarray, left: np.ndarray) -> None:
        kind = np.concatenate([self.kind[rooms], np.full(len(left), LEFT, np.int8)])
        self._changes.append((np.full(len(kind), day), np.concatenate([rooms, left]), kind))


def answer(
    creator: np.ndarray, messages: np.ndarray, acted: np.ndarray, most: int, rng: np.random.Generator
) -> np.ndarray:
    """(sessions,) True for who is answered: up to ``most`` of those who wrote to a creator who acted, drawn by chance.

    >>> answer(np.array([0, 0, 1, 1]), np.array([1, 0, 2, 1]), np.array([True, False]), 1, np.random.default_rng(0))
    array([ True, False, False, False])
    """
    wrote = np.flatnonzero((messages > 0) & acted[creator])
    wrote = wrote[np.argsort(rng.random(len(wrote)))]
    wrote = wrote[np.argsort(creator[wrote], kind="stable")]
    _, start, count = np.unique(creator[wrote], return_index=True, return_counts=True)
    place = np.arange(len(wrote)) - np.repeat(start, count)
    answered = np.zeros(len(creator), bool)
    answered[wrote[place < most]] = True
    return answered
