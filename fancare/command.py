"""What every command shares: its options, and the job it opens and closes with what was done and where it lies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fancare.errors import FancareError, one_line
from fancare.progress import for_terminal

if TYPE_CHECKING:
    from fancare.job import Job


def day(text: str) -> date:
    """An option's day; a usage error where it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a day; give one such as 2026-06-30.") from None


def moment(text: str) -> datetime:
    """An option's time, UTC where it carries no zone; a usage error where it is none."""
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a time; give one such as 2026-06-30T09:00:00+09:00.") from None
    return given if given.tzinfo else given.replace(tzinfo=UTC)


ConfigOption = Annotated[Path, typer.Option("--config", "-c", help="The configuration (TOML).")]
AsOf = Annotated[
    date | None,
    typer.Option(
        parser=day, metavar="DATE", help="Run as if nothing after this day were known. Default: the last complete day."
    ),
]
Now = Annotated[
    datetime | None,
    typer.Option(
        parser=moment,
        metavar="TIME",
        help="Take this as the present; later events are quarantined. Default: the clock.",
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, only the summary.")]
DEFAULT_CONFIG = Path("fancare.toml")


@contextmanager
def open_command(
    command: str,
    config: Path,
    quiet: bool,
    as_of: date | None = None,
    now: datetime | None = None,
    retrain: bool = False,
) -> Iterator[Job]:
    """The job of one command; what its stages have to say is printed at the end, also when one of them stopped it."""
    from fancare.config import load
    from fancare.job import open_job

    loaded = load(config)
    with open_job(loaded, command, now or datetime.now(UTC), as_of, retrain, for_terminal(quiet)) as job:
        try:
            yield job
        except FancareError:
            _tell(job)
            raise
    _tell(job)


def _tell(job: Job) -> None:
    for stage, lines in job.told.items():
        if lines:
            print("\n".join([f"{stage}:", *(f"  {_indent(line)}{one_line(line)}" for line in lines)]))
    if job.results:
        print("results:")
        for what, where in job.results.items():
            print(f"  {what:<12} {where}")


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" "))]
