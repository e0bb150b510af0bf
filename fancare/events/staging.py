"""Staged rows: what every kind of source becomes before it is deduplicated, one parquet file per source file.

Rows that cannot be taken as events are staged too, with the reason, so that counts, dead letters and quarantine come
from one place. ``kind`` says what a row is:

| kind | what becomes of it |
|---|---|
| event | goes on to deduplication |
| link | only tells which ids are one person |
| no actor | names nobody who acted (a system row); dropped and counted |
| quarantined | readable, but its time is impossible; kept in `quarantine` |
| dead | unreadable or against the contract; kept in `dead_letters` |
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa

from fancare.events.source import SourceFile
from fancare.warehouse.duckdb_engine import Warehouse

EARLIEST = datetime(2005, 1, 1)  # noqa: DTZ001 - naive UTC, as all times inside the warehouse
CLOCK_SKEW = timedelta(hours=1)
LARGEST_AMOUNT = 1e12
MAX_CHUNK_ROWS = 1_000_000
TEXT_KEPT = 1_000

COLUMNS = pa.schema(
    [
        ("line", pa.int64()), ("byte_offset", pa.int64()), ("kind", pa.string()), ("reason", pa.string()),
        ("text", pa.string()), ("cleaned", pa.bool_()), ("event_id", pa.string()), ("event_time", pa.timestamp("us")),
        ("activity_date", pa.date32()), ("arrived_at", pa.timestamp("us")), ("event_name", pa.string()),
        ("actor_id", pa.string()), ("creator_id", pa.string()), ("amount", pa.float64()), ("properties", pa.string()),
    ]
)  # fmt: skip


@dataclass(frozen=True)
class Staged:
    """One staged file and what its rows turned out to be."""

    file: SourceFile
    path: Path
    counts: dict[str, int]
    n_cleaned: int
    n_surrogate_ids: int
    n_negative: int
    first_time: datetime | None
    last_time: datetime | None
    days: tuple[tuple[date, int], ...]

    @property
    def n_rows(self) -> int:
        return sum(self.counts.values())

    def count(self, kind: str) -> int:
        return self.counts.get(kind, 0)

    def chunks(self, max_rows: int = MAX_CHUNK_ROWS) -> list[tuple[date, date, int]]:
        """Stretches of days (first, last, rows) of at most ``max_rows`` events each, a day never cut."""
        stretches: list[tuple[date, date, int]] = []
        for day, n in self.days:
            if stretches and stretches[-1][2] + n <= max_rows:
                first, _, sum_so_far = stretches[-1]
                stretches[-1] = (first, day, sum_so_far + n)
            else:
                stretches.append((day, day, n))
        return stretches


def latest_possible(now: datetime) -> datetime:
    """The last moment an event may bear, naive UTC: phone clocks run up to an hour ahead."""
    return now.astimezone(UTC).replace(tzinfo=None) + CLOCK_SKEW


def describe(warehouse: Warehouse, file: SourceFile, path: Path) -> Staged:
    """What the staged file in ``path`` holds."""
    parameters = {"path": literal_path(path)}
    counts = warehouse.raw("SELECT kind, count(*) FROM read_parquet($path) GROUP BY kind", parameters).fetchall()
    cleaned, surrogate, negative, first, last = warehouse.raw(
        "SELECT count(*) FILTER (cleaned), "
        "count(*) FILTER (kind = 'event' AND (event_id IS NULL OR starts_with(event_id, 'sha256:'))), "
        "count(*) FILTER (kind = 'event' AND amount < 0), min(event_time) FILTER (kind = 'event'), "
        "max(event_time) FILTER (kind = 'event') FROM read_parquet($path)",
        parameters,
    ).fetchall()[0]
    days = warehouse.raw(
        "SELECT activity_date, count(*) FROM read_parquet($path) WHERE kind = 'event' GROUP BY ALL ORDER BY ALL", parameters
    ).fetchall()
    return Staged(file, path, dict(counts), cleaned, surrogate, negative, first, last, tuple(days))


def composed(text: str) -> str:
    """Names and ids in one form (NFC): macOS takes letters apart, and the same name would count as two.

    >>> len("\\u1107\\u1161\\u11bc"), composed("\\u1107\\u1161\\u11bc")
    (3, '방')
    """
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def literal_path(path: Path) -> str:
    """A path for DuckDB's readers, which would take ``*``, ``?`` and ``[`` in it for a pattern."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in str(path))
