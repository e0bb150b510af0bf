"""Which days the log covers, and through which of them it is taken as complete."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, timedelta
from zoneinfo import ZoneInfo

from fancare.config import Config
from fancare.dates import TimeLine
from fancare.errors import DataQualityError
from fancare.warehouse.duckdb_engine import Warehouse
from fancare.warehouse.schema import INGESTED_FILES


@dataclass(frozen=True)
class LogExtent:
    """Days in the platform's time zone, all inclusive.

    The last day in the log is seldom whole (an export is cut somewhere in it), so ``last_whole_day`` is the day before;
    and it is no later than the day before the log was last read (a phone's clock may be ahead, past midnight).
    ``data_through`` lies ``late_days`` earlier still. `[source] data_through`, if given, is both.
    """

    first_day: date
    last_day: date
    last_whole_day: date
    data_through: date


def timeline_of(warehouse: Warehouse, config: Config, as_of: date) -> TimeLine:
    """The log's days as if nothing after ``as_of`` were known."""
    return TimeLine(
        first_day=log_extent(warehouse, config).first_day,
        data_through=as_of,
        late_days=config.source.late_days_in_force,
        horizons=config.churn.horizons,
        warm_up_days=config.churn.active_within_days,
    )


def log_extent(warehouse: Warehouse, config: Config) -> LogExtent:
    """The extent of the ingested log; `DataQualityError` when it has no whole day."""
    first, last = warehouse.rows("SELECT MIN(activity_date), MAX(activity_date) FROM activity_daily")[0]
    if first is None:
        raise DataQualityError("The log holds no events; bring them in with `fancare ingest`.")
    given = config.source.data_through
    last_whole = given or min(last, _last_read(warehouse, config) or last) - timedelta(1)
    data_through = given or last_whole - timedelta(config.source.late_days_in_force)
    if data_through < first:
        raise DataQualityError(
            f"The log covers {first} to {last}, but days are complete only through {data_through}; bring more days"
            f"{', or correct [source] data_through' if given else ''}."
        )
    return LogExtent(first_day=first, last_day=last, last_whole_day=last_whole, data_through=data_through)


def _last_read(warehouse: Warehouse, config: Config) -> date | None:
    """The day, in the platform's time zone, on which the log was last read; None where no file was."""
    if not warehouse.has_table(INGESTED_FILES.name):
        return None
    moment = warehouse.value("SELECT MAX(ingested_at) FROM ingested_files")
    return moment and moment.replace(tzinfo=UTC).astimezone(ZoneInfo(config.platform.timezone)).date()
