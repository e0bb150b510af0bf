"""Drawn logs for tests: a table of text in, a warehouse with `activity_daily` out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa

from fancare.config import (
    ChurnConfig,
    Config,
    EventsConfig,
    OpsConfig,
    PlatformConfig,
    QualityConfig,
    RegistryConfig,
    SourceConfig,
    WarehouseConfig,
    load_model,
    shipped_models,
)
from fancare.warehouse.duckdb_engine import Warehouse
from fancare.warehouse.schema import ACTIVITY_DAILY, IDENTITY_LINKS

DAY_0 = date(2026, 3, 1)  # a Sunday


def day(n: int) -> date:
    """Day n of a drawn log."""
    return DAY_0 + timedelta(n)


def config(
    entity: str = "creator",
    horizons: tuple[int, ...] = (7, 14, 28),
    creator_activity: tuple[str, ...] = ("broadcast",),
    fan_activity: tuple[str, ...] = ("message", "donation"),
    folder: Path = Path("."),
    **churn: object,
) -> Config:
    """A config over a drawn log: creators broadcast; fans write messages and donate."""
    return Config(
        path=folder / "fancare.toml",
        platform=PlatformConfig(),
        warehouse=WarehouseConfig(),
        source=SourceConfig(kind="parquet", path="none"),
        events=EventsConfig((), creator_activity, fan_activity, ("donation",)),
        churn=ChurnConfig(entity=entity, horizons=horizons, **churn),  # type: ignore[arg-type]
        registry=RegistryConfig(),
        ops=OpsConfig(),
        quality=QualityConfig(),
        model=load_model(shipped_models() / f"{entity}_churn.toml"),
    )


Link = tuple[str, str, int] | tuple[str, str, int, int]  # alias, person, known from [until]


def warehouse(rows: Iterable[dict], links: Iterable[Link] = ()) -> Warehouse:
    """A warehouse in memory whose `activity_daily` holds these rows; see `events` and `table` for how to draw them."""
    made = Warehouse.in_memory()
    fill(made, rows, links)
    return made


def fill(made: Warehouse, rows: Iterable[dict], links: Iterable[Link] = ()) -> None:
    """The rows and links in place of what `activity_daily` and `identity_links` of a warehouse held."""
    told = [
        {"alias_id": alias, "canonical_id": person, "known_from": day(known), "known_until": day(*until) if until else None}
        for alias, person, known, *until in links
    ]
    for table, drawn, schema in (
        (ACTIVITY_DAILY, [_daily(row) for row in rows], _SCHEMA), (IDENTITY_LINKS, told, _LINKS_SCHEMA),
    ):  # fmt: skip
        made.create(table)
        made.raw(f'DELETE FROM "{table.name}"')
        made.append(table, pa.Table.from_pylist(drawn, schema=schema))


def events(who: str, drawn: str, event: str = "broadcast", creator: str | None = "same", **more: object) -> list[dict]:
    """One row per marked day of a drawn line: ``"x..3x"`` is days 0, 3 (three events) and 4.

    ``who`` is a creator (``creator="same"``) or, with another ``creator`` (None: no room), a fan.
    """
    rows = []
    for n, mark in enumerate(drawn.replace(" ", "").replace("|", "")):
        if mark == ".":
            continue
        actor = {"creator": who} if creator == "same" else {"creator": creator, "fan": who}
        rows.append({"day": n, "event": event, "n": 1 if mark == "x" else int(mark), **actor, **more})
    return rows


def table(drawn: str) -> list[dict]:
    """The rows of a drawn table: a header line, then one line a row, columns by white space; ``-`` is null."""
    lines = [line.split() for line in drawn.strip().splitlines() if line.strip()]
    header, body = lines[0], lines[1:]
    return [{name: _cell(cell) for name, cell in zip(header, line, strict=True)} for line in body]


def _cell(text: str) -> object:
    if text == "-":
        return None
    if text in ("yes", "no"):
        return text == "yes"
    try:
        return int(text)
    except ValueError:
        try:
            return float(text)
        except ValueError:
            return text


def _daily(row: dict) -> dict:
    fan = row.get("fan")
    amount = row.get("amount")
    return {
        "activity_date": day(row["day"]),
        "actor": row.get("actor") or ("fan" if fan else "creator"),
        "creator_id": row.get("creator"),
        "fan_id": fan,
        "event_name": row["event"],
        "known_from": day(row.get("known", row["day"])),
        "known_until": None if row.get("until") is None else day(row["until"]),
        "n_events": row.get("n", 1),
        "amount_sum": None if amount is None else float(amount),
        "amount_max": None if amount is None else float(amount) / row.get("n", 1),
    }


_SCHEMA = pa.schema(
    [
        ("activity_date", pa.date32()), ("actor", pa.string()), ("creator_id", pa.string()), ("fan_id", pa.string()),
        ("event_name", pa.string()), ("known_from", pa.date32()), ("known_until", pa.date32()),
        ("n_events", pa.int64()), ("amount_sum", pa.float64()), ("amount_max", pa.float64()),
    ]
)  # fmt: skip
_LINKS_SCHEMA = pa.schema(
    [
        ("alias_id", pa.string()),
        ("canonical_id", pa.string()),
        ("known_from", pa.date32()),
        ("known_until", pa.date32()),
    ]
)
