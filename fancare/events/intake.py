"""How the last files came through the front door: shares of lines that were unreadable, impossible, late or known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePath
from statistics import median
from typing import TYPE_CHECKING

from fancare.events.verdict import Check, Verdict, finding
from fancare.messages import shown

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from fancare.warehouse.duckdb_engine import Warehouse

DEAD_SHARE, DEAD_LINES = 1e-4, 10  # more than both: the file is malformed
QUARANTINE_AMBER, QUARANTINE_RED = 1e-3, 0.05
DUPLICATES_AMBER, LATE_AMBER, SURROGATE_AMBER, NO_ACTOR_AMBER = 0.10, 0.20, 0.01, 0.01
NAMES_SHOWN = 3
MIN_ROWS = 100  # below, a share says nothing
EARLIER_FILES, TIMES_USUAL = 3, 3.0
LIMIT_FROM = 10_000


@dataclass(frozen=True)
class FileCounts:
    """The counts of one row of `ingested_files`."""

    path: str
    n_rows: int
    n_events: int
    n_duplicates: int
    n_dead: int
    n_quarantined: int
    n_surrogate_ids: int
    n_late: int
    is_latest: bool
    n_no_actor: int = 0
    without_actor: tuple[str, ...] = ()  # the event names that most of these rows have

    @property
    def name(self) -> str:
        return PurePath(self.path).name


LATEST_FILES = """
SELECT path, n_rows, n_events, n_duplicates + n_identity_duplicates, n_dead, n_quarantined, n_surrogate_ids, n_late,
  ingested_at = (SELECT MAX(ingested_at) FROM ingested_files), n_no_actor, sha256
FROM ingested_files
ORDER BY ingested_at DESC, path
"""


def read_files(warehouse: Warehouse) -> list[FileCounts]:
    """Every file that came in, newest first; those of the last ingest are ``is_latest``."""
    names = _names_without_actor(warehouse)
    rows = warehouse.rows(LATEST_FILES)
    return [replace(FileCounts(*row[:-1]), without_actor=names.get(row[-1], ())) for row in rows]


def _names_without_actor(warehouse: Warehouse) -> dict[str, tuple[str, ...]]:
    """Of each file (by hash) the event names that most rows without an actor have."""
    if not warehouse.has_table("without_actor"):
        return {}
    names: dict[str, tuple[str, ...]] = {}
    for sha256, name in warehouse.rows("SELECT sha256, event_name FROM without_actor ORDER BY n_rows DESC, event_name"):
        names[sha256] = (*names.get(sha256, ()), name)[:NAMES_SHOWN]
    return names


def check_files(files: Iterable[FileCounts], names_ids: bool, outages: Iterable[date] = ()) -> list[Check]:
    """Findings about the files of the last ingest, and one green check that counts them.

    ``names_ids``: the log is said to carry event ids, so rows without are worth a word. A file without rows is red
    unless its name holds the day (2026-01-31 or 20260131) of a known outage.
    """
    files = list(files)
    latest, earlier = [f for f in files if f.is_latest], [f for f in files if not f.is_latest]
    days = {f"{day:{form}}" for day in outages for form in ("%Y-%m-%d", "%Y%m%d")}
    checks: list[Check] = []
    for file in latest:
        checks += _of_file(file, earlier, names_ids, any(day in file.name for day in days))
    if latest and not any(check.verdict != "green" for check in checks):
        checks.append(finding(
            "files", "green", subject="ingested_files", observed=len(latest), expected=len(latest),
            n_rows=sum(f.n_rows for f in latest),
        ))  # fmt: skip
    return checks


def _of_file(file: FileCounts, earlier: list[FileCounts], names_ids: bool, is_outage: bool) -> list[Check]:
    if file.n_rows == 0:
        verdict: Verdict = "green" if is_outage else "red"
        message = "file_empty_outage" if is_outage else "file_empty"
        return [finding("file_empty", verdict, message=message, subject=file.path, observed=0, expected="> 0",
                        file=file.name)]  # fmt: skip
    found = []
    dead = file.n_dead / file.n_rows
    if file.n_dead:
        red = dead > DEAD_SHARE and file.n_dead > DEAD_LINES
        found.append(_share("dead_letters", "red" if red else "amber", file, file.n_dead, "≤ 0.01% or 10 lines"))
    quarantined = file.n_quarantined / file.n_rows
    if quarantined > QUARANTINE_RED and file.n_rows >= MIN_ROWS:
        found.append(_share("quarantined", "red", file, file.n_quarantined, f"≤ {QUARANTINE_RED:.0%}"))
    elif file.n_quarantined:
        verdict = "amber" if quarantined > QUARANTINE_AMBER else "green"
        found.append(_share("quarantined", verdict, file, file.n_quarantined, f"≤ {QUARANTINE_AMBER:.1%}"))
    if file.n_no_actor > NO_ACTOR_AMBER * file.n_rows and file.n_rows >= MIN_ROWS:
        found.append(_share("no_actor", "amber", file, file.n_no_actor, f"≤ {NO_ACTOR_AMBER:.0%}"))
    # a file that was sent again whole is no news, and neither are exports that overlap by habit
    duplicates = [f.n_duplicates / f.n_rows for f in earlier if f.n_rows]
    if file.n_events and file.n_duplicates > _bound(DUPLICATES_AMBER, duplicates) * file.n_rows:
        found.append(_share("duplicates", "amber", file, file.n_duplicates, f"≤ {DUPLICATES_AMBER:.0%}"))
    late = [f.n_late / f.n_events for f in earlier if f.n_events]
    if file.n_late > _bound(LATE_AMBER, late) * file.n_events:
        found.append(_share("late", "amber", file, file.n_late, f"≤ {LATE_AMBER:.0%}"))
    if names_ids and file.n_surrogate_ids > SURROGATE_AMBER * file.n_rows:
        found.append(_share("no_event_id", "amber", file, file.n_surrogate_ids, f"≤ {SURROGATE_AMBER:.0%}"))
    if _looks_clipped(file.n_rows):
        found.append(_share("row_limit", "amber", file, file.n_rows, "any other number of rows"))
    return found


def _share(name: str, verdict: Verdict, file: FileCounts, n: int, expected: str) -> Check:
    share = n / file.n_rows
    return finding(
        name, verdict, subject=file.path, observed=f"{n:,} ({share:.2%})", expected=expected, file=file.name, n=n,
        n_rows=file.n_rows, share=share, names=", ".join(f"'{shown(each)}'" for each in file.without_actor) or "–",
    )  # fmt: skip


def _bound(absolute: float, earlier: list[float]) -> float:
    if len(earlier) < EARLIER_FILES:
        return absolute
    return max(absolute, TIMES_USUAL * median(earlier))


def _looks_clipped(n_rows: int) -> bool:
    """True for 10,000, 50,000, 100,000 …: where an export tool stops by itself."""
    digits = str(n_rows)
    return n_rows >= LIMIT_FROM and digits[0] in "125" and set(digits[1:]) == {"0"}
