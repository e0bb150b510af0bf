"""What the events of a log seem to mean: who acts, what brings money, what counts as being there, and when it is night.

All of it is a proposal with its ground in figures; only the people who run the platform know.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from fancare.events.guess import EPOCH_2100, EPOCH_UNITS, Guess, epoch_unit, words_of
from fancare.events.sample import ColumnLook, Sample, quoted

if TYPE_CHECKING:
    from fancare.config import Entity
    from fancare.warehouse.duckdb_engine import Warehouse

MANY_CREATORS = 50
MAX_NAMES = 500
MAX_LISTED = 40
OWN_SHARE = 0.95
MONEY_SHARE = 0.5
PASSIVE = frozenset({
    "view", "views", "viewed", "visit", "visited", "visits", "open", "opened", "enter", "entered", "exit",
    "exited", "leave", "left", "login", "logout", "session", "page", "screen", "impression", "impressions",
    "push", "notification", "notifications", "delivered", "install", "installed", "uninstall", "signup",
    "register", "registered", "app", "launch", "error", "crash", "identify", "alias", "merge", "experiment", "search",
})  # fmt: skip
CREATORS_WORDS = frozenset({
    "creator", "celeb", "celebrity", "artist", "streamer", "host", "broadcast", "broadcaster", "idol", "크리에이터",
})  # fmt: skip
NIGHT = range(1, 9)  # local hours in which the middle of the four quietest hours is plausible
QUIET_SHARE = 0.7  # the quietest four hours must hold less than this share of an even spread to say anything


@dataclass(frozen=True)
class EventLook:
    """One event name: how often, how often with an amount, how often the acting id is the room's creator.

    ``share_own`` counts rows that name a creator and no fan too; ``share_no_fan`` these alone, ``share_nobody`` those that
    name neither.
    """

    name: str
    n: int
    share_amount: float
    share_own: float
    share_no_fan: float = 0.0
    share_nobody: float = 0.0

    @property
    def is_passive(self) -> bool:
        return self.name.startswith("$") or any(word in PASSIVE for word in words_of(self.name))


@dataclass(frozen=True)
class TimeLook:
    """When the log plays: first and last moment by the column's clock, whether that clock carries its zone, its night."""

    first: datetime
    last: datetime
    is_zoned: bool
    quiet_hour: int | None

    @property
    def days(self) -> int:
        return (self.last.date() - self.first.date()).days + 1

    def zone(self, default: str = "Asia/Seoul") -> tuple[str, str]:
        """The platform's time zone, and the ground for it."""
        if self.quiet_hour is None:
            return default, "the default: the hours of the log do not tell where it is night"
        clock = f"the log is quietest about {self.quiet_hour:02d}:00 by its clock"
        seoul = (self.quiet_hour + 9) % 24
        if seoul in NIGHT:
            return default, f"{clock}, which is {seoul:02d}:00 in Seoul: night, as it should be"
        if self.quiet_hour in NIGHT:
            return "UTC", f"{clock}: night, so days are taken as that clock has them"
        return "UTC", f"{clock}, which is day in Seoul ({seoul:02d}:00): name the zone where that is night"


@dataclass(frozen=True)
class Meaning:
    """The proposal for [events] and [churn]."""

    events: tuple[EventLook, ...]
    n_names: int
    entity: Entity
    entity_ground: str
    creator_acts: tuple[str, ...]
    creator_activity: tuple[str, ...]
    fan_activity: tuple[str, ...]
    revenue: tuple[str, ...]
    activity_ground: str


def look_at_events(warehouse: Warehouse, sample: Sample, guesses: Mapping[str, Guess]) -> tuple[EventLook, ...]:
    """The event names of the sample, the most frequent first; one name, ``event``, where no column holds them."""

    def text(role: str) -> str:
        column = guesses[role].column
        return "NULL::VARCHAR" if column is None else _id_text(sample.column(column))

    actor = text("fan_id")
    if sample.kind == "mixpanel-export":
        known = [name for name in (guesses["fan_id"].column, "$user_id", "distinct_id", "$device_id") if name in sample.names]
        actor = f"coalesce({', '.join(quoted(name) + '::VARCHAR' for name in known)})" if known else "NULL::VARCHAR"
    name = text("event_name") if guesses["event_name"].column else "'event'"
    amount = guesses["amount"].column
    amount_sql = "NULL::DOUBLE" if amount is None else f"try_cast({quoted(amount)} AS DOUBLE)"
    rows = warehouse.raw(f"""
        WITH named AS (
          SELECT nfc_normalize({name}) AS name, nullif({actor}, '') AS actor, nullif({text('creator_id')}, '') AS creator,
            {amount_sql} AS amount
          FROM sample
        ), creators AS (SELECT DISTINCT creator FROM named WHERE creator IS NOT NULL)
        SELECT named.name, count(*) AS n, count(*) FILTER (amount <> 0) / count(*),
          count(*) FILTER (actor = named.creator OR (actor IS NULL AND named.creator IS NOT NULL)
            OR (named.creator IS NULL AND creators.creator IS NOT NULL)) / count(*),
          count(*) FILTER (actor IS NULL AND named.creator IS NOT NULL) / count(*),
          count(*) FILTER (actor IS NULL AND named.creator IS NULL) / count(*)
        FROM named LEFT JOIN creators ON creators.creator = named.actor
        WHERE named.name IS NOT NULL
        GROUP BY named.name ORDER BY n DESC, named.name LIMIT {MAX_NAMES}
    """).fetchall()  # fmt: skip
    return tuple(EventLook(*row) for row in rows)


def look_at_time(warehouse: Warehouse, sample: Sample, column: str) -> TimeLook | None:
    """First and last moment and the night of a time column; None where none of it reads as a time."""
    look = sample.column(column)
    moment = _moment(look)
    first, last = warehouse.raw(f"SELECT min({moment}), max({moment}) FROM sample").fetchall()[0]
    if first is None:
        return None
    hours = dict(warehouse.raw(f"SELECT hour({moment}) AS h, count(*) FROM sample GROUP BY h").fetchall())
    if look.is_text:
        zoned = all(re.search(r"(Z|[+-]\d\d(:?\d\d)?)$", example[10:]) for example in look.examples)
    else:
        zoned = look.is_number or "TIME ZONE" in look.type
    return TimeLook(first, last, zoned, quiet_hour([hours.get(hour, 0) for hour in range(24)]))


def quiet_hour(by_hour: list[int]) -> int | None:
    """The middle of the four quietest hours in a row; None where the day is about even.

    >>> quiet_hour([5, 2, 1, 1, 2, 5] + [20] * 18), quiet_hour([10] * 24)
    (3, None)
    """
    sums = [sum(by_hour[(start + i) % 24] for i in range(4)) for start in range(24)]
    start = min(range(24), key=sums.__getitem__)
    if sums[start] >= QUIET_SHARE * sum(by_hour) * 4 / 24:
        return None
    return (start + 2) % 24


def propose(sample: Sample, guesses: Mapping[str, Guess], events: tuple[EventLook, ...]) -> Meaning:
    """Lists for [events] and an entity for [churn] from what the events look like."""
    creator, fan = guesses["creator_id"].column, guesses["fan_id"].column
    has_fans = fan is not None or sample.kind == "mixpanel-export"
    n_creators = sample.column(creator).n_distinct if creator else 0
    # visits are left out: by whom they are is derived, and a device not yet known must not become a creator
    # (unless they name creators only: such rows would be dropped)
    acts = tuple(
        e.name for e in events
        if (has_fans and e.share_no_fan >= OWN_SHARE) or (not e.is_passive and _is_creators(e, creator is not None))
    )  # fmt: skip
    counted = [e for e in events if e.share_nobody < OWN_SHARE] or list(events)  # the others' rows are dropped
    present = [e for e in counted if not e.is_passive]
    present = present or [e for e in counted if not e.name.startswith("$")] or counted
    own = [e.name for e in present if e.name in acts or e.share_own >= MONEY_SHARE]
    by_fans = [e.name for e in present if e.name not in acts]
    revenue = tuple(e.name for e in events if e.share_amount >= MONEY_SHARE)
    fan_activity = by_fans or [e.name for e in events]
    entity, ground = _entity(n_creators, has_fans, sample.is_whole)
    if own:
        creator_activity, how = own, "what creators do themselves"
    else:
        creator_activity, how = list(fan_activity), "no event is a creator's own: what creators receive from fans"
    return Meaning(
        events=events[:MAX_LISTED],
        n_names=len(events),
        entity=entity,
        entity_ground=ground,
        creator_acts=acts,
        creator_activity=tuple(creator_activity[:MAX_LISTED]) if creator else (),
        fan_activity=tuple(fan_activity[:MAX_LISTED]),
        revenue=revenue[:MAX_LISTED],
        activity_ground=how,
    )


def _entity(n_creators: int, has_fans: bool, is_whole: bool) -> tuple[Entity, str]:
    seen = f"{n_creators:,} creator{'s' if n_creators != 1 else ''}" + ("" if is_whole else " in the sample")
    if n_creators >= MANY_CREATORS or (n_creators and not has_fans):
        return "creator", f"{seen}, enough to compare"
    if n_creators > 1 and has_fans:
        return "room", f"{seen}, too few to learn from ({MANY_CREATORS} would do), but each has rooms with fans"
    return "fan", f"{seen}, so the fans are what can be compared" if n_creators else "no column names creators"


def _is_creators(event: EventLook, knows_creators: bool) -> bool:
    if knows_creators:
        return event.share_own >= OWN_SHARE
    return any(word in CREATORS_WORDS for word in words_of(event.name))


def _id_text(look: ColumnLook) -> str:
    name = quoted(look.name)
    if look.type.split("(")[0] in ("FLOAT", "DOUBLE", "DECIMAL"):
        return f"try_cast({name} AS BIGINT)::VARCHAR"
    return f"{name}::VARCHAR"


def _moment(look: ColumnLook) -> str:
    name = quoted(look.name)
    if look.is_number:
        unit = EPOCH_UNITS[epoch_unit(look.low, look.high) or "seconds"]
        possible = f"{name}::DOUBLE BETWEEN 0 AND {EPOCH_2100 * unit:.0f}"
        return f"CASE WHEN {possible} THEN make_timestamp(({name}::DOUBLE / {unit:.0f} * 1e6)::BIGINT) END"
    if look.is_text:
        return f"timezone('UTC', try_cast({name} AS TIMESTAMPTZ))"
    return f"timezone('UTC', {name})" if "TIME ZONE" in look.type else f"{name}::TIMESTAMP"
