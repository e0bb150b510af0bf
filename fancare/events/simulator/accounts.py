"""People with two accounts, until a merge in the log says that both are one person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fancare.events.simulator.world import Accounts

DAYS_UNTIL_MERGE = 45.0
DAY = 86_400
NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class SecondAccounts:
    """``device`` (k,) is used with a second account of its owner; ``merged`` (k,) when the log hears of it, Unix seconds."""

    device: np.ndarray
    merged: np.ndarray


def draw_second_accounts(
    side: Accounts, creators: int, per_fan: int, first_seen: np.ndarray, rng: np.random.Generator
) -> SecondAccounts:
    """Second devices, one in ``1 / share``, that have an account of their own. ``first_seen`` (d,) gives the first event on
    each device (NEVER: none); devices are numbered creators first, then ``per_fan`` of every fan."""
    second = np.arange(creators + 1, len(first_seen), per_fan)
    # Whoever has events on both devices has two accounts to speak of.
    both = second[(first_seen[second] < NEVER) & (first_seen[second - 1] < NEVER)]
    chosen = both[rng.random(len(both)) < side.share]
    delay = (rng.exponential(DAYS_UNTIL_MERGE, len(chosen)) * DAY).astype(np.int64)
    start = np.maximum(first_seen[chosen], first_seen[chosen - 1])
    return SecondAccounts(chosen, start + 60 + delay)
