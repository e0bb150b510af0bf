"""Drawn rows in, each real event once: what counts as the same event, and which of two is kept."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from fancare.warehouse.duckdb_engine import Warehouse
from tests.small_log import PARQUET, bring_in, event, events, write_config, write_jsonl, write_parquet

NOON, ONE = "2026-06-01 12:00", "2026-06-01 13:00"


@pytest.fixture
def warehouse():
    with Warehouse.in_memory() as made:
        yield made


@pytest.mark.parametrize(
    ("second", "n_events", "n_duplicates", "n_reused"),
    [
        (event("message", NOON, id="1", user="u"), 1, 1, 0),
        (event("message", NOON, id="1", user="u", arrived=ONE), 1, 1, 0),
        (event("message", ONE, id="1", user="u"), 2, 0, 1),
        (event("message", NOON, id="1", user="v"), 2, 0, 1),
        (event("donation", NOON, id="1", user="u"), 2, 0, 1),
        (event("message", NOON, id="2", user="u"), 2, 0, 0),
    ],
)
@pytest.mark.parametrize("files", [1, 2])
def test_name_time_person_and_id_make_an_event(
    tmp_path: Path, warehouse: Warehouse, files: int, second: dict, n_events: int, n_duplicates: int, n_reused: int
) -> None:
    settings = write_config(tmp_path)
    first = event("message", NOON, id="1", user="u")
    if files == 1:
        write_jsonl(tmp_path / "log/a.jsonl", [first, second])
    else:
        write_jsonl(tmp_path / "log/a.jsonl", [first])
        write_jsonl(tmp_path / "log/b.jsonl.gz", [second])
    report = bring_in(warehouse, settings)
    assert report.n_events_total == n_events
    assert sum(file.n_duplicates for file in report.files) == n_duplicates
    if files == 1:
        assert report.files[0].n_reused_ids == n_reused


@pytest.mark.parametrize("names", [("a", "b"), ("b", "a"), ("a", "a")])
def test_of_two_the_one_that_arrived_first_is_kept(tmp_path: Path, warehouse: Warehouse, names: tuple[str, str]) -> None:
    settings = write_config(tmp_path)
    early = event("donation", NOON, id="1", user="u", amount=5, arrived="2026-06-01 12:01")
    late = event("donation", NOON, id="1", user="u", amount=7, arrived="2026-06-03 12:01")
    files: dict[str, list[dict]] = {}
    for name, line in zip(names, (early, late), strict=True):
        files.setdefault(name, []).append(line)
    for name, lines in files.items():
        write_jsonl(tmp_path / f"log/{name}.jsonl", lines)
    bring_in(warehouse, settings)
    assert warehouse.rows("SELECT amount FROM events") == [(5.0,)]
    assert warehouse.rows("SELECT amount_sum, n_events FROM activity_daily") == [(5.0, 1)]


@pytest.mark.parametrize("names", [("a", "b"), ("b", "a"), ("a", "a")])
@pytest.mark.parametrize(
    ("less", "more"),
    [
        ({}, {"creator": "c1"}), ({"creator": "c1"}, {"creator": "c2"}), ({}, {"amount": 5}), ({"amount": 5}, {"amount": 7}),
        ({"amount": -5}, {"amount": 5}), ({}, {"page": "a"}), ({"page": "a"}, {"page": "b"}),
        ({"creator": "c1", "page": "b"}, {"creator": "c2", "amount": 1}),
    ],
)  # fmt: skip
def test_of_two_that_arrived_together_what_they_say_decides_in_any_order(
    tmp_path: Path, warehouse: Warehouse, names: tuple[str, str], less: dict, more: dict
) -> None:
    settings = write_config(tmp_path)
    files: dict[str, list[dict]] = {}
    for name, said in zip(names, (more, less), strict=True):
        files.setdefault(name, []).append(event("donation", NOON, id="1", user="u", **said))
    for name, lines in files.items():
        write_jsonl(tmp_path / f"log/{name}.jsonl", lines)
        bring_in(warehouse, settings)
    page = f'{{"page":"{less["page"]}"}}' if "page" in less else None
    kept = warehouse.rows("SELECT creator_id, amount, CAST(properties AS STRING) FROM events")
    assert kept == [(less.get("creator"), less.get("amount"), page)]


def test_one_event_exported_before_and_after_identification_is_one(tmp_path: Path, warehouse: Warehouse) -> None:
    settings = write_config(tmp_path)
    write_jsonl(
        tmp_path / "log/a.jsonl",
        [
            event("message", NOON, id="1", device="d", creator="c"),
            event("message", NOON, id="1", device="d", user="u", creator="c"),
            event("message", ONE, id="2", device="d", creator="c"),
        ],
    )
    report = bring_in(warehouse, settings)
    file = report.files[0]
    assert (file.n_events, file.n_duplicates, file.n_identity_duplicates, file.n_reused_ids) == (2, 0, 1, 0)
    assert events(warehouse, "event_id, fan_id") == [("1", "u"), ("2", "u")]


def test_a_later_link_merges_what_was_brought_in_before(tmp_path: Path, warehouse: Warehouse) -> None:
    settings = write_config(tmp_path)
    write_jsonl(
        tmp_path / "log/a.jsonl",
        [event("message", NOON, id="1", device="d"), event("message", NOON, id="1", user="u")],
    )
    assert bring_in(warehouse, settings).n_events_total == 2
    write_jsonl(tmp_path / "log/b.jsonl", [event("message", ONE, id="2", user="u", device="d")])
    report = bring_in(warehouse, settings)
    assert (report.n_events_total, report.twins_merged) == (2, 1)
    assert events(warehouse, "event_id, fan_id") == [("1", "u"), ("2", "u")]


def test_without_insert_id_equal_lines_are_one_event(tmp_path: Path, warehouse: Warehouse) -> None:
    settings = write_config(tmp_path)
    write_jsonl(tmp_path / "log/a.jsonl", [event("message", NOON, user="u"), event("message", NOON, user="u")])
    report = bring_in(warehouse, settings)
    assert (report.files[0].n_events, report.files[0].n_duplicates, report.files[0].n_surrogate_ids) == (1, 1, 2)


ROW = {"ts": "2026-06-01T12:00:00Z", "event": "message", "creator": "c", "fan": "f", "amount": 1.0}


def test_parquet_rows_without_id_count_as_distinct_once_per_occurrence(tmp_path: Path, warehouse: Warehouse) -> None:
    settings = write_config(tmp_path, PARQUET)
    write_parquet(tmp_path / "log/a.parquet", [ROW, ROW, ROW | {"amount": 2.0}])
    write_parquet(tmp_path / "log/b.parquet", [ROW | {"amount": 2.0}, ROW, ROW, ROW])  # overlaps, and has one more
    report = bring_in(warehouse, settings)
    assert [(file.n_events, file.n_duplicates) for file in report.files] == [(3, 0), (1, 3)]
    ids = [event_id for (event_id,) in warehouse.rows("SELECT event_id FROM events WHERE amount = 1 ORDER BY 1")]
    assert ids == [ids[0], f"{ids[0]}-2", f"{ids[0]}-3"]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
@pytest.mark.parametrize("in_files", [1, 3])
def test_each_of_equal_rows_counts_from_its_own_arrival(
    tmp_path: Path, warehouse: Warehouse, order: tuple[int, ...], in_files: int
) -> None:
    settings = write_config(tmp_path, PARQUET + 'arrived_at = "got"\n')
    arrivals = ("2026-06-01T12:01:00Z", "2026-06-05T12:00:00Z", None)
    rows = [ROW | {"got": arrivals[i]} for i in order]
    for number in range(in_files):  # each file repeats the ones before
        write_parquet(tmp_path / f"log/{number}.parquet", rows if in_files == 1 else rows[: number + 1])
        bring_in(warehouse, settings)
    known = warehouse.rows("SELECT known_from, SUM(n_events) FROM activity_daily GROUP BY 1 ORDER BY 1")
    assert known == [(date(2026, 6, 1), 2), (date(2026, 6, 5), 1)]  # without an arrival: when it happened


def test_parquet_rows_with_an_id_are_events(tmp_path: Path, warehouse: Warehouse) -> None:
    settings = write_config(tmp_path, PARQUET + 'event_id = "id"\n')
    write_parquet(tmp_path / "log/a.parquet", [ROW | {"id": 1}, ROW | {"id": 1}, ROW | {"id": 2}, ROW | {"id": None}])
    report = bring_in(warehouse, settings)
    file = report.files[0]
    assert (file.n_events, file.n_duplicates, file.n_surrogate_ids) == (3, 1, 1)
