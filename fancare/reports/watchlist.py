"""The watchlist: the top of the day's scores, as many rows as people can act on, as a table and as a CSV file."""

from __future__ import annotations

import csv
import io
import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from fancare import messages
from fancare.config import Config
from fancare.errors import WarehouseError
from fancare.reports.hostile import csv_cell
from fancare.warehouse.duckdb_engine import Warehouse
from fancare.warehouse.schema import COHORT, RISK_REASONS, Table, watchlist_table

SQL = Path(__file__).with_name("watchlist.sql")


@dataclass(frozen=True)
class WatchlistRow:
    """One row to act on; ``risks`` are (horizon in days, calibrated risk), shortest horizon first."""

    creator_id: str | None
    fan_id: str | None
    rank: int
    risks: tuple[tuple[int, float], ...]
    band: str
    last_active_date: date
    silence_days: int
    usual_gap_days: float | None
    fans_at_stake: int | None
    revenue_28d: float | None
    reasons_ko: str
    reasons_en: str

    @property
    def id(self) -> str:
        """What `fancare explain` takes: the creator, ``creator/fan``, or the fan."""
        return "/".join(part for part in (self.creator_id, self.fan_id) if part is not None)


@dataclass(frozen=True)
class Watchlist:
    """The rows by rank and the CSV file that holds them; ``unranked`` when bands cannot be said, so nobody is named."""

    entity: str
    as_of: date
    rows: tuple[WatchlistRow, ...]
    n_scored: int
    unranked: bool
    csv: Path

    def lines(self, lang: str = "ko") -> tuple[str, ...]:
        """The closing summary in words."""
        if self.unranked:
            return (messages.text("page.watchlist_unranked", lang, n=self._counted(self.n_scored, lang)),)
        facts = {"n": self._counted(len(self.rows), lang), "scored": self._counted(self.n_scored, lang)}
        return (messages.text("page.watchlist_written", lang, **facts),)

    def _counted(self, n: int, lang: str) -> str:
        return messages.text(f"page.count.{self.entity}", lang, n=n)


def build(warehouse: Warehouse, config: Config, as_of: date) -> Watchlist:
    """Write the `watchlist` partition of ``as_of`` and its CSV file, and return both.

    Without ranks (bands unknown) the list is empty rather than arbitrary. Raises `WarehouseError` when ``as_of`` was
    never scored.
    """
    entity = config.churn.entity
    n_scored, n_ranked = count_scored(warehouse, config, as_of)
    if not n_scored:
        raise WarehouseError(
            f"No {entity} is scored as of {as_of} in {warehouse.location}: run `fancare score --as-of {as_of}` first."
        )
    for needed in (COHORT, RISK_REASONS):
        warehouse.create(needed)
    table = watchlist_table(config.churn.horizons)
    parameters = {
        "entity": entity,
        "as_of": as_of,
        "capacity": config.ops.capacity,
        "activity": list(config.activity),
        "fan_activity": list(config.events.fan_activity),
        "revenue": list(config.events.revenue),
    }
    warehouse.replace_partition(
        table, {"entity": entity, "as_of": as_of}, SQL.read_text(encoding="utf-8"), parameters
    )
    rows = read_rows(warehouse, table, entity, as_of)
    path = config.resolve(config.ops.output) / f"watchlist_{as_of}.csv"
    write_atomically(path, _csv_text(table, rows).encode("utf-8-sig"))
    return Watchlist(
        entity=entity,
        as_of=as_of,
        rows=tuple(_row(config, row) for row in rows),
        n_scored=n_scored,
        unranked=n_ranked == 0,
        csv=path,
    )


def read(warehouse: Warehouse, config: Config, as_of: date) -> tuple[WatchlistRow, ...]:
    """The rows of a watchlist that was built before, by rank; none where there is none."""
    table = watchlist_table(config.churn.horizons)
    if not warehouse.has_table(table.name):
        return ()
    return tuple(_row(config, row) for row in read_rows(warehouse, table, config.churn.entity, as_of))


def count_scored(warehouse: Warehouse, config: Config, as_of: date) -> tuple[int, int]:
    """How many entities have a score as of this day, and how many of them a rank."""
    if not warehouse.has_table("risk_scores"):
        return 0, 0
    query = "SELECT COUNT(*), COUNT(rank) FROM risk_scores WHERE entity = @entity AND as_of = @as_of"
    ((scored, ranked),) = warehouse.rows(query, {"entity": config.churn.entity, "as_of": as_of})
    return scored, ranked


def read_rows(warehouse: Warehouse, table: Table, entity: str, as_of: date) -> list[dict[str, Any]]:
    """The partition by rank, each row as column → value."""
    names = ", ".join(table.column_names)
    found = warehouse.rows(
        f"SELECT {names} FROM {table.name} WHERE entity = @entity AND as_of = @as_of ORDER BY rank",
        {"entity": entity, "as_of": as_of},
    )
    return [dict(zip(table.column_names, row, strict=True)) for row in found]


def write_atomically(path: Path, content: bytes) -> None:
    """Put the file there as a whole or not at all: a reader sees the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(path)
    except OSError as error:
        raise WarehouseError(
            f"{path} cannot be written ({error.strerror}): free disk space or close the program that holds it, then run again."
        ) from None
    finally:
        unfinished.unlink(missing_ok=True)


def _csv_text(table: Table, rows: list[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")  # what spreadsheets expect
    writer.writerow(table.column_names)
    writer.writerows([csv_cell(row[name]) for name in table.column_names] for row in rows)
    return text.getvalue()


def _row(config: Config, row: dict[str, Any]) -> WatchlistRow:
    fields = {name: row[name] for name in WatchlistRow.__dataclass_fields__ if name != "risks"}
    return WatchlistRow(risks=tuple((h, row[f"risk_{h}d"]) for h in config.churn.horizons), **fields)
