"""The readable daily query: every feature straight from days, as one would first write it. Slow, and the tests' oracle.

It joins each as_of with the daily rows known then and aggregates by condition; buckets and bits do not occur. What follows
from the list of active days and from weekly counts is worked out in `tests.daily_habits`, without SQL.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from fancare.config import Config
from fancare.warehouse.duckdb_engine import Warehouse
from fancare.warehouse.names import column_stem
from fancare.warehouse.translate import literal
from tests.daily_habits import of_all, of_both, of_days, of_weeks

KEYS = {"creator": ("creator_id",), "room": ("creator_id", "fan_id"), "fan": ("fan_id",)}
ABOUT = {
    "creator": "day.creator_id IS NOT NULL",
    "room": "day.actor = 'fan' AND day.creator_id IS NOT NULL AND day.fan_id IS NOT NULL",
    "fan": "day.actor = 'fan' AND day.fan_id IS NOT NULL",
    "creator_acts": "day.actor = 'creator' AND day.creator_id IS NOT NULL",
}


def oracle(warehouse: Warehouse, config: Config, as_ofs: Iterable[date]) -> dict[tuple, dict[str, float | None]]:
    """{(as_of, ids …): {feature: value}} for the cohort rows of these as_ofs."""
    entity = config.churn.entity
    key = KEYS[entity]
    kinds = warehouse.rows(
        f"SELECT actor, event_name, COUNTIF(amount_sum IS NOT NULL) > 0 FROM activity_daily AS day WHERE {ABOUT[entity]} GROUP BY actor, event_name "
        "ORDER BY actor, event_name"  # the same kinds, the same query: it is translated once
    )
    activity = _in(config.activity)
    columns = {
        **{f"week_{k}": f"SUM(IF({activity} AND age >= {7 * k} AND age < {7 * k + 7}, n_events, 0))" for k in range(12)},
        "events_28d": _n(activity, 28), "tenure_days": "DATE_DIFF(as_of, MIN(first_day), DAY)", **_any_event(),
    }  # fmt: skip
    revenue = _in(config.events.revenue)
    columns |= _amounts("revenue", revenue)
    for actor, name, has_amount in kinds:
        stem = f"{actor}_{column_stem(name)}" if entity == "creator" else column_stem(name)
        condition = f"(actor = '{actor}' AND event_name = {literal(name)})"
        columns |= _slot(stem, condition)
        if has_amount:
            columns |= _amounts(stem, condition)
    ctes = [f"seen AS ({_seen(entity, key)})"]
    joins = []
    own = ", ".join(f"{sql} AS `{name}`" for name, sql in columns.items())
    ctes.append(f"own AS (SELECT as_of, {', '.join(key)}, {own} FROM seen GROUP BY as_of, {', '.join(key)})")
    picked = [f"own.`{name}`" for name in columns]
    for prefix, group, renamed in _room_groups(entity):
        table = f"{prefix}rooms"
        ctes.append(f"{table}_seen AS ({_seen('room', (group,))})")
        ctes.append(f"{table} AS ({_rooms(table + '_seen', group, _in(config.events.fan_activity))})")
        joins.append(f"LEFT JOIN {table} USING (as_of, {group})")
        picked += [f"{sql.format(t=table)} AS `{name}`" for name, sql in renamed.items()]
    if entity == "room":
        for block, about, group, condition in (
            ("fan", "fan", "fan_id", activity), ("creator", "creator_acts", "creator_id", "TRUE"),
        ):  # fmt: skip
            ctes.append(f"{block}_seen AS ({_seen(about, (group,))})")
            context = {
                **{f"{block}_active_days_{w}d": _days(condition, w) for w in (7, 28, 84)},
                **{f"{block}_events_{w}d": _n(condition, w) for w in (28, 84)},
                f"{block}_recency_days": _recency(condition),
                f"{block}_days_slope_12w": _slope(condition),
            }
            made = ", ".join(f"{sql} AS `{name}`" for name, sql in context.items())
            ctes.append(f"{block} AS (SELECT as_of, {group}, {made} FROM {block}_seen GROUP BY as_of, {group})")
            joins.append(f"LEFT JOIN {block} USING (as_of, {group})")
            nothing = {f"{block}_recency_days": 84}
            picked += [f"COALESCE({block}.`{name}`, {nothing.get(name, 0)}) AS `{name}`" for name in context]
        picked.append("SAFE_DIVIDE(own.events_28d, fan.fan_events_28d) AS fan_share_in_room_28d")
    sql = (
        f"WITH {', '.join(ctes)} SELECT own.as_of, {', '.join('own.' + k for k in key)}, {', '.join(picked)} "
        f"FROM own {' '.join(joins)}"
    )
    about = {"as_ofs": list(as_ofs), "entity": entity}
    found = {tuple(row.pop(c) for c in ("as_of", *key)): row for row in warehouse.arrow(sql, about).to_pylist()}
    days = f"SELECT DISTINCT as_of, {', '.join(key)}, age FROM ({_seen(entity, key)}) AS seen WHERE {activity} AND age < 84"
    ages: dict[tuple, list[int]] = {}
    for *where, age in warehouse.rows(days, about):
        ages.setdefault(tuple(where), []).append(age)
    for where, cells in found.items():
        cells |= of_days(sorted(ages[where]), where[0]) | of_weeks([int(cells[f"week_{k}"]) for k in range(12)])
        cells |= of_both(cells)
    for as_of in {where[0] for where in found}:
        cohort = [cells for where, cells in found.items() if where[0] == as_of]
        for cells, standing in zip(cohort, of_all(cohort), strict=True):
            cells |= standing
    return found


def _seen(about: str, key: tuple[str, ...]) -> str:
    """Daily rows as known on each as_of of the cohort, with their age in days; ``first_day`` of all known history."""
    ids = ", ".join(f"day.{k}" for k in ("creator_id", "fan_id"))
    on = " AND ".join(f"day.{k} = at_risk.{k}" for k in key)
    return f"""
      SELECT at_risk.as_of, {ids}, day.actor, day.event_name, day.activity_date, day.n_events, day.amount_sum, day.amount_max,
        DATE_DIFF(at_risk.as_of, day.activity_date, DAY) AS age, day.activity_date AS first_day
      FROM (SELECT DISTINCT as_of, {', '.join(key)} FROM cohort WHERE entity = @entity AND as_of IN UNNEST(@as_ofs)) AS at_risk
      JOIN activity_daily AS day ON {on}
      WHERE {ABOUT[about]} AND day.activity_date <= at_risk.as_of
        AND day.known_from <= at_risk.as_of AND (day.known_until IS NULL OR at_risk.as_of < day.known_until)"""


def _in(names: Iterable[str]) -> str:
    listed = ", ".join(literal(name) for name in names)
    return f"(event_name IN ({listed}))" if listed else "FALSE"


def _n(condition: str, days: int) -> str:
    return f"SUM(IF({condition} AND age < {days}, n_events, 0))"


def _days(condition: str, days: int, after: int = 0) -> str:
    return f"COUNT(DISTINCT IF({condition} AND age < {days} AND age >= {after}, activity_date, NULL))"


def _recency(condition: str) -> str:
    return f"COALESCE(MIN(IF({condition} AND age < 84, age, NULL)), 84)"


def _slope(condition: str) -> str:
    weeks = " + ".join(f"{5.5 - k} * {_days(condition, 7 * k + 7, 7 * k)}" for k in range(12))
    return f"({weeks}) / 143.0"


def _any_event() -> dict[str, str]:
    return {
        **{f"events_any_{w}d": _n("TRUE", w) for w in (28, 84)},
        **{f"days_any_{w}d": _days("TRUE", w) for w in (28, 84)},
        "recency_any_days": _recency("TRUE"),
    }


def _slot(stem: str, condition: str) -> dict[str, str]:
    return {
        **{f"{stem}_n_{w}d": _n(condition, w) for w in (7, 28, 84)},
        **{f"{stem}_days_{w}d": _days(condition, w) for w in (28, 84)},
        f"{stem}_recency_days": _recency(condition),
        f"{stem}_trend_28d": f"({_n(condition, 28)} + 1) / (({_n(condition, 84)} - {_n(condition, 28)}) / 2 + 1)",
    }


def _amounts(stem: str, condition: str) -> dict[str, str]:
    def total(days: int) -> str:
        return f"COALESCE(SUM(IF({condition} AND age < {days}, amount_sum, 0)), 0)"

    return {
        **{f"{stem}_amount_{w}d": total(w) for w in (7, 28, 84)},
        f"{stem}_amount_max_84d": f"COALESCE(MAX(IF({condition} AND age < 84, amount_max, NULL)), 0)",
        f"{stem}_amount_mean_84d": f"SAFE_DIVIDE({total(84)}, {_n(condition, 84)})",
        f"{stem}_amount_trend_28d": f"SAFE_DIVIDE({total(28)}, ({total(84)} - {total(28)}) / 2)",
    }


def _rooms(seen: str, group: str, activity: str) -> str:
    return f"""
      SELECT as_of, {group}, COUNTIF(d7 > 0) AS n_7, COUNTIF(d28 > 0) AS n_28, COUNTIF(d84 > 0) AS n_84,
        COUNTIF(before > 0 AND d28 = 0) AS lost, COUNTIF(before = 0 AND d28 > 0) AS gained,
        COUNTIF(before > 0 AND d28 > 0) AS returning, COUNTIF(before > 0) AS n_before, COUNTIF(any28 > 0) AS visitors,
        COUNTIF(d84 >= 4) AS regular, MAX(n28) AS top, SUM(n28) AS sum28, SUM(n84) AS sum84, SUM(n84 * n84) AS squares,
        AVG(IF(d28 > 0, d28, NULL)) AS days_mean, STDDEV_SAMP(IF(n84 > 0, LN(1 + n84), NULL)) AS spread,
        AVG(IF(d84 > 0, recency, NULL)) AS recency_mean
      FROM (
        SELECT as_of, creator_id, fan_id, {_days(activity, 7)} AS d7, {_days(activity, 28)} AS d28, {_days(activity, 84)} AS d84,
          {_days(activity, 84, 28)} AS before, {_n(activity, 28)} AS n28, {_n(activity, 84)} AS n84, {_n("TRUE", 28)} AS any28,
          {_recency(activity)} AS recency
        FROM {seen} GROUP BY as_of, creator_id, fan_id
      ) AS room
      GROUP BY as_of, {group}"""


def _room_groups(entity: str) -> list[tuple[str, str, dict[str, str]]]:
    first_six = {
        "fans_7d": "COALESCE({t}.n_7, 0)", "fans_28d": "COALESCE({t}.n_28, 0)", "fans_84d": "COALESCE({t}.n_84, 0)",
        "fans_lost_28d": "COALESCE({t}.lost, 0)", "fans_gained_28d": "COALESCE({t}.gained, 0)",
        "fans_trend_28d": "(COALESCE({t}.n_28, 0) + 1) / (COALESCE({t}.n_before, 0) + 1)",
    }  # fmt: skip
    of_creator = first_six | {
        "visitors_28d": "COALESCE({t}.visitors, 0)", "fans_returning_share_28d": "SAFE_DIVIDE({t}.returning, {t}.n_28)",
        "fans_regular_share_84d": "SAFE_DIVIDE({t}.regular, {t}.n_84)", "top_fan_share_28d": "SAFE_DIVIDE({t}.top, {t}.sum28)",
        "fan_concentration_84d": "SAFE_DIVIDE({t}.squares, {t}.sum84 * {t}.sum84)", "fan_days_mean_28d": "{t}.days_mean",
        "fan_events_spread_84d": "{t}.spread", "fan_recency_mean_84d": "{t}.recency_mean",
    }  # fmt: skip
    of_fan = {
        "rooms_28d": "COALESCE({t}.n_28, 0)", "rooms_84d": "COALESCE({t}.n_84, 0)", "rooms_lost_28d": "COALESCE({t}.lost, 0)",
        "rooms_gained_28d": "COALESCE({t}.gained, 0)", "room_concentration_84d": "SAFE_DIVIDE({t}.squares, {t}.sum84 * {t}.sum84)",
    }  # fmt: skip
    if entity == "creator":
        return [("", "creator_id", of_creator)]
    if entity == "fan":
        return [("", "fan_id", of_fan)]
    return [
        ("fan_", "fan_id", {f"fan_{name}": sql for name, sql in of_fan.items()}),
        ("creator_", "creator_id", {f"creator_{name}": sql for name, sql in first_six.items()}),
    ]
