"""The log between two days as it might have been, in a scratch warehouse, and one entity's features by the real builder.

Every event has an age, counted back from the day whose features are made (the frame). Three switches make a counterfactual:

    since = day D, as_of = day A = D + e.    o: events until D    n: events of (D, A]    +: until D, but known only after D

    nothing on          ··o·oo·o·|D                    the frame is D, with what was known on D
    late                ··o+oo·o+|D                    and what became known of those days by A (links between ids too)
    behaviour           ··o·oo·o·|D                    the frame stays D: each new event is moved back by e days, so that it
                          n··nn ·|D  (e days earlier)  is as old there as it is on A, and nothing that is old grows older
    clock               ··o·oo·o·|D ········|A         the frame is A: the same old events are e days older, and nobody has
                                                       done anything since
    behaviour, clock    ··o·oo·o·|D ·n··nn··|A         both: on A, where with late it is all that A knows

So the age of an old event depends on the clock alone, whether a new one is there on behaviour alone, and whether a late one
is there on late alone: every switch means the same whatever the others are. Weekday and season are the frame's. Where moved acts
fall on days of old ones the days count once and the events add; a tenure is the age of the oldest event that is there.

An entity need not be at risk in a counterfactual. It is then put beside the cohort: its ranks are among those at risk and
itself, as they are for everybody in the cohort. Without an event of its own in the last 84 days its counts are 0 and its
recencies 84, what the builder gives anyone for an event that did not happen; what needs an event to be defined (a gap) is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

from fancare.config import Config
from fancare.panel.bits import weekend_masks
from fancare.panel.blocks import bucket_columns
from fancare.panel.build import SNAPSHOT, drop_prepared, plan, prepare
from fancare.panel.cohort import build_cohort
from fancare.panel.event_slots import EventSlots, event_slots
from fancare.panel.feature import Feature
from fancare.panel.feature_query import FeatureQuery
from fancare.panel.rebuilt import scratch_beside
from fancare.warehouse.duckdb_engine import Warehouse
from fancare.warehouse.schema import ACTIVITY_DAILY, IDENTITY_LINKS
from fancare.warehouse.translate import identifier

TOLD, TOLD_LINKS = replace(ACTIVITY_DAILY, name="told"), replace(IDENTITY_LINKS, name="told_links")
SQL = Path(__file__).with_name("replayed_log.sql").read_text(encoding="utf-8")

_SNAPSHOT_WITH = f"""
{SNAPSHOT}
UNION DISTINCT
SELECT @frame AS as_of, CAST(@creator_id AS STRING) AS creator_id, CAST(@fan_id AS STRING) AS fan_id,
  DIV(DATE_DIFF(@frame, @base, DAY), 7) AS week
"""
_MINE = "(@creator_id IS NULL OR creator_id = @creator_id) AND (@fan_id IS NULL OR fan_id = @fan_id)"


@dataclass(frozen=True)
class Counterfactual:
    """Which of the three happened: people's acts after ``since``, the time in between, what became known late."""

    behaviour: bool
    clock: bool
    late: bool


@dataclass(frozen=True)
class Told:
    """How many events lie behind the switches, on the whole platform or of one entity.

    ``new`` happened in (since, as_of]. Of the days until ``since`` that were told otherwise afterwards, ``arrived`` is by how
    many there are more, and ``moved`` how many count under other ids now.
    """

    new: int
    arrived: int
    moved: int


class ReplayedLog:
    """A copy of what was known of the log on ``as_of``, from which any counterfactual since ``since`` is made.

    It is kept in a scratch warehouse; the one it was copied from is only read.
    """

    def __init__(self, scratch: Warehouse, since: date, as_of: date) -> None:
        self.scratch, self.since, self.as_of = scratch, since, as_of

    @property
    def elapsed_days(self) -> int:
        return (self.as_of - self.since).days

    def know(self, day: date) -> Warehouse:
        """The scratch warehouse with `activity_daily` and `identity_links` as they were known on ``day``, and nothing else."""
        for table, copy, until in (
            (ACTIVITY_DAILY, TOLD, " AND activity_date <= @day"),
            (IDENTITY_LINKS, TOLD_LINKS, ""),
        ):
            self.scratch.create(table)
            self.scratch.raw(f'DELETE FROM "{table.name}"')
            names = ", ".join(column for column in table.column_names if column != "known_until")
            self.scratch.execute(
                f"INSERT INTO {table.name} ({names}, known_until) "
                f"SELECT {names}, IF(known_until <= @day, known_until, NULL) AS known_until FROM {copy.name} "
                f"WHERE known_from <= @day{until}",
                {"day": day},
            )
        return self.scratch

    def plan(self, config: Config) -> ReplayPlan:
        """The feature query of ``config`` over every event name known on ``as_of``: a superset of what ``since`` knew.

        A name that a counterfactual lacks gives the columns of an event that did not happen.
        """
        known = self.know(self.as_of)
        return ReplayPlan(config, plan(known, config, self.as_of), event_slots(known, config, self.as_of))

    def told(self, creator_id: str | None = None, fan_id: str | None = None) -> Told:
        """How many events lie behind the switches, of one creator, room or fan, or of all."""
        new, there_then, there_now = self.scratch.rows(
            f"""
            SELECT
              COALESCE(SUM(IF(activity_date > @since AND seen_now, n_events, 0)), 0),
              COALESCE(SUM(IF(activity_date <= @since AND seen_then AND NOT seen_now, n_events, 0)), 0),
              COALESCE(SUM(IF(activity_date <= @since AND seen_now AND NOT seen_then, n_events, 0)), 0)
            FROM (
              SELECT activity_date, n_events,
                known_from <= @since AND (known_until IS NULL OR @since < known_until) AS seen_then,
                known_from <= @as_of AND (known_until IS NULL OR @as_of < known_until) AS seen_now
              FROM told
              WHERE {_MINE}
            ) AS seen
            """,
            {"since": self.since, "as_of": self.as_of, "creator_id": creator_id, "fan_id": fan_id},
        )[0]
        return Told(int(new), int(there_now - there_then), int(there_then))

    def features(
        self, plan: ReplayPlan, happened: Counterfactual, creator_id: str | None, fan_id: str | None
    ) -> np.ndarray:
        """(d,) float32 in the order of ``plan.features``: the entity's features in the counterfactual, NaN where undefined."""
        frame = self.as_of if happened.clock else self.since
        scratch, query = self.scratch, plan.query
        self._replay(happened)
        about = {"frame": frame, "creator_id": creator_id, "fan_id": fan_id}
        scratch.register(EventSlots.TABLE, plan.slots.rows)
        try:
            base = prepare(scratch, query, [frame])
            build_cohort(scratch, plan.config, [frame])
            snapshot = {**about, "base": base, "entity": query.entity, "as_ofs": [frame]}
            scratch.create_temporary("snapshot", _SNAPSHOT_WITH, snapshot)
            self._add_nothing(query, about, base)
            lo, hi = weekend_masks(frame.isoweekday())
            columns = ", ".join(f"CAST({identifier(f.name)} AS FLOAT64)" for f in query.features)
            mine = " AND ".join(f"{key} = @{key}" for key in query.key)
            keys = {key: about[key] for key in query.key}
            (row,) = scratch.rows(
                f"SELECT {columns} FROM ({query.sql()}) AS built WHERE {mine}",
                {"weekend_lo": lo, "weekend_hi": hi, **keys},
            )
        finally:
            drop_prepared(scratch, query)
            scratch.unregister(EventSlots.TABLE)
        return np.array(row, dtype=np.float64).astype(np.float32)

    def _replay(self, happened: Counterfactual) -> None:
        """`activity_daily` of the scratch warehouse as the counterfactual has it."""
        self.scratch.raw(f'DELETE FROM "{ACTIVITY_DAILY.name}"')
        parameters = {
            "since": self.since,
            "as_of": self.as_of,
            "elapsed": self.elapsed_days,
            "behaviour": happened.behaviour,
            "clock": happened.clock,
            "late": happened.late,
        }
        names = ", ".join(ACTIVITY_DAILY.column_names)
        self.scratch.execute(
            f"INSERT INTO {ACTIVITY_DAILY.name} ({names}) SELECT {names} FROM ({SQL}) AS replayed", parameters
        )

    def _add_nothing(self, query: FeatureQuery, about: Mapping[str, object], base: date) -> None:
        """A week of no events for the entity: it changes no count, and lets an entity without any have counts of 0."""
        measured = [column for measure in query.own.measures for column in bucket_columns(measure)]
        values = ", ".join("NULL" if column.endswith("_max") else "0" for column in measured)
        keys = ", ".join(f"@{key}" for key in query.key)
        self.scratch.execute(
            f"INSERT INTO {query.own.table} ({', '.join(query.key)}, week, known_week, until_week, {', '.join(measured)}) "
            f"SELECT {keys}, DIV(DATE_DIFF(@frame, @base, DAY), 7), DIV(DATE_DIFF(@frame, @base, DAY), 7), NULL, {values}",
            {"frame": about["frame"], "base": base, **{key: about[key] for key in query.key}},
        )


@dataclass(frozen=True)
class ReplayPlan:
    """The feature query of one definition of churn, and which events fall into which of its slots."""

    config: Config
    query: FeatureQuery
    slots: EventSlots

    @property
    def features(self) -> tuple[Feature, ...]:
        return self.query.features


@contextmanager
def replayed_log(warehouse: Warehouse, config: Config, since: date, as_of: date) -> Iterator[ReplayedLog]:
    """What ``warehouse`` holds of the log as known on ``as_of``, copied into a scratch warehouse that is gone afterwards."""
    with scratch_beside(warehouse, config.warehouse.memory_limit, config.warehouse.threads) as scratch:
        for table, copy, until in (
            (ACTIVITY_DAILY, TOLD, " AND activity_date <= @day"),
            (IDENTITY_LINKS, TOLD_LINKS, ""),
        ):
            query = f"SELECT * FROM {table.name} WHERE known_from <= @day{until}"
            warehouse.copy_to(scratch, copy, query, {"day": as_of})
        yield ReplayedLog(scratch, since, as_of)
