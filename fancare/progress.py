"""Progress on long work: a bar at a terminal, plain lines elsewhere, nothing when quiet."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO


class Task:
    """One piece of long work; call ``advance`` as it goes."""

    def __init__(self, title: str, total: int | None) -> None:
        self.title, self.total, self.done = title, total, 0

    def advance(self, by: int = 1, note: str = "") -> None:
        self.done += by


class Progress:
    """The quiet one: accepts everything, shows nothing. Library calls default to it."""

    @contextmanager
    def task(self, title: str, total: int | None = None) -> Iterator[Task]:
        """A piece of work of ``total`` units (None: unknown)."""
        yield Task(title, total)

    def say(self, line: str) -> None:
        """One line of news."""


class _LineTask(Task):
    def __init__(self, title: str, total: int | None, stream: TextIO, every_seconds: float) -> None:
        super().__init__(title, total)
        self._stream, self._every, self._last = stream, every_seconds, time.monotonic()

    def advance(self, by: int = 1, note: str = "") -> None:
        super().advance(by)
        now = time.monotonic()
        if now - self._last >= self._every:
            self._last = now
            share = f"{self.done:,} of {self.total:,}" if self.total else f"{self.done:,}"
            print(f"  {self.title}: {share}{' · ' + note if note else ''}", file=self._stream, flush=True)


class Lines(Progress):
    """Plain lines: one when work starts, one every few seconds, one with the time it took."""

    def __init__(self, stream: TextIO | None = None, every_seconds: float = 10.0) -> None:
        self._stream, self._every = stream or sys.stderr, every_seconds

    @contextmanager
    def task(self, title: str, total: int | None = None) -> Iterator[Task]:
        started = time.monotonic()
        task = _LineTask(title, total, self._stream, self._every)
        yield task
        print(f"  {title}: done in {time.monotonic() - started:.1f} s", file=self._stream, flush=True)

    def say(self, line: str) -> None:
        print(line, file=self._stream, flush=True)


class Bars(Progress):
    """Bars with a time estimate, for a person at a terminal."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(stderr=True)

    @contextmanager
    def task(self, title: str, total: int | None = None) -> Iterator[Task]:
        from rich import progress as bars

        columns = (
            bars.TextColumn("  {task.description}"), bars.BarColumn(), bars.MofNCompleteColumn(),
            bars.TimeElapsedColumn(), bars.TimeRemainingColumn(), bars.TextColumn("{task.fields[note]}"),
        )  # fmt: skip
        with bars.Progress(*columns, console=self._console) as display:
            shown = display.add_task(title, total=total, note="")
            task = Task(title, total)

            def advance(by: int = 1, note: str = "") -> None:
                task.done += by
                display.update(shown, advance=by, note=note)

            task.advance = advance  # type: ignore[method-assign]
            yield task

    def say(self, line: str) -> None:
        self._console.print(line, markup=False, highlight=False)


def for_terminal(quiet: bool = False) -> Progress:
    """Bars where stderr is a terminal, plain lines elsewhere, silence when ``quiet``."""
    if quiet:
        return Progress()
    return Bars() if sys.stderr.isatty() else Lines()
