"""A small log on disk and the config that brings it in: what the tests of the front door start from."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from fancare import config
from fancare.events.ingest import ingest
from fancare.events.report import IngestReport
from fancare.warehouse.duckdb_engine import Warehouse

NOW = datetime(2026, 7, 1, tzinfo=UTC)
MIXPANEL = 'kind = "mixpanel-export"\npath = "log"\n[source.columns]\ncreator_id = "creator"\namount = "amount"'
PARQUET = """kind = "parquet"
path = "log"
[source.columns]
event_time = "ts"
event_name = "event"
creator_id = "creator"
fan_id = "fan"
amount = "amount"
"""


def write_config(
    folder: Path, source: str = MIXPANEL, timezone: str = "Asia/Seoul", acts: str = '["broadcast"]'
) -> config.Config:
    """A config beside the log's folder; ``source`` is the body of `[source]`."""
    (folder / "log").mkdir(exist_ok=True)
    path = folder / "fancare.toml"
    path.write_text(
        f'[platform]\ntimezone = "{timezone}"\n[warehouse]\nurl = "duckdb:///fancare.duckdb"\n[source]\n{source}\n'
        f'[events]\ncreator_acts = {acts}\ncreator_activity = ["broadcast"]\nfan_activity = ["message", "donation"]\n'
    )
    return config.load(path)


def event(name: str, time: object, *, id: str | None = None, **properties: object) -> dict:
    """One nested Mixpanel event; keyword ``user``, ``device``, ``distinct`` and ``arrived`` stand for Mixpanel's names."""
    names = {"user": "$user_id", "device": "$device_id", "distinct": "distinct_id", "arrived": "mp_processing_time_ms"}
    said = {"time": seconds(time) if isinstance(time, str) else time}
    if id is not None:
        said["$insert_id"] = id
    for key, value in properties.items():
        said[names.get(key, key)] = seconds(value) * 1000 if key == "arrived" else value  # type: ignore[operator]
    return {"event": name, "properties": said}


def seconds(utc: str) -> int:
    """"2026-06-01 12:00" (UTC) as epoch seconds."""
    return int(datetime.fromisoformat(utc).replace(tzinfo=UTC).timestamp())


def write_jsonl(path: Path, events: Iterable[dict | bytes]) -> Path:
    """The events as JSON lines (bytes: the line itself), gzip if the name says so."""
    text = b"".join(orjson.dumps(e) + b"\n" if isinstance(e, dict) else e + b"\n" for e in events)
    path.write_bytes(gzip.compress(text, mtime=0) if path.suffix == ".gz" else text)
    return path


def write_parquet(path: Path, rows: list[dict], schema: pa.Schema | None = None) -> Path:
    """The rows as a parquet file; a key that a row lacks is null."""
    pq.write_table(pa.Table.from_pylist(rows, schema), path)
    return path


def bring_in(warehouse: Warehouse, settings: config.Config, now: datetime = NOW, rebuild: bool = False) -> IngestReport:
    return ingest(warehouse, settings, now, rebuild=rebuild)


def events(warehouse: Warehouse, columns: str) -> list[tuple]:
    """These columns of `events`, in order."""
    return sorted(warehouse.rows(f"SELECT {columns} FROM events"), key=str)


def everything(warehouse: Warehouse) -> dict[str, list[tuple]]:
    """Every row of the tables that an ingest makes from the log's content, in order."""
    tables = ("events", "activity_daily", "identity_links", "creators")
    return {table: sorted(warehouse.rows(f"SELECT * FROM {table}"), key=str) for table in tables}


def visible(warehouse: Warehouse, day: date) -> list[tuple]:
    """What `activity_daily` shows to one who looks on ``day``, summed over when it became known."""
    return sorted(
        warehouse.rows(
            "SELECT activity_date, actor, creator_id, fan_id, event_name, SUM(n_events), SUM(amount_sum) FROM activity_daily "
            "WHERE known_from <= @day AND (known_until IS NULL OR @day < known_until) GROUP BY 1, 2, 3, 4, 5",
            {"day": day},
        ),
        key=str,
    )
