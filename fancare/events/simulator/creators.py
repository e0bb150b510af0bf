"""Creators of a two-sided world, living day by day by the law of `fancare.events.simulator.hidden_chain`.

On an active day a creator reads what the fans sent since the last one; how that compares with what is usual tilts the
next day's mood, down or up. Before the log begins another creator takes the place of each who ends; so it begins as it
goes on, with some who are new and some about to go.
"""

from __future__ import annotations

import numpy as np

from fancare.events.simulator.hidden_chain import NEUTRAL, OLDEST, USUAL, Chain
from fancare.events.simulator.life import NOT_YET
from fancare.events.simulator.outside import Outside
from fancare.events.simulator.steady import Steady

LATELY, ALL_ALONG = 2.5, 10.0  # active days over which the fans' response is felt, now and usually
COLD, WARM = -0.35, 0.3  # of ln(now ÷ usually)
SHORT, LONG = 8.0, 60.0  # days over which presence is felt by the fans
FOREVER = np.iinfo(np.int64).max


class Creators:
    """The changing state of ``n`` creators; ``live_a_day`` moves it on by one day."""

    def __init__(
        self, chain: Chain, usual: Steady, n: int, days: int, outside: Outside, rng: np.random.Generator
    ) -> None:
        self.chain, self.outside, self._rng = chain, outside, rng
        there = max(round(n * usual.lifetime / (usual.lifetime + days)), 1)
        self.is_first = rng.permutation(n) < there
        self.joined = np.where(
            self.is_first,
            outside.first - rng.geometric(1 / usual.lifetime, n),
            rng.integers(0, max(days - 7, 1), n),
        )
        self.ended = np.full(n, FOREVER)
        self.genre = rng.integers(0, len(outside.season), n)
        self.popularity = rng.lognormal(0, 0.8, n)
        cells = rng.choice(usual.law.size, size=n, p=usual.law.ravel())
        age, kind, self.state = np.unravel_index(cells, usual.law.shape)
        self.kind = np.where(self.is_first, kind, rng.choice(len(chain.kinds), size=n, p=chain.kinds))
        self.look = rng.choice(len(chain.looks), size=n, p=chain.looks)
        self.voice = rng.choice(len(chain.voices), size=n, p=chain.voices)
        self.has_acted = self.is_first.copy()
        self.silence = np.where(self.is_first, age, 0)  # days since the last active day
        self.response = np.full(n, NEUTRAL)
        self._mail, self._lately, self._usually = np.zeros(n), np.full(n, np.nan), np.full(n, np.nan)
        self._short = np.where(self.is_first, 0.25, 0.0)  # nobody's own: fans must not know a rhythm before they see it
        self._long = self._short.copy()
        self._fashion = rng.normal(0, 0.5, n)

    @property
    def phase(self) -> np.ndarray:
        """(n,) codes of PHASES."""
        return np.where(self.has_acted, self.chain.phase[self.state], np.int8(NOT_YET))

    @property
    def pull(self) -> np.ndarray:
        """What draws fans to a room, from outside both: fashions come and go within a month or two."""
        return np.exp(self._fashion)

    @property
    def presence(self) -> np.ndarray:
        """Recent activity beside the creator's own usual, as anybody can see it: about 1, towards 0 in a silence."""
        return np.minimum(self._short / (self._long + 0.02), 1.5)

    def live_a_day(self, day: int) -> tuple[np.ndarray, np.ndarray]:
        """The day's acts (n, 3), without replies, and own page visits (n, 5)."""
        newcomers = ~self.has_acted & (self.joined <= day)
        ends = self._move(day)
        if day < 0:  # another takes the place
            self._begin(np.flatnonzero(ends), day)
            newcomers |= ends
        else:
            self.ended[ends] = day
        self.silence += self.has_acted
        active = newcomers | (self._rng.random(len(newcomers)) < self._active_probability(day))
        self.state[newcomers] = USUAL
        self.has_acted |= newcomers
        self.silence[active] = 0
        self._short += (active - self._short) / SHORT
        self._long += (active - self._long) / LONG
        self._fashion += -self._fashion / 30 + self._rng.normal(0, 0.13, len(active))
        return self._act(active), self._look_at_pages()

    def feel(self, love: np.ndarray) -> None:
        """Take in one day of fans' response, (n,) messages and donations weighed together; read on active days."""
        self._mail += love
        active = self.has_acted & (self.silence == 0)
        first = active & np.isnan(self._lately)
        self._lately[first] = self._usually[first] = self._mail[first]
        self._lately[active] += (self._mail[active] - self._lately[active]) / LATELY
        self._usually[active] += (self._mail[active] - self._usually[active]) / ALL_ALONG
        self._mail[active] = 0.0
        compared = np.log((self._lately[active] + 1) / (self._usually[active] + 1))
        self.response[:] = NEUTRAL
        self.response[active] = (compared > COLD).astype(int) + (compared > WARM)

    def _begin(self, who: np.ndarray, day: int) -> None:
        """Put newcomers, by index, in the place of others."""
        rng, chain, k = self._rng, self.chain, len(who)
        self.joined[who] = day
        self.kind[who] = rng.choice(len(chain.kinds), size=k, p=chain.kinds)
        self.look[who] = rng.choice(len(chain.looks), size=k, p=chain.looks)
        self.voice[who] = rng.choice(len(chain.voices), size=k, p=chain.voices)
        self._mail[who], self._lately[who], self._usually[who] = 0.0, np.nan, np.nan
        self._short[who] = self._long[who] = 0.0
        self._fashion[who] = rng.normal(0, 0.5, k)

    def _move(self, day: int) -> np.ndarray:
        """Move the hidden states to ``day``; returns (n,) True for who ends."""
        season = self.outside.season[self.genre, self.outside.at(day)]
        u, was = self._rng.random(len(season)), self.state.copy()
        for z in range(len(self.outside.season_wear)):
            wear = self.outside.wear[self.outside.at(day)] * self.outside.season_wear[z]
            for response in range(3):
                of = self.has_acted & (season == z) & (self.response == response)
                up_to = self.chain.transition(response, wear).cumsum(axis=1)
                self.state[of] = (u[of, None] >= up_to[was[of], :-1]).sum(axis=1)
        return self.has_acted & (was < self.chain.lurking) & (self.state == self.chain.lurking)

    def _active_probability(self, day: int) -> np.ndarray:
        at = self.outside.at(day)
        pace = self.outside.creator_pace[at] * self.outside.season_creator_pace[self.outside.season[self.genre, at]]
        hazard = self.chain.hazard[np.minimum(self.silence, OLDEST), self.kind, self.state]
        return np.where(self.has_acted, -np.expm1(-pace * hazard), 0.0)

    def _act(self, active: np.ndarray) -> np.ndarray:
        rng, chain, n = self._rng, self.chain, len(active)
        broadcast = rng.random(n) < chain.broadcast[self.voice, self.state]
        messages = rng.poisson(chain.messages[self.voice, self.state]) + ~broadcast
        photo = rng.random(n) < chain.photo[self.state]
        return np.stack([messages, broadcast, photo], axis=1) * active[:, None]

    def _look_at_pages(self) -> np.ndarray:
        return self._rng.poisson(self.chain.pages[self.look, self.state] * self.has_acted[:, None])
