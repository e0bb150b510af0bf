"""The table `own_rhythm_labels`: of everybody judged on a day, who stayed silent past their own rhythm.

The second label beside the calendar ones. The threshold is the past's, the outcome the future's:

        last_active_date                as_of                 last_active_date + threshold_days
               x┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┤░░░░░░ activity here? ░░░░░░│   null until this day is complete

Whose silence has reached the threshold by ``as_of`` is churned on that day itself: nothing is left to wait for.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from fancare.config import Config
from fancare.panel.activity import composed
from fancare.warehouse.duckdb_engine import Warehouse
from fancare.warehouse.schema import IDENTITY_LINKS, OWN_RHYTHM_LABELS

SQL = composed(Path(__file__).with_name("own_rhythm_labels.sql"), known_on="@data_through", rows="judged")


def write_own_rhythm_labels(warehouse: Warehouse, config: Config, data_through: date) -> None:
    """Replace the labels of every `own_rhythm` partition up to ``data_through``, as known then."""
    entity = config.churn.entity
    found = warehouse.rows(
        "SELECT DISTINCT as_of FROM own_rhythm WHERE entity = @entity AND as_of <= @data_through",
        {"entity": entity, "data_through": data_through},
    )
    as_ofs = sorted(as_of for (as_of,) in found)
    warehouse.create(IDENTITY_LINKS)
    parameters = {
        "entity": entity,
        "activity": list(config.activity),
        "as_ofs": as_ofs,
        "data_through": data_through,
    }
    warehouse.replace_partitions(OWN_RHYTHM_LABELS, {"entity": entity}, "as_of", as_ofs, SQL, parameters)
