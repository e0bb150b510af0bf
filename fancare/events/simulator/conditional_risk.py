"""The true risk: P(no act within h days | everything the platform could see up to a day), exact up to rounding.

Forward filtering keeps, for every creator, the probabilities of traits and hidden state given what has been seen:

    α_t  ∝  P(seen on day t | traits, state) · (α_{t−1} T)          seen: acted or not, how much, own page visits
    risk =  Σ (α_t T) · W_h(t + 1)                                    W: `fancare.events.simulator.silent_path`

T is tilted by the response the creator read on day t − 1 if that was an active day. It is a function of the log, and so
are the fans' doings: they answer to acts, replies and presence, which the log shows, and to fashions and moods of their
own, which no creator's state depends on. Given the log so far, their law is the same whatever the creator's hidden
state; as factors they cancel, and what they say reaches α through T alone. Never used: the state itself, an end, or
anything after the day.

What the platform is taken to know beyond the log: the constants of the world, the season of each genre up to the day
(hundreds of rooms show it), the last active day before the log began, what was not yet delivered, and who is a bot. So
this is the ceiling of what any model can reach, by a hair too high. On the first day the steady law stands for the
history before the log; after some weeks it has no weight any more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fancare.events.simulator.hidden_chain import OLDEST, USUAL, Chain
from fancare.events.simulator.life import Minds
from fancare.events.simulator.silent_path import silence_ahead
from fancare.events.simulator.steady import Steady
from fancare.events.simulator.world import CREATOR_ACTS, RESPONSES
from fancare.progress import Progress

HORIZONS = (7, 14, 28)
MESSAGE, BROADCAST, PHOTO = (CREATOR_ACTS.index(name) for name in ("creator_message", "broadcast", "photo_post"))


@dataclass(frozen=True)
class TrueRisk:
    """``risk`` (n, days, 3) of no act within 7, 14, 28 days after each day, and ``silence`` (n, days) the days since the
    last act of the log at its end; NaN and −1 before a creator's first act in the log."""

    risk: np.ndarray
    silence: np.ndarray


def true_risk(
    chain: Chain, usual: Steady, acts: np.ndarray, visits: np.ndarray, minds: Minds, progress: Progress
) -> TrueRisk:
    """The risk of ``n`` creators on each of ``days`` days; ``acts`` (n, days, 4) and ``visits`` (n, days, 5) are what was
    seen. About 30 s for 1,200 creators and 400 days, and 0.5 GB."""
    n, days, _ = acts.shape
    ahead = silence_ahead(chain, minds.outside, days, HORIZONS)
    risk = np.full((n, days, len(HORIZONS)), np.nan, np.float32)
    silence = np.full((n, days), -1, np.int32)
    shown = np.zeros(n, bool)  # acted within the log
    filtering = Filter(chain, usual, minds)
    with progress.task("true risk", total=days) as task:
        for day in range(days):
            filtering.see(day, acts[:, day], visits[:, day])
            shown |= acts[:, day].any(axis=1)
            age = np.minimum(filtering.silence + 1, OLDEST)
            of = np.flatnonzero(shown)
            season = filtering.season(day)[of]
            for z in range(len(minds.outside.season_moves)):
                likely = filtering.moved(day + 1, z)[of].sum(axis=(2, 3))  # over looks and voices: they do not matter
                weight = minds.outside.season_moves[season, z]
                for h in range(len(HORIZONS)):
                    part = weight * np.einsum("ikd,ikd->i", likely, ahead[day, h, age[of], :, z])
                    risk[of, day, h] = part if z == 0 else risk[of, day, h] + part
            silence[of, day] = filtering.silence[of]
            task.advance()
    return TrueRisk(np.clip(risk, 0.0, 1.0), silence)


class Filter:
    """α, (n, K, L, V, D), brought forward day by day by what was seen."""

    def __init__(self, chain: Chain, usual: Steady, minds: Minds) -> None:
        self.chain, self._minds, self._outside = chain, minds, minds.outside
        self.silence = np.maximum(minds.silence, 0)
        self.known = minds.silence >= 0
        at_age = usual.law / usual.law.sum(axis=(1, 2), keepdims=True)
        traits = chain.looks[:, None] * chain.voices
        self.alpha = at_age[np.minimum(self.silence, OLDEST), :, None, None, :] * traits[:, :, None]
        self._newcomer = np.zeros(self.alpha.shape[1:])
        self._newcomer[..., USUAL] = chain.kinds[:, None, None] * traits
        self._moved: dict[tuple[int, int], np.ndarray] = {}

    def season(self, day: int) -> np.ndarray:
        """(n,) the season of each creator's genre on a day of the log."""
        return self._outside.season[self._minds.genre, self._outside.at(day)]

    def moved(self, day: int, season: int) -> np.ndarray:
        """α of the day before after the transition into ``day``, were it in ``season``."""
        if (day, season) not in self._moved:
            self._moved[day, season] = self._move(day, season)
        return self._moved[day, season]

    def _move(self, day: int, season: int) -> np.ndarray:
        wear = self._outside.wear[self._outside.at(day)] * self._outside.season_wear[season]
        response = self._minds.response[:, day]
        moves = np.stack([self.chain.transition(r, wear) for r in range(len(RESPONSES))])
        flat = self.alpha.reshape(len(response), -1, self.alpha.shape[-1])
        return np.matmul(flat, moves[response]).reshape(self.alpha.shape)

    def see(self, day: int, acts: np.ndarray, visits: np.ndarray) -> None:
        """Take in one day, (n, 4) acts and (n, 5) page visits."""
        season, active = self.season(day), np.asarray(acts.any(axis=1))
        alpha = self.moved(day, 0).copy()
        for z in range(1, len(self._outside.season_moves)):
            alpha = np.where((season == z)[:, None, None, None, None], self.moved(day, z), alpha)
        newcomers = active & ~self.known
        self.known |= active
        self.silence += self.known
        pace = self._outside.creator_pace[self._outside.at(day)] * self._outside.season_creator_pace[season]
        quiet = np.exp(-pace[:, None, None] * self.chain.hazard[np.minimum(self.silence, OLDEST)])
        alpha *= np.where(active[:, None, None], 1 - quiet, quiet)[:, :, None, None, :]
        alpha[newcomers] = self._newcomer
        alpha[active] *= self._said(acts[active])[:, None, None, :, :]
        alpha *= self._looked(visits)[:, None, :, None, :]
        alpha[~self.known] = self._newcomer
        self.alpha = alpha / alpha.sum(axis=(1, 2, 3, 4), keepdims=True)
        self.silence[active] = 0
        self._moved.clear()

    def _said(self, acts: np.ndarray) -> np.ndarray:
        """(active, V, D) likelihood of the acts on an active day, up to factors that no state changes."""
        chain, live = self.chain, acts[:, BROADCAST, None, None] > 0
        more = acts[:, MESSAGE, None, None] - ~live
        said = np.exp(-chain.messages) * chain.messages**more
        photo = np.where(acts[:, PHOTO, None] > 0, chain.photo, 1 - chain.photo)
        return said * np.where(live, chain.broadcast, 1 - chain.broadcast) * photo[:, None, :]

    def _looked(self, visits: np.ndarray) -> np.ndarray:
        """(n, L, D) likelihood of a day's page visits, up to factors that no state changes."""
        pages = self.chain.pages
        return np.prod(np.exp(-pages) * pages ** visits[:, None, None, :], axis=-1)
