"""How many CPU threads learning and scoring may use: as told, else OMP_NUM_THREADS, else one.

One is the default because two on a busy machine can be many times slower than one, and because sums over other numbers
of threads differ in their last bits.
"""

from __future__ import annotations

import os
from contextlib import AbstractContextManager

from threadpoolctl import threadpool_limits


def thread_count(threads: int | None = None) -> int:
    """``threads`` where given, else the environment's OMP_NUM_THREADS (the first, where it lists one a level), else 1."""
    told = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    return max(1, threads or (int(told) if told.isdecimal() else 1))


def limited(threads: int | None = None) -> AbstractContextManager[object]:
    """While it lasts, the array libraries (BLAS and OpenMP, so scikit-learn too) use `thread_count` threads."""
    return threadpool_limits(limits=thread_count(threads))
