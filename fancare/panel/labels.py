"""What happened after a day: days until the next activity, and from it, for mature horizons, who had churned.

`days_until_return` is computed once; every horizon is a comparison with it, so churned_28d implies churned_14d implies
churned_7d. A label is null exactly when ``as_of + h > data_through``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from fancare.config import Config
from fancare.panel.activity import composed
from fancare.warehouse.duckdb_engine import Warehouse
from fancare.warehouse.schema import labels_table

DAYS_UNTIL_RETURN = composed(Path(__file__).with_name("labels.sql"), known_on="@data_through", rows="at_risk")


def labels_sql(horizons: Sequence[int]) -> str:
    """The labels query for these horizons (GoogleSQL; parameters as in labels.sql)."""
    churned = ",\n  ".join(
        f"CASE WHEN DATE_ADD(as_of, INTERVAL {h} DAY) <= @data_through "
        f"THEN days_until_return IS NULL OR days_until_return > {h} END AS churned_{h}d"
        for h in horizons
    )
    columns = f"entity, creator_id, fan_id, as_of, days_until_return,\n  {churned}"
    return f"SELECT {columns}\nFROM (\n{DAYS_UNTIL_RETURN}\n) AS returned"


def build_labels(warehouse: Warehouse, config: Config, as_ofs: Sequence[date], data_through: date) -> None:
    """Replace the `labels` partitions of these as_ofs, as known on ``data_through``; needs their cohort."""
    horizons = config.churn.horizons
    parameters = {
        "entity": config.churn.entity,
        "activity": list(config.activity),
        "horizons": list(horizons),
        "as_ofs": list(as_ofs),
        "data_through": data_through,
    }
    table = labels_table(horizons)
    warehouse.replace_partitions(
        table, {"entity": config.churn.entity}, "as_of", as_ofs, labels_sql(horizons), parameters
    )
