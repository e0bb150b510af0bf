"""What came through the front door: the words an operator reads after an ingest, in a few lines however many files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime

FILES_NAMED = 3
_CLIPPED = "exactly {:,} rows: a row limit may have clipped the export"
ROUND_LIMITS = frozenset(digit * 10**zeros for digit in (1, 2, 5) for zeros in range(3, 9))


@dataclass(frozen=True)
class FileReport:
    """One file. The first eight counts account for every row:

    ``n_rows = n_events + n_duplicates + n_identity_duplicates + n_dead + n_quarantined + n_no_actor + n_links``
    """

    path: str
    sha256: str
    bytes: int
    n_rows: int = 0
    n_events: int = 0
    n_duplicates: int = 0
    n_identity_duplicates: int = 0
    n_dead: int = 0
    n_quarantined: int = 0
    n_no_actor: int = 0
    n_links: int = 0
    n_surrogate_ids: int = 0
    n_late: int = 0
    n_nul_stripped: int = 0
    n_negative: int = 0
    n_reused_ids: int = 0
    first_time: datetime | None = None
    last_time: datetime | None = None

    def lines(self) -> list[str]:
        """The file's summary: one line, and one more for each thing worth a look."""
        lines = [f"{self.path}: {self._counts()}", *(f"  {what}" for what in self._oddities())]
        return [*lines, f"  {_CLIPPED.format(self.n_rows)}"] if self.n_rows in ROUND_LIMITS else lines

    def alarm(self) -> str | None:
        """What its exporter should look at, in one line; None where all is as usual."""
        found = [f"unreadable rows: {self.n_dead:,}, see dead_letters"] if self.n_dead else []
        if self.n_quarantined:
            found.append(f"impossible times: {self.n_quarantined:,}, see quarantine")
        if not self.n_rows:
            found.append("no rows")
        if self.n_rows in ROUND_LIMITS:
            found.append(_CLIPPED.format(self.n_rows))
        return f"{self.path}: {'; '.join(found)}" if found else None

    def _counts(self) -> str:
        text = [f"{self.n_rows:,} rows", f"{self.n_events:,} new events"]
        for count, what in (
            (self.n_duplicates, "already known"),
            (self.n_identity_duplicates, "known under another id of the same person"),
            (self.n_links, "that only link ids"),
            (self.n_no_actor, "without an actor, dropped"),
            (self.n_quarantined, "with impossible times, quarantined"),
            (self.n_dead, "unreadable, see dead_letters"),
        ):
            if count:
                text.append(f"{count:,} {what}")
        return ", ".join(text)

    def _oddities(self) -> list[str]:
        return [
            f"{count:,} {what}"
            for count, what in (
                (self.n_surrogate_ids, "rows have no event id: identified by their content"),
                (self.n_reused_ids, "event ids occur with different times, names or people: all kept"),
                (self.n_late, "events arrived on a later day than they happened"),
                (self.n_negative, "events have a negative amount: kept, they lower sums"),
                (self.n_nul_stripped, "rows held NUL characters or broken Unicode: cleaned"),
            )
            if count
        ]


def files_in_words(files: Sequence[FileReport]) -> list[str]:
    """One file in full; of several the totals, and the first few that their exporter should look at."""
    if len(files) < 2:
        return [line for file in files for line in file.lines()]
    counts = [f.name for f in fields(FileReport) if f.name == "bytes" or f.name.startswith("n_")]
    sums = {name: sum(getattr(file, name) for file in files) for name in counts}
    total = FileReport(path=f"{len(files):,} files", sha256="", **sums)
    lines = [f"{total.path}: {total._counts()}", *(f"  {what}" for what in total._oddities())]
    alarms = [alarm for file in files if (alarm := file.alarm())]
    lines += [f"  {alarm}" for alarm in alarms[:FILES_NAMED]]
    if len(alarms) > FILES_NAMED:
        lines.append(f"  files to look at besides these: {len(alarms) - FILES_NAMED:,}")
    return [*lines, "  file by file: table ingested_files"]


@dataclass(frozen=True)
class IngestReport:
    """What one ingest did. ``changed_days`` are the days of `activity_daily` that were rebuilt, oldest first."""

    n_events_total: int
    first_day: date | None
    last_day: date | None
    n_known_files: int = 0
    files: tuple[FileReport, ...] = ()
    changed_days: tuple[date, ...] = ()
    links_learned: int = 0
    link_cycles: int = 0
    reattributed: int = 0
    twins_merged: int = 0
    creators_learned: int = 0
    rebuilt_because: str | None = None
    warnings: tuple[str, ...] = ()

    @property
    def is_noop(self) -> bool:
        """True when nothing was new: every file was known by its hash."""
        return not self.files and not self.changed_days

    @property
    def _held_before(self) -> bool:
        """True when events of an earlier ingest are among those that the log holds."""
        return self.n_events_total > sum(file.n_events for file in self.files) - self.twins_merged

    def lines(self) -> list[str]:
        """The closing summary."""
        lines = []
        if self.rebuilt_because:
            lines.append(f"Rebuilt from scratch: {self.rebuilt_because}.")
        lines += files_in_words(self.files)
        lines += self.warnings
        if self.n_known_files:
            lines.append(
                "1 file is known already and was not read again."
                if self.n_known_files == 1
                else f"{self.n_known_files:,} files are known already and were not read again."
            )
        if self.links_learned:
            lines.append(f"{self.links_learned:,} ids turned out to belong to a person known by another id.")
        if self.link_cycles:
            lines.append(f"{self.link_cycles:,} identity links point in a circle or at themselves: ignored.")
        if self.reattributed and self._held_before:  # in a first ingest nobody has seen them otherwise
            lines.append(
                f"{self.reattributed:,} events count otherwise now: their id turned out to be a creator's, or another id of a "
                f"person known already."
            )
        if self.twins_merged:
            lines.append(f"{self.twins_merged:,} earlier events turned out to be known under another id: one of each kept.")
        if self.is_noop:
            lines.append("Nothing new.")
        else:
            n = len(self.changed_days)
            lines.append(f"{n:,} day{'s' if n != 1 else ''} of activity_daily rebuilt.")
        span = f", {self.first_day} to {self.last_day}" if self.first_day else ""
        lines.append(f"The log now holds {self.n_events_total:,} events{span}.")
        return lines
