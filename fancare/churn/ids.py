"""Ids as numbers: to sort, count and compare them without a second copy of their text.

An array of str is as wide everywhere as its longest entry, so one id of 10,000 characters among a million would take
gigabytes; numbers are 8 bytes each.
"""

from __future__ import annotations

import numpy as np

from fancare.panel.gate import Panel


def codes(ids: np.ndarray) -> np.ndarray:
    """(n,) int64: each id's place among the sorted different ids.

    >>> codes(np.array(["b", "a", "c", "a"], dtype=object)).tolist()
    [1, 0, 2, 0]
    """
    names = ids.tolist()
    place = {name: number for number, name in enumerate(sorted(set(names)))}
    return np.fromiter((place[name] for name in names), dtype=np.int64, count=len(names))


def entity_codes(panel: Panel) -> np.ndarray:
    """(n,) int64: equal for rows of the same creator, fan or room, whatever slashes the ids of a room hold."""
    out = np.zeros(len(panel), dtype=np.int64)
    for ids in panel.clusters:
        number = codes(ids)
        out = out * (int(number.max(initial=0)) + 1) + number
    return out
