"""The front door on a log with faults of which each is known: it finds exactly these, and no event is lost or doubled."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from fancare import config
from fancare.events.extent import log_extent
from fancare.events.quality import check
from fancare.events.simulator.report import SimulationReport
from fancare.events.simulator.settings import write_settings
from fancare.events.simulator.simulate import simulate
from fancare.warehouse.duckdb_engine import Warehouse
from tests.small_log import NOW, bring_in


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> SimulationReport:
    return simulate("messy", 3, tmp_path_factory.mktemp("platform") / "log", creators=40, days=80)


@pytest.fixture(scope="module")
def settings(simulated: SimulationReport) -> config.Config:
    return config.load(write_settings(simulated.truth.parent.parent))


@pytest.fixture(scope="module")
def warehouse(settings: config.Config):
    with Warehouse.in_memory() as made:
        bring_in(made, settings, NOW)
        yield made


@pytest.fixture(scope="module")
def faults(simulated: SimulationReport) -> list[dict]:
    return pq.read_table(simulated.truth_faults).to_pylist()


def lines_with(faults: list[dict], *kinds: str) -> set[tuple[str, int]]:
    return {(row["file"], row["line"]) for row in faults if row["fault"] in kinds}


def lines_in(warehouse: Warehouse, table: str) -> set[tuple[str, int]]:
    return {(Path(path).name, line) for path, line in warehouse.rows(f"SELECT path, line FROM {table}")}


def test_every_kind_of_fault_occurs(faults: list[dict]) -> None:
    kinds = Counter(row["fault"] for row in faults)
    assert set(kinds) == {"doubled", "retried", "resent", "broken", "wrong_clock", "late", "milliseconds", "bot"}
    assert len(faults) == len({(row["file"], row["line"], row["fault"]) for row in faults})


def test_every_event_is_there_once_whatever_happened_on_its_way(
    simulated: SimulationReport, warehouse: Warehouse
) -> None:
    counted = dict(warehouse.rows("SELECT event_name, COUNT(*) FROM events GROUP BY event_name"))
    assert counted == {name: count for name, count in simulated.counts.items() if count}


def test_broken_lines_are_the_dead_letters(faults: list[dict], warehouse: Warehouse) -> None:
    assert lines_in(warehouse, "dead_letters") == lines_with(faults, "broken")


def test_wrong_clocks_are_quarantined(faults: list[dict], warehouse: Warehouse) -> None:
    assert lines_in(warehouse, "quarantine") == lines_with(faults, "wrong_clock")
    assert {reason for (reason,) in warehouse.rows("SELECT reason FROM quarantine")} == {"in the future"}


def test_copies_and_merges_are_counted_by_file(
    simulated: SimulationReport, faults: list[dict], warehouse: Warehouse
) -> None:
    n_duplicates, n_links, n_rows = warehouse.rows(
        "SELECT SUM(n_duplicates + n_identity_duplicates), SUM(n_links), SUM(n_rows) FROM ingested_files"
    )[0]
    assert n_duplicates == len(lines_with(faults, "doubled", "retried", "resent")) == simulated.duplicates
    assert n_links == simulated.merges > 0
    assert n_rows == simulated.lines


def test_late_events_are_those_that_arrived_on_a_later_day(faults: list[dict], warehouse: Warehouse) -> None:
    late = {row["insert_id"] for row in faults if row["fault"] == "late"}
    found = warehouse.rows(
        "SELECT event_id FROM events WHERE DATE(arrived_at, @zone) > activity_date", {"zone": "Asia/Seoul"}
    )
    assert {event_id for (event_id,) in found} == late


def test_times_in_milliseconds_are_read_as_what_they_are(faults: list[dict], warehouse: Warehouse) -> None:
    named = {row["insert_id"] for row in faults if row["fault"] == "milliseconds"}
    assert named
    found = warehouse.rows(
        "SELECT event_id, TIMESTAMP_DIFF(arrived_at, event_time, HOUR) FROM events WHERE event_id IN UNNEST(@ids)",
        {"ids": sorted(named)},
    )
    assert {event_id for event_id, _ in found} == named
    assert all(0 <= hours <= 72 for _, hours in found)


def test_two_accounts_are_one_person_from_the_merge_on(simulated: SimulationReport, warehouse: Warehouse) -> None:
    devices = pq.read_table(simulated.truth_devices).to_pylist()
    settled = warehouse.value("SELECT MAX(arrived_at) FROM events")
    second = {row["user_id"]: row for row in devices if row["user_id"] != row["person_id"]}
    merged = {user: row for user, row in second.items() if row["merged_at"] <= settled}
    assert len(merged) == simulated.merges
    assert len(merged) < len(second)
    links = dict(warehouse.rows("SELECT alias_id, canonical_id FROM identity_links WHERE known_until IS NULL"))
    for user, row in second.items():
        assert links.get(user) == (row["person_id"] if user in merged else None)
    fans = {fan for (fan,) in warehouse.rows("SELECT DISTINCT fan_id FROM events WHERE fan_id IS NOT NULL")}
    assert not fans & set(merged)
    assert fans >= second.keys() - merged.keys()


def test_bots_write_day_and_night_at_one_rate(
    simulated: SimulationReport, faults: list[dict], warehouse: Warehouse
) -> None:
    bots = {row["fan_id"] for row in pq.read_table(simulated.truth_fans).to_pylist() if row["bot"]}
    assert len(bots) == simulated.bots > 0
    written = warehouse.rows(
        "SELECT event_id, fan_id, activity_date, event_name, UNIX_SECONDS(event_time) FROM events WHERE fan_id IN UNNEST(@bots)",
        {"bots": sorted(bots)},
    )
    assert {row[0] for row in written} == {row["insert_id"] for row in faults if row["fault"] == "bot"}
    assert {row[3] for row in written} == {"message"}
    days: dict[tuple, list[int]] = {}
    for _, fan, day, _, second in written:
        days.setdefault((fan, day), []).append(second)
    for seconds in days.values():
        gaps = [b - a for a, b in zip(sorted(seconds), sorted(seconds)[1:], strict=False)]
        assert max(gaps) - min(gaps) <= 1  # whole seconds


def test_such_a_log_is_not_red(settings: config.Config, warehouse: Warehouse) -> None:
    assert "red" not in {finding.verdict for finding in check(warehouse, settings, log_extent(warehouse, settings), NOW).checks}
