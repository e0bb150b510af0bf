"""Ids as numbers: to sort, count and compare them without a second copy of their text.

An array of str is as wide everywhere as its longest entry, so one id of 10,000 characters among a million would take
gigabytes; numbers are 8 bytes each.
"""

from __future__ import annotations

import hashlib

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


def word(text: str) -> int:
    """64 bits that depend on the text alone, on every machine and in every run."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def fold_of(ids: np.ndarray, folds: int) -> np.ndarray:
    """(n,) int64 in [0, folds): equal for equal ids, drawn from the id alone.

    >>> fold_of(np.array(["a", "b", "a"], dtype=object), 4).tolist()[::2] == [int(word("a") % 4)] * 2
    True
    """
    names = ids.tolist()
    drawn = {name: word(str(name)) % folds for name in set(names)}
    return np.fromiter((drawn[name] for name in names), dtype=np.int64, count=len(names))


def entity_codes(panel: Panel) -> np.ndarray:
    """(n,) int64: equal for rows of the same creator, fan or room, whatever slashes the ids of a room hold."""
    out = np.zeros(len(panel), dtype=np.int64)
    for ids in panel.clusters:
        number = codes(ids)
        out = out * (int(number.max(initial=0)) + 1) + number
    return out
