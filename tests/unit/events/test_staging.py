"""Stretches of days, possible moments, paths that look like patterns, the files of a log, and what it covers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from fancare.errors import ConfigError, DataQualityError
from fancare.events.extent import LogExtent, log_extent
from fancare.events.source import find
from fancare.events.staging import Staged, latest_possible, literal_path
from fancare.warehouse.duckdb_engine import Warehouse
from tests.small_log import MIXPANEL, bring_in, event, write_config, write_jsonl


def test_chunks_hold_whole_days_in_order() -> None:
    days = tuple((date(2026, 6, n), rows) for n, rows in enumerate((4, 5, 2, 20, 1, 1), start=1))
    staged = Staged(None, Path("x"), {}, 0, 0, 0, None, None, days)  # type: ignore[arg-type]
    cut = staged.chunks(max_rows=10)
    assert [(first.day, last.day, rows) for first, last, rows in cut] == [(1, 2, 9), (3, 3, 2), (4, 4, 20), (5, 6, 2)]
    assert staged.chunks(max_rows=1_000) == [(date(2026, 6, 1), date(2026, 6, 6), 33)]


def test_the_latest_moment_is_an_hour_ahead_of_now_whatever_its_zone() -> None:
    now = datetime(2026, 6, 1, 12, tzinfo=UTC)
    assert latest_possible(now) == datetime(2026, 6, 1, 13)
    assert latest_possible(now.astimezone(timezone(timedelta(hours=9)))) == datetime(2026, 6, 1, 13)


def test_a_path_that_looks_like_a_pattern_is_read_as_it_is(tmp_path: Path) -> None:
    assert literal_path(Path("/a/[b]*?.parquet")) == "/a/[[]b][*][?].parquet"
    (tmp_path / "a[1].csv").write_text("x\n1\n")
    (tmp_path / "a1.csv").write_text("x\n2\n")
    with Warehouse.in_memory() as warehouse:
        found = warehouse.raw("SELECT x FROM read_csv($path)", {"path": literal_path(tmp_path / "a[1].csv")}).fetchall()
    assert found == [(1,)]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("log", ["a.jsonl", "b.jsonl.gz", "sub/c.ndjson"]),
        ("log/*.jsonl", ["a.jsonl"]),
        ("log/**/*.ndjson", ["sub/c.ndjson"]),
        ("log/notes.md", ["notes.md"]),
    ],
)
def test_a_folder_a_pattern_or_a_file(tmp_path: Path, path: str, found: list[str]) -> None:
    settings = write_config(tmp_path, MIXPANEL.replace('"log"', f'"{path}"'))
    (tmp_path / "log/sub").mkdir()
    for name in ("b.jsonl.gz", "a.jsonl", "sub/c.ndjson", "notes.md"):
        (tmp_path / "log" / name).write_bytes(b"")
    assert find(settings) == [tmp_path / "log" / name for name in found]


def test_the_bigquery_kind_is_told_apart(tmp_path: Path) -> None:
    settings = write_config(tmp_path)
    with pytest.raises(ConfigError, match="kind = 'mixpanel-bigquery' is read inside BigQuery"):
        find(replace(settings, source=replace(settings.source, kind="mixpanel-bigquery")))


@pytest.mark.parametrize(
    ("late_days", "given", "whole", "through"),
    [(None, None, 8, 6), (0, None, 8, 8), (3, None, 8, 5), (2, date(2026, 6, 7), 7, 7)],
)
def test_the_last_day_is_not_whole_and_late_events_are_waited_for(
    tmp_path: Path, late_days: int | None, given: date | None, whole: int, through: int
) -> None:
    settings = write_config(tmp_path)
    settings = replace(settings, source=replace(settings.source, late_days=late_days, data_through=given))
    times = ("2026-06-01 12:00", "2026-06-09 12:00")
    write_jsonl(tmp_path / "log/a.jsonl", [event("message", time, id=time, user="u") for time in times])
    with Warehouse.in_memory() as warehouse:
        bring_in(warehouse, settings)
        extent = log_extent(warehouse, settings)
    june = [date(2026, 6, n) for n in (1, 9, whole, through)]
    assert extent == LogExtent(*june)


def test_a_log_without_a_whole_day_says_so(tmp_path: Path) -> None:
    settings = write_config(tmp_path)
    write_jsonl(tmp_path / "log/a.jsonl", [event("message", "2026-06-01 12:00", id="1", user="u")])
    with Warehouse.in_memory() as warehouse:
        bring_in(warehouse, settings)
        with pytest.raises(
            DataQualityError, match="covers 2026-06-01 to 2026-06-01, but days are complete only through 2026-05-29"
        ):
            log_extent(warehouse, settings)
