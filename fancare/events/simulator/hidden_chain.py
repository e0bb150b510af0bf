"""The law of a creator's hidden life: a Markov chain with few states, so that what follows from a log can be computed.

    traits, drawn once:   kind (rhythm × pace)  ×  look  ×  voice
    states, day by day:   thriving ⇄ usual ⇄ tired ⇄ fading        the moods
                          any mood ──▶ vacation 1 ▶ 2 ▶ 3 ──▶ usual
                          any mood ──▶ long break 1 ▶ 2 ──▶ usual
                          any mood, seldom but for fading ──▶ lurking ──▶ gone: the end

On each day the state moves first, then shows itself: the creator acts or not, says so and so much, looks at so and so
many pages. Acting has a daily hazard ``pace · (Λ(c·a) − Λ(c·(a − 1)))`` with ``a`` the days since the last active day
(1 on the day after it), ``c`` how fast the mood's clock runs and Λ the Weibull's cumulative hazard; it stays what it is
from ``OLDEST`` days on. `fancare.events.simulator.creators` lives by this law, and
`fancare.events.simulator.conditional_risk` reasons by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import gamma

import numpy as np

from fancare.events.simulator.life import ENDED, LONG_BREAK, VACATION
from fancare.events.simulator.world import MOODS, CreatorSide

OLDEST = 60
"""Silences count up to this many days; a longer one has the same hazard."""

USUAL, FADING = MOODS.index("usual"), MOODS.index("fading")
NEUTRAL = 1
"""The response that tilts nothing: the usual one, and that of a day on which the creator does not look."""

PAGES_ELSEWHERE = (0.02, 0.05, 0.15)  # settings, ranking, app opened: a day, in any mood
PAGES_AWAY = (0.02, 0.03, 0.01, 0.01, 0.05)  # of CREATOR_VISITS on vacation and in a long break
AWAY_NOTICE = 0.15  # settings visits a day in the first days of a vacation
PAGES_LURKING = (0.05, 0.12, 0.01, 0.03, 0.10)


@dataclass(frozen=True)
class Chain:
    """The law in arrays. ``K`` kinds, ``L`` looks, ``V`` voices, ``D`` states."""

    states: tuple[str, ...]  # (D,)
    phase: np.ndarray  # (D,) codes of PHASES
    rhythm: tuple[str, ...]  # (K,) of each kind
    usual_gap: np.ndarray  # (K,) days, in the usual mood
    kinds: np.ndarray  # (K,) probabilities, likewise looks (L,) and voices (V,)
    looks: np.ndarray
    voices: np.ndarray
    hazard: np.ndarray  # (OLDEST + 1, K, D) of acting so many days after the last active day; row 0 is not used
    messages: np.ndarray  # (V, D) Poisson mean on an active day, one more where there is no broadcast
    broadcast: np.ndarray  # (V, D) probability on an active day
    photo: np.ndarray  # (D,)
    pages: np.ndarray  # (L, D, 5) Poisson means a day, order of CREATOR_VISITS
    steps: np.ndarray  # (D, D) probabilities of moving, usual response, no drift; the diagonal is 0
    falls: np.ndarray  # (D, D) True where a mood falls, likewise rises
    rises: np.ndarray
    falls_by_response: np.ndarray  # (3,)
    rises_by_response: np.ndarray

    @property
    def lurking(self) -> int:
        """The first state after an end."""
        return self.states.index("lurking")

    def transition(self, response: int, wear: float) -> np.ndarray:
        """(D, D) probabilities from the day's row state to the next day's column state; rows sum to one.

        ``response`` indexes RESPONSES, ``wear`` is the factor on how readily moods fall.
        """
        tilt = np.where(self.falls, self.falls_by_response[response] * wear, 1.0)
        moves = self.steps * np.where(self.rises, self.rises_by_response[response], tilt)
        return moves + np.diag(1 - moves.sum(axis=1))


def chain_of(side: CreatorSide) -> Chain:
    """The chain whose constants ``side`` holds.

    >>> chain = chain_of(CreatorSide())
    >>> chain.hazard.shape, chain.transition(response=0, wear=2.0).shape, chain.states[-2:]
    ((61, 15, 11), (11, 11), ('lurking', 'gone'))
    """
    vacations = tuple(f"vacation {stage + 1}" for stage in range(len(side.vacation_stages)))
    breaks = tuple(f"long break {stage + 1}" for stage in range(len(side.break_stages)))
    states = (*MOODS, *vacations, *breaks, "lurking", "gone")
    steps, falls, rises = _steps(side, states)
    away = [VACATION] * len(vacations) + [LONG_BREAK] * len(breaks)
    kinds = [(rhythm, share, factor) for rhythm in side.rhythms for share, factor in side.paces]
    moods = len(MOODS)
    hazard = np.zeros((OLDEST + 1, len(kinds), len(states)))
    for k, (rhythm, _, factor) in enumerate(kinds):
        # Whole days round a gap up, by half a day in the mean.
        scale = (rhythm.mean_gap - 0.5) * factor / gamma(1 + 1 / rhythm.shape)
        for mood, speed in enumerate(side.speed):
            cumulative = (speed * np.arange(OLDEST + 1) / scale) ** rhythm.shape
            hazard[1:, k, mood] = np.diff(cumulative)
    broadcast, messages = np.zeros((len(side.voices), len(states))), np.zeros((len(side.voices), len(states)))
    for voice, (_, said, live) in enumerate(side.voices):
        messages[voice, :moods] = said * np.array(side.talk)
        broadcast[voice, :moods] = np.minimum(live * np.array(side.talk), 0.95)
    photo = np.zeros(len(states))
    photo[:moods] = side.photos * np.array(side.talk)
    return Chain(
        states=states,
        phase=np.array([*range(moods), *away, ENDED, ENDED], np.int8),
        rhythm=tuple(rhythm.name for rhythm, _, _ in kinds),
        usual_gap=np.array([(rhythm.mean_gap - 0.5) * factor + 0.5 for rhythm, _, factor in kinds]),
        kinds=_shares([rhythm.share * share for rhythm, share, _ in kinds]),
        looks=_shares([share for share, _ in side.looks]),
        voices=_shares([share for share, _, _ in side.voices]),
        hazard=hazard,
        messages=messages,
        broadcast=broadcast,
        photo=photo,
        pages=_pages(side, states),
        steps=steps,
        falls=falls,
        rises=rises,
        falls_by_response=np.array(side.falls_by_response),
        rises_by_response=np.array(side.rises_by_response),
    )


def _shares(weights: list[float]) -> np.ndarray:
    return np.array(weights) / sum(weights)


def _steps(side: CreatorSide, states: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Moves, which of them are falls, which are rises; each (D, D)."""
    at = {state: index for index, state in enumerate(states)}
    steps = np.zeros((len(states), len(states)))
    falls, rises = np.zeros_like(steps, bool), np.zeros_like(steps, bool)
    for mood, (fall, rise) in enumerate(zip(side.falls, side.rises, strict=True)):
        steps[mood, mood + 1], falls[mood, mood + 1] = fall, True
        steps[mood + 1, mood], rises[mood + 1, mood] = rise, True
    for mood in range(len(MOODS)):
        steps[mood, at["lurking"]] = side.ends[mood]
        steps[mood, at["long break 1"]] = side.breaks[mood]
        steps[mood, at["vacation 1"]] = side.vacations[mood]
    falls[FADING, at["lurking"]] = falls[FADING, at["long break 1"]] = True
    for name, stages in (("vacation", side.vacation_stages), ("long break", side.break_stages)):
        for stage, days in enumerate(stages):
            following = at.get(f"{name} {stage + 2}", USUAL)
            steps[at[f"{name} {stage + 1}"], following] = 1 / days
    steps[at["lurking"], at["gone"]] = 1 / side.lurking
    return steps, falls, rises


def _pages(side: CreatorSide, states: tuple[str, ...]) -> np.ndarray:
    pages = np.zeros((len(side.looks), len(states), 5))
    for look, (_, visits) in enumerate(side.looks):
        for at, state in enumerate(states):
            if state in MOODS:
                pages[look, at] = (visits * side.look[at], side.payouts[at], *PAGES_ELSEWHERE)
            elif state.startswith(("vacation", "long break")):
                pages[look, at] = PAGES_AWAY
            elif state == "lurking":
                pages[look, at] = PAGES_LURKING
        pages[look, states.index("vacation 1"), 2] = AWAY_NOTICE
    return pages
