"""How active an entity was in each of the last weeks: the numbers behind every sparkline."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from pathlib import Path

from fancare.config import Config
from fancare.warehouse.duckdb_engine import Warehouse

SQL = Path(__file__).with_name("activity_by_week.sql")
WEEKS = 12

Key = tuple[str | None, str | None]  # creator_id, fan_id as the entity has them


def activity_by_week(
    warehouse: Warehouse, config: Config, as_of: date, keys: Collection[Key], weeks: int = WEEKS
) -> dict[Key, tuple[int, ...]]:
    """Activity events per key and week, oldest week first, the last one ending on ``as_of``; zeros where silent."""
    parameters = {
        "entity": config.churn.entity,
        "as_of": as_of,
        "weeks": weeks,
        "activity": list(config.activity),
        "creator_ids": sorted({creator for creator, _ in keys if creator is not None}),
        "fan_ids": sorted({fan for _, fan in keys if fan is not None}),
    }
    counts = {key: [0] * weeks for key in keys}
    for creator, fan, back, n in warehouse.rows(SQL.read_text(encoding="utf-8"), parameters):
        if (creator, fan) in counts:
            counts[creator, fan][weeks - 1 - back] = n
    return {key: tuple(values) for key, values in counts.items()}
