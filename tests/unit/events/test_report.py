"""What an operator reads after an ingest: a few lines, however many files there were."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from fancare.events.report import FILES_NAMED, FileReport, IngestReport, files_in_words


def file(path: str = "a.jsonl", n_rows: int = 30, **counts: int) -> FileReport:
    return FileReport(path, "", 10, n_rows, n_rows - sum(counts.values()), **counts)


def test_one_file_is_told_in_full():
    assert files_in_words([file(n_duplicates=3, n_dead=2)]) == [
        "a.jsonl: 30 rows, 25 new events, 3 already known, 2 unreadable, see dead_letters"
    ]
    assert FileReport("a", "", 1, 20, 20, n_late=4, n_negative=1).lines() == [
        "a: 20 rows, 20 new events",
        "  4 events arrived on a later day than they happened",
        "  1 events have a negative amount: kept, they lower sums",
    ]


def test_of_many_files_the_totals_are_told_and_where_each_is():
    months = [FileReport(f"{n}.gz", "", 10, 1_230, 1_200, n_duplicates=30, n_late=7) for n in range(14)]
    assert files_in_words(months) == [
        "14 files: 17,220 rows, 16,800 new events, 420 already known",
        "  98 events arrived on a later day than they happened",
        "  file by file: table ingested_files",
    ]


def test_a_file_that_its_exporter_should_look_at_is_named():
    files = [file("good"), file("bad", n_dead=2), file("early", n_quarantined=1), file("clipped", 1_000), file("empty", 0)]
    lines = files_in_words(files)
    assert lines[1:] == [
        "  bad: unreadable rows: 2, see dead_letters",
        "  early: impossible times: 1, see quarantine",
        "  clipped: exactly 1,000 rows: a row limit may have clipped the export",
        "  files to look at besides these: 1",
        "  file by file: table ingested_files",
    ]
    assert sum("row limit" in line for line in lines) == 1  # a round total is no limit


def test_a_hundred_odd_files_are_few_lines():
    report = IngestReport(9, date(2026, 1, 1), date(2026, 6, 1), files=tuple(file(str(n), n_dead=1) for n in range(100)))
    assert len(report.lines()) <= FILES_NAMED + 6
    assert report.lines()[-1] == "The log now holds 9 events, 2026-01-01 to 2026-06-01."


def test_what_counts_otherwise_now_is_told_of_events_that_were_there_before():
    days = (date(2026, 1, 1), date(2026, 1, 2))
    first = IngestReport(30, date(2026, 1, 1), date(2026, 6, 1), files=(file(),), reattributed=4, changed_days=days[:1])
    assert first.lines()[1:] == [
        "1 day of activity_daily rebuilt.", "The log now holds 30 events, 2026-01-01 to 2026-06-01.",
    ]  # fmt: skip
    later = replace(first, n_events_total=60, changed_days=days)
    assert later.lines()[1:3] == [
        "4 events count otherwise now: their id turned out to be a creator's, or another id of a person known already.",
        "2 days of activity_daily rebuilt.",
    ]  # fmt: skip


def test_nothing_new():
    assert IngestReport(9, None, None, n_known_files=1).lines() == [
        "1 file is known already and was not read again.", "Nothing new.", "The log now holds 9 events."
    ]  # fmt: skip
