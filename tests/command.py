"""The command line as a user meets it: what it printed where, and how it ended."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from fancare import cli

FANCARE = Path(sys.executable).with_name("fancare")


@dataclass(frozen=True)
class Done:
    """One finished command."""

    code: int
    out: str
    err: str

    @property
    def sentence(self) -> str:
        """The one sentence on stderr; there must be exactly one, on its last line, and no traceback."""
        assert "Traceback" not in self.err, self.err
        lines = self.err.splitlines()
        assert [line.startswith("fancare: ") for line in lines] == [*[False] * (len(lines) - 1), True], self.err
        return lines[-1].removeprefix("fancare: ")


def fancare(*arguments: object, cwd: Path | None = None, **more: object) -> Done:
    """The installed `fancare` in a process of its own; ``more`` goes to `subprocess.run`."""
    words = [FANCARE, *map(str, arguments)]
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, stdin=subprocess.DEVNULL, **more)  # type: ignore[call-overload]
    return Done(done.returncode, done.stdout, done.stderr)


def in_process(*arguments: object) -> Done:
    """`fancare`'s main() in this process: what is imported once need not be again."""
    out, err = io.StringIO(), io.StringIO()
    words = ["fancare", *map(str, arguments)]
    with mock.patch.object(sys, "argv", words), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            cli.main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
    return Done(code, out.getvalue(), err.getvalue())
