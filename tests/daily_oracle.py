"""The readable daily oracle: every feature straight from the days known then, as one would first write it.

One query joins each as_of with the daily rows known on it; the rest is lists of days. Buckets, bits and windows of SQL do
not occur.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from fancare.config import Config
from fancare.warehouse.duckdb_engine import Warehouse
from fancare.warehouse.names import column_stem
from tests.daily_habits import (
    Cells,
    Day,
    ages_of,
    count,
    of_all,
    of_amounts,
    of_any,
    of_both,
    of_days,
    of_event,
    of_weeks,
)
from tests.daily_rooms import of_context, of_fans, of_rooms, of_share_in_room

KEYS = {"creator": ("creator_id",), "room": ("creator_id", "fan_id"), "fan": ("fan_id",)}
ABOUT = {
    "creator": "day.creator_id IS NOT NULL",
    "room": "day.actor = 'fan' AND day.creator_id IS NOT NULL AND day.fan_id IS NOT NULL",
    "fan": "day.actor = 'fan' AND day.fan_id IS NOT NULL",
    "creator_acts": "day.actor = 'creator' AND day.creator_id IS NOT NULL",
}


def oracle(warehouse: Warehouse, config: Config, as_ofs: Iterable[date]) -> dict[tuple, Cells]:
    """{(as_of, ids …): {feature: value}} for the cohort rows of these as_ofs."""
    entity = config.churn.entity
    key = KEYS[entity]
    days = list(as_ofs)

    def seen(about: str, by: tuple[str, ...] = key) -> dict[tuple, list[Day]]:
        return _seen(warehouse, entity, days, about, by)

    kinds = warehouse.rows(f"SELECT DISTINCT actor, event_name FROM activity_daily AS day WHERE {ABOUT[entity]}")
    found = {where: _own(own, where[0], config, kinds) for where, own in seen(entity).items()}
    if entity == "creator":
        fans = seen("room")
        for where, cells in found.items():
            cells |= of_fans(fans.get(where, []), config.events.fan_activity)
    else:
        rooms = seen("room", ("fan_id",))
        prefix = "fan_" if entity == "room" else ""
        for where, cells in found.items():
            at_fan = of_rooms(rooms.get((where[0], where[-1]), []), config.events.fan_activity)
            cells |= {prefix + name: value for name, value in at_fan.items()}
    if entity == "room":
        of_fan, acts, fans = (
            seen("fan", ("fan_id",)), seen("creator_acts", ("creator_id",)), seen("room", ("creator_id",)),
        )  # fmt: skip
        for where, cells in found.items():
            as_of, creator, fan = where
            elsewhere = [day for day in of_fan[as_of, fan] if day.name in config.activity]
            cells |= of_context("fan", elsewhere) | of_context("creator", acts.get((as_of, creator), []))
            others = of_fans(fans[as_of, creator], config.events.fan_activity)
            cells |= {f"creator_{name}": value for name, value in others.items()}
            cells |= of_share_in_room(cells)
    for as_of in {where[0] for where in found}:
        cohort = [cells for where, cells in found.items() if where[0] == as_of]
        for cells, standing in zip(cohort, of_all(cohort), strict=True):
            cells |= standing
    return found


def _own(days: list[Day], as_of: date, config: Config, kinds: list[tuple]) -> Cells:
    """What the entity's own days say, those of each event name apart."""
    activity = [day for day in days if day.name in config.activity]
    cells = of_days(ages_of(activity), as_of) | of_weeks([count(activity, 7 * k + 7, 7 * k) for k in range(12)])
    cells["tenure_days"] = max(day.age for day in days)
    cells |= of_both(cells) | of_any(days, activity)
    cells |= of_amounts("revenue", [day for day in days if day.name in config.events.revenue])
    for actor, name in kinds:
        stem = f"{actor}_{column_stem(name)}" if config.churn.entity == "creator" else column_stem(name)
        own = [day for day in days if (day.actor, day.name) == (actor, name)]
        cells |= of_event(stem, own, days) | of_amounts(stem, own)
    return cells


def _seen(
    warehouse: Warehouse, entity: str, as_ofs: list[date], about: str, by: tuple[str, ...]
) -> dict[tuple, list[Day]]:
    """Daily rows as known on each as_of of the cohort, with their age in days."""
    on = " AND ".join(f"day.{k} = at_risk.{k}" for k in by)
    ids = ", ".join(f"at_risk.{k}" for k in by)
    rows = warehouse.rows(
        f"""
        SELECT at_risk.as_of, {ids}, day.creator_id, day.fan_id, day.actor, day.event_name,
          DATE_DIFF(at_risk.as_of, day.activity_date, DAY) AS age, day.n_events, day.amount_sum, day.amount_max
        FROM (SELECT DISTINCT as_of, {", ".join(by)} FROM cohort WHERE entity = @entity AND as_of IN UNNEST(@as_ofs)) AS at_risk
        JOIN activity_daily AS day ON {on}
        WHERE {ABOUT[about]} AND day.activity_date <= at_risk.as_of
          AND day.known_from <= at_risk.as_of AND (day.known_until IS NULL OR at_risk.as_of < day.known_until)
        """,
        {"as_ofs": as_ofs, "entity": entity},
    )
    found: dict[tuple, list[Day]] = {}
    for row in rows:
        found.setdefault(row[: len(by) + 1], []).append(Day(*row[len(by) + 1 :]))
    return found
