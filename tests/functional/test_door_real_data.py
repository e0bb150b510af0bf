"""The front door on real logs that are not part of the repository: counts that were taken from the files themselves."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from fancare.events.extent import LogExtent, log_extent
from fancare.warehouse.duckdb_engine import Warehouse
from tests.real_logs import REAL_LOGS
from tests.small_log import PARQUET, bring_in, write_config

NOW = datetime(2026, 11, 24, tzinfo=UTC)
COLUMNS = PARQUET.replace('"creator"', '"creator_id"').replace('"fan"', '"fan_id"')

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not REAL_LOGS.is_dir(), reason="the real logs are not here"),
]


def settings(folder: Path, name: str, source: str, timezone: str):
    return write_config(folder, source.replace('"log"', f'"{REAL_LOGS / name}"'), timezone)


def test_tips(tmp_path: Path) -> None:
    config = settings(tmp_path, "tips.parquet", COLUMNS, "UTC")
    with Warehouse.in_memory() as warehouse:
        report = bring_in(warehouse, config, NOW)
        assert (report.n_events_total, len(report.changed_days)) == (119_969, 211)
        assert log_extent(warehouse, config) == LogExtent(
            date(2023, 11, 7), date(2024, 6, 4), date(2024, 6, 3), date(2024, 6, 3)
        )
        ((n, amount),) = warehouse.rows(
            "SELECT SUM(n_events), SUM(amount_sum) FROM activity_daily WHERE known_until IS NULL"
        )
        assert (n, round(amount)) == (119_969, 453_128)
        assert bring_in(warehouse, config, NOW).is_noop


def test_rooms_have_system_rows_and_ids_as_floats(tmp_path: Path) -> None:
    config = settings(tmp_path, "rooms.parquet", COLUMNS.replace('amount = "amount"\n', ""), "UTC")
    with Warehouse.in_memory() as warehouse:
        file = bring_in(warehouse, config, NOW).files[0]
        assert (file.n_rows, file.n_events, file.n_no_actor) == (211_038, 211_034, 4)
        assert warehouse.value("SELECT COUNT(DISTINCT actor_id) FROM events") == 7_502
        assert warehouse.value("SELECT COUNT(*) FROM events WHERE actor_id LIKE '%.%'") == 0


def test_mixpanel_sample(tmp_path: Path) -> None:
    source = f'kind = "mixpanel-export"\npath = "{REAL_LOGS / "mixpanel_sample.ndjson.gz"}"\n[source.columns]\n'
    config = write_config(tmp_path, source + 'creator_id = "creator_id"\namount = "amount"\n', "UTC")
    with Warehouse.in_memory() as warehouse:
        report = bring_in(warehouse, config, NOW)
        file = report.files[0]
        assert (file.n_rows, file.n_events, file.n_dead, file.n_quarantined, file.n_surrogate_ids) == (
            20_001,
            20_001,
            0,
            0,
            0,
        )
        assert report.links_learned > 0
        assert warehouse.value("SELECT SUM(n_events) FROM activity_daily WHERE known_until IS NULL") == 20_001
        counts = dict(warehouse.rows("SELECT event_name, COUNT(*) FROM events GROUP BY 1"))
        assert counts == {"room_enter": 11_553, "message_send": 7_764, "donation": 375, "signup": 309}
