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
"""

from __future__ import annotations


class FancareError(Exception):
    """A reason to stop that the user can act on; ``exit_code`` is the process's."""

    exit_code = 1


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
