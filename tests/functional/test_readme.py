"""The README's shell blocks run as they stand, in a folder that holds an event log and nothing else."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_bring_your_own_log_runs_line_by_line(tmp_path):
    fancare = Path(sys.executable).with_name("fancare")
    simulated = [fancare, "simulate", "platform", "--world", "lively", "--seed", "3", "--creators", "60", "--days", "240"]
    subprocess.run(simulated, cwd=tmp_path, check=True, capture_output=True)
    (tmp_path / "events").mkdir()
    for part in (tmp_path / "platform" / "log").glob("*.jsonl.gz"):
        part.rename(tmp_path / "events" / part.name)
    environment = os.environ | {"PATH": f"{fancare.parent}:{os.environ['PATH']}", "EDITOR": "true"}

    for line in block_that_contains("fancare init"):
        done = subprocess.run(
            ["bash", "-ec", line], cwd=tmp_path, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"

    assert (tmp_path / "backtest.json").exists()
    assert list((tmp_path / "out").glob("*.html"))
    assert list((tmp_path / "out").glob("*.csv"))


def block_that_contains(text: str) -> list[str]:
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```bash\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    (block,) = (block for block in blocks if text in block)
    return [line for line in block.splitlines() if shlex.split(line, comments=True)]
