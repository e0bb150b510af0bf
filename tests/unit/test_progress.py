"""Progress: lines where nobody watches, bars at a terminal, nothing when quiet; the work is the same."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys

import pytest

from fancare.progress import Bars, Lines, Progress, for_terminal


def work(progress: Progress, total: int | None = 3) -> int:
    progress.say("begin")
    with progress.task("counting", total) as task:
        for n in range(3):
            task.advance(note=f"at {n}")
    return task.done


def test_lines_tell_of_the_end_and_of_the_way_now_and_then():
    stream = io.StringIO()
    assert work(Lines(stream, every_seconds=0)) == 3
    assert stream.getvalue().splitlines()[:4] == [
        "begin", "  counting: 1 of 3 · at 0", "  counting: 2 of 3 · at 1", "  counting: 3 of 3 · at 2"
    ]  # fmt: skip
    assert stream.getvalue().splitlines()[4].startswith("  counting: done in 0.")


def test_lines_are_few_and_large_numbers_are_grouped():
    stream = io.StringIO()
    assert work(Lines(stream, every_seconds=60)) == 3
    assert len(stream.getvalue().splitlines()) == 2
    with Lines(stream, every_seconds=0).task("bytes") as task:
        task.advance(1_234_567)
    assert "  bytes: 1,234,567\n" in stream.getvalue()


def test_quiet_shows_nothing(capsys):
    assert work(Progress()) == 3
    assert work(for_terminal(quiet=True)) == 3
    assert capsys.readouterr() == ("", "")


def test_away_from_a_terminal_there_are_lines_on_stderr(capsys):
    assert isinstance(for_terminal(), Lines)
    assert work(for_terminal()) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert "counting: done in" in err


@pytest.mark.parametrize("progress", [Progress(), Lines(io.StringIO())])
def test_an_error_inside_is_not_swallowed(progress):
    with pytest.raises(KeyError), progress.task("failing"):
        raise KeyError


def test_bars_keep_count(capsys):
    assert work(Bars()) == 3
    assert work(Bars(), total=None) == 3


def test_a_terminal_shows_bars_and_names_are_not_markup():
    script = (
        "from fancare.progress import Bars, for_terminal\n"
        "p = for_terminal()\n"
        "assert isinstance(p, Bars)\n"
        "p.say('[red]a name[/red]')\n"
        "with p.task('counting [b]', 4) as task:\n"
        "    for n in range(4): task.advance(note='[i]')\n"
    )
    ours, theirs = pty.openpty()
    done = subprocess.run([sys.executable, "-c", script], stderr=theirs, env={**os.environ, "TERM": "xterm", "COLUMNS": "100"})
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert done.returncode == 0
    assert "[red]a name[/red]" in shown
    assert "4/4" in shown
