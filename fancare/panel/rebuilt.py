"""Feature partitions made once more in a scratch warehouse, and held cell by cell against those that are stored.

A feature of a day may depend on what was known on that day and on nothing else: so it must be the same when the log stops
there, when all that came later is scrambled, and when ids and labels are others.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from hashlib import md5
from pathlib import Path

import numpy as np

from fancare.config import Config
from fancare.panel.build import build
from fancare.warehouse.duckdb_engine import Warehouse
from fancare.warehouse.schema import ACTIVITY_DAILY, IDENTITY_LINKS, labels_table
from fancare.warehouse.translate import identifier

KEYS = ("as_of", "creator_id", "fan_id")
ROUNDING = 1e-12  # of a value: a sum of fractions depends on the order of its rows in the last bits
COHORT = "cohort"


@dataclass(frozen=True)
class BuiltDay:
    """One partition: ``ids`` (n,) pairs of creator and fan, ``last_active`` (n,) days, ``X`` (n, d) float64, NaN for null."""

    as_of: date
    ids: tuple[tuple[str | None, str | None], ...]
    last_active: tuple[date, ...]
    names: tuple[str, ...]
    X: np.ndarray

    def renamed(self) -> BuiltDay:
        """The same under the ids that `copy_under_other_ids` gives."""
        return BuiltDay(
            self.as_of, tuple((_renamed(c), _renamed(f)) for c, f in self.ids), self.last_active, self.names, self.X
        )


@dataclass(frozen=True)
class Compared:
    """Two partitions of one day: how much was compared, and what differs.

    ``rounded`` cells are equal but for the last bits. ``strangers`` are entities in only one of the two, or with another last
    active day. ``differing`` counts the cells of each column that differ.
    """

    as_of: date
    rows: int
    cells: int
    rounded: int
    strangers: int
    differing: Mapping[str, int]

    @property
    def equal(self) -> bool:
        return not self.strangers and not self.differing

    @property
    def worst(self) -> str | None:
        """The column that differs in most cells, or `COHORT`; None where all is equal."""
        if self.differing:
            return max(sorted(self.differing), key=lambda name: self.differing[name])
        return COHORT if self.strangers else None


@contextmanager
def scratch_beside(log: Warehouse, memory_limit: str = "1200MB", threads: int = 1) -> Iterator[Warehouse]:
    """An empty warehouse in memory; what does not fit goes into a folder beside the log's file, gone afterwards."""
    with Warehouse.in_memory(memory_limit, threads) as scratch:
        if log.location == ":memory:":
            yield scratch
            return
        with tempfile.TemporaryDirectory(prefix=".scratch-", dir=Path(log.location).parent) as folder:
            scratch.raw("SET temp_directory = '" + folder.replace("'", "''") + "'")
            yield scratch
            scratch.close()


def copy_under_other_ids(log: Warehouse, scratch: Warehouse, config: Config) -> None:
    """Into ``scratch`` daily activity and links with every id renamed, and the labels with each row's dealt to another."""
    creator, fan = ("TO_HEX(MD5(creator_id)) AS creator_id", "TO_HEX(MD5(fan_id)) AS fan_id")
    rest = ", ".join(name for name in ACTIVITY_DAILY.column_names if name not in KEYS)
    log.copy_to(scratch, ACTIVITY_DAILY, f"SELECT {creator}, {fan}, {rest} FROM activity_daily")
    link = "TO_HEX(MD5(alias_id)) AS alias_id, TO_HEX(MD5(canonical_id)) AS canonical_id, known_from, known_until"
    log.copy_to(scratch, IDENTITY_LINKS, f"SELECT {link} FROM identity_links")
    table = labels_table(config.churn.horizons)
    said = [name for name in table.column_names if name not in (*KEYS, "entity")]
    dealt = ", ".join(f"LEAD({name}, 1, {name}) OVER dealt AS {name}" for name in said)
    lot = "TO_HEX(MD5(CONCAT(IFNULL(creator_id, ''), '|', IFNULL(fan_id, ''), '|', CAST(as_of AS STRING))))"
    log.copy_to(
        scratch,
        table,
        f"SELECT entity, {creator}, {fan}, as_of, {dealt} FROM labels WINDOW dealt AS (PARTITION BY entity ORDER BY {lot})",
    )


def copy_as_it_is(log: Warehouse, scratch: Warehouse, config: Config) -> None:
    """Into ``scratch`` what features and labels are made from, and the labels."""
    for table in (ACTIVITY_DAILY, IDENTITY_LINKS, labels_table(config.churn.horizons)):
        log.copy_to(scratch, table, f"SELECT * FROM {table.name}")


def rebuilt(scratch: Warehouse, config: Config, as_ofs: Sequence[date], known_on: date) -> dict[date, BuiltDay]:
    """The partitions of these days made in ``scratch``, with the columns of the event names known on ``known_on``."""
    build(scratch, config, as_ofs, known_on)
    return {as_of: built_day(scratch, config, as_of) for as_of in as_ofs}


def built_day(warehouse: Warehouse, config: Config, as_of: date) -> BuiltDay:
    """One partition of features and cohort as it is stored, by id."""
    entity = config.churn.entity
    names = tuple(name for name in warehouse.columns_of(f"features_{entity}") if name not in KEYS)
    cells = ", ".join(f"CAST(f.{identifier(name)} AS FLOAT64) AS {identifier(name)}" for name in names)
    found = warehouse.arrow(
        f"SELECT f.creator_id AS id_of_creator, f.fan_id AS id_of_fan, c.last_active_date AS last_day, {cells} "
        f"FROM features_{entity} AS f LEFT JOIN (SELECT * FROM cohort WHERE entity = @entity AND as_of = @as_of) AS c "
        "ON c.creator_id IS NOT DISTINCT FROM f.creator_id AND c.fan_id IS NOT DISTINCT FROM f.fan_id WHERE f.as_of = @as_of "
        "ORDER BY id_of_creator, id_of_fan",
        {"entity": entity, "as_of": as_of},
    )
    X = np.empty((found.num_rows, len(names)))
    for j, name in enumerate(names):
        X[:, j] = found.column(name).to_numpy(zero_copy_only=False)
    ids = zip(found.column("id_of_creator").to_pylist(), found.column("id_of_fan").to_pylist(), strict=True)
    return BuiltDay(as_of, tuple(ids), tuple(found.column("last_day").to_pylist()), names, X)


def compare(stored: BuiltDay, made: BuiltDay) -> Compared:
    """Every cell of both, bit by bit.

    ``made`` may lack columns, those of event names that nobody knew yet: they may not tell anybody apart in ``stored``. One
    that only ``made`` has is knowledge of a later day; all its cells differ.
    """
    place = {id: row for row, id in enumerate(made.ids)}
    both = [(row, place[id]) for row, id in enumerate(stored.ids) if id in place]
    mine, theirs = (np.array([pair[side] for pair in both], dtype=int) for side in (0, 1))
    strangers = len(stored.ids) + len(made.ids) - 2 * len(both)
    strangers += sum(stored.last_active[a] != made.last_active[b] for a, b in both)
    position = {name: j for j, name in enumerate(made.names)}
    differing: dict[str, int] = {name: len(both) for name in made.names if name not in set(stored.names)}
    rounded = 0
    for j, name in enumerate(stored.names):
        one = stored.X[mine, j]
        if name in position:
            other = made.X[theirs, position[name]]
            unlike = ~((one.view(np.int64) == other.view(np.int64)) | (np.isnan(one) & np.isnan(other)))
            near = unlike & (np.abs(one - other) <= ROUNDING * np.maximum(np.abs(one), np.abs(other)))
            rounded += int(near.sum())
            count = int((unlike & ~near).sum())
        else:
            said = one[~np.isnan(one)]
            count = int((said != said[0]).sum()) if len(said) else 0
        if count:
            differing[name] = count
    return Compared(stored.as_of, len(both), len(both) * len(stored.names), rounded, strangers, differing)


def _renamed(id: str | None) -> str | None:
    return None if id is None else md5(id.encode(), usedforsecurity=False).hexdigest()
