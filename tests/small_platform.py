"""A platform small enough to train on in seconds, whose creators a model can tell apart and the recency rule cannot.

Weekly creators are silent for six days at a time and come back; daily ones stop for good one day, and new ones take
their place. So a short silence means much for the one and nothing for the other: own rhythm decides.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

FIRST_DAY = date(2026, 1, 1)
LAST_DAY = date(2026, 6, 30)
NOW = datetime(2026, 7, 1, 6, tzinfo=UTC)

CONFIG = """
[platform]
timezone = "UTC"
[warehouse]
url = "duckdb:///warehouse/fancare.duckdb"
[source]
kind = "parquet"
path = "log/*.parquet"
[source.columns]
event_time = "ts"
event_name = "event"
creator_id = "creator"
fan_id = "fan"
amount = "amount"
event_id = "id"
[events]
creator_acts = ["broadcast"]
creator_activity = ["broadcast"]
fan_activity = ["message", "donation"]
revenue = ["donation"]
[churn]
entity = "creator"
model = "quick.toml"
[registry]
url = "registry"
[ops]
capacity = 5
output = "results"
"""

MODEL = """
name = "quick"
entity = "creator"
[train]
calibration_weeks = 2
[tabnet]
seeds = [0]
epochs = 8
min_updates = 80
[backtest]
folds = 1
test_weeks = 4
bootstrap = 40
"""


def write_platform(folder: Path, last_day: date = LAST_DAY) -> Path:
    """The log through ``last_day``, a month a file, with its configuration; returns the configuration's path."""
    (folder / "log").mkdir(parents=True, exist_ok=True)
    rows = [row for row in rows_of_the_log() if row["ts"].date() <= last_day]
    for month in sorted({row["ts"].month for row in rows}):
        write_log(folder / "log" / f"2026-{month:02d}.parquet", [row for row in rows if row["ts"].month == month])
    (folder / "quick.toml").write_text(MODEL, encoding="utf-8")
    (folder / "fancare.toml").write_text(CONFIG, encoding="utf-8")
    return folder / "fancare.toml"


def write_log(path: Path, rows: list[dict]) -> Path:
    """Rows (ts, event, creator, fan, amount, id) as one parquet file of the log."""
    kinds = [("ts", pa.timestamp("us")), ("event", pa.string()), ("creator", pa.string()), ("fan", pa.string()),
             ("amount", pa.float64()), ("id", pa.string())]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows, pa.schema(kinds)), path)
    return path


def rows_of_the_log() -> list[dict]:
    """Every row of the log: (ts, event, creator, fan, amount, id), the id being ``creator/day/number``."""
    rng = np.random.default_rng(5)
    days = (LAST_DAY - FIRST_DAY).days + 1
    rows: list[dict] = []
    for number in range(24):  # weekly, for good
        rows += _creator(rng, f"weekly{number:02d}", range(number % 7, days, 7))
    for seat in range(24):  # daily; a seat is taken again a week after its creator stopped
        start, life = 0, 0
        while start < days:
            stop = min(start + 10 + int(rng.exponential(45)), days)
            rows += _creator(rng, f"daily{seat:02d}-{life}", range(start, stop))
            start, life = stop + 7, life + 1
    return rows


def _creator(rng: np.random.Generator, creator: str, active: range) -> list[dict]:
    rows = []
    for day in active:
        morning = datetime.combine(FIRST_DAY + timedelta(day), datetime.min.time()) + timedelta(hours=9)
        acts = [("broadcast", None, None)]
        for fan in rng.choice(30, size=2, replace=False):
            gives = rng.random() < 0.3
            acts.append(("donation" if gives else "message", f"fan{fan:02d}", 1000.0 if gives else None))
        for n, (event, fan, amount) in enumerate(acts):
            rows.append({
                "ts": morning + timedelta(minutes=n), "event": event, "creator": creator, "fan": fan or creator,
                "amount": amount, "id": f"{creator}/{day}/{n}",
            })  # fmt: skip
    return rows
