"""Who is at risk on a day: entities active within the last ``active_within_days``, by what was known on that day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from fancare.config import Config
from fancare.panel.activity import composed
from fancare.warehouse.duckdb_engine import Warehouse
from fancare.warehouse.schema import COHORT

SQL = composed(Path(__file__).with_name("cohort.sql"))


def build_cohort(warehouse: Warehouse, config: Config, as_ofs: Sequence[date]) -> None:
    """Replace the `cohort` partitions of these as_ofs."""
    parameters = {
        "entity": config.churn.entity,
        "activity": list(config.activity),
        "active_within_days": config.churn.active_within_days,
        "as_ofs": list(as_ofs),
    }
    warehouse.replace_partitions(COHORT, {"entity": config.churn.entity}, "as_of", as_ofs, SQL, parameters)
