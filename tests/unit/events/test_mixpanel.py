"""One line in, one row out."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from fancare.events.mixpanel import LineReader, Link, NotJson, Row
from tests.small_log import MIXPANEL, event, write_config

NOON = 1_780_315_200  # 2026-06-01 12:00 UTC
LATEST = datetime(2026, 7, 1, 1)


@pytest.fixture
def reader(tmp_path: Path) -> LineReader:
    return LineReader(write_config(tmp_path), LATEST)


def read(reader: LineReader, **properties: object) -> Row:
    said = {"time": NOON, "$user_id": "u1", "$insert_id": "i"} | properties
    return reader.read(orjson.dumps({"event": "message", "properties": said}))


def test_nested_and_flat_objects_give_the_same_row(reader: LineReader) -> None:
    said = {"time": NOON, "$insert_id": "a1", "$user_id": "u1", "creator": "c1", "amount": 1000, "$city": "Seoul"}
    nested = reader.read(orjson.dumps({"event": "donation", "properties": said}))
    assert nested == reader.read(orjson.dumps({"event": "donation", **said}))
    assert nested == Row(
        "event", None, False, "a1", NOON * 1_000_000, date(2026, 6, 1), None, "donation", "u1", "c1", 1000.0,
        '{"$city":"Seoul"}', (Link("c1", "c1", False),),
    )  # fmt: skip
    beside = {key: said.pop(key) for key in ("time", "$user_id")}
    assert nested == reader.read(orjson.dumps({"event": "donation", **beside, "properties": said}))
    assert nested == reader.read(orjson.dumps({"event": "donation", "time": 5, "properties": beside | said}))


@pytest.mark.parametrize(
    "time",
    [NOON, float(NOON), NOON * 1000, NOON * 1_000_000, str(NOON), "2026-06-01T12:00:00Z", "2026-06-01T12:00:00.000+00:00",
     "2026-06-01T21:00:00+09:00", "2026-06-01 12:00:00", "20260601T120000Z", "2026-06-01 12:00:00 UTC"],
)  # fmt: skip
def test_time_is_read_in_every_form(reader: LineReader, time: object) -> None:
    assert read(reader, time=time).event_time == NOON * 1_000_000


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Seoul"])
@pytest.mark.parametrize("time", ["0001-01-01T00:00:00", "9999-12-31T23:59:59", "9999-12-31T23:59:59-05:00", 1e300, -5])
def test_a_time_at_the_end_of_all_times_is_quarantined(tmp_path: Path, zone: str, time: object) -> None:
    source = MIXPANEL.replace('path = "log"', f'path = "log"\ntimezone = "{zone}"')
    row = read(LineReader(write_config(tmp_path, source), LATEST), time=time)
    assert row.kind == "quarantined"


@pytest.mark.parametrize(
    ("time", "reason"),
    [
        (None, "time is missing, epoch seconds or ISO text is needed"),
        (True, "time is True, epoch seconds or ISO text is needed"),
        ({"s": 1}, "time is object, epoch seconds or ISO text is needed"),
        ("yesterday", "time is 'yesterday', epoch seconds or ISO text is needed"),
        ("2025-02-29T00:00:00Z", "time is '2025-02-29T00:00:00Z', epoch seconds or ISO text is needed"),
        ("2016-12-31T23:59:60Z", "time is '2016-12-31T23:59:60Z', epoch seconds or ISO text is needed"),
    ],
)
def test_an_unreadable_time_is_said_so(reader: LineReader, time: object, reason: str) -> None:
    row = read(reader, time=time)
    assert (row.kind, row.reason) == ("dead", reason)


def test_leap_day_and_year_end_are_days_like_others(reader: LineReader) -> None:
    assert read(reader, time="2024-02-29T12:00:00+09:00").activity_date == date(2024, 2, 29)
    assert read(reader, time="2025-12-31T15:00:00Z").activity_date == date(2026, 1, 1)  # midnight in Seoul


@pytest.mark.parametrize(
    ("time", "reason"),
    [
        (NOON / 1000, "before 2005"),  # seconds taken for milliseconds somewhere upstream
        (0, "before 2005"),
        (-NOON, "before 2005"),
        (1e30, "in the future"),
        ("2026-07-01T01:00:01Z", "in the future"),
        (NOON * 100, "before 2005"),  # read as milliseconds: 1975
    ],
)
def test_an_impossible_time_is_quarantined(reader: LineReader, time: object, reason: str) -> None:
    row = read(reader, time=time)
    assert (row.kind, row.reason, row.links) == ("quarantined", reason, ())


def test_a_phone_clock_up_to_an_hour_ahead_is_let_pass(reader: LineReader) -> None:
    assert read(reader, time="2026-07-01T01:00:00Z").kind == "event"


def test_naive_times_around_a_clock_change(tmp_path: Path) -> None:
    source = 'kind = "mixpanel-export"\npath = "log"\ntimezone = "Europe/Berlin"'
    reader = LineReader(write_config(tmp_path, source), LATEST)
    skipped = reader.read(orjson.dumps({"event": "m", "time": "2026-03-29T02:30:00", "distinct_id": "u"}))
    assert datetime(1970, 1, 1) + timedelta(microseconds=skipped.event_time) == datetime(2026, 3, 29, 1, 30)  # 03:30 in Berlin
    twice = reader.read(orjson.dumps({"event": "m", "time": "2025-10-26T02:30:00", "distinct_id": "u"}))
    assert datetime(1970, 1, 1) + timedelta(microseconds=twice.event_time) == datetime(2025, 10, 26, 1, 30)  # the second 02:30


@pytest.mark.parametrize(
    ("ids", "actor", "links"),
    [
        ({"user": "u1", "device": "d1"}, "u1", {("$device:d1", "u1")}),
        ({"user": "u1", "device": "d1", "distinct": "u1"}, "u1", {("$device:d1", "u1")}),
        ({"user": "u1"}, "u1", set()),
        ({"device": "d1"}, "$device:d1", set()),
        ({"device": "d1", "distinct": "$device:d1"}, "$device:d1", set()),
        ({"device": "d1", "distinct": "d1"}, "$device:d1", set()),
        ({"distinct": "$device:d1"}, "$device:d1", set()),
        ({"distinct": "x9"}, "x9", set()),  # original merge
        ({"distinct": "x9", "device": "d1"}, "x9", {("$device:d1", "x9")}),
        ({"distinct": "x9", "user": "u1"}, "u1", {("x9", "u1")}),
        ({"user": 1416, "device": 7.0}, "1416", {("$device:7", "1416")}),
        ({"user": ""}, None, set()),
        ({}, None, set()),
    ],
)
def test_who_acted_and_what_that_shows(reader: LineReader, ids: dict, actor: str | None, links: set) -> None:
    row = reader.read(orjson.dumps(event("message", NOON, **ids)))
    assert row.actor_id == actor
    assert row.kind == ("event" if actor else "no actor")
    assert {link[:2] for link in row.links} == links


@pytest.mark.parametrize(
    ("name", "properties", "links"),
    [
        ("$identify", {"$anon_id": "a", "$identified_id": "u"}, {Link("a", "u", False), Link("$device:a", "u", False)}),
        ("$identify", {"$device_id": "a", "$user_id": "u"}, {Link("$device:a", "u", False)}),
        ("$identify", {"$anon_distinct_id": "a", "distinct_id": "u"}, {Link("a", "u", False), Link("$device:a", "u", False)}),
        ("$identify", {"$anon_id": "u", "$identified_id": "u"}, {Link("$device:u", "u", False)}),
        ("$create_alias", {"distinct_id": "u", "alias": "new"}, {Link("new", "u", True)}),
        ("$create_alias", {"$device_id": "a", "$user_id": "u", "alias": "new"},
         {Link("$device:a", "u", False), Link("new", "u", True)}),
        ("$merge", {"$distinct_ids": ["u", "v"]}, {Link("v", "u", True)}),
        ("$merge", {"$distinct_ids": "u"}, set()),
        ("$merge", {}, set()),
    ],
)
def test_events_that_only_link_ids_are_no_activity(reader: LineReader, name: str, properties: dict, links: set) -> None:
    row = reader.read(orjson.dumps({"event": name, "properties": {"time": NOON, **properties}}))
    assert row.kind == "link"
    assert set(row.links) == links


@pytest.mark.parametrize(
    ("given", "amount"), [(1000, 1000.0), ("1000", 1000.0), (" 10.5 ", 10.5), (-3, -3.0), (None, None), (0, 0.0)]
)
def test_amounts_that_are_plain_numbers(reader: LineReader, given: object, amount: float | None) -> None:
    row = read(reader, amount=given)
    assert (row.kind, row.amount) == ("event", amount)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("1,000", "amount is '1,000', a plain number is needed"),
        ("1_000", "amount is '1_000', a plain number is needed"),
        ("１０", "amount is '１０', a plain number is needed"),
        ("", "amount is '', a plain number is needed"),
        ("nan", "amount is 'nan', a plain number is needed"),
        ({"krw": 1000}, "amount is object, a plain number is needed"),
        ([1], "amount is list, a plain number is needed"),
        (True, "amount is true or false, a plain number is needed"),
        (1e15, "amount is 1000000000000000.0, a number below 1e12 is needed"),
    ],
)
def test_an_amount_that_is_none_is_never_guessed(reader: LineReader, given: object, reason: str) -> None:
    row = read(reader, amount=given)
    assert (row.kind, row.reason) == ("dead", reason)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'[{"event": "a"}]\n', "a JSON list, where one object per line is needed"),
        (b'{"event": 7, "time": 1780315200}\n', "event is number, an event name is needed"),
        (b'{"event": "", "time": 1780315200}\n', "event is text, an event name is needed"),
        (b'{"event": "a", "properties": [1]}\n', "properties is list, an object is needed"),
        (b'{"event": "a", "time": 1780315200, "distinct_id": ["u"]}\n', "distinct_id is list, an id is needed"),
        (b'{"event": "a", "time": 1780315200, "distinct_id": 36893488147419103232}\n',
         "distinct_id is 3.6893488147419103e+19, a number that has lost its last digits; text is needed"),
        (b'{"event": "a", "time": 1780315200, "distinct_id": "u", "creator": {"id": 1}}\n', "creator is object, an id is needed"),
    ],
)
def test_a_line_against_the_contract_names_the_field(reader: LineReader, line: bytes, reason: str) -> None:
    row = reader.read(line)
    assert (row.kind, row.reason) == ("dead", reason)


@pytest.mark.parametrize(
    "line",
    [b"{", b"event,time\n", b'{"a": NaN}', b'{"a": "\xff"}', b'{"amount": Infinity, "b": "\\ud800"}', b"[" * 5000],
)
def test_what_is_no_json_is_refused(reader: LineReader, line: bytes) -> None:
    with pytest.raises(NotJson):
        reader.read(line)


def test_hostile_text_is_a_value(reader: LineReader) -> None:
    for name in ("x'; DROP TABLE events; --", "방송 💜" * 1000, "a" * 10_000, "<img onerror=1>", '"', "a\nb"):
        row = reader.read(orjson.dumps(event(name, NOON, user="u")))
        assert (row.event_name, row.cleaned) == (name, False)


def test_nul_is_stripped_and_broken_unicode_replaced(reader: LineReader) -> None:
    row = reader.read(b'{"event": "a\\u0000b", "properties": {"time": 1780315200, "distinct_id": "u\\ud800", "x": "\\u0000"}}\n')
    assert (row.event_name, row.actor_id, row.properties, row.cleaned) == ("ab", "u\N{REPLACEMENT CHARACTER}", '{"x":""}', True)
    fine = reader.read(b'{"event": "\\uac00", "properties": {"time": 1780315200, "distinct_id": "\\ud83d\\ude00"}}\n')
    assert (fine.event_name, fine.actor_id, fine.cleaned) == ("가", "😀", False)


def test_without_insert_id_the_content_is_the_id(reader: LineReader) -> None:
    said = {"time": NOON, "distinct_id": "u", "page": "/a", "n": 1}
    first = reader.read(orjson.dumps({"event": "visit", "properties": said | {"mp_processing_time_ms": NOON * 1000}}))
    again = reader.read(orjson.dumps({"properties": dict(reversed(said.items())) | {"mp_sent_by": "x"}, "event": "visit"}))
    other = reader.read(orjson.dumps({"event": "visit", "properties": said | {"page": "/b"}}))
    assert first.event_id == again.event_id
    assert first.event_id.startswith("sha256:")
    assert first.event_id != other.event_id


def test_arrival_is_kept_where_it_can_be_right(reader: LineReader) -> None:
    assert read(reader, mp_processing_time_ms=NOON * 1000 + 500).arrived_at == NOON * 1_000_000 + 500_000
    assert [read(reader, mp_processing_time_ms=bad).arrived_at for bad in (None, "x", 5, 1e18, [1])] == [None] * 5


def test_a_user_property_of_the_apps_own_is_taken_where_the_config_names_it(tmp_path: Path) -> None:
    source = 'kind = "mixpanel-export"\npath = "log"\n[source.columns]\nfan_id = "member_no"'
    reader = LineReader(write_config(tmp_path, source), LATEST)
    row = reader.read(orjson.dumps(event("message", NOON, device="d1", member_no=77)))
    assert (row.actor_id, row.links) == ("77", (Link("$device:d1", "77", False),))


def test_a_creators_act_that_names_only_the_room_is_its_creators(reader: LineReader) -> None:
    said = {"time": NOON, "creator": "c1"}
    row = reader.read(orjson.dumps({"event": "broadcast", "properties": said}))
    assert (row.kind, row.actor_id, row.creator_id) == ("event", "c1", "c1")
    assert reader.read(orjson.dumps({"event": "message", "properties": said})).kind == "no actor"
