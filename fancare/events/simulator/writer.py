"""A simulated log on disk: Mixpanel raw-export JSONL, and beside it the truth.

One gzip file per month of arrival (in the platform's zone), lines in order of arrival; each line is
``{"event": …, "properties": {"time": seconds, "distinct_id": …, "$device_id": …, "$user_id": …, "$insert_id": …,
"mp_processing_time_ms": …, …}}``, keys without a value left out.
"""

from __future__ import annotations

import gzip
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from fancare.events.simulator import names
from fancare.events.simulator.delivery import Lines
from fancare.events.simulator.devices import PLATFORMS, Devices
from fancare.events.simulator.happenings import NOBODY, Events
from fancare.events.simulator.life import ENDED, NOT_YET, PHASES, Life
from fancare.events.simulator.world import CREATOR_ACTS, EVENT_NAMES
from fancare.progress import Progress

GZIP_LEVEL = 1
BATCH = 50_000


def write_log(
    lines: Lines,
    events: Events,
    time: np.ndarray,
    devices: Devices,
    users: list[str],
    device_ids: list[str],
    timezone: str,
    out: Path,
    progress: Progress,
) -> tuple[Path, ...]:
    """The files written into ``out``, oldest first. ``users`` gives the user id of each device's owner."""
    creators = [names.creator_id(c) for c in range(int(devices.creator.max()) + 1)]
    fan_users = dict(zip(devices.fan.tolist(), users, strict=True))
    files = []
    with progress.task("writing the log", total=len(lines.event)) as task:
        for month, first, stop in _months(lines.arrived_ms, timezone):
            path = out / f"events-{month}.jsonl.gz"
            # No time and no name in the header: the same seed gives the same bytes.
            with path.open("wb") as raw, gzip.GzipFile("", "wb", GZIP_LEVEL, raw, mtime=0) as file:
                for start in range(first, stop, BATCH):
                    part = slice(start, min(start + BATCH, stop))
                    of = lines.event[part]
                    owner = [
                        fan_users[fan] if creator == NOBODY else creators[creator]
                        for fan, creator in zip(events.fan[of].tolist(), events.creator[of].tolist(), strict=True)
                    ]
                    rows = zip(
                        events.code[of].tolist(),
                        time[of].tolist(),
                        owner,
                        devices.device[of].tolist(),
                        lines.known[part].tolist(),
                        lines.insert_id[part].tolist(),
                        lines.arrived_ms[part].tolist(),
                        events.room[of].tolist(),
                        events.amount[of].tolist(),
                        events.minutes[of].tolist(),
                        devices.platform[devices.device[of]].tolist(),
                        strict=True,
                    )
                    file.write(b"".join([_line(creators, device_ids, *row) for row in rows]))
                    task.advance(len(of), note=month)
            files.append(path)
    return tuple(files)


def _line(
    creators: list[str],
    device_ids: list[str],
    code: int,
    time: int,
    user: str,
    device: int,
    known: bool,
    insert_id: int,
    arrived_ms: int,
    room: int,
    amount: int,
    minutes: int,
    platform: int,
) -> bytes:
    properties: dict[str, str | int] = {"time": time}
    if known:
        properties["distinct_id"] = properties["$user_id"] = user
    else:
        properties["distinct_id"] = f"$device:{device_ids[device]}"
    if device == NOBODY:
        properties["platform"] = "server"
    else:
        properties["$device_id"] = device_ids[device]
        properties["platform"] = PLATFORMS[platform]
    properties["$insert_id"] = f"{insert_id:016x}"
    properties["mp_processing_time_ms"] = arrived_ms
    if room != NOBODY:
        properties["creator_id"] = creators[room]
    if amount:
        properties["amount"] = amount
        properties["currency"] = "KRW"
    if minutes:
        properties["minutes"] = minutes
    return orjson.dumps({"event": EVENT_NAMES[code], "properties": properties}, option=orjson.OPT_APPEND_NEWLINE)


def _months(arrived_ms: np.ndarray, timezone: str) -> list[tuple[str, int, int]]:
    """(month, first line, line after the last) of sorted arrival times."""
    if len(arrived_ms) == 0:
        return []
    zone = ZoneInfo(timezone)
    at = datetime.fromtimestamp(int(arrived_ms[0]) / 1000, zone)
    slices, first = [], 0
    while first < len(arrived_ms):
        after = datetime(at.year + at.month // 12, at.month % 12 + 1, 1, tzinfo=zone)
        stop = int(np.searchsorted(arrived_ms, int(after.timestamp()) * 1000))
        if stop > first:
            slices.append((f"{at:%Y-%m}", first, stop))
        first, at = stop, after
    return slices


def write_truth(
    life: Life, devices: Devices, users: list[str], device_ids: list[str], first_day: date, out: Path
) -> dict[str, Path]:
    """Three parquet files of what was really so; no pipeline may read them, tests do.

    * ``truth.parquet``, a row per creator: ``creator_id``, ``joined`` and ``ended`` (dates; ended is the first day of the
      end, null where there is none), ``rhythm``, ``usual_gap_days``, ``active_days``, ``also_fan`` (of other creators)
    * ``truth_days.parquet``, a row per creator and day on the platform: ``creator_id``, ``day``, the day's counts of
      ``creator_message``, ``broadcast`` and ``photo_post``, ``active``, ``enthusiasm``, ``phase``
    * ``truth_devices.parquet``, a row per device: ``device_id``, ``user_id``, ``identified_at`` (UTC; null: never used)
    """
    n = len(life.joined)
    ids = np.array([names.creator_id(c) for c in range(n)])
    start = np.datetime64(first_day)
    also = np.isin(np.arange(n), life.creator_of_fan)
    creators = pa.table(
        {
            "creator_id": ids,
            "joined": pa.array(start + life.joined),
            "ended": pa.array(start + life.ended, mask=life.ended >= life.days),
            "rhythm": pa.array(life.rhythm.tolist()),
            "usual_gap_days": life.usual_gap,
            "active_days": life.creator_active.sum(axis=1),
            "also_fan": also,
        }
    )
    creator, day = np.nonzero((life.phase != ENDED) & (life.phase != NOT_YET))
    days = pa.table(
        {
            "creator_id": ids[creator],
            "day": pa.array(start + day),
            **{name: life.acts[creator, day, at] for at, name in enumerate(CREATOR_ACTS)},
            "active": life.creator_active[creator, day],
            "enthusiasm": life.enthusiasm[creator, day],
            "phase": pa.array([PHASES[code] for code in life.phase[creator, day].tolist()]),
        }
    )
    never = devices.identified == np.iinfo(np.int64).max
    identified = np.where(never, 0, devices.identified).astype("datetime64[s]")
    links = pa.table({"device_id": device_ids, "user_id": users, "identified_at": pa.array(identified, mask=never)})
    tables = {"creators": ("truth.parquet", creators), "days": ("truth_days.parquet", days)}
    tables["devices"] = ("truth_devices.parquet", links)
    for name, table in tables.values():
        pq.write_table(table, out / name)
    return {key: out / name for key, (name, _) in tables.items()}
