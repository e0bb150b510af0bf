"""Build cohort, labels and features for a set of days: only what is missing or stale is made again.

A partition (entity, as_of) is stale when the data spec changed, when a new event name brought a new column, or when a
day it was made from is known otherwise on ``data_through`` than it was: its window, its horizon, or, for tenure, anything
before. What arrives late or is re-attributed counts as a change on the day it becomes known, not on the day it is loaded.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pyarrow as pa

from fancare.config import Config
from fancare.panel.bits import SPAN, weekend_masks
from fancare.panel.blocks import activity_days_sql, bucket_sql, first_days_sql
from fancare.panel.cohort import build_cohort
from fancare.panel.event_slots import EventSlots, event_slots
from fancare.panel.feature import Feature, feature_hash
from fancare.panel.feature_query import FeatureQuery, feature_query
from fancare.panel.labels import build_labels
from fancare.progress import Progress
from fancare.warehouse.duckdb_engine import Warehouse
from fancare.warehouse.schema import BUILDS, Column, Table, labels_table

SNAPSHOT = (
    "SELECT as_of, creator_id, fan_id, DIV(DATE_DIFF(as_of, @base, DAY), 7) AS week FROM cohort "
    "WHERE entity = @entity AND as_of IN UNNEST(@as_ofs)"
)
CHUNK_AS_OFS = 4  # as_ofs a query looks at together: 15 weeks of buckets are read for 4 rows of 12


@dataclass(frozen=True)
class BuildReport:
    """What a build made: ``built`` of ``asked`` partitions, with how many rows and features."""

    asked: int
    built: tuple[date, ...]
    n_rows: int
    features: tuple[Feature, ...]


def features_table(entity: str, features: Sequence[Feature]) -> Table:
    """`features_<entity>`: one column per record, made from the log's event names."""
    return Table(
        f"features_{entity}",
        f"Features of every {entity} in the cohort, windows ending on as_of.",
        (
            Column("as_of", "DATE", "the last day whose events were used, inclusive"),
            Column("creator_id", "STRING", "the creator; null for entity fan", nullable=True),
            Column("fan_id", "STRING", "the fan; null for entity creator", nullable=True),
            *(Column(f.name, "FLOAT64", f.meaning_en, nullable=True) for f in features),
        ),
        key=("creator_id", "fan_id", "as_of"),
        partition=("as_of",),
    )


def plan(warehouse: Warehouse, config: Config, known_on: date) -> FeatureQuery:
    """The feature query for the event names known on ``known_on``."""
    return _plan(warehouse, config, event_slots(warehouse, config, known_on), known_on)


def build(
    warehouse: Warehouse,
    config: Config,
    as_ofs: Sequence[date],
    data_through: date,
    progress: Progress | None = None,
    known_on: date | None = None,
) -> BuildReport:
    """Make what is missing or stale of the partitions of ``as_ofs``; labels as known on ``data_through``.

    ``known_on`` (default ``data_through``) is the day whose event names become columns.
    """
    progress = progress or Progress()
    as_ofs = sorted(set(as_ofs))
    entity, known_on = config.churn.entity, known_on or data_through
    slots = event_slots(warehouse, config, known_on)
    query = _plan(warehouse, config, slots, known_on)
    columns = feature_hash(f.name for f in query.features)
    table = features_table(entity, query.features)
    versions = _data_versions(warehouse, config, as_ofs, data_through)
    stale = _stale(warehouse, config, table, columns, versions)
    warehouse.register(EventSlots.TABLE, slots.rows)
    try:
        with progress.task(f"features and labels ({entity})", total=len(stale)) as task:
            for weekday in sorted({day.isoweekday() for day in stale}):
                same_weekday = [day for day in stale if day.isoweekday() == weekday]
                base = prepare(warehouse, query, same_weekday)
                for start in range(0, len(same_weekday), CHUNK_AS_OFS):
                    chunk = same_weekday[start : start + CHUNK_AS_OFS]
                    with warehouse.transaction():
                        _build_chunk(warehouse, config, query, table, chunk, base, data_through)
                        _record(warehouse, config, columns, {day: versions[day] for day in chunk})
                    task.advance(len(chunk), note=f"as of {chunk[-1]}")
    finally:
        drop_prepared(warehouse, query)
        warehouse.unregister(EventSlots.TABLE)
    (n_rows,) = warehouse.rows(
        "SELECT SUM(n_rows) FROM builds WHERE entity = @entity AND as_of IN UNNEST(@as_ofs)",
        {"entity": entity, "as_ofs": list(as_ofs)},
    )[0]
    return BuildReport(asked=len(as_ofs), built=tuple(stale), n_rows=int(n_rows or 0), features=query.features)


def _plan(warehouse: Warehouse, config: Config, slots: EventSlots, known_on: date) -> FeatureQuery:
    """Revenue columns need a revenue event with amounts; the spread over rooms needs more than one creator."""
    revenue = any(slot.has_amount and slot.event_name in config.events.revenue for slot in slots.slots)
    creators = warehouse.value(
        "SELECT COUNT(DISTINCT creator_id) FROM activity_daily WHERE known_from <= @day", {"day": known_on}
    )
    return feature_query(config.churn.entity, slots, revenue, creators > 1, config.activity)


def prepare(warehouse: Warehouse, query: FeatureQuery, as_ofs: Sequence[date]) -> date:
    """Temporary tables for as_ofs on one weekday, which `drop_prepared` drops; returns the first day of week 0."""
    reach = min(as_ofs) - timedelta(SPAN - 1)
    first_known = warehouse.value("SELECT MIN(activity_date) FROM activity_daily") or reach
    weeks = -(-((max(as_ofs) - min(reach, first_known)).days + 1) // 7)
    base = max(as_ofs) - timedelta(7 * weeks - 1)
    bounds = {"from_day": reach, "to_day": max(as_ofs)}
    for block in query.blocks:
        warehouse.create_temporary(block.table, bucket_sql(block), {**bounds, "base": base})
    warehouse.create_temporary("activity_days", activity_days_sql(query.own), bounds)
    warehouse.create_temporary("first_days", first_days_sql(query.own), {"to_day": max(as_ofs)})
    return base


def drop_prepared(warehouse: Warehouse, query: FeatureQuery) -> None:
    """Make room again where `prepare` took it."""
    for name in ("activity_days", "first_days", *(block.table for block in query.blocks)):
        warehouse.raw(f'DROP TABLE IF EXISTS temp."{name}"')


def _build_chunk(
    warehouse: Warehouse,
    config: Config,
    query: FeatureQuery,
    table: Table,
    as_ofs: Sequence[date],
    base: date,
    data_through: date,
) -> None:
    build_cohort(warehouse, config, as_ofs)
    build_labels(warehouse, config, as_ofs, data_through)
    lo, hi = weekend_masks(as_ofs[0].isoweekday())
    about = {"base": base, "entity": config.churn.entity, "as_ofs": list(as_ofs)}
    warehouse.create_temporary("snapshot", SNAPSHOT, about)
    missing = [f"CAST(NULL AS STRING) AS {k}" for k in ("creator_id", "fan_id") if k not in query.key]
    sql = f"SELECT *{''.join(', ' + m for m in missing)} FROM ({query.sql()}) AS built"
    warehouse.replace_partitions(table, {}, "as_of", as_ofs, sql, {"weekend_lo": lo, "weekend_hi": hi})


def _data_versions(warehouse: Warehouse, config: Config, as_ofs: Sequence[date], data_through: date) -> dict[date, str]:
    """For each as_of a hash of all that its features and labels may depend on, as known on ``data_through``."""
    prints = warehouse.day_fingerprints("activity_daily", "activity_date", data_through)
    links = warehouse.day_fingerprints("identity_links", "known_from", data_through)
    longest = max(config.churn.horizons)
    versions = {}
    for as_of in as_ofs:
        last = min(as_of + timedelta(longest), data_through)
        parts = [f"{day}:{mark}" for day, mark in sorted(prints.items()) if day <= last]
        parts += [f"link {day}:{mark}" for day, mark in sorted(links.items())]
        parts.append(f"mature {[h for h in config.churn.horizons if as_of + timedelta(h) <= data_through]}")
        versions[as_of] = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return versions


def _stale(
    warehouse: Warehouse, config: Config, table: Table, columns: str, versions: dict[date, str]
) -> list[date]:
    """The as_ofs whose partition is missing or was made from something else."""
    warehouse.create(BUILDS)
    labels = labels_table(config.churn.horizons)
    if warehouse.columns_of(labels.name) != labels.column_names:
        warehouse.raw(f'DROP TABLE IF EXISTS "{labels.name}"')  # other horizons: all entities share this table
        warehouse.raw("DELETE FROM builds")
    if warehouse.columns_of(table.name) != table.column_names:
        warehouse.raw(f'DROP TABLE IF EXISTS "{table.name}"')  # other event names, other columns: nothing of it can be kept
        warehouse.raw("DELETE FROM builds WHERE entity = $entity", {"entity": config.churn.entity})
    current = {
        as_of: (spec, version, features)
        for as_of, spec, version, features in warehouse.rows(
            "SELECT as_of, data_spec_hash, data_version, feature_hash FROM builds WHERE entity = @entity",
            {"entity": config.churn.entity},
        )
    }
    return [d for d, version in versions.items() if current.get(d) != (config.data_spec_hash, version, columns)]


def _record(warehouse: Warehouse, config: Config, columns: str, versions: dict[date, str]) -> None:
    entity, as_ofs = config.churn.entity, list(versions)
    counts = dict(
        warehouse.rows(
            "SELECT as_of, COUNT(*) FROM cohort WHERE entity = @entity AND as_of IN UNNEST(@as_ofs) GROUP BY as_of",
            {"entity": entity, "as_ofs": as_ofs},
        )
    )
    rows = pa.table(
        {
            "entity": [entity] * len(as_ofs),
            "as_of": as_ofs,
            "data_spec_hash": [config.data_spec_hash] * len(as_ofs),
            "data_version": [versions[day] for day in as_ofs],
            "feature_hash": [columns] * len(as_ofs),
            "n_rows": [counts.get(day, 0) for day in as_ofs],
        }
    )
    warehouse.raw(
        "DELETE FROM builds WHERE entity = $entity AND list_contains($as_ofs, as_of)", {"entity": entity, "as_ofs": as_ofs}
    )
    warehouse.append(BUILDS, rows)
