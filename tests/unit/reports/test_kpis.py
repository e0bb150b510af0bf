"""The platform's key figures from drawn logs: each number can be counted off the drawing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fancare.reports.kpis import Kpi, read
from fancare.warehouse.duckdb_engine import Warehouse
from tests import drawn_log
from tests.drawn_log import config, day, events

# four weeks of seven days; the report is of the last one
ROWS = [
    *events("lumi", "x.....x|x......|.......|x......"),
    *events("haneul", "x......|.3.....|x......|......."),
    *events("mina", "2......|1......|1......|......1", event="message", creator="lumi"),
    *events("joon", ".1.....|.......|.......|.......", event="message", creator="lumi"),
    *events("joon", ".......|.......|.......|.1.....", event="donation", creator="haneul", amount=1000),
    *events("mina", ".......|.1.....|.......|.......", event="donation", creator="lumi", amount=250),
    *events("visitor", "x......|x......|x......|x......", event="page_visit", creator=None),
    *events("haneul", "........................x..", event="profile_edit"),  # an act that is no activity
]
LAST = day(27)


def figures(warehouse: Warehouse, as_of=LAST, settings=None) -> dict[str, tuple]:
    trend = read(warehouse, settings or config(), as_of)
    return {kpi.code: kpi.values for kpi in trend.kpis}


@pytest.fixture
def log():
    with drawn_log.warehouse(ROWS) as warehouse:
        yield warehouse


def test_every_figure_of_a_drawn_log(log):
    assert figures(log) == {
        "active_creators": (2, 2, 1, 1),
        "active_fans": (2, 1, 1, 2),
        "messages": (3, 1, 1, 1),
        "revenue": (0, 250, 0, 1000),
        "creator_retention": (None, 1.0, 0.5, 0.0),  # of the week before's active, those active again
        "fan_retention": (None, 0.5, 1.0, 1.0),
    }


def test_weeks_end_on_the_day_of_the_report_and_are_whole(log):
    assert read(log, config(), LAST).weeks == (day(6), day(13), day(20), day(27))
    assert read(log, config(), day(26)).weeks == (day(12), day(19), day(26))
    assert read(log, config(), LAST, weeks=2).weeks == (day(20), day(27))


def test_nothing_after_the_report_counts(log):
    assert figures(log, day(20)) == {
        "active_creators": (2, 2, 1), "active_fans": (2, 1, 1), "messages": (3, 1, 1), "revenue": (0, 250, 0),
        "creator_retention": (None, 1.0, 0.5), "fan_retention": (None, 0.5, 1.0),
    }  # fmt: skip


def test_units(log):
    units = {kpi.code: kpi.unit for kpi in read(log, config(), LAST).kpis}
    assert units == {
        "active_creators": "people", "active_fans": "people", "messages": "events", "revenue": "money",
        "creator_retention": "share", "fan_retention": "share",
    }  # fmt: skip


def test_what_became_known_later_does_not_count_before():
    rows = events("mina", ".......|.x.....", event="message", creator="lumi", known=10, until=12)
    with drawn_log.warehouse([*rows, *events("lumi", "x......|x......")]) as warehouse:
        assert "active_fans" not in figures(warehouse, day(9))
        assert figures(warehouse, day(11))["messages"] == (1,)
        assert "active_fans" not in figures(warehouse, day(12)), "from day 12 on they count under another id"


def test_without_creator_activity_a_creator_is_active_where_fans_are(log):
    assert figures(log, settings=config(creator_activity=()))["active_creators"] == (1, 1, 1, 2)


def test_without_fan_activity_whatever_a_fan_does_counts(log):
    assert figures(log, settings=config(fan_activity=()))["active_fans"] == (3, 2, 2, 3)


def test_a_log_without_donations_has_no_such_figure(log):
    settings = config()
    settings = replace(settings, events=replace(settings.events, revenue=()))
    found = figures(log, settings=settings)
    assert "revenue" not in found
    assert found["messages"] == (3, 2, 1, 2), "donations are then fan activity like any other"


def test_a_silent_week_is_zero_and_has_no_retention_after_it():
    with drawn_log.warehouse(events("lumi", "x......|.......|x......|......x")) as warehouse:
        assert figures(warehouse) == {"active_creators": (1, 0, 1, 1), "creator_retention": (None, 0.0, None, 1.0)}


@pytest.mark.parametrize("as_of", [-1, 5])
def test_less_than_a_week_has_no_figures(log, as_of):
    found = read(log, config(), day(as_of))
    assert (found.weeks, found.kpis) == ((), ())


def test_no_log_no_figures():
    with Warehouse.in_memory() as empty:
        assert read(empty, config(), LAST).kpis == ()


@pytest.mark.parametrize(
    ("unit", "values", "change"),
    [
        ("people", (50, 1, 1, 1, 75), 0.5),
        ("money", (100, 1, 1, 1, 0), -1.0),
        ("people", (0, 1, 1, 1, 75), None),
        ("share", (0.5, 0, 0, 0, 0.75), 0.25),
        ("share", (None, 0, 0, 0, 0.75), None),
        ("people", (1, 1, 1, 75), None),
        ("people", (), None),
    ],
)
def test_change_over_four_weeks(unit, values, change):
    assert Kpi("active_fans", unit, values).change() == change
    assert Kpi("active_fans", unit, values).latest == (values[-1] if values else None)
