"""What the way to the log did, row by row: which line of which file is late, doubled, broken … and of which event."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from fancare.events.simulator.delivery import LINE_KINDS, MERGE, ORIGINAL, Lines
from fancare.events.simulator.happenings import NOBODY, Events
from fancare.events.simulator.writer import LogFiles

QUARTER_MS = 900_000  # no zone begins its days off a quarter hour


def fault_table(
    lines: Lines, files: LogFiles, events: Events, time: np.ndarray, fans: int, first_day: np.datetime64, timezone: str
) -> pa.Table:
    """A row per line and fault: ``file``, ``line`` (from 1), ``fault``, ``insert_id``; in order of the lines.

    Faults are LINE_KINDS but the first and the last; ``late`` (an event's own line that arrived on a later day than the
    event happened on), ``milliseconds`` (its time is written so) and ``bot`` (written by one; those are fans from number
    ``fans`` on).
    """
    of_event = lines.kind != MERGE
    event = np.where(of_event, lines.event, 0)
    own = lines.kind == ORIGINAL
    day = first_day + events.day[event]
    faults = [(name, lines.kind == code) for code, name in enumerate(LINE_KINDS) if code not in (ORIGINAL, MERGE)]
    faults.append(("late", own & (_days(lines.arrived_ms, timezone) > day)))
    faults.append(("milliseconds", lines.milliseconds))
    faults.append(("bot", own & (events.creator[event] == NOBODY) & (events.fan[event] >= fans)))
    at = np.concatenate([np.flatnonzero(has) for _, has in faults])
    fault = np.repeat([name for name, _ in faults], [int(has.sum()) for _, has in faults])
    order = np.argsort(at, kind="stable")
    at, fault = at[order], fault[order]
    starts = np.array(files.first_line)
    file = np.searchsorted(starts, at, "right") - 1
    return pa.table(
        {
            "file": pa.array(np.array([path.name for path in files.paths])[file].tolist(), pa.string()),
            "line": at - starts[file] + 1,
            "fault": pa.array(fault.tolist(), pa.string()),
            "insert_id": pa.array([f"{number:016x}" for number in lines.insert_id[at].tolist()], pa.string()),
        }
    )


def _days(arrived_ms: np.ndarray, timezone: str) -> np.ndarray:
    """The days of the platform's zone on which lines arrived."""
    quarters, of = np.unique(arrived_ms // QUARTER_MS, return_inverse=True)
    zone = ZoneInfo(timezone)
    local = [datetime.fromtimestamp(quarter * 900, zone).date() for quarter in quarters.tolist()]
    return np.array(local, "datetime64[D]")[of]
