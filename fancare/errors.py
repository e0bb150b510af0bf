"""Every way fancare stops on purpose: one class per reason, each with the exit code an operator can branch on.

A message is one sentence that says what was given, what is needed and what to do next. The command line prints it
without a traceback.

| code | class | reason |
|---|---|---|
| 10 | `ConfigError` | configuration (a missing file too) |
| 11 | `DataQualityError` | unreadable or malformed input, or a red quality check |
| 12 | `NotEnoughHistory` | not enough mature data for the step |
| 13 | `Refused` | a promotion or a score refused; the last good one stays |
| 14 | `WarehouseError` | warehouse or registry |

Whatever else stops a command is put into such words by `reason`: a full disk, no memory, a defect of fancare itself (1).
"""

from __future__ import annotations

import errno
import traceback
from pathlib import Path


class FancareError(Exception):
    """A reason to stop that the user can act on; ``exit_code`` is the process's."""

    exit_code = 1

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows instead of a traceback (IPython asks for this name): the sentence alone."""
        return [f"fancare: {self}"]


class ConfigError(FancareError):
    """The configuration, or a file it names, is missing or wrong."""

    exit_code = 10


class DataQualityError(FancareError):
    """The input cannot be read, is malformed beyond the limit, or a check on it is red."""

    exit_code = 11


class NotEnoughHistory(FancareError):
    """The step needs labels that are not mature yet; the message says which date will do."""

    exit_code = 12


class Refused(FancareError):
    """A model or a score did not pass its gate; whatever was good before still stands."""

    exit_code = 13


class WarehouseError(FancareError):
    """The warehouse or the registry cannot be opened, read or written."""

    exit_code = 14


# what a command may meet in a path that the user gave; any other OSError is the machine's (a full or broken disk)
_IN_A_PATH = frozenset(
    {errno.ENOENT, errno.EACCES, errno.EPERM, errno.EISDIR, errno.ENOTDIR, errno.EEXIST, errno.ENAMETOOLONG, errno.ELOOP}
)


def reason(error: BaseException) -> FancareError:
    """Any exception as a reason to stop: its own sentence, or one about the disk, the memory, or a defect of fancare.

    >>> stop = reason(OSError(28, "No space left on device", "/data/report.html"))
    >>> print(stop.exit_code, stop)
    14 /data/report.html cannot be written or read (No space left on device); check the disk's space, then run again.
    """
    if isinstance(error, FancareError):
        return error
    if isinstance(error, OSError):
        what = f"{error.filename or 'A file'} cannot be written or read ({error.strerror or error})"
        if error.errno in _IN_A_PATH:
            return ConfigError(f"{what}; check the path and its permissions, then run again.")
        return WarehouseError(f"{what}; check the disk's space, then run again.")
    if isinstance(error, MemoryError) or "out of memory" in str(error) or "can't allocate memory" in str(error):
        return WarehouseError(
            "Memory ran out; end other programs, lower [warehouse] memory_limit or the model's [train] max_rows, then run again."
        )
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return FancareError(
        f"A defect of fancare stopped this command ({type(error).__name__}{where}: {error}); what was finished is kept: run "
        f"it again with FANCARE_TRACEBACK=1 and report what that shows."
    )


def one_line(text: str) -> str:
    """``text`` as one line that a terminal shows as it is, whatever names from data it holds.

    >>> one_line("no event 'a\\nb\\x1b[31m'")
    "no event 'a b\ufffd[31m'"
    """
    return "".join(char if char.isprintable() else "\ufffd" for char in " ".join(text.split()))
