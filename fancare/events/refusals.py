"""Rows that are refused: how many may be, and where they are kept for whoever exported them."""

from __future__ import annotations

import difflib
import os
from datetime import datetime
from pathlib import Path

import orjson

from fancare.config import Config
from fancare.errors import ConfigError, DataQualityError
from fancare.events.mixpanel import LineReader
from fancare.events.staging import Staged, literal_path
from fancare.warehouse.duckdb_engine import Warehouse

MALFORMED_ROWS = 10
MALFORMED_SHARE = 10_000
_MOST_LETTERS = 10_000


def judge(warehouse: Warehouse, staged: Staged, now: datetime) -> None:
    """`DataQualityError` when more than 1 in 10,000 and more than 10 rows are malformed, or every time is impossible."""
    n_dead, n_rows, name = staged.count("dead"), staged.n_rows, staged.file.name
    letters = _write_letters(warehouse, staged) if n_dead else None
    if too_many(staged):
        line, reason = warehouse.raw(
            "SELECT line, reason FROM read_parquet($path) WHERE kind = 'dead' ORDER BY line LIMIT 1",
            {"path": literal_path(staged.path)},
        ).fetchall()[0]
        where = f"all are listed in {letters}" if letters else "see there"
        raise DataQualityError(
            f"{name}: {n_dead:,} of {n_rows:,} rows are malformed, first row {line} ({reason}); at most 10, or 1 in "
            f"10,000, may be: {where}. Nothing of the file was taken; correct the export and run again."
        )
    n_odd = staged.count("quarantined")
    if n_odd > MALFORMED_ROWS and n_odd == n_rows - n_dead - staged.count("no actor"):
        (first, last) = warehouse.raw(
            "SELECT min(event_time), max(event_time) FROM read_parquet($path) WHERE kind = 'quarantined'",
            {"path": literal_path(staged.path)},
        ).fetchall()[0]
        raise DataQualityError(
            f"{name}: all {n_odd:,} rows have impossible times ({first:%Y-%m-%d} to {last:%Y-%m-%d}); they must lie "
            f"between 2005 and now ({now:%Y-%m-%d %H:%M} UTC): correct the times or the clock given by --now."
        )


def judge_properties(warehouse: Warehouse, config: Config, reader: LineReader) -> str | None:
    """A warning when no event of the log ever named a room; `ConfigError` when that is for a misspelt property."""
    name, seen = config.source.columns.creator_id, sorted(reader.properties_seen)
    if name is None or name in seen or not seen:
        return None
    if warehouse.raw("SELECT 1 FROM events WHERE room_named LIMIT 1").fetchall():
        return None
    said = f"[source.columns] creator_id = {name!r}, but no event has such a property"
    if close := difflib.get_close_matches(name, seen, n=1, cutoff=0.7):
        raise ConfigError(f"{said}; did you mean {close[0]!r}? (they have {', '.join(seen)}).")
    return f"{said}: no event is in any creator's room (they have {', '.join(seen)})."


def too_many(staged: Staged) -> bool:
    """True when more than 10 rows and more than 1 in 10,000 are malformed."""
    n_dead = staged.count("dead")
    return n_dead > MALFORMED_ROWS and n_dead * MALFORMED_SHARE > staged.n_rows


def keep(warehouse: Warehouse, staged: Staged) -> None:
    """The file's dead letters and quarantined rows into their tables, and counts of its rows without an actor."""
    parameters = {"path": literal_path(staged.path), "name": staged.file.name, "sha256": staged.file.sha256}
    if staged.count("dead"):
        warehouse.raw(
            "INSERT INTO dead_letters BY NAME SELECT $name AS path, $sha256 AS sha256, line, byte_offset, reason, "
            "coalesce(text, '') AS text FROM read_parquet($path) WHERE kind = 'dead'",
            parameters,
        )
    if staged.count("quarantined"):
        warehouse.raw(
            "INSERT INTO quarantine BY NAME SELECT $name AS path, $sha256 AS sha256, line, reason, event_time, event_name, "
            "actor_id FROM read_parquet($path) WHERE kind = 'quarantined'",
            parameters,
        )
    if staged.count("no actor"):
        warehouse.raw(
            "INSERT INTO without_actor BY NAME SELECT $name AS path, $sha256 AS sha256, event_name, count(*) AS n_rows, "
            "min(activity_date) AS first_day, max(activity_date) AS last_day FROM read_parquet($path) "
            "WHERE kind = 'no actor' GROUP BY event_name",
            parameters,
        )


def _write_letters(warehouse: Warehouse, staged: Staged) -> Path | None:
    """The dead letters as a JSONL file beside the warehouse, whole or not at all; None for a warehouse in memory."""
    if warehouse.location == ":memory:":
        return None
    folder = Path(warehouse.location).parent / "dead_letters"
    folder.mkdir(parents=True, exist_ok=True)
    out = folder / f"{staged.file.path.name}.{staged.file.sha256[:8]}.jsonl"  # files in several folders may have one name
    rows = warehouse.raw(
        "SELECT line, byte_offset, reason, text FROM read_parquet($path) WHERE kind = 'dead' ORDER BY line LIMIT $most",
        {"path": literal_path(staged.path), "most": _MOST_LETTERS},
    ).fetchall()
    half = out.with_name(out.name + ".part")
    with half.open("wb") as stream:
        for line, offset, reason, text in rows:
            stream.write(orjson.dumps({"line": line, "byte_offset": offset, "reason": reason, "text": text}) + b"\n")
    os.replace(half, out)
    return out
