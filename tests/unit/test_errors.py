"""Whatever stops a command becomes a reason with an exit code, in one line that a terminal can show."""

from __future__ import annotations

import errno

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fancare.errors import (
    ConfigError,
    DataQualityError,
    FancareError,
    NotEnoughHistory,
    Refused,
    WarehouseError,
    one_line,
    reason,
)


def test_exit_codes_are_those_of_the_design():
    classes = (ConfigError, DataQualityError, NotEnoughHistory, Refused, WarehouseError)
    assert [error.exit_code for error in classes] == [10, 11, 12, 13, 14]


@pytest.mark.parametrize("kind", FancareError.__subclasses__())
def test_a_reason_of_our_own_is_left_as_it_is(kind):
    error = kind("said so")
    assert reason(error) is error


@pytest.mark.parametrize(
    ("number", "kind"),
    [(errno.ENOENT, ConfigError), (errno.EACCES, ConfigError), (errno.EISDIR, ConfigError), (errno.ENOTDIR, ConfigError),
     (errno.ENOSPC, WarehouseError), (errno.EDQUOT, WarehouseError), (errno.EROFS, WarehouseError), (errno.EIO, WarehouseError),
     (errno.EMFILE, WarehouseError)],
)  # fmt: skip
def test_a_path_is_the_users_a_disk_is_the_machines(number, kind):
    stop = reason(OSError(number, "what the system says", "/a/path"))
    assert type(stop) is kind
    assert str(stop).startswith("/a/path cannot be written or read (what the system says); check the ")


def test_an_error_without_a_path():
    assert str(reason(OSError("odd"))) == "A file cannot be written or read (odd); check the disk's space, then run again."


@pytest.mark.parametrize("said", [None, "CUDA out of memory. Tried to allocate", "DefaultCPUAllocator: can't allocate memory"])
def test_memory(said):
    stop = reason(MemoryError() if said is None else RuntimeError(said))
    assert stop.exit_code == 14
    assert "lower [warehouse] memory_limit" in str(stop)


def test_anything_else_is_a_defect_and_says_where():
    try:
        {}["missing"]
    except KeyError as error:
        stop = reason(error)
    assert stop.exit_code == 1
    assert str(stop).startswith("A defect of fancare stopped this command (KeyError at test_errors.py:")
    assert "FANCARE_TRACEBACK=1" in str(stop)


@given(st.text())
def test_one_line_is_one_line_that_can_be_printed(text):
    line = one_line(text)
    assert line.isprintable()
    assert len(line.splitlines()) <= 1
    assert one_line(line) == line
