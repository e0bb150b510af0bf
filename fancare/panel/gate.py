"""The gate between tables and learning: SQL in, arrays out. Nothing past it sees the warehouse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pyarrow as pa

from fancare.config import Config
from fancare.errors import WarehouseError
from fancare.panel.feature import Feature
from fancare.panel.float_rows import float_rows, release, taken
from fancare.progress import Progress
from fancare.warehouse.duckdb_engine import Warehouse
from fancare.warehouse.translate import identifier


@dataclass(frozen=True)
class Panel:
    """Rows of (entity, as_of) with their features and, where mature, their labels.

    Shapes: n rows, d features, H horizons. ``X`` is (n, d) float32 with NaN where a feature is undefined (a usual gap
    needs two active days); a large one lies in a file (`fancare.panel.float_rows`).
    ``churned`` is (n, H) float32: 1, 0, or NaN while immature. ``days_until_return`` is (n,)
    float32, NaN where no return was seen within the last mature horizon. ``creator_id`` is None for entity ``fan``,
    ``fan_id`` is None for entity ``creator``; both are (n,) arrays of str otherwise.
    """

    entity: str
    creator_id: np.ndarray | None
    fan_id: np.ndarray | None
    as_of: np.ndarray
    X: np.ndarray
    features: tuple[Feature, ...]
    horizons: tuple[int, ...]
    days_until_return: np.ndarray
    churned: np.ndarray

    def __len__(self) -> int:
        return len(self.as_of)

    @property
    def feature_names(self) -> tuple[str, ...]:
        return tuple(feature.name for feature in self.features)

    @property
    def entity_ids(self) -> np.ndarray:
        """(n,) array of str: the creator, the fan, or ``creator/fan`` for a room."""
        if self.creator_id is not None and self.fan_id is not None:
            return self.creator_id + "/" + self.fan_id
        (ids,) = self.clusters
        return ids

    @property
    def clusters(self) -> tuple[np.ndarray, ...]:
        """What intervals must be clustered by: the creator, the fan, or for rooms both."""
        return tuple(ids for ids in (self.creator_id, self.fan_id) if ids is not None)

    def rows(self, index: np.ndarray) -> Panel:
        """The panel at a boolean mask or at row numbers."""
        return replace(
            self,
            creator_id=None if self.creator_id is None else self.creator_id[index],
            fan_id=None if self.fan_id is None else self.fan_id[index],
            as_of=self.as_of[index],
            X=self.X[index],
            days_until_return=self.days_until_return[index],
            churned=self.churned[index],
        )

    def columns(self, names: Sequence[str]) -> Panel:
        """The panel with just these features, in this order; an unknown name is a KeyError."""
        position = {feature.name: i for i, feature in enumerate(self.features)}
        chosen = [position[name] for name in names]
        X = taken(self.X, np.arange(len(self)), np.array(chosen, dtype=int))
        return replace(self, X=X, features=tuple(self.features[i] for i in chosen))


def read_panel(
    warehouse: Warehouse,
    config: Config,
    as_ofs: Sequence[date],
    features: Sequence[Feature],
    with_labels: bool = True,
    progress: Progress | None = None,
) -> Panel:
    """The panel of these as_ofs, oldest first and by id within a day; without labels all of them are NaN.

    Read in batches into arrays made beforehand, large ones in a file: neither the panel nor a day is held whole. `WarehouseError`
    when a day or a feature was never built: a panel with holes would train a model on fewer days than it says.
    """
    entity, horizons = config.churn.entity, config.churn.horizons
    as_ofs = sorted(set(as_ofs))
    _check_built(warehouse, entity, as_ofs, features)
    sizes = dict(
        warehouse.rows(
            f"SELECT as_of, COUNT(*) FROM features_{entity} WHERE as_of IN UNNEST(@as_ofs) GROUP BY as_of",
            {"as_ofs": list(as_ofs)},
        )
    )
    n = sum(sizes.values())
    X = float_rows(n, len(features))
    days = np.full(n, np.nan, dtype=np.float32)
    churned = np.full((n, len(horizons)), np.nan, dtype=np.float32)
    creator_id, fan_id = np.empty(n, dtype=object), np.empty(n, dtype=object)
    as_of_column = np.empty(n, dtype="datetime64[D]")
    sql = _day_sql(entity, [f.name for f in features], horizons, with_labels)
    row = 0
    with (progress or Progress()).task("reading the panel", total=len(as_ofs)) as task:
        for as_of in as_ofs:
            for batch in warehouse.batches(sql, {"as_of": as_of, **({"entity": entity} if with_labels else {})}):
                rows = slice(row, row + batch.num_rows)
                for j, feature in enumerate(features):
                    X[rows, j] = _floats(batch.column(feature.name))
                release(X)
                creator_id[rows], fan_id[rows] = _ids(batch.column("creator_id")), _ids(batch.column("fan_id"))
                as_of_column[rows] = np.datetime64(as_of)
                if with_labels:
                    days[rows] = _floats(batch.column("days_until_return"))
                    for k, h in enumerate(horizons):
                        churned[rows, k] = _floats(batch.column(f"churned_{h}d"))
                row += batch.num_rows
            task.advance()
    return Panel(
        entity=entity,
        creator_id=None if entity == "fan" else creator_id,
        fan_id=None if entity == "creator" else fan_id,
        as_of=as_of_column,
        X=X,
        features=tuple(features),
        horizons=horizons,
        days_until_return=days,
        churned=churned,
    )


def _check_built(warehouse: Warehouse, entity: str, as_ofs: Sequence[date], features: Sequence[Feature]) -> None:
    """`WarehouseError` where the panel has a hole; a day on which nobody was at risk is none."""
    columns = warehouse.columns_of(f"features_{entity}")
    made: set[date] = set()
    if columns:
        found = warehouse.rows(
            f"SELECT as_of FROM features_{entity} UNION DISTINCT SELECT as_of FROM builds WHERE entity = @entity",
            {"entity": entity},
        )
        made = {day for (day,) in found}
    missing = [str(day) for day in as_ofs if day not in made] or [repr(f.name) for f in features if f.name not in columns]
    if as_ofs and missing:
        raise WarehouseError(
            f"The panel of entity {entity!r} was asked for {missing[0]} and {len(missing) - 1:,} more that are not built; "
            f"run `fancare build` with the same config, or without --as-of."
        )


def _day_sql(entity: str, names: Sequence[str], horizons: Sequence[int], with_labels: bool) -> str:
    columns = [f"CAST(f.{identifier(name)} AS FLOAT64) AS {identifier(name)}" for name in names]
    join = ""
    if with_labels:
        columns += ["CAST(l.days_until_return AS FLOAT64) AS days_until_return"]
        columns += [f"CAST(CAST(l.churned_{h}d AS INT64) AS FLOAT64) AS churned_{h}d" for h in horizons]
        join = (
            "LEFT JOIN (SELECT * FROM labels WHERE entity = @entity AND as_of = @as_of) AS l "
            "ON l.creator_id IS NOT DISTINCT FROM f.creator_id AND l.fan_id IS NOT DISTINCT FROM f.fan_id"
        )
    return (
        f"SELECT f.creator_id AS creator_id, f.fan_id AS fan_id, {', '.join(columns)} FROM features_{entity} AS f {join} "
        "WHERE f.as_of = @as_of ORDER BY creator_id, fan_id"
    )


def _floats(column: pa.Array) -> np.ndarray:
    """Doubles with null as NaN."""
    return column.to_numpy(zero_copy_only=False)


def _ids(column: pa.Array) -> np.ndarray:
    """Strings as objects that are shared between rows: a million rows of ids stay small."""
    encoded = column.dictionary_encode()
    if not len(encoded.dictionary):
        return np.full(len(column), None, dtype=object)
    values = np.array([*encoded.dictionary.to_pylist(), None], dtype=object)
    return values[encoded.indices.fill_null(len(values) - 1).to_numpy(zero_copy_only=False)]
