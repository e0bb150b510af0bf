"""Is the same told twice under new ids? Days whose events equal each other in everything but their id."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from fancare.events.verdict import Check, finding

if TYPE_CHECKING:
    from fancare.warehouse.duckdb_engine import Warehouse

REPEATED_AMBER, REPEATED_RED = 0.05, 0.50
FEW_EVENTS = 100
COMPARED_DAYS = 28
DAYS_AT_ONCE = 28
SQL = Path(__file__).with_name("repeats.sql").read_text(encoding="utf-8")


@dataclass(frozen=True)
class DayRepeats:
    """A day's events, and how many of them are different."""

    day: date
    n_events: int
    n_different: int

    @property
    def share(self) -> float:
        """Repeats per different event: 0 where each is told once, 1 where each is told twice."""
        return self.n_events / self.n_different - 1


def read_repeats(
    warehouse: Warehouse, counts: Mapping[date, int], fresh: Iterable[date]
) -> tuple[list[DayRepeats], list[DayRepeats]]:
    """The fresh days, and the last days before them for comparison, a month at a time: memory does not grow with the log."""
    fresh = sorted(day for day in fresh if counts.get(day))
    before = sorted(day for day in counts if day not in set(fresh) and (not fresh or day < fresh[-1]))[-COMPARED_DAYS:]
    return [*_read(warehouse, fresh)], [*_read(warehouse, before)]


def _read(warehouse: Warehouse, days: list[date]) -> Iterator[DayRepeats]:
    for start in range(0, len(days), DAYS_AT_ONCE):
        for day, n_events, n_different in warehouse.rows(SQL, {"days": days[start : start + DAYS_AT_ONCE]}):
            yield DayRepeats(day, int(n_events), int(n_different))


def check_repeats(fresh: Iterable[DayRepeats], before: Iterable[DayRepeats]) -> list[Check]:
    """Fresh days that repeat more than the days before do, and an amber where those repeat half of their events too.

    In some logs people may well do the same twice in the moment that a time can tell: what is usual is taken off.
    """
    past = [one for one in before if one.n_events >= FEW_EVENTS]
    usual = median(one.share for one in past) if past else 0.0
    checks = []
    for one in fresh:
        # as if each event were told once by habit: (1 + share) / (1 + usual) - 1
        excess = (1 + one.share) / (1 + usual) - 1
        if one.n_events >= FEW_EVENTS and excess >= REPEATED_AMBER:
            n = one.n_events - one.n_different
            checks.append(finding(
                "repeated", "red" if excess >= REPEATED_RED else "amber", subject="events", day=one.day,
                observed=f"{n:,} of {one.n_events:,}", expected=f"< {REPEATED_AMBER:.0%}", n=n, n_events=one.n_events,
            ))  # fmt: skip
    if usual >= REPEATED_RED:
        checks.append(finding(
            "repeated", "amber", message="repeated_before", subject="events", observed=f"{usual:.0%}",
            expected=f"< {REPEATED_AMBER:.0%}", n=sum(one.n_events - one.n_different for one in past),
            n_events=sum(one.n_events for one in past),
        ))  # fmt: skip
    return checks
