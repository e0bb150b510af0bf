"""Rows of float32 that may be too many to hold: small ones in memory, large ones in a file that the kernel pages in and out.

A mapped array behaves like any other, but pages once touched count as the process's memory until they are given back; who walks
over one says `release` block by block, and never holds more than a block of it.
"""

from __future__ import annotations

import mmap
import tempfile
from collections.abc import Iterator

import numpy as np

MAPPED_FROM_BYTES = 256 * 2**20
ROWS_AT_A_TIME = 16_384


def float_rows(n: int, d: int) -> np.ndarray:
    """(n, d) float32 zeros; from `MAPPED_FROM_BYTES` on in a nameless file of the folder for temporary files (TMPDIR).

    The file goes with the array, also when the process is killed.
    """
    size = 4 * n * d
    if size < MAPPED_FROM_BYTES:
        return np.zeros((n, d), dtype=np.float32)
    with tempfile.TemporaryFile() as file:  # the mapping keeps it; it has no name that could be left behind
        file.truncate(size)
        mapped = mmap.mmap(file.fileno(), size)
    return np.frombuffer(mapped, dtype=np.float32).reshape(n, d)


def is_mapped(X: np.ndarray) -> bool:
    """True where the array (or what it is a view of) lies in a file."""
    return _mapping(X) is not None


def release(X: np.ndarray) -> None:
    """Give the pages of a mapped array back; what was written stays in the file. Does nothing for one in memory."""
    mapped = _mapping(X)
    if mapped is not None:
        mapped.madvise(mmap.MADV_DONTNEED)


def blocks(n: int, rows: int = ROWS_AT_A_TIME) -> Iterator[slice]:
    """Slices of at most ``rows`` that cover 0 … n.

    >>> [(part.start, part.stop) for part in blocks(5, 2)]
    [(0, 2), (2, 4), (4, 5)]
    """
    for start in range(0, n, rows):
        yield slice(start, min(start + rows, n))


def taken(X: np.ndarray, index: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """(len(index), len(columns)) float32: a copy of these rows and columns, in memory or mapped like `float_rows`."""
    out = float_rows(len(index), len(columns))
    for part in blocks(len(index)):
        out[part] = X[index[part][:, None], columns]
        release(X)
        release(out)
    return out


def _mapping(X: np.ndarray) -> mmap.mmap | None:
    base: object = X
    while isinstance(base, np.ndarray | memoryview):
        base = base.base if isinstance(base, np.ndarray) else base.obj
    return base if isinstance(base, mmap.mmap) else None
