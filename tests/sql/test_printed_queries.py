"""What `fancare sql` prints is what runs: it parses in both dialects, and in DuckDB's it gives the pipeline's own table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from fancare import config, queries
from fancare.errors import ConfigError, WarehouseError
from fancare.events import mapping
from fancare.events.ingest import ingest
from fancare.events.source import find, fingerprint
from fancare.events.staging import latest_possible, literal_path
from fancare.panel.build import build
from fancare.progress import Task
from fancare.reports.watchlist import build as build_watchlist
from fancare.warehouse.duckdb_engine import Warehouse, open_url
from fancare.warehouse.schema import RISK_REASONS, all_tables, risk_scores_table
from tests.small_platform import NOW, rows_of_the_log, write_log, write_platform

HORIZONS = (7, 14, 28)
DAY = date(2026, 3, 8)
THROUGH = DAY + timedelta(28)
HOSTILE = ["x'; DROP TABLE events; --", "방송 💜", 'a"b', "back`tick", "{x}", "%s", "$1", "@p", "\\", "new\nline", "/* */ --"]
ENTITIES = ("creator", "room", "fan")


@pytest.fixture(scope="module", params=ENTITIES)
def platform(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> config.Config:
    """Three months of a platform with hostile event names, all tables of one day made by the pipeline."""
    folder = tmp_path_factory.mktemp(request.param)
    path = write_platform(folder)
    for old in (folder / "log").iterdir():
        old.unlink()
    rows = [row for row in rows_of_the_log() if row["ts"].date() <= THROUGH + timedelta(1)]
    for n, row in enumerate(rows):
        if row["event"] == "message" and n % 2:
            row["event"] = HOSTILE[n % len(HOSTILE)]
    write_log(folder / "log" / "a.parquet", [row for row in rows if n_of(row) < 30])
    text = path.read_text().replace('entity = "creator"', f'entity = "{request.param}"').replace('model = "quick.toml"\n', "")
    path.write_text(text)
    settings = config.load(path)
    with warehouse_of(settings) as warehouse:
        ingest(warehouse, settings, NOW)
        build(warehouse, settings, [DAY], THROUGH)
        score_by_hand(warehouse, settings)
        build_watchlist(warehouse, settings, DAY)
    return settings


def n_of(row: dict) -> int:
    """A platform of thirty creators is enough."""
    return int(re.sub(r"\D", "", row["creator"].split("-")[0]) or 0) + (15 if row["creator"].startswith("daily") else 0)


def warehouse_of(settings: config.Config) -> Warehouse:
    return open_url(settings.warehouse.url, settings.path.parent, "500MB", 1)


def score_by_hand(warehouse: Warehouse, settings: config.Config) -> None:
    warehouse.create(RISK_REASONS)
    warehouse.replace_partition(
        risk_scores_table(HORIZONS),
        {"entity": settings.churn.entity, "as_of": DAY},
        "SELECT *, 0.9 AS risk_7d, 0.8 AS risk_14d, 0.7 AS risk_28d, 'high' AS band, "
        "ROW_NUMBER() OVER (ORDER BY creator_id, fan_id) AS rank, 'm' AS model_name, 'v' AS model_version, 's' AS spec_hash, "
        "as_of AS data_through, @at AS scored_at FROM cohort WHERE entity = @entity AND as_of = @day",
        {"entity": settings.churn.entity, "day": DAY, "at": datetime(2026, 4, 1)},
    )


def printed(settings: config.Config, table: str, dialect: str) -> tuple[str, dict]:
    """The text that `fancare sql` prints and the values it names, for the day that was built."""
    asked = queries.query(table, settings, THROUGH if table == "labels" else DAY)
    return asked.shown(dialect), dict(asked.parameters)  # type: ignore[arg-type]


# --- both dialects


@pytest.mark.parametrize("table", queries.TABLES)
def test_a_query_parses_in_both_dialects_and_names_every_value(platform: config.Config, table: str) -> None:
    for dialect, sign in (("bigquery", "@"), ("duckdb", "$")):
        text, values = printed(platform, table, dialect)
        (tree,) = sqlglot.parse(text, read=dialect)
        assert isinstance(tree, exp.Query)
        named = {node.name for node in tree.find_all(exp.Parameter, exp.Placeholder)} - {""}
        assert named <= set(values), table
        for name in values:
            assert f"-- {sign}{name} = " in text


@pytest.mark.parametrize("table", queries.TABLES)
def test_no_name_from_the_log_breaks_out_of_its_quotes(platform: config.Config, table: str) -> None:
    for dialect in ("bigquery", "duckdb"):
        text, _ = printed(platform, table, dialect)
        tables = {node.name for node in sqlglot.parse_one(text, read=dialect).find_all(exp.Drop)}
        assert tables == set()
        for line in text.splitlines():
            assert not line.startswith("DROP")


# --- the same table as the pipeline's


def rows(warehouse: Warehouse, text: str, values: dict, columns: tuple[str, ...]) -> list[str]:
    """The printed DuckDB query, run as it is, these columns of it; sorted."""
    used = {name: value for name, value in values.items() if re.search(rf"\${name}\b", re.sub(r"--.*|/\*.*?\*/", "", text))}
    used = {name: list(value) if isinstance(value, tuple) else value for name, value in used.items()}
    names = ", ".join(f'"{column}"' for column in columns)
    return comparable(warehouse.raw(f"SELECT {names} FROM (\n{text}\n) AS printed", used).fetchall())


def comparable(found: list[tuple]) -> list[str]:
    """Rows that can be compared: a column of FLOAT64 may come from a count."""
    return sorted(repr(tuple(_number(v) if type(v) in (int, float) else v for v in row)) for row in found)


def _number(value: float) -> float:
    return round(float(value), 9) + 0.0  # no minus zero


WHERE = {
    "activity_daily": f"activity_date = '{DAY}'",
    "cohort": f"as_of = '{DAY}'",
    "labels": f"as_of = '{DAY}'",
    "features": f"as_of = '{DAY}'",
    "watchlist": f"as_of = '{DAY}'",
    "creators": "TRUE",
}


@pytest.mark.parametrize("table", WHERE)
def test_the_printed_query_gives_the_pipelines_table(platform: config.Config, table: str) -> None:
    text, values = printed(platform, table, "duckdb")
    name = f"features_{platform.churn.entity}" if table == "features" else table
    with warehouse_of(platform) as warehouse:
        columns = warehouse.columns_of(name)
        if table == "features":
            columns = tuple(c for c in columns if c in ("as_of", *_ids(platform)) or c not in ("creator_id", "fan_id"))
        wanted = ", ".join(f'"{column}"' for column in columns)
        made = comparable(warehouse.raw(f'SELECT {wanted} FROM "{name}" WHERE {WHERE[table]}').fetchall())
        assert made
        assert rows(warehouse, text, values, columns) == made


def test_the_printed_query_of_events_gives_the_pipelines_rows(platform: config.Config, tmp_path: Path) -> None:
    text, values = printed(platform, "events", "duckdb")
    with warehouse_of(platform) as warehouse:
        (path,) = find(platform)
        staged = tmp_path / "staged.parquet"
        mapping.stage(warehouse, platform, fingerprint(path, platform, Task("", None)), latest_possible(NOW), staged)
        warehouse.raw(f"CREATE TEMP VIEW staged AS SELECT * FROM read_parquet('{literal_path(staged)}')")
        columns = warehouse.columns_of("events")
        wanted = ", ".join(f'"{column}"' for column in columns)
        made = comparable(warehouse.raw(f"SELECT {wanted} FROM events WHERE activity_date = '{DAY}'").fetchall())
        assert made
        assert rows(warehouse, text, values, columns) == made


def _ids(platform: config.Config) -> Iterator[str]:
    yield from {"creator": ("creator_id",), "room": ("creator_id", "fan_id"), "fan": ("fan_id",)}[platform.churn.entity]


# --- what has no query


def test_a_table_without_a_query_says_who_writes_it(platform: config.Config) -> None:
    with pytest.raises(ConfigError) as stop:
        queries.query("quality_checks", platform)
    assert str(stop.value) == (
        "quality_checks has no query to show, it is written by `fancare check` (what was checked, on which day's data, with "
        "which verdict); read its rows in duckdb:///warehouse/fancare.duckdb, or ask for one of events, creators, "
        "activity_daily, cohort, labels, features, watchlist, own_rhythm_labels."
    )


def test_every_table_of_the_schema_can_be_asked_for(platform: config.Config) -> None:
    for table in {table.name for table in all_tables(HORIZONS)} - set(queries.TABLES):
        with pytest.raises(ConfigError, match="has no query to show, it is written by"):
            queries.query(table, platform)
    assert queries.query(f"features_{platform.churn.entity}", platform).sql


def test_an_unknown_table_is_answered_with_the_nearest(platform: config.Config) -> None:
    with pytest.raises(ConfigError, match="'lables' is no table of fancare; did you mean 'labels'"):
        queries.query("lables", platform)


def test_before_an_ingest_only_features_cannot_be_shown(tmp_path: Path) -> None:
    settings = config.load(write_platform(tmp_path))
    for table in queries.TABLES:
        if table != "features":
            assert queries.query(table, settings).shown("duckdb")
    with pytest.raises(WarehouseError, match="run `fancare ingest` first"):
        queries.query("features", settings)
    assert not (tmp_path / "warehouse").exists()
