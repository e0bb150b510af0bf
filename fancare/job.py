"""What every stage is given: the configuration, the open warehouse, the clock and the day it is about."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import fancare
from fancare.config import Config
from fancare.dates import TimeLine
from fancare.errors import FancareError, NotEnoughHistory
from fancare.events.extent import LogExtent, log_extent, timeline_of
from fancare.progress import Progress
from fancare.warehouse.duckdb_engine import Warehouse, open_url
from fancare.warehouse.schema import RUNS


@dataclass
class Job:
    """One command at work on one config.

    ``now`` is the only clock. ``asked_as_of`` is ``--as-of``; None means the last complete day of the log. ``retrain``
    asks for a new model even though one can score, ``all_days`` for the days that training needs even where nothing is to
    be trained, ``rebuild`` for reading every file of the log again. ``changed_days`` are those that this job's ingest
    rebuilt: what a check may call red. ``trained`` is the version this job made, or found without a certificate and
    certified. ``told`` collects the closing lines of the stages, by stage; ``results`` names what they made and where it
    lies.
    """

    config: Config
    warehouse: Warehouse
    now: datetime
    asked_as_of: date | None = None
    retrain: bool = False
    progress: Progress = field(default_factory=Progress)
    all_days: bool = False
    rebuild: bool = False
    trained: str | None = None
    changed_days: tuple[date, ...] = ()
    told: dict[str, list[str]] = field(default_factory=dict)
    results: dict[str, str] = field(default_factory=dict)

    @property
    def extent(self) -> LogExtent:
        return log_extent(self.warehouse, self.config)

    @property
    def as_of(self) -> date:
        """The day to score: as asked, else the last complete day; `NotEnoughHistory` outside of the log."""
        extent = self.extent
        if self.asked_as_of is None:
            return extent.data_through
        if not extent.first_day <= self.asked_as_of <= extent.data_through:
            raise NotEnoughHistory(
                f"--as-of {self.asked_as_of} was given; the log is complete from {extent.first_day} through "
                f"{extent.data_through}: give a day in between, or bring newer data."
            )
        return self.asked_as_of

    @property
    def timeline(self) -> TimeLine:
        """The log's days as if nothing after ``as_of`` were known."""
        return timeline_of(self.warehouse, self.config, self.as_of)


@contextmanager
def open_job(
    config: Config,
    command: str,
    now: datetime,
    as_of: date | None = None,
    retrain: bool = False,
    progress: Progress | None = None,
) -> Iterator[Job]:
    """A job on the config's warehouse with its own row in `runs`; closed at the end whatever happens."""
    place = config.warehouse
    with open_url(place.url, config.path.parent, place.memory_limit, place.threads) as warehouse:
        job = Job(config, warehouse, now, as_of, retrain, progress or Progress())
        run_id = f"{now.astimezone(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"
        _record(job, command, run_id, "running")
        try:
            yield job
        except BaseException:
            with suppress(FancareError):  # the reason to stop matters, not that it could not be noted
                _record(job, command, run_id, "failed")
            raise
        _record(job, command, run_id, "done")


def _record(job: Job, command: str, run_id: str, status: str) -> None:
    """Write the run's row, or write it anew with how it ended."""
    job.warehouse.create(RUNS)
    first, through = None, None
    if status == "done" and job.warehouse.has_table("activity_daily"):
        extent = job.extent
        first, through = extent.first_day, extent.data_through
    row = {
        "run_id": run_id,
        "command": command,
        "started_at": job.now.astimezone(UTC).replace(tzinfo=None),
        "finished_at": None if status == "running" else datetime.now(UTC).replace(tzinfo=None),
        "status": status,
        "code_version": fancare.__version__,
        "spec_hash": job.config.spec_hash,
        "data_from": first,
        "data_through": through,
        "detail": json.dumps(job.told, ensure_ascii=False),
    }
    names = ", ".join(f"${name} AS {name}" for name in row)
    with job.warehouse.transaction():
        job.warehouse.raw("DELETE FROM runs WHERE run_id = $run_id", {"run_id": run_id})
        job.warehouse.raw(f"INSERT INTO runs BY NAME SELECT {names}", row)
