"""`activity_daily`, rebuilt for the days that changed and no others."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from fancare.config import Config
from fancare.progress import Progress
from fancare.warehouse.duckdb_engine import Warehouse
from fancare.warehouse.schema import ACTIVITY_DAILY

SQL = Path(__file__).with_name("activity_daily.sql").read_text(encoding="utf-8")
MAX_EVENTS_AT_ONCE = 2_000_000


class ChangedDays:
    """The days whose events changed in this run, gathered as it goes."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        warehouse.raw("CREATE OR REPLACE TEMP TABLE changed_days (activity_date DATE)")

    def add(self, duckdb_sql: str) -> None:
        """Add the days that a query gives as ``activity_date``."""
        self._warehouse.raw(f"INSERT INTO changed_days SELECT DISTINCT activity_date FROM ({duckdb_sql})")

    def list(self) -> tuple[date, ...]:
        """Each changed day once, oldest first."""
        found = self._warehouse.raw("SELECT DISTINCT activity_date FROM changed_days ORDER BY 1").fetchall()
        return tuple(day for (day,) in found)


def rebuild_days(warehouse: Warehouse, config: Config, days: tuple[date, ...], progress: Progress | None = None) -> int:
    """Replace these days of `activity_daily` from `events`; returns how many rows they hold now.

    A day without events any more is emptied. Days are taken a few at a time, so memory does not grow with the log.
    """
    written = 0
    with (progress or Progress()).task("activity per day", len(days)) as task:
        for some in _portions(warehouse, days):
            parameters = {"creator_acts": list(config.events.creator_acts), "timezone": config.platform.timezone}
            written += warehouse.replace_days(ACTIVITY_DAILY, some, SQL, parameters)
            task.advance(len(some))
    return written


def _portions(warehouse: Warehouse, days: tuple[date, ...]) -> list[list[date]]:
    if not days:
        return []
    counts = dict(
        warehouse.rows(
            "SELECT activity_date, COUNT(*) FROM events WHERE activity_date BETWEEN @first AND @last GROUP BY activity_date",
            {"first": days[0], "last": days[-1]},
        )
    )
    portions: list[list[date]] = [[]]
    held = 0
    for day in days:
        n = counts.get(day, 0)
        if portions[-1] and held + n > MAX_EVENTS_AT_ONCE:
            portions.append([])
            held = 0
        portions[-1].append(day)
        held += n
    return portions
