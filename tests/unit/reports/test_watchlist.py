"""The watchlist from drawn tables: who, in which order, with which facts; and a CSV that no spreadsheet runs."""

from __future__ import annotations

import csv
import os
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from fancare.config import Config, OpsConfig
from fancare.errors import WarehouseError
from fancare.reports.watchlist import build, count_scored, read, write_atomically
from fancare.warehouse.duckdb_engine import Warehouse
from fancare.warehouse.schema import COHORT, RISK_REASONS, risk_scores_table, watchlist_table
from tests import drawn_log
from tests.drawn_log import day, events
from tests.report_tables import HORIZONS, put, reason, score

TODAY = day(100)
RISKS = (0.9, 0.8, 0.6)


def config(folder: Path, capacity: int = 20, **more) -> Config:
    return replace(drawn_log.config(folder=folder, **more), ops=OpsConfig(capacity=capacity, output="out"))


def at(*days: int) -> str:
    """A drawn line with an event on these days."""
    return "".join("x" if n in days else "." for n in range(max(days) + 1))


def scored(rows: list[dict], scores: list[dict], reasons: list[dict] = (), cohort: list[dict] = ()) -> Warehouse:
    made = drawn_log.warehouse(rows)
    put(made, risk_scores_table(HORIZONS), scores)
    for table, given in ((RISK_REASONS, reasons), (COHORT, cohort)):
        if given:
            put(made, table, list(given))
    return made


def cells(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_every_fact_of_a_drawn_creator(tmp_path):
    rows = [
        *events("lumi", at(10, 76, 82, 88)),  # day 10 is more than 84 days ago
        *events("lumi", at(99), event="profile_edit"),  # no activity
        *events("mina", at(80, 90), event="message", creator="lumi"),
        *events("joon", at(73), event="message", creator="lumi"),  # 27 days ago: the last that counts
        *events("sora", at(72), event="message", creator="lumi"),  # 28 days ago
        *events("guest", at(95), event="visit", creator="lumi"),
        *events("mina", at(90), event="donation", creator="lumi", amount=5000),
        *events("mina", at(91), event="donation", creator="lumi", amount=-500),  # a refund
        *events("sora", at(72), event="donation", creator="lumi", amount=99999),
    ]
    texts = [("침묵", "silence"), ("팬이 늘어남", "more fans")]
    reasons = [reason(TODAY, 2, -0.1, texts[1], "lumi"), reason(TODAY, 1, 0.3, texts[0], "lumi")]
    with scored(rows, [score(TODAY, 1, RISKS, "lumi")], reasons) as warehouse:
        (row,) = build(warehouse, config(tmp_path), TODAY).rows
    assert (row.creator_id, row.fan_id, row.id, row.rank, row.band) == ("lumi", None, "lumi", 1, "high")
    assert row.risks == ((7, 0.9), (14, 0.8), (28, 0.6))
    assert (row.last_active_date, row.silence_days) == (day(88), 12)
    assert row.usual_gap_days == 6.0
    assert (row.fans_at_stake, row.revenue_28d) == (2, 4500.0)
    assert (row.reasons_ko, row.reasons_en) == ("↑ 침묵 · ↓ 팬이 늘어남", "↑ silence · ↓ more fans")


def test_by_rank_and_no_more_than_people_can_act_on(tmp_path):
    scores = [score(TODAY, rank, RISKS, f"c{rank}") for rank in (4, 1, 3, 2)]
    rows = [row for n in range(1, 5) for row in events(f"c{n}", at(99))]
    with scored(rows, scores) as warehouse:
        made = build(warehouse, config(tmp_path, capacity=3), TODAY)
        assert [row.creator_id for row in made.rows] == ["c1", "c2", "c3"]
        assert made.n_scored == 4
        assert read(warehouse, config(tmp_path), TODAY) == made.rows
        assert [row["creator_id"] for row in cells(made.csv)] == ["c1", "c2", "c3"]
        assert made.lines() == ("살펴볼 목록 3명 (점수를 매긴 4명 중)",)
        assert made.lines("en") == ("watchlist of 3 rows (out of 4 scored)",)


def test_made_again_it_replaces_its_day_and_no_other(tmp_path):
    yesterday = day(99)
    rows = [*events("c1", at(98)), *events("c2", at(98))]
    scores = [score(as_of, rank, RISKS, f"c{rank}") for as_of in (yesterday, TODAY) for rank in (1, 2)]
    with scored(rows, scores) as warehouse:
        build(warehouse, config(tmp_path), yesterday)
        build(warehouse, config(tmp_path), TODAY)
        build(warehouse, config(tmp_path, capacity=1), TODAY)
        assert [row.id for row in read(warehouse, config(tmp_path), TODAY)] == ["c1"]
        assert [row.id for row in read(warehouse, config(tmp_path), yesterday)] == ["c1", "c2"]


def test_the_cohorts_last_day_counts_where_activity_says_otherwise(tmp_path):
    cohort = [{"entity": "creator", "creator_id": "lumi", "as_of": TODAY, "last_active_date": day(80)}]
    with scored(events("lumi", at(50)), [score(TODAY, 1, RISKS, "lumi")], cohort=cohort) as warehouse:
        (row,) = build(warehouse, config(tmp_path), TODAY).rows
    assert (row.last_active_date, row.silence_days, row.usual_gap_days) == (day(80), 20, None)


def test_only_what_was_known(tmp_path):
    rows = [
        *events("lumi", at(90)),
        *events("mina", at(90), event="message", creator="lumi", known=101),
        *events("device", at(90), event="message", creator="lumi", until=100),
        *events("joon", at(90), event="message", creator="lumi", until=101),
        *events("later", at(101), event="message", creator="lumi"),
    ]
    with scored(rows, [score(TODAY, 1, RISKS, "lumi")]) as warehouse:
        (row,) = build(warehouse, config(tmp_path), TODAY).rows
    assert row.fans_at_stake == 1


def test_rooms_and_fans(tmp_path):
    rows = [
        *events("mina", at(90, 96), event="message", creator="lumi"),
        *events("mina", at(99), event="message", creator="byul"),
        *events("lumi", at(98)),
    ]
    with scored(rows, [score(TODAY, 1, RISKS, "lumi", "mina", entity="room")]) as warehouse:
        (row,) = build(warehouse, config(tmp_path, entity="room"), TODAY).rows
        assert (row.id, row.silence_days, row.usual_gap_days, row.fans_at_stake) == ("lumi/mina", 4, 6.0, 1)
    with scored(rows, [score(TODAY, 1, RISKS, fan="mina", entity="fan")]) as warehouse:
        (row,) = build(warehouse, config(tmp_path, entity="fan"), TODAY).rows
        assert (row.id, row.silence_days, row.fans_at_stake) == ("mina", 1, None)


def test_without_a_revenue_event_revenue_is_empty_not_zero(tmp_path):
    settings = config(tmp_path)
    settings = replace(settings, events=replace(settings.events, revenue=()))
    with scored(events("lumi", at(99)), [score(TODAY, 1, RISKS, "lumi")]) as warehouse:
        made = build(warehouse, settings, TODAY)
    assert made.rows[0].revenue_28d is None
    assert cells(made.csv)[0]["revenue_28d"] == ""


def test_without_ranks_nobody_is_named(tmp_path):
    scores = [score(TODAY, None, RISKS, name, band="unknown") for name in ("a", "b")]
    with scored(events("a", at(99)), scores) as warehouse:
        made = build(warehouse, config(tmp_path), TODAY)
    assert made.unranked
    assert made.rows == ()
    assert cells(made.csv) == []
    assert made.lines() == (
        "살펴볼 목록이 비어 있습니다. 모델을 믿어도 되는지 확인되지 않아 2명 모두 순위를 매기지 않았습니다.",
    )


def test_a_day_without_scores(tmp_path):
    with drawn_log.warehouse(events("a", at(99))) as warehouse:
        assert count_scored(warehouse, config(tmp_path), TODAY) == (0, 0)
        assert read(warehouse, config(tmp_path), TODAY) == ()
        with pytest.raises(WarehouseError) as caught:
            build(warehouse, config(tmp_path), TODAY)
    assert str(caught.value) == (
        "No creator is scored as of 2026-06-09 in :memory:: run `fancare score --as-of 2026-06-09` first."
    )
    assert not (tmp_path / "out").exists()


# --- the CSV


HOSTILE = ['=HYPERLINK("http://evil","x")', "<img src=x onerror=alert(1)>", "별\u202egnp.exe", "🦊" * 300, "two\nlines", "a,b\"c"]


def test_hostile_ids_survive_the_way_through_table_and_csv(tmp_path):
    rows = [row for name in HOSTILE for row in events(name, at(99))]
    scores = [score(TODAY, rank, RISKS, name) for rank, name in enumerate(HOSTILE, start=1)]
    reasons = [reason(TODAY, 1, 0.1, (f"'{name}' 없음", f"no '{name}'"), name) for name in HOSTILE]
    with scored(rows, scores, reasons) as warehouse:
        made = build(warehouse, config(tmp_path), TODAY)
        assert [row.creator_id for row in made.rows] == HOSTILE, "the table keeps ids as they are"
    text = made.csv.read_bytes().decode("utf-8-sig")
    assert text.count("\r\n") == len(text.splitlines()) == 1 + len(HOSTILE), "one line a row"
    assert "\u202e" not in text
    found = [row["creator_id"] for row in cells(made.csv)]
    assert found == [
        '\'=HYPERLINK("http://evil","x")', "<img src=x onerror=alert(1)>", "별\\u202egnp.exe", "🦊" * 300,
        "two\\u000alines", "a,b\"c",
    ]  # fmt: skip
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in cells(made.csv) for cell in row.values())


def test_the_csv_is_the_table(tmp_path):
    with scored(events("lumi", at(90, 96)), [score(TODAY, 1, RISKS, "lumi")]) as warehouse:
        made = build(warehouse, config(tmp_path), TODAY)
    (row,) = cells(made.csv)
    assert tuple(row) == watchlist_table(HORIZONS).column_names
    assert made.csv == tmp_path / "out" / "watchlist_2026-06-09.csv"
    assert made.csv.read_bytes().startswith(b"\xef\xbb\xbf"), "spreadsheets read Korean only with this mark"
    assert (row["rank"], row["risk_14d"], row["silence_days"], row["last_active_date"]) == ("1", "0.8", "4", "2026-06-05")
    assert date.fromisoformat(row["as_of"]) == TODAY


def test_a_file_is_there_as_a_whole_or_not_at_all(tmp_path):
    path = tmp_path / "new" / "file.csv"
    write_atomically(path, b"first")
    write_atomically(path, b"second")
    assert path.read_bytes() == b"second"
    assert os.listdir(path.parent) == ["file.csv"]


def test_a_file_that_cannot_be_written_leaves_no_rest(tmp_path):
    target = tmp_path / "file.csv"
    (target / "inside").mkdir(parents=True)  # a folder in its place
    with pytest.raises(WarehouseError, match=r"file\.csv cannot be written \(.*\): free disk space or close the program"):
        write_atomically(target, b"x")
    assert os.listdir(tmp_path) == ["file.csv"]
