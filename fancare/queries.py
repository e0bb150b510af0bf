"""The query behind each derived table, as it would run for a config: what `fancare sql` shows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fancare.config import Config, load
from fancare.errors import ConfigError, WarehouseError
from fancare.tomlspec import nearest

_BESIDE = Path(__file__).parent


def query(table: str, config_path: Path) -> str:
    """GoogleSQL of a table; `ConfigError` for an unknown table. Features need the log's event names, so an ingest before."""
    if table not in _QUERIES:
        raise ConfigError(f"{table!r} is no table with a query; {nearest(table, _QUERIES)}.")
    return _QUERIES[table](load(config_path))


def _activity_daily(_: Config) -> str:
    return (_BESIDE / "events" / "activity_daily.sql").read_text(encoding="utf-8")


def _cohort(_: Config) -> str:
    from fancare.panel.cohort import SQL

    return SQL


def _labels(config: Config) -> str:
    from fancare.panel.labels import labels_sql

    return labels_sql(config.churn.horizons)


def _features(config: Config) -> str:
    from fancare.events.extent import log_extent
    from fancare.panel.build import plan
    from fancare.warehouse.duckdb_engine import open_url

    place = config.warehouse
    with open_url(place.url, config.path.parent, place.memory_limit, place.threads) as warehouse:
        if not warehouse.has_table("activity_daily"):
            raise WarehouseError(
                "Feature columns come from the log's event names and nothing is ingested yet: run `fancare ingest`."
            )
        return plan(warehouse, config, log_extent(warehouse, config).data_through).sql()


def _watchlist(_: Config) -> str:
    return (_BESIDE / "reports" / "watchlist.sql").read_text(encoding="utf-8")


_QUERIES: dict[str, Callable[[Config], str]] = {
    "activity_daily": _activity_daily,
    "cohort": _cohort,
    "labels": _labels,
    "features": _features,
    "watchlist": _watchlist,
}
