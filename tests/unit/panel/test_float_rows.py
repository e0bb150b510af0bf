"""Rows in a file behave like rows in memory, leave nothing behind, and cost the process only what it just touched."""

from __future__ import annotations

import resource
import subprocess
import sys

import numpy as np
import pytest

from fancare.panel import float_rows
from fancare.panel.float_rows import blocks, is_mapped, release, taken


@pytest.fixture
def mapped(monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(float_rows, "MAPPED_FROM_BYTES", 1)
    X = float_rows.float_rows(100, 3)
    X[:] = np.arange(300).reshape(100, 3)
    return X


def test_small_rows_stay_in_memory():
    X = float_rows.float_rows(10, 3)
    assert not is_mapped(X)
    assert (X == 0).all()
    release(X)


def test_what_was_written_survives_its_release(mapped):
    assert is_mapped(mapped)
    assert is_mapped(mapped[3:7])
    assert not is_mapped(mapped[[3, 7]])
    release(mapped)
    assert (mapped == np.arange(300).reshape(100, 3)).all()


def test_the_file_has_no_name(mapped, tmp_path):
    assert list(tmp_path.iterdir()) == []


def test_taken_rows_and_columns_are_those_of_the_array(mapped):
    index, columns = np.array([99, 0, 7, 7]), np.array([2, 0])
    assert (taken(mapped, index, columns) == np.asarray(mapped)[index[:, None], columns]).all()
    assert taken(mapped, index[:0], columns).shape == (0, 2)


def test_blocks_cover_all_rows_once():
    assert [list(range(n))[part] for n in (0, 1) for part in blocks(n, 2)] == [[0]]
    assert sorted(i for part in blocks(1001, 17) for i in range(1001)[part]) == list(range(1001))


def test_walking_over_a_file_holds_no_more_than_a_block():
    """Peak memory of another process, in kilobytes, with twice the rows: the same."""
    code = """
import resource, sys
from fancare.panel import float_rows
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
X = float_rows.float_rows(int(sys.argv[1]), 100)
for part in float_rows.blocks(len(X)):
    X[part] = 1
    float_rows.release(X)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    assert resource.getpagesize() <= 65_536
    grown = [
        int(subprocess.run([sys.executable, "-c", code, str(n)], capture_output=True, text=True, check=True).stdout)
        for n in (700_000, 1_400_000)
    ]
    assert max(grown) < 40_000  # of 280 and 560 MB
