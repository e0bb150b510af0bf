"""The weeks behind a sparkline: counted back from the day, by what was known then, the entity's own activity only."""

from __future__ import annotations

import pytest

from fancare.reports.rhythm import activity_by_week
from tests import drawn_log
from tests.drawn_log import config, day, events

ROWS = [
    *events("lumi", "x.....2|.......|3......"),
    *events("lumi", "x......|x......|x......", event="profile_edit"),
    *events("mina", "5......|.......|4.....1", event="message", creator="lumi"),
    *events("mina", ".......|2......|.......", event="message", creator="haneul"),
    *events("joon", ".......|1......|.......", event="message", creator="lumi"),
]
LAST = day(20)


@pytest.fixture
def log():
    with drawn_log.warehouse(ROWS) as warehouse:
        yield warehouse


@pytest.mark.parametrize(
    ("entity", "key", "weeks"),
    [
        ("creator", ("lumi", None), (0, 3, 0, 3)),
        ("creator", ("haneul", None), (0, 0, 0, 0)),
        ("fan", (None, "mina"), (0, 5, 2, 5)),
        ("room", ("lumi", "mina"), (0, 5, 0, 5)),
        ("room", ("haneul", "mina"), (0, 0, 2, 0)),
    ],
)
def test_weeks(log, entity, key, weeks):
    assert activity_by_week(log, config(entity), LAST, [key], weeks=4) == {key: weeks}


def test_the_week_ends_on_the_day(log):
    key = ("lumi", None)
    assert activity_by_week(log, config(), day(19), [key], weeks=3)[key] == (1, 2, 3)
    assert activity_by_week(log, config(), day(13), [key], weeks=3)[key] == (0, 3, 0)


def test_rooms_asked_for_get_their_own_and_no_other(log):
    keys = [("lumi", "joon"), ("haneul", "mina")]  # the ids alone would also fit the room lumi/mina
    assert activity_by_week(log, config("room"), LAST, keys, weeks=2) == {keys[0]: (1, 0), keys[1]: (2, 0)}


def test_only_what_was_known():
    rows = events("mina", "x......", event="message", creator="lumi", known=3, until=5)
    with drawn_log.warehouse(rows) as warehouse:
        counts = [activity_by_week(warehouse, config("fan"), day(n), [(None, "mina")], weeks=1)[None, "mina"] for n in range(7)]
    assert counts == [(0,), (0,), (0,), (1,), (1,), (0,), (0,)]


def test_nobody_asked_for(log):
    assert activity_by_week(log, config(), LAST, []) == {}
