"""How the platform is doing, week by week up to the day of the report: the key figures behind the page's trends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from fancare.config import Config
from fancare.warehouse.duckdb_engine import Warehouse

SQL = Path(__file__).with_name("kpis.sql")
WEEKS = 52


@dataclass(frozen=True)
class Kpi:
    """One figure per week, oldest first; ``code`` names it in the catalogue (``page.kpi.<code>``), None: undefined."""

    code: str
    unit: str  # "people", "events", "money" or "share"
    values: tuple[float | None, ...]

    @property
    def latest(self) -> float | None:
        return self.values[-1] if self.values else None

    def change(self, weeks: int = 4) -> float | None:
        """The latest value against the one ``weeks`` before: a ratio minus 1, for shares a difference; None if undefined."""
        if len(self.values) <= weeks:
            return None
        now, before = self.values[-1], self.values[-1 - weeks]
        if now is None or before is None:
            return None
        if self.unit == "share":
            return now - before
        return now / before - 1 if before > 0 else None


@dataclass(frozen=True)
class KpiTrend:
    """Whole weeks, named by their last day, and the figures over them."""

    weeks: tuple[date, ...]
    kpis: tuple[Kpi, ...]


def read(warehouse: Warehouse, config: Config, as_of: date, weeks: int = WEEKS) -> KpiTrend:
    """The key figures of the last whole weeks before and including ``as_of``, at most ``weeks``.

    A figure that the configuration leaves without meaning (donations without a revenue event) is left out. Retention of
    a week is the share of the week before's active that are active again.
    """
    if not warehouse.has_table("activity_daily"):
        return KpiTrend((), ())
    first_day = warehouse.value("SELECT MIN(activity_date) FROM activity_daily WHERE activity_date <= @as_of", {"as_of": as_of})
    covered = min(weeks, ((as_of - first_day).days + 1) // 7) if first_day else 0
    if covered < 1:
        return KpiTrend((), ())
    events = config.events
    parameters = {
        "as_of": as_of,
        "weeks": covered,
        "creator_activity": list(events.creator_activity),
        "fan_activity": list(events.fan_activity),
        "revenue": list(events.revenue),
    }
    by_week = {row[0]: row[1:] for row in warehouse.rows(SQL.read_text(encoding="utf-8"), parameters)}
    rows = [by_week.get(back, (0,) * 6) for back in range(covered - 1, -1, -1)]
    creators, fans, returned_creators, returned_fans, messages, revenue = (
        tuple(float(row[i]) for row in rows) for i in range(6)
    )
    kpis = [
        Kpi("active_creators", "people", creators),
        Kpi("active_fans", "people", fans),
        Kpi("messages", "events", messages) if any(messages) else None,
        Kpi("revenue", "money", revenue) if any(revenue) else None,
        Kpi("creator_retention", "share", _retention(creators, returned_creators)),
        Kpi("fan_retention", "share", _retention(fans, returned_fans)),
    ]
    return KpiTrend(
        weeks=tuple(as_of - timedelta(7 * back) for back in range(covered - 1, -1, -1)),
        kpis=tuple(kpi for kpi in kpis if kpi is not None and any(kpi.values)),
    )


def _retention(active: tuple[float, ...], returned: tuple[float, ...]) -> tuple[float | None, ...]:
    before = (0.0, *active[:-1])
    return tuple(back / base if base > 0 else None for back, base in zip(returned, before, strict=True))
