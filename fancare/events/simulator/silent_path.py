"""The chance of further silence, from every state a creator may be in: dynamic programming backwards through the days.

    W_h(t, a, k, z, d) = P(no act on the days t … t + h − 1 | on day t: state d, a days since the last act, season z)
                       = (1 − p_t(a, k, z, d)) · Σ_z' S(z, z') · Σ_d' T_{t+1, z'}(d, d') · W_{h−1}(t + 1, a + 1, k, z', d')

Along a path without acts no creator reads what fans sent, so the transitions are the neutral ones and nothing random
but the creator's own state, and the season, is left to sum over: the formula is exact. k is a creator's kind, p the
daily probability of acting, T the chain's transitions and S the seasons'.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fancare.events.simulator.hidden_chain import NEUTRAL, OLDEST, Chain
from fancare.events.simulator.outside import Outside


def silence_ahead(chain: Chain, outside: Outside, days: int, horizons: Sequence[int]) -> np.ndarray:
    """(days, H, OLDEST + 1, K, Z, D) of float32: at [t] the probability of no act on the days t + 1 … t + h, for ``h`` in
    ``horizons``, given season and state on day **t + 1** and the days since the last act on that day (row 0 is unused).
    """
    longest, states = max(horizons), len(chain.states)
    seasons, kinds = len(outside.season_wear), len(chain.kinds)
    found = np.empty((days, len(horizons), OLDEST + 1, kinds, seasons, states), np.float32)
    # W_0 … W_longest of the next day, for ages 1 … OLDEST.
    following = np.ones((longest + 1, OLDEST, kinds, seasons, states))
    for day in range(days + longest - 1, 0, -1):
        ahead = np.concatenate([following[:-1, 1:], following[:-1, -1:]], axis=1)  # a day older; the oldest stay so
        tomorrow = min(outside.at(day + 1), len(outside.wear) - 1)  # past the last day only W_0 = 1 is asked for
        moved = np.stack(
            [
                ahead[..., z, :] @ chain.transition(NEUTRAL, outside.wear[tomorrow] * outside.season_wear[z]).T
                for z in range(seasons)
            ],
            axis=-2,
        )
        if seasons > 1:
            moved = np.einsum("yz,...zd->...yd", outside.season_moves, moved)
        pace = outside.creator_pace[outside.at(day)] * outside.season_creator_pace
        stays = np.exp(-chain.hazard[1:, :, None, :] * pace[:, None])
        following[1:] = stays * moved
        if day <= days:
            found[day - 1, :, 1:] = following[list(horizons)]
    found[:, :, 0] = np.nan
    return found
