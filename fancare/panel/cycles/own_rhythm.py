"""The table `own_rhythm`: what each entity's usual gap was on a day, and whether its silence is past it.

Everything here is the past of ``as_of``; what came after is `own_rhythm_labels`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from fancare.config import Config
from fancare.panel.cycles.active_days import ORIGIN, ActiveDays
from fancare.panel.cycles.gap_family import LONGEST_DAYS
from fancare.panel.cycles.pooled_gaps import PooledGaps, Rhythms
from fancare.progress import Progress
from fancare.warehouse.duckdb_engine import Warehouse
from fancare.warehouse.schema import OWN_RHYTHM

ROWS = "own_rhythm_rows"
DAYS_TO_ORIGIN = (ORIGIN - date(1970, 1, 1)).days  # from where Arrow counts its days
SQL = (
    "SELECT @entity AS entity, creator_id, fan_id, @as_of AS as_of, last_active_date, silence_days, n_gaps, gap_p50_days, "
    "gap_p95_days, gap_p95_low_days, gap_p95_high_days, threshold_days, silence_days >= threshold_days AS is_called_churned "
    f"FROM {ROWS}"
)


@dataclass(frozen=True)
class OwnRhythms:
    """The k entities silent for less than LONGEST_DAYS, by their number in ``days``: (k,) arrays beside ``rhythms``."""

    entity: np.ndarray
    silence_days: np.ndarray
    rhythms: Rhythms
    threshold_days: np.ndarray

    def __len__(self) -> int:
        return len(self.entity)

    @property
    def is_called(self) -> np.ndarray:
        """(k,) bool: silent as long as the own threshold."""
        return self.silence_days >= self.threshold_days


def own_rhythms(days: ActiveDays, pooled: PooledGaps, config: Config, progress: Progress | None = None) -> OwnRhythms:
    """The rhythm of everybody who is not long gone on ``days.as_of``."""
    entity = np.flatnonzero(days.silence_days < LONGEST_DAYS)
    rhythms = pooled.rhythms(days, days.offsets[entity + 1] - 1, config.cycles.quantile, progress)
    thresholds = rhythms.thresholds(config.cycles.floor_days, config.cycles.ceiling_days)
    return OwnRhythms(entity, days.silence_days[entity], rhythms, thresholds)


def write_own_rhythms(warehouse: Warehouse, config: Config, days: ActiveDays, own: OwnRhythms) -> int:
    """Replace the partition of ``days.as_of``; returns how many rows it holds."""
    last_active = days.last_day - own.silence_days
    rows = pa.table(
        {
            "creator_id": days.creator_id.take(pa.array(own.entity)),
            "fan_id": days.fan_id.take(pa.array(own.entity)),
            "last_active_date": pa.array(last_active + DAYS_TO_ORIGIN, type=pa.int32()).cast(pa.date32()),
            "silence_days": own.silence_days.astype(np.int64),
            "n_gaps": own.rhythms.n_gaps,
            "gap_p50_days": own.rhythms.p50_days,
            "gap_p95_days": own.rhythms.quantile_days,
            "gap_p95_low_days": own.rhythms.low_days,
            "gap_p95_high_days": own.rhythms.high_days,
            "threshold_days": own.threshold_days,
        }
    )
    partition = {"entity": config.churn.entity, "as_of": days.as_of}
    warehouse.register(ROWS, rows)
    try:
        return warehouse.replace_partition(OWN_RHYTHM, partition, SQL, partition)
    finally:
        warehouse.unregister(ROWS)
