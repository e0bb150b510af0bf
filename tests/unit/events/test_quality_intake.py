"""What the last files were like: shares that deserve a word, and those that stop a run."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from fancare.events.intake import FileCounts, check_files

CLEAN = FileCounts("in/2026-03-01.jsonl.gz", n_rows=120_345, n_events=120_345, n_duplicates=0, n_dead=0,
                   n_quarantined=0, n_surrogate_ids=0, n_late=0, is_latest=True)  # fmt: skip


def found(*files: FileCounts, names_ids: bool = True, outages: tuple[date, ...] = ()) -> list[tuple[str, str]]:
    return [(check.name, check.verdict) for check in check_files(files, names_ids, outages)]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, ("files", "green")),
        ({"n_rows": 0, "n_events": 0}, ("file_empty", "red")),
        ({"n_dead": 1}, ("dead_letters", "amber")),
        ({"n_dead": 12}, ("dead_letters", "amber")),  # 12 lines, but 1 in 10,000 of these rows are 12.03
        ({"n_dead": 13}, ("dead_letters", "red")),
        ({"n_rows": 300, "n_dead": 10}, ("dead_letters", "amber")),  # more than 1 in 10,000, but 10 lines are allowed
        ({"n_rows": 300, "n_dead": 11}, ("dead_letters", "red")),
        ({"n_quarantined": 40}, ("quarantined", "green")),
        ({"n_quarantined": 400}, ("quarantined", "amber")),
        ({"n_quarantined": 12_000}, ("quarantined", "red")),
        ({"n_duplicates": 20_000}, ("duplicates", "amber")),
        ({"n_duplicates": 120_345, "n_events": 0}, ("files", "green")),  # sent again whole
        ({"n_late": 40_000}, ("late", "amber")),
        ({"n_surrogate_ids": 9_000}, ("no_event_id", "amber")),
        ({"n_rows": 100_000, "n_events": 100_000}, ("row_limit", "amber")),
        ({"n_no_actor": 1_203}, ("files", "green")),
        ({"n_no_actor": 1_204}, ("no_actor", "amber")),
    ],
)
def test_one_file(change, expected):
    assert found(replace(CLEAN, **change))[0] == expected


def test_exports_that_overlap_by_habit_are_no_news():
    habit = [replace(CLEAN, n_duplicates=60_000, n_events=60_345, is_latest=False)] * 3
    assert found(replace(CLEAN, n_duplicates=61_000, n_events=59_345), *habit) == [("files", "green")]
    assert found(replace(CLEAN, n_duplicates=61_000, n_events=59_345), *habit[:1])[0] == ("duplicates", "amber")


def test_ids_are_missed_only_where_the_log_is_said_to_have_them():
    nameless = replace(CLEAN, n_surrogate_ids=120_345)
    assert found(nameless, names_ids=False) == [("files", "green")]


@pytest.mark.parametrize("name", ["in/2026-03-01.jsonl", "events_20260301.parquet"])
def test_an_empty_file_of_a_known_outage_is_green(name):
    empty = replace(CLEAN, path=name, n_rows=0, n_events=0)
    assert found(empty, outages=(date(2026, 3, 1),))[0] == ("file_empty", "green")
    assert found(empty, outages=(date(2026, 3, 2),))[0] == ("file_empty", "red")


def test_only_the_last_ingest_is_judged():
    assert found(CLEAN, replace(CLEAN, n_rows=0, n_events=0, is_latest=False)) == [("files", "green")]
    assert found() == []
