"""A log drawn as counts: event name → one count per day, put into an in-memory warehouse as `activity_daily`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa

from fancare.config import Config, load
from fancare.events.extent import LogExtent
from fancare.warehouse.duckdb_engine import Warehouse
from fancare.warehouse.schema import ACTIVITY_DAILY

FIRST = date(2026, 1, 5)  # a Monday
ACTORS = 40  # every day's events are spread over so many fans and creators


def day(number: int) -> date:
    """The log's day ``number``, counted from 0."""
    return FIRST + timedelta(number)


def draw(
    warehouse: Warehouse,
    log: Mapping[str, Sequence[int]],
    amount: float | None = None,
    actors: int = ACTORS,
) -> LogExtent:
    """`activity_daily` of a log in which ``log[name][i]`` events happened on day i; all its days are whole."""
    rows = []
    for name, counts in log.items():
        for i, n in enumerate(counts):
            for who in range(min(n, actors)):
                share = n // actors + (who < n % actors) if n > actors else 1
                rows.append({
                    "activity_date": day(i), "actor": "fan", "creator_id": f"c{who}", "fan_id": f"f{who}",
                    "event_name": name, "known_from": day(i), "known_until": None, "n_events": share,
                    "amount_sum": None if amount is None else amount * share, "amount_max": amount,
                })  # fmt: skip
    schema = pa.schema([
        ("activity_date", pa.date32()), ("actor", pa.string()), ("creator_id", pa.string()), ("fan_id", pa.string()),
        ("event_name", pa.string()), ("known_from", pa.date32()), ("known_until", pa.date32()),
        ("n_events", pa.int64()), ("amount_sum", pa.float64()), ("amount_max", pa.float64()),
    ])  # fmt: skip
    warehouse.append(ACTIVITY_DAILY, pa.Table.from_pylist(rows, schema=schema))
    last = day(max(len(counts) for counts in log.values()) - 1)
    return LogExtent(first_day=FIRST, last_day=last + timedelta(1), last_whole_day=last, data_through=last)


def config_for(
    folder: Path, entity: str = "fan", activity: Sequence[str] = ("message",), extra: str = "", events: str = ""
) -> Config:
    """A config of that entity whose activity is ``activity``; ``extra`` is more TOML."""
    folder.mkdir(parents=True, exist_ok=True)
    names = "[" + ", ".join(f'"{name}"' for name in activity) + "]"
    path = folder / "fancare.toml"
    path.write_text(
        f"""
[source]
kind = "parquet"
path = "log.parquet"
[source.columns]
event_time = "ts"
creator_id = "creator_id"
fan_id = "fan_id"
[events]
{"creator_activity" if entity == "creator" else "fan_activity"} = {names}
{events}
[churn]
entity = "{entity}"
{extra}
""",
        encoding="utf-8",
    )
    return load(path)
