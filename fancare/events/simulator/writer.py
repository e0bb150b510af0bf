"""A simulated log on disk: Mixpanel raw-export JSONL.

One gzip file per month of arrival (in the platform's zone), lines in order of arrival; each line is
``{"event": …, "properties": {"time": seconds, "distinct_id": …, "$device_id": …, "$user_id": …, "$insert_id": …,
"mp_processing_time_ms": …, …}}``, keys without a value left out. What the way to the log broke is broken here.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import orjson

from fancare.events.simulator import names
from fancare.events.simulator.delivery import BROKEN, MERGE, WRONG_CLOCK, Lines
from fancare.events.simulator.devices import PLATFORMS, Devices
from fancare.events.simulator.happenings import NOBODY, Events
from fancare.events.simulator.world import EVENT_NAMES
from fancare.progress import Progress

GZIP_LEVEL = 1
BATCH = 50_000
WRONG_BY = 40 * 365 * 86_400  # seconds that a wrong clock is ahead


@dataclass(frozen=True)
class LogFiles:
    """The files, oldest first, and for each the position of its first line among all."""

    paths: tuple[Path, ...]
    first_line: tuple[int, ...]


def write_log(
    lines: Lines,
    events: Events,
    time: np.ndarray,
    devices: Devices,
    people: list[str],
    users: list[str],
    device_ids: list[str],
    timezone: str,
    out: Path,
    progress: Progress,
) -> LogFiles:
    """The log, written into ``out``. ``people`` gives the user id of each fan, ``users`` that of each device's account."""
    creators = [names.creator_id(c) for c in range(int(devices.creator.max()) + 1)]
    files, firsts = [], []
    with progress.task("writing the log", total=len(lines.event)) as task:
        for month, first, stop in _months(lines.arrived_ms, timezone):
            path = out / f"events-{month}.jsonl.gz"
            # No time and no name in the header: the same seed gives the same bytes.
            with path.open("wb") as raw, gzip.GzipFile("", "wb", GZIP_LEVEL, raw, mtime=0) as file:
                for start in range(first, stop, BATCH):
                    part = slice(start, min(start + BATCH, stop))
                    written = _lines(lines, part, events, time, devices, creators, people, users, device_ids)
                    file.write(b"".join(written))
                    task.advance(part.stop - part.start, note=month)
            files.append(path)
            firsts.append(first)
    return LogFiles(tuple(files), tuple(firsts))


def _lines(
    lines: Lines,
    part: slice,
    events: Events,
    time: np.ndarray,
    devices: Devices,
    creators: list[str],
    people: list[str],
    users: list[str],
    device_ids: list[str],
) -> list[bytes]:
    merge = lines.kind[part] == MERGE
    of = np.where(merge, 0, lines.event[part])
    device = devices.device[of]
    owner = [
        users[d] if d != NOBODY else people[fan]
        for d, fan in zip(device.tolist(), events.fan[of].tolist(), strict=True)
    ]
    at = time[of] + np.where(lines.kind[part] == WRONG_CLOCK, WRONG_BY, 0)
    rows = zip(
        events.code[of].tolist(),
        np.where(lines.milliseconds[part], at * 1000, at).tolist(),
        owner,
        device.tolist(),
        lines.known[part].tolist(),
        lines.insert_id[part].tolist(),
        lines.arrived_ms[part].tolist(),
        events.room[of].tolist(),
        [people[to] if to != NOBODY else None for to in events.to[of].tolist()],
        events.amount[of].tolist(),
        events.minutes[of].tolist(),
        devices.platform[device].tolist(),
        strict=True,
    )
    written = [_line(creators, device_ids, *row) for row in rows]
    for i in np.flatnonzero(merge).tolist():
        second = int(devices.second.device[lines.event[part][i]])
        ids = [people[int(devices.fan[second])], users[second]]
        written[i] = _merge_line(ids, int(lines.insert_id[part][i]), int(lines.arrived_ms[part][i]))
    for i in np.flatnonzero(lines.kind[part] == BROKEN).tolist():
        written[i] = written[i][: len(written[i]) // 2] + b"\n"
    return written


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
    to: str | None,
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
    if to is not None:
        properties["reply_to"] = to
    if amount:
        properties["amount"] = amount
        properties["currency"] = "KRW"
    if minutes:
        properties["minutes"] = minutes
    return orjson.dumps({"event": EVENT_NAMES[code], "properties": properties}, option=orjson.OPT_APPEND_NEWLINE)


def _merge_line(ids: list[str], insert_id: int, arrived_ms: int) -> bytes:
    properties = {
        "time": arrived_ms // 1000,
        "$distinct_ids": ids,
        "$insert_id": f"{insert_id:016x}",
        "mp_processing_time_ms": arrived_ms,
    }
    return orjson.dumps({"event": "$merge", "properties": properties}, option=orjson.OPT_APPEND_NEWLINE)


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
