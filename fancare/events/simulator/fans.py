"""Fans of a two-sided world and their rooms: who opens which room, and how warm each room is on a day.

A room's warmth falls by itself, more so when the creator is away, and is fed by what the creator does; a fan's mood
moves all of the fan's rooms together. Cold rooms are left, fans leave with all of theirs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fancare.events.simulator.creators import Creators
from fancare.events.simulator.life import ENDED
from fancare.events.simulator.world import TwoSided

WEEKDAY_VISITS = np.array([0.92, 0.90, 0.92, 0.96, 1.05, 1.16, 1.12])  # Monday first


@dataclass(frozen=True)
class Day:
    """One day's sessions: rooms that were visited, and how often, written in and paid in."""

    rooms: np.ndarray
    visits: np.ndarray
    messages: np.ndarray
    donations: np.ndarray


class Fans:
    """The changing state of fans and rooms; ``live_a_day`` moves it on by one day."""

    def __init__(self, world: TwoSided, n: int, days: int, creators: Creators, rng: np.random.Generator) -> None:
        """``n`` fans are to be expected in the log; those who left before it come on top."""
        self.world, self._creators, self._rng = world, creators, rng
        span = days + world.burn_in
        n = round(n * (world.fan_lifetime + span) / (world.fan_lifetime + days))
        here_first = rng.random(n) < world.fan_lifetime / (world.fan_lifetime + span)
        self.joined = np.where(here_first, -world.burn_in, rng.integers(-world.burn_in, days, n))
        self.creator_of_fan = self._draw_creators_as_fans(n)
        as_creator = self.creator_of_fan >= 0
        found_others = rng.integers(0, days, int(as_creator.sum()))  # within the log, which is to show it
        self.joined[as_creator] = np.maximum(found_others, creators.joined[self.creator_of_fan[as_creator]])
        self.generosity = rng.lognormal(0, 0.7, n)
        self._present = np.zeros(n, bool)
        self._left = np.zeros(n, bool)
        self._eager = rng.lognormal(-0.25, 0.7, n)  # how much of a visitor a fan is
        self._pays = rng.beta(0.5, 5.0, n)  # donations per visit
        self._mood = rng.normal(0, 0.4, n)
        self._plan_rooms(days)

    def _draw_creators_as_fans(self, n: int) -> np.ndarray:
        found = len(self._creators.phase)
        chosen = self._rng.permutation(found)[: min(round(found * self.world.creators_as_fans), n)]
        who = np.full(n, -1)
        who[self._rng.permutation(n)[: len(chosen)]] = chosen
        return who

    def _plan_rooms(self, days: int) -> None:
        """Who will open a room on which day; which creator's is decided on that day."""
        rng, n = self._rng, len(self.joined)
        rooms_each = rng.geometric(1 / self.world.rooms_per_fan, n)
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
        self._warmth = rng.normal(0.6, 0.3, len(self.room_fan))
        self._live = np.zeros(0, np.int64)
        self._known: set[tuple[int, int]] = set()

    def _open_rooms(self, day: int) -> None:
        first, stop = np.searchsorted(self._opens, [day, day + 1])
        new = np.arange(first, stop)
        new = new[~self._left[self.room_fan[new]]]
        c = self._creators
        weight = c.on_platform * c.traits.popularity * c.pull * np.clip(c.presence, 0.05, 1.5)
        if len(new) == 0 or weight.sum() == 0:
            return
        chosen = self._rng.choice(len(weight), size=len(new), p=weight / weight.sum())
        opened = []
        for room, fan, creator in zip(new.tolist(), self.room_fan[new].tolist(), chosen.tolist(), strict=True):
            pair = (fan, creator)
            if pair not in self._known and self.creator_of_fan[fan] != creator:
                self._known.add(pair)
                self.room_creator[room] = creator
                opened.append(room)
        self._live = np.concatenate([self._live, np.array(opened, np.int64)])

    def _leave(self, day: int) -> None:
        rng, w = self._rng, self.world
        self._present |= self.joined <= day
        self._left |= self._present & (rng.random(len(self._left)) < 1 / w.fan_lifetime)
        as_creator = np.flatnonzero(self.creator_of_fan >= 0)
        self._left[as_creator] |= self._creators.phase[self.creator_of_fan[as_creator]] == ENDED
        live = self._live
        creator = self.room_creator[live]
        away = 1 + 3.0 * (self._creators.presence[creator] < 0.25) + 5.0 * ~self._creators.on_platform[creator]
        gone = rng.random(len(live)) < w.room_leave * np.exp(-0.8 * self._warmth[live]) * away
        gone |= self._creators.joined[creator] == day  # the place of another, who had these fans
        self._live = live[~gone & ~self._left[self.room_fan[live]]]

    def live_a_day(self, day: int, weekday: int, creator_active: np.ndarray) -> Day:
        """The day's sessions in all open rooms, given who of the creators acted today."""
        rng = self._rng
        self._leave(day)
        self._open_rooms(day)
        live, c = self._live, self._creators
        creator, fan = self.room_creator[live], self.room_fan[live]
        self._mood += -self._mood / 25 + rng.normal(0, 0.11, len(self._mood))
        presence = np.minimum(c.presence, 1.5)[creator]
        self._warmth[live] += -self._warmth[live] / 40 + 0.02 * (presence - 1) + rng.normal(0, 0.08, len(live))
        draw = (0.35 + 0.5 * presence + 0.9 * creator_active[creator]) * c.pull[creator]
        rate = self.world.room_visits * self._eager[fan] * np.exp(self._warmth[live] + self._mood[fan])
        visits = rng.poisson(np.minimum(rate * draw * WEEKDAY_VISITS[weekday], 8.0))
        met = np.flatnonzero(visits)
        rooms, visits = live[met], visits[met]
        warm = np.exp(0.4 * self._warmth[rooms] + 0.4 * c.enthusiasm[creator[met]])
        messages = rng.poisson(1.15 * visits * warm)
        donations = rng.binomial(visits, np.clip(self._pays[fan[met]] * warm, 0, 0.9))
        return Day(rooms, visits, messages, donations)

    def love(self, day: Day) -> np.ndarray:
        """(creators,) the day's response as creators feel it: messages, and donations threefold."""
        weight = day.messages + 3.0 * day.donations
        return np.bincount(self.room_creator[day.rooms], weight, minlength=len(self._creators.phase))

    def idle(self) -> np.ndarray:
        """Fans who open the app today whatever else they do."""
        there = self._present & ~self._left
        return np.flatnonzero(there & (self._rng.random(len(there)) < self.world.idle_opens))
