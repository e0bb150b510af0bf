"""What cohort, labels and features cost, beside one bare `GROUP BY entity, day` scan of the same file in the same run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import duckdb
import pytest

from tests.real_logs import REAL_LOGS

LOG = REAL_LOGS / "tv_chat.parquet"
THREADS = 1
ROUNDS = 3
MEMORY_LIMIT_GB = 2.5

CONFIG = f"""
[platform]
timezone = "Europe/Berlin"
[warehouse]
threads = {THREADS}
[source]
kind = "parquet"
path = "{LOG}"
timezone = "Europe/Berlin"
[source.columns]
event_time = "ts"
event_name = "event"
creator_id = "creator_id"
fan_id = "fan_id"
[events]
fan_activity = ["message"]
[churn]
entity = "fan"
"""


@pytest.mark.benchmark
@pytest.mark.real_data
@pytest.mark.skipif(not LOG.exists(), reason=f"{LOG} is not there")
def test_build_of_a_big_log_fits_a_worker(tmp_path, capsys):
    """Scan and build in turn, so that a machine whose speed drifts slows both; every build starts from the same ingest."""
    (tmp_path / "fancare.toml").write_text(CONFIG, encoding="utf-8")
    ingest = measured("ingest", tmp_path)
    scans, builds = [], []
    for number in range(ROUNDS):
        folder = tmp_path / f"round{number}"
        shutil.copytree(tmp_path / "data", folder / "data")
        shutil.copy(tmp_path / "fancare.toml", folder)
        scans.append(bare_scan())
        builds.append(measured("build", folder))
    rows, as_ofs = built(folder)
    ratios = [build.cpu_seconds / scan.cpu_seconds for scan, build in zip(scans, builds, strict=True)]
    with capsys.disabled():
        print(f"\n{LOG.name}, {THREADS} thread, {ROUNDS} rounds, medians")
        print(f"  bare scan  {scans[0].rows:>12,} entity-days  {told(scans)}")
        print(f"  ingest     {'':>12}              {told([ingest])}  peak {ingest.peak_gb:.2f} GB")
        peak = max(build.peak_gb for build in builds)
        print(f"  build      {rows:>12,} rows         {told(builds)}  peak {peak:.2f} GB  ({as_ofs} as_ofs)")
        print(f"  build ÷ bare scan, CPU: {median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f}); per as_of: "
              f"{median(ratios) / as_ofs:.2f}")  # fmt: skip
    assert rows > 0
    assert max(ingest.peak_gb, *(build.peak_gb for build in builds)) <= MEMORY_LIMIT_GB


@dataclass(frozen=True)
class Cost:
    """What one run took; ``rows`` is what it gave back, where that is counted."""

    wall_seconds: float
    cpu_seconds: float
    peak_gb: float
    rows: int = 0


def told(costs: list[Cost]) -> str:
    wall, cpu = (median(getattr(cost, name) for cost in costs) for name in ("wall_seconds", "cpu_seconds"))
    return f"{wall:7.1f} s  {cpu:7.1f} CPU s"


def bare_scan() -> Cost:
    """The least that any feature build must do: events grouped by entity and day, from the same file."""
    with duckdb.connect(config={"threads": THREADS}) as connection:
        wall, cpu = time.monotonic(), time.process_time()
        sql = "SELECT fan_id, CAST(ts AS DATE), count(*) FROM read_parquet(?) GROUP BY ALL"
        groups = len(connection.sql(sql, params=[str(LOG)]).to_arrow_table())
        return Cost(time.monotonic() - wall, time.process_time() - cpu, 0.0, groups)


def measured(command: str, folder: Path) -> Cost:
    """One command as a process of its own, its start included."""
    started = time.monotonic()
    fancare = Path(sys.executable).with_name("fancare")
    process = subprocess.Popen(
        [fancare, command, "--quiet", "--config", folder / "fancare.toml"], stdout=subprocess.DEVNULL,
        env=os.environ | {"OMP_NUM_THREADS": str(THREADS)},
    )  # fmt: skip
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return Cost(time.monotonic() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1e6)


def built(folder: Path) -> tuple[int, int]:
    with duckdb.connect(str(folder / "data" / "fancare.duckdb"), read_only=True) as connection:
        row = connection.execute("SELECT sum(n_rows), count(*) FROM builds").fetchone()
    assert row is not None
    return int(row[0]), int(row[1])
