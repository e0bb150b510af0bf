"""Creators of a two-sided world: who they are, and what a day does to their enthusiasm, their phase and their acts.

                 fans' response ──▶ enthusiasm ──▶ gaps between active days, acts a day, own page visits
                                        │
      active ◀──▶ fading ──▶ end or long break        active, fading ──▶ vacation ──▶ back

Before the log begins another creator takes the place of each who ends; so it begins as it goes on, with some who are new
and some about to go.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fancare.events.simulator.life import ACTIVE, ENDED, FADING, LONG_BREAK, NOT_YET, VACATION
from fancare.events.simulator.world import TwoSided

WEEKDAY_PACE = np.array([0.95, 0.95, 0.95, 1.0, 1.05, 1.1, 1.0])  # Monday first
SHORT_MEMORY, LONG_MEMORY = 7.0, 45.0  # days over which a creator feels the fans' response, now and usually


@dataclass(frozen=True)
class Traits:
    """What does not change about ``n`` creators. Every array has shape (n,)."""

    rhythm: np.ndarray  # names
    usual_gap: np.ndarray  # days
    gap_shape: np.ndarray
    popularity: np.ndarray  # factor on how many fans find the room
    talkative: np.ndarray  # further messages on an active day
    broadcasts: np.ndarray  # probability on an active day
    looks_at_dashboard: np.ndarray  # visits a day at enthusiasm 0
    fade_days: np.ndarray  # time constant of fading


def draw_traits(world: TwoSided, n: int, rng: np.random.Generator) -> Traits:
    """``n`` creators, each with a rhythm of their own."""
    shares = np.array([r.share for r in world.rhythms])
    kind = rng.choice(len(world.rhythms), size=n, p=shares / shares.sum())
    return Traits(
        rhythm=np.array([r.name for r in world.rhythms])[kind],
        usual_gap=np.array([r.mean_gap for r in world.rhythms])[kind] * rng.lognormal(0, 0.22, n),
        gap_shape=np.array([r.shape for r in world.rhythms])[kind],
        popularity=rng.lognormal(0, 0.8, n),
        talkative=rng.lognormal(-0.3, 0.6, n),
        broadcasts=rng.beta(1.2, 2.5, n),
        looks_at_dashboard=rng.lognormal(-1.6, 0.6, n),
        fade_days=rng.uniform(*world.fade_days, n),
    )


def draw_joins(world: TwoSided, n: int, days: int, rng: np.random.Generator) -> np.ndarray:
    """(n,) days of joining. As many are there before the log as join in a mean lifetime; the others join evenly."""
    there = max(round(n * world.creator_lifetime / (world.creator_lifetime + days)), 1)
    before = -world.burn_in - rng.geometric(1 / world.creator_lifetime, n)
    return np.where(rng.permutation(n) < there, before, rng.integers(0, max(days - 7, 1), n))


class Creators:
    """The changing state of the creators; ``live_a_day`` moves it on by one day."""

    def __init__(self, world: TwoSided, traits: Traits, joined: np.ndarray, rng: np.random.Generator) -> None:
        n = len(joined)
        self.world, self.traits, self._rng = world, traits, rng
        self.joined = joined.copy()
        self.ended = np.full(n, np.iinfo(np.int64).max)
        self.phase = np.full(n, NOT_YET, np.int8)
        self.enthusiasm = np.zeros(n)
        self.presence = np.zeros(n)  # recent activity relative to the creator's own usual
        self._back_on = np.zeros(n, np.int64)
        self._wait = np.zeros(n)  # days of own clock until the next active day
        self._short, self._long = np.zeros(n), np.zeros(n)
        self._fashion = np.zeros(n)
        self._begin(np.arange(n))

    def _begin(self, who: np.ndarray) -> None:
        """Put creators, by index, into the state of a newcomer."""
        rng, k = self._rng, len(who)
        self.enthusiasm[who], self.presence[who] = 0.5, 0.6
        self._wait[who] = rng.random(k) * self.traits.usual_gap[who]
        self._short[who] = self._long[who] = 0.5
        self._fashion[who] = rng.normal(0, 0.5, k)

    @property
    def on_platform(self) -> np.ndarray:
        return self.phase < ENDED

    @property
    def pull(self) -> np.ndarray:
        """What draws fans to a room, from outside both: fashions come and go within a month or two."""
        return np.exp(self._fashion)

    def feel(self, love: np.ndarray) -> None:
        """Take in one day of fans' response, (n,) messages and donations weighed together."""
        self._short += (love - self._short) / SHORT_MEMORY
        self._long += (love - self._long) / LONG_MEMORY

    def live_a_day(self, day: int, weekday: int) -> tuple[np.ndarray, np.ndarray]:
        """The day's acts (n, 3) and own page visits (n, 5)."""
        self.phase[(self.phase == NOT_YET) & (self.joined <= day)] = ACTIVE
        response = np.clip(np.log((self._short + 0.25) / (self._long + 0.25)), -1.5, 1.0)
        self._change_mood(response)
        rests = self._change_phase(day, response)
        return self._act(weekday), self._look_at_pages(day, rests)

    def _change_mood(self, response: np.ndarray) -> None:
        n, fading = len(self.phase), self.phase == FADING
        target, pace = np.where(fading, -2.6, 0.0), np.where(fading, self.traits.fade_days, 20.0)
        self.enthusiasm += (target - self.enthusiasm) / pace
        self.enthusiasm += self.world.response_pull * response + self._rng.normal(0, 0.08, n)
        np.clip(self.enthusiasm, -3.0, 1.5, out=self.enthusiasm)
        self._fashion += -self._fashion / 30 + self._rng.normal(0, 0.13, n)

    def _change_phase(self, day: int, response: np.ndarray) -> np.ndarray:
        """Move between the phases; returns (n,) True for whose vacation begins today."""
        w, rng, n = self.world, self._rng, len(self.phase)
        back = (self.phase >= VACATION) & (self.phase <= LONG_BREAK) & (self._back_on <= day)
        self.enthusiasm[back & (self.phase == LONG_BREAK)] = 0.2
        self.phase[back], self._wait[back] = ACTIVE, 0.0
        here = self.phase <= FADING
        u = rng.random((4, n))
        onset = w.fade_onset * np.exp(-0.9 * self.enthusiasm - 0.9 * response)
        recovery = w.recovery * np.exp(0.8 * response)
        starts, recovers = (self.phase == ACTIVE) & (u[0] < onset), (self.phase == FADING) & (u[1] < recovery)
        self.phase[starts], self.phase[recovers] = FADING, ACTIVE
        gone = w.leave_calm + w.leave_faded / (1 + np.exp(3.5 * (self.enthusiasm + 1.7)))
        leaves = here & (u[2] < gone)
        returns = leaves & (rng.random(n) < w.comes_back)
        ends = leaves & ~returns
        if day < 0:  # another takes the place
            self.phase[ends], self.joined[ends] = ACTIVE, day
            self._begin(np.flatnonzero(ends))
        else:
            self.phase[ends], self.ended[ends] = ENDED, day
        self.phase[returns] = LONG_BREAK
        self._back_on[returns] = day + rng.integers(w.long_break[0], w.long_break[1] + 1, n)[returns]
        rests = here & ~leaves & (u[3] < w.vacation)
        self.phase[rests] = VACATION
        self._back_on[rests] = day + 1 + rng.integers(w.vacation_days[0], w.vacation_days[1] + 1, n)[rests]
        return rests

    def _act(self, weekday: int) -> np.ndarray:
        t, e, rng, n = self.traits, self.enthusiasm, self._rng, len(self.phase)
        here = self.phase <= FADING
        self._wait -= here * np.exp(self.world.clock * e) * WEEKDAY_PACE[weekday]
        active = here & (self._wait <= 0)
        # A fresh gap is counted from today: a daily creator's rests of below a day are not carried over.
        self._wait[active] = rng.gamma(t.gap_shape, t.usual_gap / t.gap_shape)[active] - 0.5
        self.presence += (active * t.usual_gap - self.presence) / 8.0
        messages = rng.poisson(t.talkative * np.exp(0.5 * e))
        broadcast = rng.random(n) < np.clip(t.broadcasts * np.exp(0.6 * e), 0, 0.95)
        messages = np.where(broadcast, messages, messages + 1)
        photos = rng.random(n) < np.clip(0.25 * np.exp(0.4 * e), 0, 0.8)
        return np.stack([messages, broadcast, photos], axis=1) * active[:, None]

    def _look_at_pages(self, day: int, rests: np.ndarray) -> np.ndarray:
        e, n = self.enthusiasm, len(self.phase)
        rates = np.stack(
            [
                self.traits.looks_at_dashboard * np.exp(0.6 * e),
                0.03 + 0.12 / (1 + np.exp(3.0 * (e + 1.2))),  # money is taken out before an end
                0.02 + 0.6 * rests,  # an away notice is set, by some
                np.full(n, 0.05),
                np.full(n, 0.15),
            ],
            axis=1,
        )
        since_end = np.clip(day - self.ended, 0, None)  # who has ended still looks in for a while
        there = np.where(self.phase == NOT_YET, 0.0, np.exp(-since_end / self.world.lurking))
        return self._rng.poisson(rates * there[:, None])
