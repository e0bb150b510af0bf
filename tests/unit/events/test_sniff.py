"""`fancare init`: what a look at a log makes of it, as a config that loads."""

from __future__ import annotations

import gzip
import json
import re
import tomllib
import unicodedata
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fancare.config import load
from fancare.errors import ConfigError, DataQualityError
from fancare.events.guess import words_of
from fancare.events.meaning import quiet_hour
from fancare.events.sniff import toml_list, write_config

NOW = datetime(2026, 6, 1, tzinfo=UTC)
START = datetime(2026, 1, 1, 3, 0, tzinfo=UTC)
COLUMNS = ("event_time", "event_name", "creator_id", "fan_id", "amount")


def parquet_log(path: Path, names: dict[str, str], n: int = 2_000, creators: int = 60, **more: list) -> Path:
    """A log of ``n`` rows: fans message and tip creators; columns are called as ``names`` says."""
    columns = {
        "event_time": [(START + timedelta(hours=i * 7 % 3000)).replace(tzinfo=None) for i in range(n)],
        "event_name": ["tip" if i % 5 == 0 else "page_view" if i % 5 == 1 else "message" for i in range(n)],
        "creator_id": [f"c{i % creators}" for i in range(n)],
        "fan_id": [i * 13 % 300 for i in range(n)],
        "amount": [float(i % 90 + 10) if i % 5 == 0 else None for i in range(n)],
    }
    table = {name: columns[role] for role, name in names.items()} | more
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(table), path)
    return path


def mixpanel_line(i: int, nested: bool = True, **more: object) -> dict:
    """Event ``i``: creators broadcast in their own room, fans write, a tenth of the lines is a visit outside rooms."""
    creator = f"c{i % 70}"
    kind = ("broadcast", "message", "message", "donation", "home_visit")[i % 5]
    properties: dict[str, object] = {
        "time": int((START + timedelta(minutes=i * 11)).timestamp()), "$insert_id": f"id{i}",
        "$user_id": creator if kind == "broadcast" else f"u{i * 7 % 400}", "$device_id": f"d{i % 900}", **more,
    }  # fmt: skip
    if kind != "home_visit":
        properties["celeb_id"] = creator
    if kind == "donation":
        properties["price"] = 1000 * (i % 9 + 1)
    return {"event": kind, "properties": properties} if nested else {"event": kind, **properties}


def write_lines(path: Path, lines: list) -> Path:
    text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
    data = text.encode("utf-8")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


PLAIN = {role: role for role in ("event_time", "event_name", "creator_id", "fan_id", "amount")}


@pytest.mark.parametrize(
    "names",
    [
        PLAIN,
        dict(PLAIN, event_time="ts", event_name="event"),
        {"event_time": "createdAt", "event_name": "eventType", "creator_id": "streamerId", "fan_id": "viewerId",
         "amount": "totalKrw"},
        {"event_time": "발생일시", "event_name": "이벤트", "creator_id": "크리에이터", "fan_id": "회원", "amount": "결제금액"},
        {"event_time": "일시", "event_name": "이벤트명", "creator_id": "스타 ID", "fan_id": "팬닉", "amount": "후원금액"},
        {"event_time": "발생시각", "event_name": "활동유형", "creator_id": "방송인", "fan_id": "후원자", "amount": "별풍선"},
        {"event_time": "날짜", "event_name": "구분", "creator_id": "BJ아이디", "fan_id": "유저아이디", "amount": "가격"},
        {"event_time": "시간", "event_name": "이벤트", "creator_id": "채널 ID", "fan_id": "닉네임", "amount": "매출"},
        {"event_time": "occurred_at", "event_name": "action", "creator_id": "receiver", "fan_id": "sender",
         "amount": "value"},
    ],
)  # fmt: skip
def test_columns_are_found_by_name_and_content(tmp_path, names):
    decoys = {
        "received_at": [START.replace(tzinfo=None)] * 2_000,
        "message_length": list(range(2_000)),
        "row_uuid": [f"r{i}" for i in range(2_000)],
        "country": ["KR"] * 2_000,
    }
    log = parquet_log(tmp_path / "log.parquet", names, **decoys)
    write_config(log, tmp_path / "fancare.toml", NOW)
    columns = load(tmp_path / "fancare.toml").source.columns
    assert {role: getattr(columns, role) for role in names} == names
    assert (columns.arrived_at, columns.event_id) == ("received_at", "row_uuid")


def test_korean_decoys_are_let_be(tmp_path):
    names = {"event_time": "일시", "event_name": "이벤트", "creator_id": "아티스트", "fan_id": "시청자", "amount": "결제금액"}
    decoys = {
        "수신시각": [START.replace(tzinfo=None)] * 2_000, "가입일시": [START.replace(tzinfo=None)] * 2_000,
        "팬수": [i % 500 for i in range(2_000)], "방송시간": [i % 60 for i in range(2_000)],
        "유입채널": [f"channel {i % 20}" for i in range(2_000)], "아티스트닉": [f"nick {i % 60}" for i in range(2_000)],
    }  # fmt: skip
    write_config(parquet_log(tmp_path / "log.parquet", names, **decoys), tmp_path / "fancare.toml", NOW)
    columns = load(tmp_path / "fancare.toml").source.columns
    assert {role: getattr(columns, role) for role in names} == names
    assert columns.arrived_at == "수신시각"


def test_a_log_without_creators_is_said_to_have_none(tmp_path):
    names = {role: name for role, name in PLAIN.items() if role != "creator_id"}
    report = write_config(parquet_log(tmp_path / "a.parquet", names, foo=["x"] * 2_000), tmp_path / "a.toml", NOW)
    assert "  creator_id  : no column looks like it; if one names creators, name it in [source.columns]" in report.lines()
    report = write_config(parquet_log(tmp_path / "b.parquet", PLAIN), tmp_path / "b.toml", NOW)
    assert not any("no column looks like it" in line for line in report.lines())


def test_a_price_that_is_no_plain_number_is_offered(tmp_path):
    names = {role: name for role, name in PLAIN.items() if role != "amount"}
    prices = [(None, "1000", "5,000")[i % 3] for i in range(2_000)]
    write_config(parquet_log(tmp_path / "log.parquet", names, price=prices), tmp_path / "fancare.toml", NOW)
    assert load(tmp_path / "fancare.toml").source.columns.amount is None
    assert (
        "# amount: price may be it, but holds 1000, 5,000; export it as plain numbers, then name it here\n"
        in (tmp_path / "fancare.toml").read_text()
    )


@pytest.mark.parametrize(("n", "ground"), [(90_000, ", 30,000 distinct in 90,000"), (250_000, ", about ")])
def test_a_count_that_is_only_about_right_says_so(tmp_path, n, ground):
    names = {"event_time": "ts", "event_name": "event", "creator_id": "creator_id"}
    people = [f"f{i % (n // 3)}" for i in range(n)]
    write_config(parquet_log(tmp_path / "log.parquet", names, n=n, fan=people), tmp_path / "fancare.toml", NOW)
    (line,) = (line for line in (tmp_path / "fancare.toml").read_text().splitlines() if line.startswith("fan_id"))
    assert ground in line


def test_parquet_events_are_sorted_by_what_they_seem_to_be(tmp_path):
    parquet_log(tmp_path / "events" / "log.parquet", PLAIN)
    report = write_config(tmp_path / "events", tmp_path / "fancare.toml", NOW)
    config = load(tmp_path / "fancare.toml")
    assert config.source.kind == "parquet"
    assert config.source.path == "events"
    assert config.events.fan_activity == ("message", "tip")
    assert config.events.creator_activity == ("message", "tip")
    assert config.events.revenue == ("tip",)
    assert config.churn.entity == "creator"
    assert report.problem is None
    assert "2,000 rows, 60 distinct" not in (tmp_path / "fancare.toml").read_text()
    assert "60 distinct in 2,000 rows" in (tmp_path / "fancare.toml").read_text()


@pytest.mark.parametrize(
    ("creators", "entity"), [(1, "fan"), (2, "room"), (49, "room"), (50, "creator"), (60, "creator")]
)
def test_the_entity_is_what_there_are_enough_of(tmp_path, creators, entity):
    log = parquet_log(tmp_path / "log.parquet", PLAIN, creators=creators)
    report = write_config(log, tmp_path / "fancare.toml", NOW)
    assert report.entity == load(tmp_path / "fancare.toml").churn.entity == entity


@pytest.mark.parametrize(("nested", "name"), [(True, "log.jsonl"), (False, "log.ndjson.gz")])
def test_mixpanel_needs_only_creator_and_amount_named(tmp_path, nested, name):
    log = write_lines(tmp_path / name, [mixpanel_line(i, nested) for i in range(3_000)])
    write_config(log, tmp_path / "fancare.toml", NOW)
    config = load(tmp_path / "fancare.toml")
    assert config.source.kind == "mixpanel-export"
    named = tomllib.loads((tmp_path / "fancare.toml").read_text())["source"]["columns"]
    assert named == {"creator_id": "celeb_id", "amount": "price"}
    assert config.events.creator_acts == config.events.creator_activity == ("broadcast",)
    assert config.events.fan_activity == ("message", "donation")
    assert config.events.revenue == ("donation",)


def test_where_nothing_looks_like_activity_every_name_is_listed(tmp_path):
    lines = [mixpanel_line(i) | {"event": ("page_view", "$session_start")[i % 2]} for i in range(400)]
    write_config(write_lines(tmp_path / "log.jsonl", lines), tmp_path / "fancare.toml", NOW)
    assert load(tmp_path / "fancare.toml").events.fan_activity == ("page_view",)


def test_hostile_names_stay_values(tmp_path):
    names = ['x"]\nentity = "room"\n#', "'; DROP TABLE events", "하트 💜 \u202e", "back\\slash", "n" * 10_000]
    lines = [mixpanel_line(i) | {"event": names[i % len(names)]} for i in range(500)]
    write_config(write_lines(tmp_path / "log.jsonl", lines), tmp_path / "fancare.toml", NOW)
    events = load(tmp_path / "fancare.toml").events
    assert {*events.fan_activity, *events.creator_activity} == set(names)


def test_names_are_written_as_they_will_be_read(tmp_path):
    said = [unicodedata.normalize(form, "메시지") for form in ("NFC", "NFD")]
    lines = [mixpanel_line(i) | {"event": said[i % 2]} for i in range(500)]
    write_config(write_lines(tmp_path / "log.jsonl", lines), tmp_path / "fancare.toml", NOW)
    assert load(tmp_path / "fancare.toml").events.fan_activity == (said[0],)


def test_the_parts_of_the_house_are_named_once_in_the_file(tmp_path):
    write_config(parquet_log(tmp_path / "log.parquet", PLAIN), tmp_path / "fancare.toml", NOW)
    text = (tmp_path / "fancare.toml").read_text()
    assert list(tomllib.loads(text)) == [
        "platform", "warehouse", "source", "events", "quality", "churn", "registry", "ops",
    ]  # fmt: skip
    assert text.count("check this") >= 4
    assert "TODO" not in text


def test_an_existing_file_is_kept_unless_forced(tmp_path):
    log = parquet_log(tmp_path / "log.parquet", PLAIN)
    out = tmp_path / "fancare.toml"
    out.write_text("mine")
    with pytest.raises(ConfigError, match=r"exists already; give another name with --out, or replace it with --force\."):
        write_config(log, out, NOW)
    assert out.read_text() == "mine"
    write_config(log, out, NOW, force=True)
    assert load(out).churn.entity == "creator"


@pytest.mark.parametrize(
    ("make", "error", "sentence"),
    [
        (lambda d: d / "no.parquet", ConfigError, r"does not exist; give a parquet or JSONL file"),
        (lambda d: d / "*.parquet", ConfigError, r"matches no file; give a parquet or JSONL file"),
        (lambda d: d, ConfigError, r"holds no event log; put parquet or JSONL files"),
        (lambda d: write_lines(d / "e.jsonl", []), DataQualityError, r"e\.jsonl is empty; export the log"),
        (lambda d: write_lines(d / "e.jsonl", ["a,b", "1,2"]), DataQualityError, r"neither parquet nor lines of JSON"),
        (lambda d: write_lines(d / "e.jsonl", ["{nope", "{nope"]), DataQualityError, r"none of its first 2 lines is"),
        (lambda d: write_lines(d / "e.jsonl", ['{"event": null}']), DataQualityError, r"names no event in any row"),
    ],
)
def test_what_cannot_be_looked_at_is_said_in_a_sentence(tmp_path, make, error, sentence):
    with pytest.raises(error, match=sentence):
        write_config(make(tmp_path), tmp_path / "out" / "fancare.toml", NOW)
    assert not (tmp_path / "out").exists()


def test_damaged_files_are_refused_or_read_as_far_as_they_go(tmp_path):
    parquet = parquet_log(tmp_path / "log.parquet", PLAIN)
    parquet.write_bytes(parquet.read_bytes()[:2_000])
    with pytest.raises(DataQualityError, match=r"cannot be read as parquet .*export it again"):
        write_config(parquet, tmp_path / "a.toml", NOW)
    zipped = write_lines(tmp_path / "log.jsonl.gz", [mixpanel_line(i) for i in range(3_000)])
    zipped.write_bytes(zipped.read_bytes()[: zipped.stat().st_size // 2])
    report = write_config(zipped, tmp_path / "b.toml", NOW)
    assert 0 < report.n_rows < 3_000


def test_an_empty_parquet_file_is_refused(tmp_path):
    log = parquet_log(tmp_path / "log.parquet", PLAIN, n=0)
    with pytest.raises(DataQualityError, match=r"holds no rows; give a log with events in it"):
        write_config(log, tmp_path / "fancare.toml", NOW)


def test_a_log_without_a_time_says_what_is_missing(tmp_path):
    names = {role: role for role in ("event_name", "creator_id", "fan_id")}
    report = write_config(parquet_log(tmp_path / "log.parquet", names), tmp_path / "fancare.toml", NOW)
    assert report.problem is not None
    assert "lacks event_time" in report.problem
    assert report.lines()[-1].startswith(f"{tmp_path / 'fancare.toml'} needs an edit first")


def test_lines_without_event_names_say_what_is_missing(tmp_path):
    lines = [{"ts": 1_767_000_000 + i, "user": f"u{i % 30}"} for i in range(200)]
    report = write_config(write_lines(tmp_path / "log.jsonl", lines), tmp_path / "fancare.toml", NOW)
    assert report.problem == "no property looks like event_name; name it in [source.columns]."


def test_a_few_wrong_clocks_do_not_hide_a_time(tmp_path):
    seconds = [int(START.timestamp()) + i * 60 for i in range(2_000)]
    seconds[3], seconds[700] = 0, 99_999_999_999
    names = {role: role for role in ("event_name", "creator_id", "fan_id")}
    write_config(parquet_log(tmp_path / "log.parquet", names, when=seconds), tmp_path / "fancare.toml", NOW)
    assert load(tmp_path / "fancare.toml").source.columns.event_time == "when"


def test_the_night_tells_the_zone():
    seoul_night = [20] * 17 + [3, 1, 1, 3] + [20] * 3
    assert quiet_hour(seoul_night) == 19
    assert quiet_hour([7] * 24) is None


def test_words_of_a_name():
    assert words_of("mp_processing_time_ms") == ("mp", "processing", "time", "ms")
    assert words_of("크리에이터 ID") == ("크리에이터", "id")


def test_long_lists_are_laid_out_and_read_back():
    names = [f"event number {i}" for i in range(30)]
    assert tomllib.loads("names = " + toml_list(names))["names"] == names
    assert toml_list(names).count("\n") == 31


def test_columns_of_any_type_are_looked_at(tmp_path):
    n = 300
    odd = {
        "tags": [["a", "b"]] * n,
        "extra": [{"k": i} for i in range(n)],
        "nothing": pa.nulls(n),
        'a "quoted" name': list(range(n)),
        "picture": [b"\x00\xff"] * n,
        "price": pa.array([None if i % 3 else i for i in range(n)], pa.decimal128(12, 2)),
        "happened": pa.array([START + timedelta(hours=i) for i in range(n)], pa.timestamp("us", tz="Asia/Seoul")),
    }
    names = {role: role for role in ("event_name", "creator_id", "fan_id")}
    write_config(parquet_log(tmp_path / "log.parquet", names, n=n, **odd), tmp_path / "fancare.toml", NOW)
    columns = load(tmp_path / "fancare.toml").source.columns
    assert (columns.event_time, columns.amount) == ("happened", "price")
    assert "every time in this log carries its own" in (tmp_path / "fancare.toml").read_text()


def test_properties_of_any_json_type_are_looked_at(tmp_path):
    odd: list[object] = [None, True, 3, 2.5, 10**30, "x", [1], {"a": 1}, float(10**20)]
    lines = [mixpanel_line(i, mixed=odd[i % len(odd)], big=10**30 if i else 1) for i in range(300)]
    report = write_config(write_lines(tmp_path / "log.jsonl", lines), tmp_path / "fancare.toml", NOW)
    assert (report.n_rows, report.problem) == (300, None)


def test_lines_that_are_no_objects_are_passed_over(tmp_path):
    lines = [json.dumps(mixpanel_line(i)) for i in range(200)]
    lines[50:50] = ["[1, 2]", "", "{broken", '"text"']
    report = write_config(write_lines(tmp_path / "log.jsonl", lines), tmp_path / "fancare.toml", NOW)
    assert (report.n_rows, report.problem) == (200, None)


def test_a_folder_of_two_kinds_is_read_as_the_larger(tmp_path):
    write_lines(tmp_path / "log" / "events.jsonl", [mixpanel_line(i) for i in range(5_000)])
    parquet_log(tmp_path / "log" / "truth.parquet", PLAIN, n=50)
    report = write_config(tmp_path / "log", tmp_path / "fancare.toml", NOW)
    assert (report.kind, report.n_files) == ("mixpanel-export", 1)
    assert "1 file of another kind lies there and is left out" in (tmp_path / "fancare.toml").read_text()


def test_a_log_elsewhere_is_named_in_full(tmp_path):
    log = parquet_log(tmp_path / "a" / "log.parquet", PLAIN)
    write_config(log, tmp_path / "b" / "fancare.toml", NOW)
    assert load(tmp_path / "b" / "fancare.toml").source.path == log.as_posix()


def test_a_pattern_stays_a_pattern(tmp_path):
    parquet_log(tmp_path / "events" / "2026-01.parquet", PLAIN)
    parquet_log(tmp_path / "events" / "2026-02.parquet", PLAIN)
    report = write_config(tmp_path / "events" / "*.parquet", tmp_path / "fancare.toml", NOW)
    assert report.n_files == 2
    assert report.n_rows == 4_000
    assert load(tmp_path / "fancare.toml").source.path == "events/*.parquet"


def test_a_short_log_says_what_the_horizons_need(tmp_path):
    lines = [mixpanel_line(i) for i in range(2_000)]  # 15 days
    write_config(write_lines(tmp_path / "log.jsonl", lines), tmp_path / "fancare.toml", NOW)
    text = (tmp_path / "fancare.toml").read_text()
    assert "the log covers 16 days, and these horizons need it to reach 2026-" in text


def test_a_log_in_the_folder_of_the_config_is_named(tmp_path, monkeypatch):
    parquet_log(tmp_path / "platform" / "a.parquet", {role: role for role in COLUMNS})
    monkeypatch.chdir(tmp_path / "platform")
    write_config(Path("."), Path("fancare.toml"), NOW)
    assert (tmp_path / "platform/fancare.toml").read_text().startswith("# fancare configuration for platform\n")
    assert load(Path("fancare.toml")).source.path == "."


def test_what_is_only_shown_in_a_comment_may_be_taken_as_it_stands(tmp_path):
    parquet_log(tmp_path / "a.parquet", {role: role for role in COLUMNS})
    write_config(tmp_path / "a.parquet", tmp_path / "fancare.toml", NOW)
    text = (tmp_path / "fancare.toml").read_text()
    shown = re.sub(r"^# (\w+ = )", r"\1", text, flags=re.MULTILINE)
    shown = re.sub(r"= \[\]  # .* such as (\[.*\]): not an alarm", r"= \1", shown)
    assert shown.count("\n") == text.count("\n")
    (tmp_path / "fancare.toml").write_text(shown)
    config = load(tmp_path / "fancare.toml")
    assert (config.warehouse.threads, config.source.late_days, config.quality.known_outages) == (2, 0, (date(2026, 2, 17),))
    assert config.source.data_through is not None
