"""Drawn logs in, verdicts out: which day is red, which amber, and why.

A log is drawn as one count per day. ``steady`` is 9 weeks of 700 events a day.
"""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest

from fancare.events.quality import check
from fancare.warehouse.duckdb_engine import Warehouse
from tests.drawn_days import config_for, day, draw

STEADY = [700] * 63
LAST = 62


def with_days(counts: list[int], **changes: int) -> list[int]:
    """``counts`` with day numbers replaced: ``with_days(STEADY, d62=0)``."""
    changed = list(counts)
    for name, n in changes.items():
        changed[int(name[1:])] = n
    return changed


DRAWN = [
    # what                        the log                                  new days   verdict  odd finding on day
    ("all is well",               STEADY,                                  range(63), "green", None),
    ("the last day is empty",     with_days(STEADY, d62=0),                range(63), "red",   ("zero_day", 62)),
    ("… seen again, nothing new", with_days(STEADY, d62=0),                (),        "red",   ("zero_day", 62)),
    ("the last day is 45 %",      with_days(STEADY, d62=315),              range(63), "red",   ("low_day", 62)),
    ("the last day is 55 %",      with_days(STEADY, d62=385),              range(63), "green", None),
    ("an old day is empty",       with_days(STEADY, d40=0),                range(63), "amber", ("zero_day", 40)),
    ("an old day is 45 %",        with_days(STEADY, d40=315),              range(63), "amber", ("low_day", 40)),
    ("an old day was reopened",   with_days(STEADY, d40=315),              (40, 62),  "amber", ("low_day", 40)),
    ("a month newly loaded",      with_days(STEADY, d40=0),                range(35, 63), "red", ("zero_day", 40)),
    ("too little history",        with_days([700] * 24, d23=300),          range(24), "green", None),
    ("small, chance is enough",   with_days([6] * 63, d62=2),              range(63), "amber", ("few_entities", None)),
    ("small, but never empty",    with_days([6] * 63, d62=0),              range(63), "red",   ("zero_day", 62)),
    ("closed on Sundays",         [0 if i % 7 == 6 else 700 for i in range(63)], range(63), "amber", ("empty_days", None)),
    ("swings by a factor 3",      [300, 900] * 31 + [280],                 range(63), "amber", ("low_day", 62)),
    ("halved for good, long ago", [700] * 35 + [340] * 56,                 range(91), "amber", ("low_day", 35)),
    ("three times as much",       with_days(STEADY, d62=2_200),            range(63), "amber", ("high_day", 62)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("counts", "new", "verdict", "odd"), [pytest.param(*row[1:], id=row[0]) for row in DRAWN]
)
def test_days(tmp_path, counts, new, verdict, odd):
    with Warehouse.in_memory() as warehouse:
        extent = draw(warehouse, {"message": counts})
        morning_after = datetime.combine(extent.last_day, time(6), UTC)
        report = check(warehouse, config_for(tmp_path), extent, morning_after, tuple(day(i) for i in new))
    assert report.verdict == verdict, report.lines()
    found = [(c.name, c.day) for c in report.checks if c.verdict != "green" and not c.name.startswith("name_")]
    expected = None if odd is None else (odd[0], None if odd[1] is None else day(odd[1]))
    assert found[:1] == ([] if expected is None else [expected])
