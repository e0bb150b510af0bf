"""What else the network is asked while it learns: had the entity come back by the days between the horizons?

    as_of ──┬─────── 7 ─────── 14 ─────────────── 28      the horizons, which are served
            3        10             21                    days between, which only teach

The log knows the day of the return, horizons keep three bits of it. To answer for the days between, too, the network must tell
an entity that comes back tomorrow from one that comes back at the end of the week; what it learns for that serves the
horizons (multi-task learning: Caruana 1997). The answers have outputs of their own, which are cut off after training.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fancare.dates import OriginSplit
from fancare.panel.gate import Panel


def days_between(horizons: Sequence[int]) -> tuple[int, ...]:
    """Halfway between neighbouring horizons, rounded down, and halfway to the first; none where they are too close.

    >>> days_between((7, 14, 28)), days_between((1, 2, 7))
    ((3, 10, 21), (4,))
    """
    earlier = (0, *horizons[:-1])
    return tuple((a + b) // 2 for a, b in zip(earlier, horizons, strict=True) if a < (a + b) // 2)


def away_between(panel: Panel, index: np.ndarray, split: OriginSplit) -> np.ndarray:
    """(m, A) float32 of the training rows at ``index``: 1 still away after so many days, 0 back.

    NaN where the days end after the cut: a training may not know them.
    """
    as_of, until = panel.as_of[index], panel.days_until_return[index]
    days = days_between(panel.horizons)
    out = np.full((len(index), len(days)), np.nan, dtype=np.float32)
    for k, day in enumerate(days):
        ended = as_of + np.timedelta64(day, "D") <= np.datetime64(split.cut)
        out[ended, k] = ~(until[ended] <= day)  # NaN: no return was seen
    return out
