"""Drawn logs in, `events` and `activity_daily` out: who acts, on which day, and since when that was known."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from fancare.warehouse.duckdb_engine import Warehouse
from tests.small_log import PARQUET, bring_in, event, events, visible, write_config, write_jsonl, write_parquet

WHO = "actor_id, event_name, actor, creator_id, fan_id"

WHO_ACTS = """
event      room  acting_id  actor    creator_id  fan_id
message    c1    f1         fan      c1          f1
broadcast  -     c1         creator  c1          -       a creator's act
broadcast  c1    staff      creator  c1          -       … done for the room's creator
message    c1    c1         creator  c1          -       a creator in its own room
donation   c1    c2         fan      c1          c2      a creator who tips another is that one's fan
page_view  -     c1         creator  c1          -       outside any room, a creator's id
page_view  -     c2         creator  c2          -       … known as one only by a room's name
page_view  -     staff      creator  staff       -       … or by a creator's act
page_view  -     f1         fan      -           f1
message    c2    f1         fan      c2          f1
"""


@pytest.fixture
def warehouse():
    with Warehouse.in_memory() as made:
        yield made


def test_who_acts(tmp_path: Path, warehouse: Warehouse) -> None:
    settings = write_config(tmp_path)
    rows = [[None if word == "-" else word for word in line.split()[:6]] for line in WHO_ACTS.strip().splitlines()[1:]]
    write_jsonl(
        tmp_path / "log/a.jsonl",
        [
            event(name, "2026-06-01 12:00", id=str(i), user=who, **({"creator": room} if room else {}))
            for i, (name, room, who, *_) in enumerate(rows)
        ],
    )
    bring_in(warehouse, settings)
    assert events(warehouse, WHO) == sorted([(who, name, *out) for name, _, who, *out in rows], key=str)


def test_a_creator_acts_under_its_own_id_though_it_came_by_device(tmp_path: Path, warehouse: Warehouse) -> None:
    settings = write_config(tmp_path)
    write_jsonl(
        tmp_path / "log/a.jsonl",
        [
            event("broadcast", "2026-06-01 12:00", id="1", user="c1", device="d1"),
            event("page_view", "2026-06-01 12:01", id="2", device="d1"),
            event("message", "2026-06-01 12:02", id="3", device="d1", creator="c1"),
            event("message", "2026-06-01 12:03", id="4", device="d1", creator="c2"),
        ],
    )
    bring_in(warehouse, settings)
    assert events(warehouse, WHO) == [
        ("$device:d1", "message", "creator", "c1", None),
        ("$device:d1", "message", "fan", "c2", "c1"),
        ("$device:d1", "page_view", "creator", "c1", None),
        ("c1", "broadcast", "creator", "c1", None),
    ]


@pytest.mark.parametrize("merge", [["c9", "c7"], ["c7", "c9"], ["$device:d", "c7"]])
@pytest.mark.parametrize("in_pieces", [False, True])
def test_a_creator_whose_id_is_merged_stays_the_creator_of_its_room(
    tmp_path: Path, warehouse: Warehouse, merge: list[str], in_pieces: bool
) -> None:
    settings = write_config(tmp_path)
    lines = [
        event("message", "2026-06-01 12:00", id="1", user="c7", creator="c7"),
        event("page_view", "2026-06-01 12:00", id="2", user="c7"),
        event("broadcast", "2026-06-01 12:00", id="3", user="c7"),
        event("message", "2026-06-01 12:00", id="4", user="f", creator="c7"),
        event("$merge", "2026-06-03 12:00", **{"$distinct_ids": merge}),
        event("message", "2026-06-04 12:00", id="5", user="c7", creator="c7"),
        event("message", "2026-06-04 12:00", id="6", user=merge[0], creator="c7"),
    ]
    for number, part in enumerate((lines[:4], lines[4:]) if in_pieces else (lines,)):
        write_jsonl(tmp_path / f"log/{number}.jsonl", part)
        bring_in(warehouse, settings)
    assert events(warehouse, "event_id, actor, creator_id, fan_id") == [
        (id, "creator", "c7", None) if id != "4" else (id, "fan", "c7", "f") for id in "123456"
    ]
    assert {(row[1], row[2]) for row in warehouse.rows(DAILY) if row[3] != "f"} == {("creator", "c7")}


def test_of_two_creators_merged_each_keeps_what_was_done_in_its_own_room(tmp_path: Path, warehouse: Warehouse) -> None:
    settings = write_config(tmp_path)
    write_jsonl(
        tmp_path / "log/a.jsonl",
        [
            event("message", "2026-06-01 12:00", id="1", user="c7", creator="c7"),
            event("message", "2026-06-01 12:00", id="2", user="c9", creator="c9"),
            event("$merge", "2026-06-03 12:00", **{"$distinct_ids": ["c9", "c7"]}),
            event("message", "2026-06-04 12:00", id="3", user="c7", creator="c7"),
            event("message", "2026-06-04 12:00", id="4", user="c7", creator="c9"),
        ],
    )
    bring_in(warehouse, settings)
    assert events(warehouse, "event_id, actor, creator_id") == [
        ("1", "creator", "c7"), ("2", "creator", "c9"), ("3", "creator", "c7"), ("4", "creator", "c9")
    ]  # fmt: skip
    assert {(row[1], row[2], row[3]) for row in warehouse.rows(DAILY)} == {("creator", "c7", None), ("creator", "c9", None)}


def test_parquet_creator_acts_need_no_fan(tmp_path: Path, warehouse: Warehouse) -> None:
    settings = write_config(tmp_path, PARQUET)
    write_parquet(
        tmp_path / "log/a.parquet",
        [
            {"ts": "2026-06-01T12:00:00Z", "event": "broadcast", "creator": "c1", "fan": None, "amount": None},
            {"ts": "2026-06-01T12:00:00Z", "event": "message", "creator": "c1", "fan": "f1", "amount": None},
            {"ts": "2026-06-01T12:00:00Z", "event": "message", "creator": "c1", "fan": None, "amount": None},  # system
            {"ts": "2026-06-01T12:00:00Z", "event": "donation", "creator": None, "fan": "f1", "amount": 5.0},
        ],
    )
    report = bring_in(warehouse, settings)
    assert events(warehouse, WHO) == [
        ("c1", "broadcast", "creator", "c1", None),
        ("f1", "donation", "fan", None, "f1"),
        ("f1", "message", "fan", "c1", "f1"),
    ]
    assert (report.files[0].n_events, report.files[0].n_no_actor) == (3, 1)


@pytest.mark.parametrize(
    ("zone", "utc", "day"),
    [
        ("Asia/Seoul", "2026-06-01T14:59:59.999Z", date(2026, 6, 1)),
        ("Asia/Seoul", "2026-06-01T15:00:00Z", date(2026, 6, 2)),
        ("UTC", "2026-06-01T23:59:59.999999Z", date(2026, 6, 1)),
        ("UTC", "2026-06-02T00:00:00Z", date(2026, 6, 2)),
        ("America/Los_Angeles", "2026-06-01T06:59:59Z", date(2026, 5, 31)),
        ("Asia/Kathmandu", "2026-06-01T18:15:00Z", date(2026, 6, 2)),  # +05:45
        ("Europe/Berlin", "2026-03-28T23:00:00Z", date(2026, 3, 29)),  # the night before the clock change
        ("Europe/Berlin", "2026-03-29T22:00:00Z", date(2026, 3, 30)),  # and after
    ],
)
def test_a_day_begins_at_midnight_on_the_platform(tmp_path: Path, zone: str, utc: str, day: date) -> None:
    for source, end in (("mixpanel", "jsonl"), ("parquet", "parquet")):
        folder = tmp_path / source
        folder.mkdir()
        settings = write_config(folder, PARQUET, zone) if end == "parquet" else write_config(folder, timezone=zone)
        path = folder / f"log/a.{end}"
        if end == "parquet":
            write_parquet(path, [{"ts": utc, "event": "message", "creator": "c", "fan": "f", "amount": 1.0}])
        else:
            write_jsonl(path, [{"event": "message", "time": utc, "distinct_id": "f"}])
        with Warehouse.in_memory() as warehouse:
            bring_in(warehouse, settings)
            assert warehouse.rows("SELECT activity_date FROM events") == [(day,)]
            assert warehouse.rows("SELECT activity_date, known_from FROM activity_daily") == [(day, day)]


@pytest.mark.parametrize("platform", ["Asia/Seoul", "America/New_York", "Africa/Cairo"])
@pytest.mark.parametrize("source", ["UTC", "Pacific/Auckland"])
@pytest.mark.parametrize("day", [date(2026, 3, 8), date(2026, 4, 24)])  # in New York and Cairo the clocks change
def test_a_date_without_a_time_is_that_day_on_the_platform(
    tmp_path: Path, warehouse: Warehouse, platform: str, source: str, day: date
) -> None:
    settings = write_config(tmp_path, PARQUET.replace('path = "log"', f'path = "log"\ntimezone = "{source}"'), platform)
    write_parquet(tmp_path / "log/a.parquet", [{"ts": day, "event": "message", "creator": "c", "fan": "f", "amount": 1.0}])
    bring_in(warehouse, settings)
    assert warehouse.rows("SELECT activity_date FROM activity_daily") == [(day,)]


DAILY = "SELECT activity_date, actor, creator_id, fan_id, n_events, known_from, known_until FROM activity_daily"


def june(n: int) -> date:
    return date(2026, 6, n)


def test_an_event_counts_from_its_arrival(tmp_path: Path, warehouse: Warehouse) -> None:
    settings = write_config(tmp_path)
    write_jsonl(
        tmp_path / "log/a.jsonl",
        [
            event("message", "2026-06-01 12:00", id="1", user="f", creator="c", arrived="2026-06-01 12:01"),
            event("message", "2026-06-01 13:00", id="2", user="f", creator="c", arrived="2026-06-04 16:00"),  # the 5th in Seoul
        ],
    )
    report = bring_in(warehouse, settings)
    assert sorted(warehouse.rows(DAILY)) == [
        (june(1), "fan", "c", "f", 1, june(1), None),
        (june(1), "fan", "c", "f", 1, june(5), None),
    ]
    assert report.files[0].n_late == 1


def test_a_device_counts_as_itself_until_its_user_is_known(tmp_path: Path, warehouse: Warehouse) -> None:
    settings = write_config(tmp_path)
    write_jsonl(
        tmp_path / "log/a.jsonl",
        [
            event("message", "2026-06-01 12:00", id="1", device="d", creator="c"),
            event("message", "2026-06-03 12:00", id="2", device="d", user="f", creator="c"),
            event("message", "2026-06-04 12:00", id="3", device="d", creator="c"),
        ],
    )
    bring_in(warehouse, settings)
    assert sorted(warehouse.rows(DAILY), key=str) == [
        (june(1), "fan", "c", "$device:d", 1, june(1), june(3)),
        (june(1), "fan", "c", "f", 1, june(3), None),
        (june(3), "fan", "c", "f", 1, june(3), None),
        (june(4), "fan", "c", "f", 1, june(4), None),
    ]
    assert {fan for (fan,) in warehouse.rows("SELECT fan_id FROM events")} == {"f"}
    assert [row[3] for row in visible(warehouse, june(2))] == ["$device:d"]
    assert {row[3] for row in visible(warehouse, june(9))} == {"f"}


@pytest.mark.parametrize("arrived", [False, True])
def test_a_device_belongs_to_the_user_that_was_known_first(tmp_path: Path, warehouse: Warehouse, arrived: bool) -> None:
    settings = write_config(tmp_path)
    late = {"arrived": "2026-06-06 12:00"} if arrived else {}
    lines = [
        event("message", "2026-06-03 12:00", id="1", device="d", user="a"),
        event("message", "2026-06-02 12:00", id="2", device="d", user="b", **late),
        event("message", "2026-06-04 12:00", id="3", device="d"),
    ]
    write_jsonl(tmp_path / "log/a.jsonl", lines)
    bring_in(warehouse, settings)
    first, when = ("a", 3) if arrived else ("b", 2)
    assert warehouse.rows("SELECT alias_id, canonical_id, known_from FROM identity_links") == [("$device:d", first, june(when))]


def test_a_visitor_counts_as_a_fan_until_it_is_known_as_a_creator(tmp_path: Path, warehouse: Warehouse) -> None:
    settings = write_config(tmp_path)
    write_jsonl(
        tmp_path / "log/a.jsonl",
        [
            event("page_view", "2026-06-01 12:00", id="1", user="c"),
            event("message", "2026-06-03 12:00", id="2", user="f", creator="c"),
            event("page_view", "2026-06-04 12:00", id="3", user="c"),
            event("message", "2026-06-05 12:00", id="4", user="g", creator="c"),
        ],
    )
    bring_in(warehouse, settings)
    visits = [row for row in warehouse.rows(DAILY) if row[3] not in ("f", "g")]
    assert sorted(visits, key=str) == [
        (june(1), "creator", "c", None, 1, june(3), None),
        (june(1), "fan", None, "c", 1, june(1), june(3)),
        (june(4), "creator", "c", None, 1, june(4), None),
    ]
    assert warehouse.rows("SELECT * FROM creators") == [("c", june(3))]
