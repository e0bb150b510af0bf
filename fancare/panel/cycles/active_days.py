"""The days on which each entity was active, and the gaps between them, as flat arrays.

        day   0  1  2  3  4  5  6  7  8  9   as_of = 9
              x     x                 x
              └──2──┘──────6──────────┘┄┄1┄┄  two closed gaps and the open one

A *gap* is the number of days from one active day to the next; a gap of 1 joins two days in a row. *Silence* of k days
means that k whole days without activity have followed the last active day: the gap will be longer than k. Every active
day begins a *spell*; it ends with the next active day, and the last one of each entity is still open on ``as_of``.
Before the first active day nothing is known: no gap begins there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa

from fancare.config import Config
from fancare.panel.activity import composed
from fancare.warehouse.duckdb_engine import Warehouse

SQL = composed(Path(__file__).with_name("active_days.sql"), known_on="@as_of")
ORIGIN = date(2000, 1, 1)


@dataclass(frozen=True)
class ActiveDays:
    """Of n entities with m active days in all: ``creator_id`` and ``fan_id`` are Arrow arrays (n,) of strings or nulls,
    ``offsets`` (n + 1,) int64 says where each entity's days begin in ``days`` (m,) int32, days after 2000-01-01 in order.
    Nothing later than ``as_of`` is in it.
    """

    creator_id: pa.Array
    fan_id: pa.Array
    offsets: np.ndarray
    days: np.ndarray
    as_of: date

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @cached_property
    def last_day(self) -> int:
        """``as_of`` as a day after 2000-01-01."""
        return number(self.as_of)

    @cached_property
    def entity(self) -> np.ndarray:
        """(m,) int32: whose spell each one is."""
        return np.repeat(np.arange(len(self), dtype=np.int32), np.diff(self.offsets))

    @cached_property
    def is_open(self) -> np.ndarray:
        """(m,) bool: the last spell of each entity."""
        last = np.zeros(len(self.days), dtype=bool)
        last[self.offsets[1:] - 1] = True
        return last

    @cached_property
    def length(self) -> np.ndarray:
        """(m,) int32: days to the next active day, or, where the spell is open, to ``as_of``."""
        after = np.append(self.days[1:], self.last_day)[: len(self.days)].astype(np.int32)
        after[self.is_open] = self.last_day
        return after - self.days

    @property
    def silence_days(self) -> np.ndarray:
        """(n,) int32: days since the last active day."""
        return self.length[self.is_open]

    def reached(self, silence_days: int | np.ndarray) -> np.ndarray:
        """(m,) bool: the spells in which so many days (one number, or one each) without activity have passed."""
        return self.length >= silence_days + ~self.is_open

    def clusters(self) -> tuple[np.ndarray, ...]:
        """Who repeats in the spells, (m,) each: the entity; for rooms the creator, and the fan."""
        kinds = [
            ids.dictionary_encode().indices.to_numpy() for ids in (self.creator_id, self.fan_id) if not ids.null_count
        ]
        return tuple(kind[self.entity] for kind in kinds)


def number(day: date) -> int:
    """A day as days after 2000-01-01.

    >>> number(date(2000, 1, 31))
    30
    """
    return (day - ORIGIN).days


def day_of(n: int) -> date:
    """The inverse of `number`."""
    return ORIGIN + timedelta(int(n))


def parameters(config: Config, as_of: date) -> dict[str, object]:
    """What active_days.sql runs with."""
    return {"entity": config.churn.entity, "activity": list(config.activity), "origin": ORIGIN, "as_of": as_of}


def read(warehouse: Warehouse, config: Config, as_of: date) -> ActiveDays:
    """The active days of the config's entities up to ``as_of``, as known then."""
    table = warehouse.arrow(SQL, parameters(config, as_of))
    lists = _whole(table.column("days"), pa.list_(pa.int64()))
    counts = lists.value_lengths().to_numpy()
    return ActiveDays(
        creator_id=_whole(table.column("creator_id"), pa.string()),
        fan_id=_whole(table.column("fan_id"), pa.string()),
        offsets=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        days=np.asarray(lists.flatten(), dtype=np.int32),
        as_of=as_of,
    )


def _whole(column: pa.ChunkedArray, kind: pa.DataType) -> pa.Array:
    """The column in one piece, also where there is nothing in it."""
    return pa.concat_arrays([chunk.cast(kind) for chunk in column.chunks] or [pa.array([], type=kind)])
