"""The rows behind a backtest's figures, kept with the model: what it said of whom on which day, and what came.

Two versions that are trained a week apart were tested on most of the same days. Kept row by row, what they said there can be
compared pair by pair, which tells far more than two figures with an interval each.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from fancare.churn.ids import codes
from fancare.panel.gate import Panel


@dataclass(frozen=True)
class BacktestRows:
    """n test rows over H horizons: ``risks`` (n, H) float64, ``churned`` (n, H) float32 of 1, 0 or NaN (not known).

    ``creator_id`` is None for entity ``fan``, ``fan_id`` for entity ``creator``; ``as_of`` is (n,) datetime64[D].
    """

    horizons: tuple[int, ...]
    creator_id: np.ndarray | None
    fan_id: np.ndarray | None
    as_of: np.ndarray
    risks: np.ndarray
    churned: np.ndarray

    def __len__(self) -> int:
        return len(self.as_of)

    @classmethod
    def of(cls, panel: Panel, index: np.ndarray, risks: np.ndarray) -> BacktestRows:
        """The panel's rows at ``index`` with the risks (n, H) given to them, by day and id."""
        creator, fan = (None if ids is None else ids[index] for ids in (panel.creator_id, panel.fan_id))
        keys = [codes(ids) for ids in (fan, creator) if ids is not None]
        order = np.lexsort((*keys, panel.as_of[index]))
        return cls(
            horizons=tuple(panel.horizons),
            creator_id=None if creator is None else creator[order],
            fan_id=None if fan is None else fan[order],
            as_of=panel.as_of[index][order].astype("datetime64[D]"),
            risks=np.asarray(risks, dtype=np.float64)[order],
            churned=np.asarray(panel.churned[index][order], dtype=np.float32),
        )

    @classmethod
    def none(cls, horizons: Sequence[int]) -> BacktestRows:
        """No row: the model had no backtest."""
        empty, table = np.empty(0, dtype=object), np.empty((0, len(horizons)))
        return cls(tuple(horizons), empty, empty, np.empty(0, dtype="datetime64[D]"), table, table.astype(np.float32))

    @property
    def clusters(self) -> tuple[np.ndarray, ...]:
        """What intervals must be clustered by: the creator, the fan, or for rooms both."""
        return tuple(ids for ids in (self.creator_id, self.fan_id) if ids is not None)

    def at(self, index: np.ndarray) -> BacktestRows:
        """The rows at these numbers, in this order."""
        creator, fan = (None if ids is None else ids[index] for ids in (self.creator_id, self.fan_id))
        return BacktestRows(self.horizons, creator, fan, self.as_of[index], self.risks[index], self.churned[index])

    def to_parquet(self) -> bytes:
        """As the bytes of a parquet file; equal rows give equal bytes."""
        columns: dict[str, pa.Array] = {
            name: pa.array(ids.tolist(), pa.string()).dictionary_encode()
            for name, ids in (("creator_id", self.creator_id), ("fan_id", self.fan_id))
            if ids is not None
        }
        columns["as_of"] = pa.array(self.as_of.astype("datetime64[D]"), pa.date32())
        for k, h in enumerate(self.horizons):
            columns[f"risk_{h}d"] = pa.array(self.risks[:, k], pa.float64())
        for k, h in enumerate(self.horizons):
            known = ~np.isnan(self.churned[:, k])
            churned = np.where(known, self.churned[:, k], 0).astype(np.int8)
            columns[f"churned_{h}d"] = pa.array(churned, pa.int8(), mask=~known)
        file = io.BytesIO()
        pq.write_table(pa.table(columns), file, compression="zstd")
        return file.getvalue()

    @classmethod
    def from_parquet(cls, data: bytes) -> BacktestRows:
        """The rows that `to_parquet` wrote; `ValueError` or `LookupError` where these are not such bytes."""
        table = pq.read_table(io.BytesIO(data))
        horizons = tuple(int(name[5:-1]) for name in table.column_names if name.startswith("risk_"))
        ids = {
            name: np.array(table.column(name).to_pylist(), dtype=object)
            for name in ("creator_id", "fan_id")
            if name in table.column_names
        }
        shape = (table.num_rows, len(horizons))
        risks, churned = np.empty(shape), np.empty(shape, dtype=np.float32)
        for k, h in enumerate(horizons):
            risks[:, k] = table.column(f"risk_{h}d").to_numpy()
            churned[:, k] = table.column(f"churned_{h}d").cast(pa.float32()).to_numpy()
        as_of = table.column("as_of").to_numpy().astype("datetime64[D]")
        return cls(horizons, ids.get("creator_id"), ids.get("fan_id"), as_of, risks, churned)


def common_rows(one: BacktestRows, other: BacktestRows) -> tuple[BacktestRows, BacktestRows]:
    """The rows of the same entity on the same day in both, paired: row i of one is row i of the other.

    Their outcomes are those of ``one``, where both know one: what happened is a matter of the log, and the later look at it
    counts. Both are without rows where the horizons differ.
    """
    if one.horizons != other.horizons:
        nothing = np.empty(0, dtype=np.int64)
        return one.at(nothing), other.at(nothing)
    place = {key: number for number, key in enumerate(_keys(other))}
    pairs = [(number, place[key]) for number, key in enumerate(_keys(one)) if key in place]
    mine, theirs = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    here, there = one.at(mine), other.at(theirs)
    churned = np.where(np.isnan(there.churned), np.float32(np.nan), here.churned)
    return (
        BacktestRows(here.horizons, here.creator_id, here.fan_id, here.as_of, here.risks, churned),
        BacktestRows(there.horizons, there.creator_id, there.fan_id, there.as_of, there.risks, churned),
    )


def _keys(rows: BacktestRows) -> list[tuple]:
    ids = [[None] * len(rows) if ids is None else ids.tolist() for ids in (rows.creator_id, rows.fan_id)]
    return list(zip(*ids, rows.as_of.tolist(), strict=True))
