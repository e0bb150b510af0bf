"""`fancare init` on whole logs: a simulated one, and real ones where they are at hand."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from fancare.config import load
from fancare.events.simulator.simulate import simulate
from fancare.events.simulator.world import CREATOR_ACTS
from fancare.events.sniff import write_config
from tests.real_logs import REAL_LOGS

NOW = datetime(2026, 11, 24, tzinfo=UTC)

REAL = [
    # file                        kind               creator       amount    activity                       entity
    ("tips.parquet",              "parquet",         "creator_id", "amount", ("tip",),                      "creator"),
    ("rooms.parquet",             "parquet",         "creator_id", None,     ("message",),                  "creator"),
    ("tv_chat.parquet",           "parquet",         "creator_id", None,     ("message",),                  "fan"),
    ("mixpanel_sample.ndjson.gz", "mixpanel-export", "creator_id", "amount", ("message_send", "donation"),  "creator"),
]  # fmt: skip


@pytest.mark.real_data
@pytest.mark.parametrize(("file", "kind", "creator", "amount", "activity", "entity"), REAL)
def test_a_real_log_gives_a_config_that_loads(tmp_path, file, kind, creator, amount, activity, entity):
    if not (REAL_LOGS / file).exists():
        pytest.skip(f"{file} is not part of the repository")
    report = write_config(REAL_LOGS / file, tmp_path / "fancare.toml", NOW)
    config = load(tmp_path / "fancare.toml")
    assert report.problem is None
    assert config.source.kind == kind
    assert (config.source.columns.creator_id, config.source.columns.amount) == (creator, amount)
    assert config.events.fan_activity == activity
    assert config.churn.entity == entity


def test_a_simulated_log_is_understood(tmp_path):
    simulate("lively", seed=1, out=tmp_path / "log", creators=60, days=40, end=date(2026, 6, 30))
    write_config(tmp_path / "log", tmp_path / "fancare.toml", NOW)
    config = load(tmp_path / "fancare.toml")
    assert config.platform.timezone == "Asia/Seoul"
    assert set(config.events.creator_acts) == set(CREATOR_ACTS)
    assert set(config.events.creator_activity) == set(CREATOR_ACTS)
    assert set(config.events.fan_activity) == {"message", "donation"}
    assert config.events.revenue == ("donation",)
    assert config.source.columns.creator_id == "creator_id"
