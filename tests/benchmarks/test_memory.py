"""A million rows of 150 features fit a small worker: peak memory of whole processes that train on them and score them."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

LIMIT_MB = {"train": 1_500, "score": 1_000}


@pytest.mark.benchmark
@pytest.mark.parametrize("what", LIMIT_MB)
def test_a_million_rows_fit(what, capsys):
    command = [sys.executable, "-m", "tests.benchmarks.large_panel", what]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    with capsys.disabled():
        rows, cpu = f"{found['rows']:,} rows × {found['features']}", f"{found['cpu_seconds']:.0f} CPU s"
        print(f"\n{what}: {rows}, peak {found['peak_mb']:,.0f} MB, {cpu}")
    assert found["peak_mb"] <= LIMIT_MB[what]
