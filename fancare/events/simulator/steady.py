"""Where creators stand who have been there for any length of time: the chain's steady law and the mean lifetime.

Whoever ends is replaced by a newcomer, as in a platform that neither grows nor shrinks. The response is taken as usual
and the outside as still, so for a world in motion this is an approximation; a few weeks of log outweigh it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fancare.events.simulator.hidden_chain import NEUTRAL, OLDEST, USUAL, Chain

STEPS = 1_500


@dataclass(frozen=True)
class Steady:
    """``law`` (OLDEST + 1, K, D) is the joint probability of days since the last active day, kind and state at the end of
    a day; ``lifetime`` the mean days from joining to an end."""

    law: np.ndarray
    lifetime: float


def steady(chain: Chain) -> Steady:
    """The steady law of the creators who have not ended.

    >>> from fancare.events.simulator.hidden_chain import chain_of
    >>> from fancare.events.simulator.world import CreatorSide
    >>> found = steady(chain_of(CreatorSide()))
    >>> round(float(found.law.sum()), 12), round(found.lifetime)
    (1.0, 371)
    """
    there = chain.lurking
    move = chain.transition(NEUTRAL, wear=1.0)[:there, :there]
    acts = -np.expm1(-chain.hazard[:, :, :there])
    newcomers = np.zeros((len(chain.kinds), there))
    newcomers[:, USUAL] = chain.kinds
    law = np.zeros((OLDEST + 1, *newcomers.shape))
    law[0] = newcomers
    lost = 0.0
    for _ in range(STEPS):
        moved = law @ move
        lost = 1 - moved.sum()
        older = np.zeros_like(law)
        older[1:] = moved[:-1]
        older[-1] += moved[-1]
        law = older * (1 - acts)
        law[0] = (older * acts).sum(axis=0) + lost * newcomers
    whole = np.zeros((*law.shape[:2], len(chain.states)))
    whole[:, :, :there] = law
    return Steady(whole, float(1 / lost))
