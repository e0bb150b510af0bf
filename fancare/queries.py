"""The query behind each derived table, as it runs for a config: what `fancare sql` shows, with the values it runs with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from fancare.config import Config
from fancare.errors import ConfigError, FancareError, WarehouseError
from fancare.tomlspec import nearest
from fancare.warehouse.duckdb_engine import Warehouse, open_existing
from fancare.warehouse.schema import all_tables
from fancare.warehouse.translate import Dialect, identifier, literal, pretty

_BESIDE = Path(__file__).parent
_MADE_BY = {
    "identity_evidence": "`fancare ingest` from pairs of ids in the log",
    "identity_links": "`fancare ingest`, link by link in the order in which the log showed them",
    "ingested_files": "`fancare ingest`, a row for each file",
    "dead_letters": "`fancare ingest`, a row for each line it could not read",
    "quarantine": "`fancare ingest`, a row for each impossible time",
    "without_actor": "`fancare ingest`, a row for each file and event name",
    "quality_checks": "`fancare check`",
    "risk_scores": "`fancare score`: the champion over the features",
    "risk_reasons": "`fancare score`: the champion asked again without each fact",
    "builds": "`fancare build`",
    "own_rhythm": "`fancare cycles`: each one's gaps, pooled with the others'",
    "drift": "`fancare monitor`: the scored day on the bins frozen with the model",
    "performance": "`fancare monitor`: earlier risks against what happened since",
    "runs": "every command",
}


@dataclass(frozen=True)
class Query:
    """GoogleSQL with the parameters of one run; ``reads`` says what it needs besides tables of the warehouse."""

    sql: str
    parameters: Mapping[str, Any]
    is_drawn: bool = True  # laid out by hand in a file, to be shown as it is
    reads: str = ""

    def shown(self, dialect: Dialect) -> str:
        """The query as text in a dialect, its parameters' values in comments before it."""
        sign = "@" if dialect == "bigquery" else "$"
        lines = [f"-- reads {self.reads}"] if self.reads else []
        lines += [f"-- {sign}{name} = {_in_sql(value)}" for name, value in self.parameters.items()]
        text = self.sql.strip() if self.is_drawn and dialect == "bigquery" else pretty(self.sql, dialect)
        return "\n".join([*lines, "", text] if lines else [text])


def query(table: str, config: Config, as_of: date | None = None) -> Query:
    """The query of a table with the values for ``as_of`` (default: the last complete day, or any before an ingest).

    `ConfigError` for a table that no query makes, or none at all. `WarehouseError` for features before an ingest: their
    columns are the log's event names.
    """
    table = {f"features_{config.churn.entity}": "features"}.get(table, table)
    if table in _QUERIES:
        return _QUERIES[table](config, as_of)
    if table in _MADE_BY:
        meaning = next(t.meaning for t in all_tables(config.churn.horizons) if t.name == table).split(".")[0]
        raise ConfigError(
            f"{table} has no query to show, it is written by {_MADE_BY[table]} ({meaning[0].lower()}{meaning[1:]}); "
            f"read its rows in {config.warehouse.url}, or ask for one of {', '.join(_QUERIES)}."
        )
    raise ConfigError(f"{table!r} is no table of fancare; {nearest(table, [*_QUERIES, *_MADE_BY])}")


def _in_sql(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_in_sql, value))}]"
    if isinstance(value, date):
        return f"DATE '{value}'"
    return literal(value).replace("\n", "\\n") if isinstance(value, str) else str(value)


def _day(config: Config, as_of: date | None) -> date:
    """The day to show values for: as asked, else the log's last complete one, else just an example."""
    from fancare.events.extent import log_extent

    if as_of is not None:
        return as_of
    try:
        with _warehouse(config) as warehouse:
            if warehouse.has_table("activity_daily"):
                return log_extent(warehouse, config).data_through
    except FancareError:
        pass
    return config.source.data_through or date(2026, 6, 30)


def _warehouse(config: Config) -> Warehouse:
    place = config.warehouse
    return open_existing(place.url, config.path.parent, place.memory_limit, place.threads)


def _file(*parts: str) -> str:
    return _BESIDE.joinpath(*parts).read_text(encoding="utf-8")


def _events(config: Config, as_of: date | None) -> Query:
    day = _day(config, as_of)
    return Query(
        f"WITH incoming AS (\n{_file('events', 'deduplicate.sql')})\n{_file('events', 'who_acts.sql')}",
        {"from_day": day, "to_day": day, "creator_acts": config.events.creator_acts},
        reads="staged, the rows of one file of the log; an event known already is dropped afterwards",
    )


def _creators(config: Config, _: date | None) -> Query:
    acts = {"creator_acts": config.events.creator_acts, "timezone": config.platform.timezone}
    return Query(_file("events", "creators.sql"), acts)


def _activity_daily(config: Config, as_of: date | None) -> Query:
    acts = {"creator_acts": config.events.creator_acts, "timezone": config.platform.timezone}
    return Query(_file("events", "activity_daily.sql"), {"days": [_day(config, as_of)], **acts})


def _cohort(config: Config, as_of: date | None) -> Query:
    from fancare.panel.cohort import SQL

    within = config.churn.active_within_days
    return Query(SQL, {**_entity(config), "active_within_days": within, "as_ofs": [_day(config, as_of)]})


def _labels(config: Config, as_of: date | None) -> Query:
    from fancare.panel.labels import labels_sql

    day, horizons = _day(config, as_of), config.churn.horizons
    given = {**_entity(config), "horizons": horizons, "as_ofs": [day - timedelta(max(horizons))], "data_through": day}
    return Query(labels_sql(horizons), given, is_drawn=False)


def _own_rhythm_labels(config: Config, as_of: date | None) -> Query:
    from fancare.panel.cycles.own_rhythm_labels import SQL

    day = _day(config, as_of)
    as_ofs = [day - timedelta(config.cycles.ceiling_days)]
    return Query(SQL, {**_entity(config), "as_ofs": as_ofs, "data_through": day})


def _entity(config: Config) -> dict[str, Any]:
    return {"entity": config.churn.entity, "activity": config.activity}


def _features(config: Config, as_of: date | None) -> Query:
    from fancare.panel.bits import SPAN, weekend_masks
    from fancare.panel.blocks import activity_days_sql, bucket_sql, first_days_sql
    from fancare.panel.build import SNAPSHOT, plan
    from fancare.panel.event_slots import EventSlots, event_slots

    day = _day(config, as_of)
    with _warehouse(config) as warehouse:
        if not warehouse.has_table("activity_daily"):
            raise WarehouseError(
                "Feature columns come from the log's event names and nothing is ingested yet: run `fancare ingest`."
            )
        slots = event_slots(warehouse, config, day).rows.to_pylist()
        planned = plan(warehouse, config, day)
    before = {
        EventSlots.TABLE: "\nUNION ALL\n".join(_row(slot) for slot in slots),
        "snapshot": SNAPSHOT,
        "activity_days": activity_days_sql(planned.own),
        "first_days": first_days_sql(planned.own),
        **{block.table: bucket_sql(block) for block in planned.blocks},
    }
    steps = ",\n".join(f"{identifier(name)} AS ({sql})" for name, sql in before.items())
    lo, hi = weekend_masks(day.isoweekday())
    given = {
        "entity": config.churn.entity, "as_ofs": [day], "base": day - timedelta(SPAN - 1),
        "from_day": day - timedelta(SPAN - 1), "to_day": day, "weekend_lo": lo, "weekend_hi": hi,
    }  # fmt: skip
    return Query(f"WITH {steps},\n{planned.sql().removeprefix('WITH ')}", given, is_drawn=False)


def _row(values: Mapping[str, Any]) -> str:
    shown = (f"{_google(value)} AS {identifier(name)}" for name, value in values.items())
    return f"SELECT {', '.join(shown)}"


def _google(value: Any) -> str:
    return literal(value) if isinstance(value, str) else str(value).upper()


def _watchlist(config: Config, as_of: date | None) -> Query:
    given = {
        "entity": config.churn.entity, "as_of": _day(config, as_of), "capacity": config.ops.capacity,
        "activity": config.activity, "fan_activity": config.events.fan_activity, "revenue": config.events.revenue,
    }  # fmt: skip
    return Query(_file("reports", "watchlist.sql"), given)


_QUERIES: dict[str, Callable[[Config, date | None], Query]] = {
    "events": _events,
    "creators": _creators,
    "activity_daily": _activity_daily,
    "cohort": _cohort,
    "labels": _labels,
    "features": _features,
    "watchlist": _watchlist,
    "own_rhythm_labels": _own_rhythm_labels,
}
TABLES = tuple(_QUERIES)
