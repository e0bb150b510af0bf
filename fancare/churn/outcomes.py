"""What became of the risks that were given: earlier scores joined with the labels that have become ripe since.

      scored day s ─────── horizon ───────▶│ s + h + late_days
    ──────┤░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░│──────────┤ monitored day
                                  ripe within the window, by what is known on the monitored day

A label counts from the day on which it could train, too: as_of + h + late_days ≤ monitored day. Decided by date alone: neither
an early return nor a long silence is taken before its time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from fancare.config import Config
from fancare.dates import TimeLine
from fancare.panel.labels import labels_sql
from fancare.warehouse.duckdb_engine import Warehouse

MOST_ROWS = 100_000  # more are a draw of entities: the figures' intervals are narrow enough
_HEX_DIGITS = 6
_SQL = Path(__file__).with_name("outcomes.sql").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Outcomes:
    """n scored rows with what happened. ``risks`` and ``churned`` are (n, H); churned is 1, 0, or NaN where it does not count.

    ``rank`` (n,) is NaN where none was given. ``is_drawn`` (n,) is False for rows that are here for the watchlist only.
    """

    horizons: tuple[int, ...]
    creator_id: np.ndarray | None
    fan_id: np.ndarray | None
    as_of: np.ndarray
    version: np.ndarray
    rank: np.ndarray
    is_drawn: np.ndarray
    risks: np.ndarray
    churned: np.ndarray

    def __len__(self) -> int:
        return len(self.as_of)

    @property
    def clusters(self) -> tuple[np.ndarray, ...]:
        """What intervals must be clustered by: the creator, the fan, or for rooms both."""
        return tuple(ids for ids in (self.creator_id, self.fan_id) if ids is not None)

    def rows(self, mask: np.ndarray) -> Outcomes:
        """Those at a boolean mask."""
        return replace(
            self,
            creator_id=None if self.creator_id is None else self.creator_id[mask],
            fan_id=None if self.fan_id is None else self.fan_id[mask],
            as_of=self.as_of[mask],
            version=self.version[mask],
            rank=self.rank[mask],
            is_drawn=self.is_drawn[mask],
            risks=self.risks[mask],
            churned=self.churned[mask],
        )


def outcomes_sql(horizons: Sequence[int]) -> str:
    """The query for these horizons (GoogleSQL; parameters as in outcomes.sql and labels.sql)."""
    return _SQL.format(
        risks=", ".join(f"risk_{h}d" for h in horizons),
        said=", ".join(f"scored.risk_{h}d" for h in horizons),
        happened=", ".join(f"CAST(CAST(label.churned_{h}d AS INT64) AS FLOAT64) AS churned_{h}d" for h in horizons),
        labels=labels_sql(horizons),
    )


def is_ripe(timeline: TimeLine, scored: date, horizon: int, window_days: int) -> bool:
    """True when the outcome became known within the ``window_days`` that end on ``timeline.data_through``.

    >>> line = TimeLine(date(2026, 1, 1), date(2026, 6, 30), late_days=2, horizons=(7,))
    >>> [is_ripe(line, date(2026, 6, day), 7, window_days=28) for day in (21, 22)]
    [True, False]
    """
    known_on = scored + timedelta(horizon + timeline.late_days)
    return timeline.is_usable(scored, horizon, timeline.data_through) and (
        known_on > timeline.data_through - timedelta(window_days)
    )


def scored_days(warehouse: Warehouse, config: Config, timeline: TimeLine, window_days: int) -> list[date]:
    """The days scored by this model of which at least one horizon is ripe within the window, oldest first."""
    days = warehouse.rows(
        "SELECT DISTINCT as_of FROM risk_scores WHERE entity = @entity AND model_name = @model_name ORDER BY as_of",
        {"entity": config.churn.entity, "model_name": config.model.name},
    )
    return [day for (day,) in days if any(is_ripe(timeline, day, h, window_days) for h in timeline.horizons)]


def versions_in(warehouse: Warehouse, config: Config, timeline: TimeLine, window_days: int) -> list[str]:
    """The versions that scored the days of `scored_days`, by name; none where nothing was ever scored."""
    days = scored_days(warehouse, config, timeline, window_days) if warehouse.has_table("risk_scores") else []
    if not days:
        return []
    about = {"entity": config.churn.entity, "model_name": config.model.name}
    found = warehouse.rows(
        "SELECT DISTINCT model_version FROM risk_scores WHERE entity = @entity AND model_name = @model_name "
        "AND as_of IN UNNEST(@as_ofs) ORDER BY model_version",
        about | {"as_ofs": days},
    )
    return [version for (version,) in found]


def read_outcomes(warehouse: Warehouse, config: Config, timeline: TimeLine, window_days: int) -> Outcomes:
    """The scores whose outcome became ripe in the window that ends on ``timeline.data_through``, by what was known then."""
    entity, horizons = config.churn.entity, config.churn.horizons
    days = scored_days(warehouse, config, timeline, window_days)
    about = {"entity": entity, "model_name": config.model.name, "as_ofs": days or [timeline.data_through]}
    n = warehouse.value(
        "SELECT COUNT(*) FROM risk_scores WHERE entity = @entity AND model_name = @model_name AND as_of IN UNNEST(@as_ofs)",
        about,
    )
    found = warehouse.arrow(
        outcomes_sql(horizons),
        about
        | {
            "activity": list(config.activity),
            "horizons": list(horizons),
            "data_through": timeline.data_through,
            "capacity": config.ops.capacity,
            "drawn_below": drawn_below(n),
        },
    )
    as_of = found.column("as_of").to_numpy(zero_copy_only=False).astype("datetime64[D]")

    def floats(name: str) -> np.ndarray:
        return found.column(name).to_numpy(zero_copy_only=False).astype(np.float64)

    def texts(name: str) -> np.ndarray:
        return found.column(name).to_numpy(zero_copy_only=False)

    churned = np.stack([floats(f"churned_{h}d") for h in horizons], axis=1)
    for k, h in enumerate(horizons):
        ripe = [day for day in days if is_ripe(timeline, day, h, window_days)]
        churned[~np.isin(as_of, np.asarray(ripe, dtype="datetime64[D]")), k] = np.nan
    found_all = Outcomes(
        horizons=horizons,
        creator_id=None if entity == "fan" else texts("creator_id"),
        fan_id=None if entity == "creator" else texts("fan_id"),
        as_of=as_of,
        version=texts("model_version"),
        rank=floats("rank"),
        is_drawn=found.column("is_drawn").to_numpy(zero_copy_only=False).astype(bool),
        risks=np.stack([floats(f"risk_{h}d") for h in horizons], axis=1),
        churned=churned,
    )
    return found_all.rows(~np.isnan(churned).all(axis=1))


def drawn_below(n: int, most: int = MOST_ROWS) -> str:
    """The hash below which an entity is drawn, so that about ``most`` of n rows are; all where they are no more.

    >>> drawn_below(1_000), drawn_below(400_000)
    ('g', '400000')
    """
    share = most / n if n else 1.0
    if share >= 1:
        return "g"  # above every hexadecimal digit
    return f"{int(share * 16**_HEX_DIGITS):0{_HEX_DIGITS}x}"
