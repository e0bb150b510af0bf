"""A platform of a few weeks whose log says when events arrived, some of them days late, with a model made in a second.

For what takes the whole way from the log to a version, and again for each mistake that is put into it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from fancare.churn.bundle import Bundle
from fancare.churn.certification import Certification
from fancare.churn.model import fit_at_origin
from fancare.config import Config, load
from fancare.events.daily import rebuild_days
from fancare.events.extent import log_extent, timeline_of
from fancare.events.ingest import ingest
from fancare.panel.build import build, plan
from fancare.panel.gate import read_panel
from fancare.warehouse.duckdb_engine import Warehouse, open_url
from tests.small_log import write_parquet

DAYS, NOW = 66, datetime(2026, 6, 6, 6, tzinfo=UTC)
CONFIG = """
[platform]
timezone = "Asia/Seoul"
[warehouse]
url = "duckdb:///fancare.duckdb"
[source]
kind = "parquet"
path = "log.parquet"
late_days = 2
[source.columns]
event_time = "ts"
event_name = "event"
creator_id = "creator"
fan_id = "fan"
event_id = "id"
arrived_at = "arrived"
[events]
creator_acts = ["broadcast"]
creator_activity = ["broadcast"]
fan_activity = ["message"]
[churn]
entity = "creator"
horizons = [7]
model = "brief.toml"
[registry]
url = "registry"
"""
MODEL = """
name = "brief"
entity = "creator"
[train]
calibration_weeks = 2
[tabnet]
seeds = [0]
epochs = 1
min_updates = 1
[prune]
max_features = 0
[teacher]
label_weight = 1.0
[bands]
horizon = 7
[backtest]
folds = 1
test_weeks = 1
bootstrap = 20
"""


@dataclass(frozen=True)
class Version:
    """A platform's tables with the version made of them, and how it is certified."""

    warehouse: Warehouse
    config: Config
    bundle: Bundle
    certification: Certification


def write_platform(folder: Path, says_arrival: bool = True) -> Path:
    """Log, model spec and configuration; returns the configuration's path."""
    rows = list(_rows())
    write_parquet(folder / "log.parquet", rows if says_arrival else [row | {"arrived": row["ts"]} for row in rows])
    config = CONFIG if says_arrival else CONFIG.replace('arrived_at = "arrived"\n', "")
    (folder / "brief.toml").write_text(MODEL, encoding="utf-8")
    (folder / "fancare.toml").write_text(config, encoding="utf-8")
    return folder / "fancare.toml"


def bring_in(path: Path) -> None:
    """The log into the configuration's warehouse."""
    with _opened(load(path)) as warehouse:
        ingest(warehouse, load(path), NOW)


@contextmanager
def version_of(path: Path, folder: Path) -> Iterator[Version]:
    """A version made in a copy of the platform by the code as it is now: daily activity, features, panel, model."""
    shutil.copytree(path.parent, folder, dirs_exist_ok=True)
    config = load(folder / path.name)
    with _opened(config) as warehouse:
        days = tuple(day for (day,) in warehouse.rows("SELECT DISTINCT activity_date FROM events ORDER BY 1"))
        rebuild_days(warehouse, config, days)
        origin = log_extent(warehouse, config).data_through
        timeline = timeline_of(warehouse, config, origin)
        build(warehouse, config, timeline.weekly_as_ofs(), origin)
        features = plan(warehouse, config, origin).features
        panel = read_panel(warehouse, config, timeline.weekly_as_ofs(), features)
        split = timeline.split_at(origin, config.model.train.calibration_weeks)
        bundle = Bundle.of(fit_at_origin(panel, split, config.model), features, config, timeline.first_day, split.cut)
        yield Version(warehouse, config, bundle, Certification.of(warehouse, config, bundle, timeline))


def _opened(config: Config) -> Warehouse:
    return open_url(config.warehouse.url, config.path.parent, "500MB", 1)


def _rows() -> Iterator[dict]:
    """Creators who broadcast for some weeks, each with a rhythm and fans of its own; a tenth arrives up to nine days late."""
    rng = np.random.default_rng(8)
    for number in range(24):
        stop, every = int(rng.integers(20, 2 * DAYS)), 1 + number % 4
        for n in range(number % every, min(stop, DAYS), every):
            at = datetime(2026, 4, 1, 1) + timedelta(n, minutes=int(rng.integers(600)))
            for event, fan in (("broadcast", f"c{number}"), ("message", f"f{int(rng.integers(40))}")):
                late = int(rng.integers(1, 10)) if rng.random() < 0.1 else 0
                arrived = at + timedelta(late, minutes=5)
                if arrived >= NOW.replace(tzinfo=None):  # not here yet
                    continue
                yield {"ts": at, "event": event, "creator": f"c{number}", "fan": fan, "id": f"{number}/{n}/{event}",
                       "arrived": arrived}  # fmt: skip
