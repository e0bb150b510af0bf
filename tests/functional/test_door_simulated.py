"""The front door on a simulated platform, where it is known what really happened."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from fancare import config
from fancare.events.simulator.report import SimulationReport
from fancare.events.simulator.settings import write_settings
from fancare.events.simulator.simulate import simulate
from fancare.warehouse.duckdb_engine import Warehouse
from tests.small_log import NOW, bring_in


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> SimulationReport:
    return simulate("lively", 3, tmp_path_factory.mktemp("platform") / "log", creators=25, days=60)


@pytest.fixture(scope="module")
def warehouse(simulated: SimulationReport):
    settings = config.load(write_settings(simulated.truth.parent.parent))
    with Warehouse.in_memory() as made:
        report = bring_in(made, settings, NOW)
        assert sum(file.n_rows for file in report.files) == simulated.lines
        yield made


def test_every_event_is_there_once(simulated: SimulationReport, warehouse: Warehouse) -> None:
    counted = dict(warehouse.rows("SELECT event_name, COUNT(*) FROM events GROUP BY event_name"))
    assert counted == simulated.counts
    assert warehouse.value("SELECT SUM(n_events) FROM activity_daily WHERE known_until IS NULL") == sum(
        counted.values()
    )


def test_devices_belong_to_whom_they_really_belong(simulated: SimulationReport, warehouse: Warehouse) -> None:
    truth = pq.read_table(simulated.truth_devices).to_pylist()
    owner = {f"$device:{row['device_id']}": row["user_id"] for row in truth}
    links = dict(warehouse.rows("SELECT alias_id, canonical_id FROM identity_links"))
    assert links
    assert all(owner[alias] == person for alias, person in links.items())
    loose = {fan for (fan,) in warehouse.rows("SELECT DISTINCT fan_id FROM events WHERE STARTS_WITH(fan_id, '$device:')")}
    assert not loose & set(links)
    assert loose <= set(owner)


def test_creators_acts_are_theirs_on_the_day_they_did_them(simulated: SimulationReport, warehouse: Warehouse) -> None:
    settled = simulated.last_day - timedelta(4)  # what happened later may not have arrived
    truth = {
        (row["creator_id"], row["day"]): tuple(row[name] for name in ("creator_message", "broadcast", "photo_post"))
        for row in pq.read_table(simulated.truth_days).to_pylist()
        if row["day"] <= settled and row["creator_message"] + row["broadcast"] + row["photo_post"]
    }
    counted = warehouse.rows(
        """
        SELECT creator_id, activity_date, SUM(IF(event_name = 'creator_message', n_events, 0)),
          SUM(IF(event_name = 'broadcast', n_events, 0)), SUM(IF(event_name = 'photo_post', n_events, 0))
        FROM activity_daily
        WHERE actor = 'creator' AND known_until IS NULL AND activity_date <= @settled
          AND event_name IN ('creator_message', 'broadcast', 'photo_post')
        GROUP BY creator_id, activity_date
        """,
        {"settled": settled},
    )
    assert {(creator, day): tuple(counts) for creator, day, *counts in counted} == truth


def test_a_creators_visits_are_its_own_and_its_tips_a_fans(warehouse: Warehouse) -> None:
    visits = dict(
        warehouse.rows("SELECT actor, COUNT(*) FROM events WHERE event_name = 'dashboard_visit' GROUP BY actor")
    )
    assert set(visits) == {"creator"}
    assert warehouse.value("SELECT COUNT(*) FROM events WHERE event_name = 'donation' AND actor != 'fan'") == 0


def test_the_export_in_pieces_over_weeks_gives_the_same(
    simulated: SimulationReport, warehouse: Warehouse, tmp_path: Path
) -> None:
    settings = config.load(write_settings(tmp_path))
    (tmp_path / "log").mkdir()
    with Warehouse.in_memory() as other:
        for file in reversed(simulated.files):
            (tmp_path / "log" / file.name).write_bytes(file.read_bytes())
            bring_in(other, settings, NOW)
        for table in ("events", "activity_daily", "identity_links", "creators"):
            both = [sorted(each.rows(f"SELECT * FROM {table}"), key=str) for each in (warehouse, other)]
            assert both[0] == both[1], table
