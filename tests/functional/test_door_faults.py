"""Bad and odd input at the front door: each one sentence, the right exit code, and the tables as they were."""

from __future__ import annotations

import gzip
import unicodedata
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fancare.errors import ConfigError, DataQualityError, FancareError
from fancare.events.staging import Staged
from fancare.warehouse.duckdb_engine import Warehouse, open_url
from tests.small_log import (
    MIXPANEL,
    NOW,
    PARQUET,
    bring_in,
    event,
    everything,
    write_config,
    write_jsonl,
    write_parquet,
)

NOON = "2026-06-01 12:00"
GOOD = [event("message", f"2026-06-0{day} 12:00", id=str(day), user="u", creator="c") for day in range(1, 6)]
ROW = {"ts": "2026-06-01T12:00:00Z", "event": "message", "creator": "c", "fan": "f", "amount": 1.0}


@pytest.fixture
def warehouse(tmp_path: Path):
    with open_url("duckdb:///fancare.duckdb", tmp_path, "500MB", 1) as made:
        yield made


def refused(warehouse: Warehouse, folder: Path, source: str = MIXPANEL, now: datetime = NOW) -> FancareError:
    """What an ingest of ``folder`` raises; it must leave no trace in the tables."""
    settings = write_config(folder, source)
    before = everything(warehouse) if warehouse.has_table("events") else None
    with pytest.raises(FancareError) as caught:
        bring_in(warehouse, settings, now)
    assert (everything(warehouse) if before is not None else warehouse.has_table("events")) == (before or False)
    assert not list(folder.glob("*.staging"))
    assert "\n" not in str(caught.value)
    return caught.value


# --- what is not there, or not as the config says


def test_a_missing_file(tmp_path: Path, warehouse: Warehouse) -> None:
    error = refused(
        warehouse,
        tmp_path,
        'kind = "parquet"\npath = "none.parquet"\n[source.columns]\nevent_time = "t"\ncreator_id = "c"',
    )
    assert isinstance(error, ConfigError)
    assert str(error) == (
        f"[source] path = 'none.parquet' does not exist (looked for {tmp_path / 'none.parquet'}); correct it in fancare.toml."
    )


@pytest.mark.parametrize(
    ("path", "text"), [("log", "is a folder without .jsonl or .ndjson"), ("log/*.gz", "matches no file")]
)
def test_an_empty_folder_and_a_pattern_that_matches_nothing(
    tmp_path: Path, warehouse: Warehouse, path: str, text: str
) -> None:
    error = refused(warehouse, tmp_path, MIXPANEL.replace('"log"', f'"{path}"'))
    assert isinstance(error, ConfigError)
    assert text in str(error)


def test_a_wrong_column_is_answered_with_the_nearest_and_all(tmp_path: Path, warehouse: Warehouse) -> None:
    write_config(tmp_path)
    write_parquet(tmp_path / "log/a.parquet", [ROW])
    error = refused(warehouse, tmp_path, PARQUET.replace('"creator"', '"creater"'))
    assert isinstance(error, ConfigError)
    assert str(error) == (
        "[source.columns] creator_id = 'creater', but log/a.parquet has no such column; did you mean 'creator'? "
        "(it has ts, event, creator, fan, amount)."
    )


def test_a_wrong_column_with_none_near_is_answered_with_all_once(tmp_path: Path, warehouse: Warehouse) -> None:
    write_config(tmp_path)
    write_parquet(tmp_path / "log/a.parquet", [ROW])
    error = refused(warehouse, tmp_path, PARQUET.replace('"creator"', '"스타 ID"'))
    assert str(error) == (
        "[source.columns] creator_id = '스타 ID', but log/a.parquet has no such column; it has ts, event, creator, fan, amount."
    )


def test_a_wrong_property_is_answered_with_the_nearest_and_all(tmp_path: Path, warehouse: Warehouse) -> None:
    write_config(tmp_path)
    write_jsonl(tmp_path / "log/a.jsonl", GOOD)
    error = refused(warehouse, tmp_path, MIXPANEL.replace('"creator"', '"creater"'))
    assert isinstance(error, ConfigError)
    assert str(error) == (
        "[source.columns] creator_id = 'creater', but no event has such a property; did you mean 'creator'? "
        "(they have $insert_id, $user_id, creator, time)."
    )


def test_a_column_of_a_type_that_cannot_be_meant(tmp_path: Path, warehouse: Warehouse) -> None:
    write_config(tmp_path)
    write_parquet(tmp_path / "log/a.parquet", [ROW | {"amount": {"krw": 5}}])
    error = refused(warehouse, tmp_path, PARQUET)
    assert isinstance(error, ConfigError)
    assert "amount = 'amount' is a STRUCT" in str(error)


# --- files that are broken as a whole


def test_a_truncated_gzip_is_refused_as_a_whole(tmp_path: Path, warehouse: Warehouse) -> None:
    settings = write_config(tmp_path)
    write_jsonl(tmp_path / "log/a.jsonl", GOOD)
    bring_in(warehouse, settings)
    whole = write_jsonl(tmp_path / "log/b.jsonl.gz", [event("message", NOON, id=f"b{n}", user="v") for n in range(500)])
    whole.write_bytes(whole.read_bytes()[:-40])
    error = refused(warehouse, tmp_path)
    assert isinstance(error, DataQualityError)
    assert str(error).startswith("log/b.jsonl.gz is cut off or damaged (")
    assert str(error).endswith("nothing of it was taken: export it again and replace it.")


def test_an_export_that_mixpanel_gave_up_is_cut_off_too(tmp_path: Path, warehouse: Warehouse) -> None:
    write_config(tmp_path)
    write_jsonl(tmp_path / "log/a.jsonl.gz", [*GOOD, b"terminated early"])
    assert str(refused(warehouse, tmp_path)) == (
        "log/a.jsonl.gz was cut off by Mixpanel itself (line 6: terminated early); nothing of it was taken: export it again "
        "and replace it."
    )


def test_a_damaged_gzip(tmp_path: Path, warehouse: Warehouse) -> None:
    write_config(tmp_path)
    whole = bytearray(gzip.compress(b"".join(orjson.dumps(e) + b"\n" for e in GOOD)))
    whole[40] ^= 0xFF
    (tmp_path / "log/a.jsonl.gz").write_bytes(bytes(whole))
    assert isinstance(refused(warehouse, tmp_path), DataQualityError)


def test_half_a_last_line(tmp_path: Path, warehouse: Warehouse) -> None:
    write_config(tmp_path)
    path = write_jsonl(tmp_path / "log/a.jsonl", GOOD)
    text = path.read_bytes()
    start_of_last = text[:-1].rindex(b"\n") + 1
    path.write_bytes(text[:-20])
    error = refused(warehouse, tmp_path)
    assert str(error).startswith(
        f"log/a.jsonl is cut off in its last line (line 5, byte {start_of_last:,}); nothing of it was taken"
    )
    path.write_bytes(text[:-1])  # only the line end is missing: all is there
    assert bring_in(warehouse, write_config(tmp_path)).n_events_total == 5


def test_a_broken_parquet(tmp_path: Path, warehouse: Warehouse) -> None:
    write_config(tmp_path)
    path = write_parquet(tmp_path / "log/a.parquet", [ROW])
    path.write_bytes(path.read_bytes()[:-30])
    error = refused(warehouse, tmp_path, PARQUET)
    assert isinstance(error, DataQualityError)
    assert str(error).startswith("log/a.parquet cannot be read as parquet (")


@pytest.mark.parametrize(
    ("head", "text"),
    [(b"PK\x03\x04", "a zip archive"), (b"PAR1", "kind = 'parquet'"), ("a".encode("utf-16"), "UTF-16")],
)
def test_a_file_of_another_kind(tmp_path: Path, warehouse: Warehouse, head: bytes, text: str) -> None:
    write_config(tmp_path)
    (tmp_path / "log/a.jsonl").write_bytes(head + b"....\n")
    error = refused(warehouse, tmp_path)
    assert isinstance(error, DataQualityError)
    assert text in str(error)


def test_an_empty_log(tmp_path: Path, warehouse: Warehouse) -> None:
    write_config(tmp_path)
    (tmp_path / "log/a.jsonl").write_bytes(b"\n\n")
    error = refused(warehouse, tmp_path)
    assert isinstance(error, DataQualityError)
    assert str(error) == "log/a.jsonl holds no rows; an event log is needed: correct [source] path or export again."
    (tmp_path / "log/a.jsonl").unlink()
    schema = pa.schema(
        [
            ("ts", pa.timestamp("us")),
            ("event", pa.string()),
            ("creator", pa.int64()),
            ("fan", pa.int64()),
            ("amount", pa.float64()),
        ]
    )
    write_parquet(tmp_path / "log/a.parquet", [], schema)
    assert str(refused(warehouse, tmp_path, PARQUET)).startswith("log/a.parquet holds no rows")


def test_rows_that_name_nobody(tmp_path: Path, warehouse: Warehouse) -> None:
    write_config(tmp_path)
    write_jsonl(tmp_path / "log/a.jsonl", [event("message", NOON, id=str(n)) for n in range(3)])
    assert str(refused(warehouse, tmp_path)) == (
        "None of the 3 rows of log/a.jsonl is an event: 3 name nobody who acted (check [source.columns] fan_id); "
        "correct the log or the mapping."
    )


def test_an_empty_file_beside_a_full_one_is_no_error(tmp_path: Path, warehouse: Warehouse) -> None:
    settings = write_config(tmp_path)
    (tmp_path / "log/0.jsonl").write_bytes(b"")
    write_jsonl(tmp_path / "log/a.jsonl", GOOD)
    report = bring_in(warehouse, settings)
    assert [(file.n_rows, file.n_events) for file in report.files] == [(0, 0), (5, 5)]


# --- single rows that are broken


def test_a_few_malformed_lines_become_dead_letters(tmp_path: Path, warehouse: Warehouse) -> None:
    settings = write_config(tmp_path)
    lines = [GOOD[0], b"{half", GOOD[1], event("donation", NOON, id="x", user="u", amount="1,000"), GOOD[2]]
    path = write_jsonl(tmp_path / "log/a.jsonl", lines)
    report = bring_in(warehouse, settings)
    assert (report.files[0].n_rows, report.files[0].n_events, report.files[0].n_dead) == (5, 3, 2)
    (kept_in,) = (tmp_path / "dead_letters").iterdir()
    letters = [orjson.loads(line) for line in kept_in.read_bytes().splitlines()]
    text = path.read_bytes()
    assert [(letter["line"], letter["text"]) for letter in letters] == [
        (letter["line"], text[letter["byte_offset"] :].split(b"\n")[0].decode() + "\n") for letter in letters
    ]
    assert [letter["line"] for letter in letters] == [2, 4]
    assert letters[1]["reason"] == "amount is '1,000', a plain number is needed"
    kept = warehouse.rows("SELECT line, byte_offset, reason, text FROM dead_letters ORDER BY line")
    assert kept == [tuple(letter[key] for key in ("line", "byte_offset", "reason", "text")) for letter in letters]


def test_too_many_malformed_lines_stop_the_file(tmp_path: Path, warehouse: Warehouse) -> None:
    settings = write_config(tmp_path)
    write_jsonl(tmp_path / "log/a.jsonl", GOOD)
    bring_in(warehouse, settings)
    write_jsonl(tmp_path / "log/b.jsonl.gz", [GOOD[0], *[b"oops"] * 11])
    error = refused(warehouse, tmp_path)
    assert isinstance(error, DataQualityError)
    (letters,) = (tmp_path / "dead_letters").glob("b.jsonl.gz.*.jsonl")
    assert str(error) == (
        "log/b.jsonl.gz: 11 of 12 rows are malformed, first row 2 (not JSON, from character 1 on); "
        f"at most 10, or 1 in 10,000, may be: all are listed in {letters}. Nothing of the file was taken; correct the export "
        "and run again."
    )
    assert len(letters.read_bytes().splitlines()) == 11


def test_dead_letters_of_files_with_one_name_are_all_kept(tmp_path: Path, warehouse: Warehouse) -> None:
    settings = write_config(tmp_path)
    for folder in ("june", "july"):
        (tmp_path / "log" / folder).mkdir()
        write_jsonl(tmp_path / "log" / folder / "a.jsonl", [*GOOD, folder.encode()])
    bring_in(warehouse, settings)
    letters = [orjson.loads(path.read_bytes())["text"] for path in (tmp_path / "dead_letters").iterdir()]
    assert sorted(letters) == ["july\n", "june\n"]


@pytest.mark.parametrize(
    ("n_dead", "n_rows", "stops"), [(10, 10, False), (11, 11, True), (11, 110_000, False), (12, 110_000, True)]
)
def test_the_limit_is_ten_rows_and_one_in_ten_thousand(tmp_path: Path, n_dead: int, n_rows: int, stops: bool) -> None:
    from fancare.events.refusals import too_many

    assert (
        too_many(Staged(None, tmp_path, {"dead": n_dead, "event": n_rows - n_dead}, 0, 0, 0, None, None, ())) is stops
    )  # type: ignore[arg-type]


@pytest.mark.parametrize("amount", ["1,000", "1_000", "ten", "nan", "inf", ""])
def test_parquet_amount_as_text_names_the_field(tmp_path: Path, warehouse: Warehouse, amount: str) -> None:
    write_config(tmp_path)
    write_parquet(tmp_path / "log/a.parquet", [ROW | {"amount": amount}] * 11)
    error = refused(warehouse, tmp_path, PARQUET)
    assert isinstance(error, DataQualityError)
    assert f"first row 1 (amount is not a plain number: {amount})" in str(error)


def test_parquet_amount_as_plain_text_is_a_number(tmp_path: Path, warehouse: Warehouse) -> None:
    settings = write_config(tmp_path, PARQUET)
    write_parquet(
        tmp_path / "log/a.parquet", [ROW | {"amount": "1000"}, ROW | {"amount": " 2.5 "}, ROW | {"amount": None}]
    )
    bring_in(warehouse, settings)
    assert sorted(warehouse.rows("SELECT amount FROM events WHERE amount IS NOT NULL")) == [(2.5,), (1000.0,)]


@pytest.mark.parametrize("amount", [float("nan"), float("inf"), 1e15])
def test_parquet_amounts_that_are_no_amounts(tmp_path: Path, warehouse: Warehouse, amount: float) -> None:
    settings = write_config(tmp_path, PARQUET)
    write_parquet(tmp_path / "log/a.parquet", [ROW, ROW | {"amount": amount}])
    assert bring_in(warehouse, settings).files[0].n_dead == 1


def test_refunds_are_kept_and_counted(tmp_path: Path, warehouse: Warehouse) -> None:
    settings = write_config(tmp_path)
    write_jsonl(tmp_path / "log/a.jsonl", [event("donation", NOON, id=str(n), user="u", amount=n) for n in (10, -3)])
    report = bring_in(warehouse, settings)
    assert report.files[0].n_negative == 1
    assert warehouse.rows("SELECT amount_sum, amount_max FROM activity_daily") == [(7.0, 10.0)]


# --- times


def test_impossible_times_are_quarantined_and_count_for_nothing(tmp_path: Path, warehouse: Warehouse) -> None:
    settings = write_config(tmp_path)
    late = (NOW + timedelta(hours=1, seconds=1)).timestamp()
    odd = [event("message", late, id="f", user="u"), event("message", 1_780_315, id="s", user="u")]
    write_jsonl(tmp_path / "log/a.jsonl", [*GOOD, *odd])
    report = bring_in(warehouse, settings)
    assert (report.files[0].n_events, report.files[0].n_quarantined) == (5, 2)
    assert warehouse.rows("SELECT line, reason, actor_id FROM quarantine ORDER BY line") == [
        (6, "in the future", "u"), (7, "before 2005", "u")
    ]  # fmt: skip
    assert str(report.last_day) == "2026-06-05"


def test_a_log_all_in_the_future(tmp_path: Path, warehouse: Warehouse) -> None:
    write_config(tmp_path)
    write_jsonl(
        tmp_path / "log/a.jsonl", [event("message", "2027-01-01 12:00", id=str(n), user="u") for n in range(20)]
    )
    error = refused(warehouse, tmp_path)
    assert isinstance(error, DataQualityError)
    assert str(error).startswith(
        "log/a.jsonl: all 20 rows have impossible times (2027-01-01 to 2027-01-01); they must lie between 2005 and now "
        "(2026-07-01 00:00 UTC)"
    )
    write_jsonl(tmp_path / "log/a.jsonl", [event("message", "2027-01-01 12:00", id="1", user="u")])
    assert "1 have times before 2005 or after now (2026-07-01 00:00 UTC)" in str(refused(warehouse, tmp_path))


@pytest.mark.parametrize(
    "time",
    [1_780_315_200, 1_780_315_200_000, 1_780_315_200.0, "2026-06-01T12:00:00Z", "2026-06-01 21:00:00+09:00", "1780315200",
     "2026-06-01 12:00:00 UTC", "2026-06-01 21:00:00 Asia/Seoul", "2026-06-01T12:00:00", "2026-06-01 05:00:00-0700",
     datetime(2026, 6, 1, 12, tzinfo=UTC), datetime(2026, 6, 1, 12)],
)  # fmt: skip
def test_parquet_times_in_every_form(tmp_path: Path, warehouse: Warehouse, time: object) -> None:
    settings = write_config(tmp_path, PARQUET)
    write_parquet(tmp_path / "log/a.parquet", [ROW | {"ts": time}])
    bring_in(warehouse, settings)
    assert warehouse.rows("SELECT event_time FROM events") == [(datetime(2026, 6, 1, 12),)]


def test_parquet_naive_times_around_a_clock_change(tmp_path: Path, warehouse: Warehouse) -> None:
    settings = write_config(tmp_path, PARQUET.replace('path = "log"', 'path = "log"\ntimezone = "Europe/Berlin"'))
    times = (datetime(2026, 3, 29, 2, 30), datetime(2025, 10, 26, 2, 30), datetime(2026, 1, 1, 0, 30))
    write_parquet(tmp_path / "log/a.parquet", [ROW | {"ts": time} for time in times])
    bring_in(warehouse, settings)
    assert sorted(warehouse.rows("SELECT event_time FROM events")) == [
        (datetime(2025, 10, 26, 1, 30),), (datetime(2025, 12, 31, 23, 30),), (datetime(2026, 3, 29, 1, 30),)
    ]  # fmt: skip


def test_a_row_that_is_forty_days_late_lands_on_its_own_day(tmp_path: Path, warehouse: Warehouse) -> None:
    settings = write_config(tmp_path)
    write_jsonl(tmp_path / "log/a.jsonl", GOOD)
    bring_in(warehouse, settings)
    late = event("message", "2026-06-03 01:00", id="late", user="v", creator="c", arrived="2026-06-30 12:00")
    write_jsonl(tmp_path / "log/b.jsonl", [late])
    report = bring_in(warehouse, settings)
    assert [str(day) for day in report.changed_days] == ["2026-06-03"]


# --- ids and names


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [(1416, pa.int32(), "1416"), (1416.0, pa.float64(), "1416"), (1416.0, pa.float32(), "1416"), ("ab", pa.string(), "ab"),
     ("ab", pa.large_string(), "ab"), (b"ab", pa.binary(), "ab"), (2**53 + 1, pa.int64(), "9007199254740993"),
     ("ab", pa.dictionary(pa.int8(), pa.string()), "ab"), ("a\0b", pa.string(), "ab"),
     (2**64 - 1, pa.uint64(), "18446744073709551615")],
)  # fmt: skip
def test_parquet_ids_of_any_type_are_text(
    tmp_path: Path, warehouse: Warehouse, value: object, kind: pa.DataType, text: str
) -> None:
    settings = write_config(tmp_path, PARQUET)
    schema = pa.schema(
        [("ts", pa.string()), ("event", pa.string()), ("creator", pa.string()), ("fan", kind), ("amount", pa.float64())]
    )
    write_parquet(tmp_path / "log/a.parquet", [ROW | {"fan": value}], schema)
    report = bring_in(warehouse, settings)
    assert warehouse.rows("SELECT fan_id FROM activity_daily") == [(text,)]
    assert report.files[0].n_nul_stripped == (1 if isinstance(value, str) and "\0" in value else 0)


@pytest.mark.parametrize(("value", "kind"), [(2.0**53, pa.float64()), (2.0**24, pa.float32())])
def test_ids_that_lost_their_last_digits_are_refused(
    tmp_path: Path, warehouse: Warehouse, value: float, kind: pa.DataType
) -> None:
    write_config(tmp_path)
    rows = pa.table({"ts": [ROW["ts"]] * 11, "event": ["m"] * 11, "creator": ["c"] * 11, "amount": [1.0] * 11})
    pq.write_table(rows.append_column("fan", pa.array([value] * 11, kind)), tmp_path / "log/a.parquet")
    error = refused(warehouse, tmp_path, PARQUET)
    assert isinstance(error, DataQualityError)
    assert "first row 1 (fan_id is " in str(error)
    assert "lost its last digits; whole numbers or text are needed" in str(error)


def test_a_parquet_without_event_names_holds_one_kind_of_event(tmp_path: Path, warehouse: Warehouse) -> None:
    settings = write_config(tmp_path, PARQUET.replace('event_name = "event"\n', ""))
    write_parquet(tmp_path / "log/a.parquet", [ROW])
    bring_in(warehouse, settings)
    assert warehouse.rows("SELECT event_name FROM events") == [("event",)]


def test_hostile_names_are_values(tmp_path: Path, warehouse: Warehouse) -> None:
    names = [
        "x'; DROP TABLE events; --",
        '"',
        "a" * 10_000,
        "방송 💜",
        "<img onerror=alert(1)>",
        "=HYPERLINK()",
        "\u202etfel",
        "null",
        "$1",
    ]
    settings = write_config(tmp_path)
    write_jsonl(
        tmp_path / "log/a.jsonl",
        [event(name, NOON, id=str(n), user=name, creator=name) for n, name in enumerate(names)],
    )
    bring_in(warehouse, settings)
    assert {name for (name,) in warehouse.rows("SELECT event_name FROM activity_daily")} == set(names)
    folder = tmp_path / "parquet"
    folder.mkdir()
    settings = write_config(folder, PARQUET)
    write_parquet(folder / "log/it's [a] *file*.parquet", [ROW | {"event": name, "fan": name} for name in names])
    with Warehouse.in_memory() as other:
        bring_in(other, settings)
        assert {name for (name,) in other.rows("SELECT event_name FROM activity_daily")} == set(names)


def test_self_merges_and_circles_are_reported_and_end(tmp_path: Path, warehouse: Warehouse) -> None:
    settings = write_config(tmp_path)
    merges = [["u", "u"], ["u", "v"], ["v", "u"]]
    lines = [
        {"event": "$merge", "properties": {"time": "2026-06-01T12:00:00Z", "$distinct_ids": ids}} for ids in merges
    ]
    write_jsonl(tmp_path / "log/a.jsonl", [*GOOD, *lines])
    report = bring_in(warehouse, settings)
    assert report.link_cycles == 2
    assert any("circle" in line for line in report.lines())
    assert (report.files[0].n_links, report.n_events_total) == (3, 5)


def test_a_round_number_of_rows_is_suspicious(tmp_path: Path, warehouse: Warehouse) -> None:
    settings = write_config(tmp_path)
    write_jsonl(tmp_path / "log/a.jsonl", [event("m", NOON, id=str(n), user="u", creator="c") for n in range(1000)])
    assert "  exactly 1,000 rows: a row limit may have clipped the export" in bring_in(warehouse, settings).lines()


def test_new_properties_are_kept_beside(tmp_path: Path, warehouse: Warehouse) -> None:
    settings = write_config(tmp_path)
    write_jsonl(
        tmp_path / "log/a.jsonl",
        [event("message", NOON, id="1", user="u", creator="c", new={"deep": [1]}, mp_lib="web")],
    )
    bring_in(warehouse, settings)
    assert warehouse.rows("SELECT CAST(properties AS STRING) FROM events") == [('{"new":{"deep":[1]}}',)]


@pytest.mark.parametrize("source", [MIXPANEL, PARQUET], ids=["jsonl", "parquet"])
def test_names_and_ids_that_differ_in_unicode_form_only_are_one(
    tmp_path: Path, warehouse: Warehouse, source: str
) -> None:
    settings = write_config(tmp_path, source, acts='["방송"]')
    forms = [unicodedata.normalize(form, "방송 é") for form in ("NFC", "NFD")]
    assert forms[0] != forms[1]
    if source == MIXPANEL:
        lines = [event(form, NOON, id=form, user=f"팬{form}", creator=f"스타{form}") for form in forms]
        write_jsonl(tmp_path / "log/a.jsonl", lines)
    else:
        write_parquet(
            tmp_path / "log/a.parquet", [ROW | {"event": form, "fan": f"팬{form}", "creator": f"스타{form}"} for form in forms]
        )
    bring_in(warehouse, settings)
    assert warehouse.rows("SELECT DISTINCT event_name, fan_id, creator_id FROM activity_daily") == [
        (forms[0], f"팬{forms[0]}", f"스타{forms[0]}")
    ]


@pytest.mark.parametrize("source", [MIXPANEL, PARQUET], ids=["jsonl", "parquet"])
def test_creator_acts_are_known_in_either_unicode_form(tmp_path: Path, warehouse: Warehouse, source: str) -> None:
    acts, said = (unicodedata.normalize(form, "방송 시작") for form in ("NFC", "NFD"))
    settings = write_config(tmp_path, source, acts=f'["{acts}"]')
    if source == MIXPANEL:
        write_jsonl(tmp_path / "log/a.jsonl", [event(said, NOON, id="1", creator="c")])
    else:
        write_parquet(tmp_path / "log/a.parquet", [ROW | {"event": said, "fan": ""}])
    bring_in(warehouse, settings)
    assert warehouse.rows("SELECT event_name, actor, creator_id FROM activity_daily") == [(acts, "creator", "c")]
