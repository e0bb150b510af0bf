"""The front door: from the log's files to `events` and `activity_daily`, once per file, all or nothing.

    files ──▶ staged rows ──▶ identity links ──▶ deduplicated, attributed events ──▶ activity_daily (changed days)
       │           └▶ dead letters, quarantine
       └ known hash: skipped

One run is one transaction: killed at any point, it leaves the previous state. Reading a file again, or one that overlaps,
changes nothing. Nothing here looks at the clock: ``now`` comes from the command line.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

from fancare.config import Config
from fancare.errors import ConfigError, DataQualityError, WarehouseError
from fancare.events import daily, deduplication, identity, jsonl, mapping, refusals
from fancare.events.jsonl import Evidence
from fancare.events.mixpanel import LineReader
from fancare.events.report import FileReport, IngestReport
from fancare.events.source import SourceFile, find, fingerprint
from fancare.events.staging import Staged, describe, latest_possible
from fancare.progress import Progress, Task
from fancare.warehouse.duckdb_engine import Warehouse
from fancare.warehouse.schema import (
    ACTIVITY_DAILY,
    CREATORS,
    DEAD_LETTERS,
    EVENTS,
    IDENTITY_EVIDENCE,
    IDENTITY_LINKS,
    INGESTED_FILES,
    QUARANTINE,
    WITHOUT_ACTOR,
)

TABLES = (EVENTS, IDENTITY_EVIDENCE, IDENTITY_LINKS, CREATORS, ACTIVITY_DAILY, INGESTED_FILES, DEAD_LETTERS, QUARANTINE,
          WITHOUT_ACTOR)  # fmt: skip


def ingest(
    warehouse: Warehouse, config: Config, now: datetime, progress: Progress | None = None, rebuild: bool = False
) -> IngestReport:
    """Bring every file of `[source] path` that is not known yet into the warehouse, and say what came of it.

    ``now`` is aware; events more than an hour after it are quarantined. ``rebuild`` forgets everything first, which also
    happens when the mapping, the time zone or the creator acts are other than those the tables were made with.

    Raises `ConfigError` for a missing file or column, `DataQualityError` for input that cannot be read, holds too many
    malformed lines, or gives no event at all, `WarehouseError` where there is no room to write. Whatever is raised, the
    tables are as they were.
    """
    progress = progress or Progress()
    paths = find(config)
    with progress.task("hashing", sum(path.stat().st_size for path in paths)) as task:
        files = [fingerprint(path, config, task) for path in paths]
    with _told_where_it_fails(warehouse), warehouse.transaction(), _staging_folder(warehouse) as folder:
        days = daily.ChangedDays(warehouse)
        because = _prepare(warehouse, config, files, days, rebuild)
        new = _unknown(warehouse, files)
        if not new and because is None:
            return _report(warehouse, n_known_files=len(files))
        evidence: Evidence = {}
        reader = LineReader(config, latest_possible(now)) if config.source.kind == "mixpanel-export" else None
        staged = []
        with progress.task("reading the log", sum(file.bytes for file in new)) as task:
            for number, file in enumerate(new):
                out = folder / f"{number}.parquet"
                if reader is not None:
                    jsonl.stage(file, reader, out, evidence, task)
                else:
                    mapping.stage(warehouse, config, file, latest_possible(now), out)
                    task.advance(file.bytes, file.path.name)
                staged.append(describe(warehouse, file, out))
                refusals.judge(warehouse, staged[-1], now)
        learned = identity.learn(warehouse, config, evidence, days)
        with progress.task("events", sum(one.count("event") for one in staged)) as task:
            reports = [_insert(warehouse, config, one, days, task) for one in staged]
        warning = refusals.judge_properties(warehouse, config, reader) if reader is not None else None
        creators_learned, flipped = deduplication.learn_creators(warehouse, config, days)
        changed = days.list()
        daily.rebuild_days(warehouse, config, changed, progress)
        _record(warehouse, config, reports, now)
        report = _report(
            warehouse,
            files=tuple(reports),
            n_known_files=len(files) - len(new),
            changed_days=changed,
            links_learned=learned.n_links,
            link_cycles=learned.n_cycles,
            twins_merged=learned.n_twins,
            creators_learned=creators_learned,
            reattributed=learned.n_reattributed + flipped,
            rebuilt_because=because,
            warnings=(warning,) if warning else (),
        )
        if not report.n_events_total:
            raise _nothing_left(staged, files, now)
    return report


def _report(warehouse: Warehouse, **known: object) -> IngestReport:
    n_total, first_day, last_day = warehouse.rows(
        "SELECT COUNT(*), MIN(activity_date), MAX(activity_date) FROM events"
    )[0]  # fmt: skip
    return IngestReport(n_events_total=n_total, first_day=first_day, last_day=last_day, **known)  # type: ignore[arg-type]


def _prepare(
    warehouse: Warehouse, config: Config, files: list[SourceFile], days: daily.ChangedDays, rebuild: bool
) -> str | None:
    """Tables made; emptied when they were made from another mapping, and then the reason (all days they held change)."""
    shapes = _shapes(warehouse)
    because = _rebuild_because(warehouse, config, shapes) if not rebuild else "it was asked for"
    if because is not None:
        if not rebuild:
            _all_still_there(warehouse, config, files, because, shapes)
        if "activity_date" in shapes.get(ACTIVITY_DAILY.name, ()):
            days.add("SELECT activity_date FROM activity_daily")
        for table in TABLES:
            warehouse.raw(f'DROP TABLE IF EXISTS "{table.name}"')
        shapes = {}
    for table in TABLES:
        if table.name not in shapes:
            warehouse.create(table)
    return because


def _rebuild_because(warehouse: Warehouse, config: Config, shapes: dict[str, tuple[str, ...]]) -> str | None:
    outdated = [table.name for table in TABLES if shapes.get(table.name, table.column_names) != table.column_names]
    if outdated:
        return f"the shape of {', '.join(outdated)} is of another version"
    if INGESTED_FILES.name not in shapes:
        return None
    others = warehouse.value(
        "SELECT COUNT(*) FROM ingested_files WHERE ingest_spec_hash != @spec", {"spec": config.ingest_spec_hash}
    )
    return "the mapping, the time zone or the creator acts changed" if others else None


def _all_still_there(
    warehouse: Warehouse, config: Config, files: list[SourceFile], because: str, shapes: dict[str, tuple[str, ...]]
) -> None:
    """`ConfigError` when reading the log anew would lose events, for files that are gone since."""
    if INGESTED_FILES.name not in shapes:
        return
    here = {file.sha256 for file in files}
    known = warehouse.rows("SELECT path, sha256 FROM ingested_files ORDER BY path")
    gone = [path for path, sha256 in known if sha256 not in here]
    if gone:
        raise ConfigError(
            f"The log must be read anew ({because}), but {len(gone):,} of the files ingested before are no longer in "
            f"[source] path, the first being {gone[0]}: put them back, or give --rebuild to go on without their events."
        )


def _shapes(warehouse: Warehouse) -> dict[str, tuple[str, ...]]:
    """The columns of every table there is, in order."""
    found = warehouse.raw(
        "SELECT table_name, list(column_name ORDER BY ordinal_position) FROM information_schema.columns GROUP BY ALL"
    ).fetchall()
    return {table: tuple(columns) for table, columns in found}


def _unknown(warehouse: Warehouse, files: list[SourceFile]) -> list[SourceFile]:
    """The files whose content is new, each content once."""
    known = {sha for (sha,) in warehouse.rows("SELECT sha256 FROM ingested_files")}
    unknown = []
    for file in files:
        if file.sha256 not in known:
            known.add(file.sha256)
            unknown.append(file)
    return unknown


def _insert(warehouse: Warehouse, config: Config, staged: Staged, days: daily.ChangedDays, task: Task) -> FileReport:
    """One staged file into `events`; its refused rows into their tables, those without an actor as counts."""
    inserted = deduplication.insert(warehouse, config, staged, days, task)
    refusals.keep(warehouse, staged)
    return FileReport(
        path=staged.file.name,
        sha256=staged.file.sha256,
        bytes=staged.file.bytes,
        n_rows=staged.n_rows,
        n_events=inserted.n_events,
        n_duplicates=inserted.n_duplicates,
        n_identity_duplicates=inserted.n_identity_duplicates,
        n_dead=staged.count("dead"),
        n_quarantined=staged.count("quarantined"),
        n_no_actor=staged.count("no actor"),
        n_links=staged.count("link"),
        n_surrogate_ids=staged.n_surrogate_ids,
        n_late=inserted.n_late,
        n_nul_stripped=staged.n_cleaned,
        n_negative=staged.n_negative,
        n_reused_ids=inserted.n_reused_ids,
        first_time=staged.first_time,
        last_time=staged.last_time,
    )


def _record(warehouse: Warehouse, config: Config, reports: list[FileReport], now: datetime) -> None:
    rows = [
        {column.name: getattr(report, column.name, None) for column in INGESTED_FILES.columns}
        | {"ingested_at": now.astimezone(UTC).replace(tzinfo=None), "ingest_spec_hash": config.ingest_spec_hash}
        for report in reports
    ]
    if rows:
        warehouse.append(INGESTED_FILES, pa.Table.from_pylist(rows))


def _nothing_left(staged: list[Staged], files: list[SourceFile], now: datetime) -> DataQualityError:
    names, hold = (files[0].name, "holds") if len(files) == 1 else (f"The {len(files)} files of [source] path", "hold")
    n_rows = sum(one.n_rows for one in staged)
    if not n_rows:
        return DataQualityError(f"{names} {hold} no rows; an event log is needed: correct [source] path or export again.")
    reasons = {
        "quarantined": f"have times before 2005 or after now ({now:%Y-%m-%d %H:%M} UTC)",
        "no actor": "name nobody who acted (check [source.columns] fan_id)",
        "dead": "are malformed",
        "link": "only link ids",
    }
    found = ", ".join(f"{n:,} {what}" for kind, what in reasons.items() if (n := sum(s.count(kind) for s in staged)))
    return DataQualityError(f"None of the {n_rows:,} rows of {names} is an event: {found}; correct the log or the mapping.")


@contextmanager
def _told_where_it_fails(warehouse: Warehouse) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise WarehouseError(
            f"Nothing can be written beside the warehouse {warehouse.location} ({error.strerror or error}); check disk "
            f"space and permissions, then run again."
        ) from None


@contextmanager
def _staging_folder(warehouse: Warehouse) -> Iterator[Path]:
    """A folder beside the warehouse, gone afterwards; what a killed run left there is cleared first."""
    if warehouse.location == ":memory:":
        with tempfile.TemporaryDirectory(prefix="fancare-") as folder:
            yield Path(folder)
        return
    place = Path(warehouse.location)
    folder_beside = place.with_name(place.name + ".staging")
    shutil.rmtree(folder_beside, ignore_errors=True)
    folder_beside.mkdir()
    try:
        yield folder_beside
    finally:
        shutil.rmtree(folder_beside, ignore_errors=True)
