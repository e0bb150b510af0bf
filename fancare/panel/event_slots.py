"""Every event name that occurs gets a slot, and each slot becomes columns: new names need no code.

The set of names is knowledge too. Names are ordered by the day they were first known, then by how often
they occurred on that day, then by name: what an early day knew is a prefix of what a later day knows, so a column never
changes its meaning when the log grows. At most `MAX_NAMES` names have columns of their own; the rest share one slot.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

import pyarrow as pa

from fancare.config import Config
from fancare.warehouse.duckdb_engine import Warehouse
from fancare.warehouse.names import column_stem

MAX_NAMES = 200
OTHER = "other"

Actor = Literal["fan", "creator"]


@dataclass(frozen=True)
class Slot:
    """One kind of event: who does it and its name (None: all names past the first 200)."""

    number: int
    actor: Actor
    event_name: str | None
    first_known: date
    has_amount: bool
    concerns_entity: bool

    @property
    def stem(self) -> str:
        return OTHER if self.event_name is None else column_stem(self.event_name)


@dataclass(frozen=True)
class EventSlots:
    """The slots known by a day, and which (actor, event name) falls into which."""

    slots: tuple[Slot, ...]
    rows: pa.Table

    TABLE = "event_slots"

    @property
    def of_entity(self) -> tuple[Slot, ...]:
        """The slots that become columns of the entity: a visit outside any room is no creator's."""
        return tuple(slot for slot in self.slots if slot.concerns_entity)


_NAMES = """
SELECT actor, event_name, MIN(known_from) AS first_known, MIN(MIN(known_from)) OVER (PARTITION BY event_name) AS name_known,
  COUNTIF(amount_sum IS NOT NULL) > 0 AS has_amount,
  COUNTIF((@entity = 'creator' OR actor = 'fan') AND (@entity = 'fan' OR creator_id IS NOT NULL)) > 0 AS concerns_entity
FROM activity_daily
WHERE known_from <= @as_of
GROUP BY actor, event_name
"""

_FIRST_DAY_COUNTS = """
SELECT event_name, SUM(n_events) AS n
FROM activity_daily AS day
INNER JOIN (
  SELECT event_name AS name, MIN(known_from) AS first_known FROM activity_daily GROUP BY event_name
) AS first ON first.name = day.event_name AND first.first_known = day.known_from
GROUP BY event_name
"""


def event_slots(warehouse: Warehouse, config: Config, as_of: date) -> EventSlots:
    """The slots of every event name known by ``as_of``, oldest knowledge first."""
    found = warehouse.rows(_NAMES, {"as_of": as_of, "entity": config.churn.entity})
    counts = dict(warehouse.rows(_FIRST_DAY_COUNTS))
    names = sorted({(known, -counts.get(name, 0), name) for _, name, _, known, _, _ in found})
    stems: dict[str, str] = {}
    for _, _, name in names:
        if len(stems) < MAX_NAMES:
            stems.setdefault(column_stem(name), name)  # of two names with one stem (1 in 10⁷) the newer is "other"
    own_column = set(stems.values())
    order = {name: position for position, (_, _, name) in enumerate(names)}

    members: dict[tuple[Literal["fan", "creator"], str | None], list[tuple]] = {}
    for actor, name, first_known, _, has_amount, concerns in sorted(found, key=lambda row: (order[row[1]], row[0])):
        members.setdefault((actor, name if name in own_column else None), []).append(
            (name, first_known, has_amount, concerns)
        )
    slots, rows = [], []
    for number, ((actor, shared), kinds) in enumerate(members.items()):
        first_known = min(known for _, known, _, _ in kinds)
        slots.append(Slot(number, actor, shared, first_known, any(k[2] for k in kinds), any(k[3] for k in kinds)))
        for name, *_ in kinds:
            rows.append((actor, name, number, name in config.activity, name in config.events.fan_activity,
                         name in config.events.revenue))  # fmt: skip
    columns = list(zip(*rows, strict=True)) if rows else [()] * 6
    table = pa.table(
        {
            "actor": pa.array(columns[0], pa.string()),
            "event_name": pa.array(columns[1], pa.string()),
            "slot": pa.array(columns[2], pa.int64()),
            "is_activity": pa.array(columns[3], pa.bool_()),
            "is_fan_activity": pa.array(columns[4], pa.bool_()),
            "is_revenue": pa.array(columns[5], pa.bool_()),
        }
    )
    return EventSlots(tuple(slots), table)
