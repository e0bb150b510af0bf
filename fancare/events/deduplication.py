"""Staged rows become events: each real event once, attributed to who acted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fancare.config import Config
from fancare.events.daily import ChangedDays
from fancare.events.staging import Staged, literal_path
from fancare.progress import Task
from fancare.warehouse.duckdb_engine import Warehouse
from fancare.warehouse.schema import EVENTS
from fancare.warehouse.translate import to_duckdb

DEDUPLICATE = Path(__file__).with_name("deduplicate.sql").read_text(encoding="utf-8")
WHO_ACTS = Path(__file__).with_name("who_acts.sql").read_text(encoding="utf-8")
CREATORS = Path(__file__).with_name("creators.sql").read_text(encoding="utf-8")

_NAMES = ", ".join(f'"{name}"' for name in EVENTS.column_names)
_CONTENT = "(coalesce({0}.creator_id, ''), coalesce({0}.amount, -1e300), coalesce({0}.properties::VARCHAR, ''))"


@dataclass(frozen=True)
class Inserted:
    """What became of one file's staged events: ``n_events + n_duplicates + n_identity_duplicates`` of them."""

    n_events: int
    n_duplicates: int
    n_identity_duplicates: int
    n_late: int
    n_reused_ids: int


def insert(warehouse: Warehouse, config: Config, staged: Staged, days: ChangedDays, task: Task) -> Inserted:
    """The staged events that are not in `events` yet, put there; of two that differ in arrival the earlier is kept.

    Works through a stretch of days at a time (`Staged.chunks`), so memory does not grow with the file.
    """
    quoted = literal_path(staged.path).replace("'", "''")
    warehouse.raw(f"CREATE OR REPLACE TEMP VIEW staged AS SELECT * FROM read_parquet('{quoted}')")
    n_new = n_late = n_merged = 0
    for first, last, n in staged.chunks():
        warehouse.raw(
            f"CREATE OR REPLACE TEMP TABLE incoming AS {to_duckdb(DEDUPLICATE)}", {"from_day": first, "to_day": last}
        )
        n_replaced = _meet(warehouse, first, last, days)
        n_new += _attribute(warehouse, config) - n_replaced
        n_late += warehouse.value(
            "SELECT COUNT(*) FROM incoming WHERE arrived_at IS NOT NULL AND DATE(arrived_at, @timezone) > activity_date",
            {"timezone": config.platform.timezone},
        )
        n_merged += merge_twins(warehouse, first, last)
        # a twin that gave way to one that was here before changed nothing
        days.add("FROM incoming SEMI JOIN events USING (activity_date, event_name, event_time, actor_id, event_id)")
        task.advance(n, staged.file.path.name)
    n_staged = staged.count("event")
    reused = _reused_ids(warehouse) if staged.n_surrogate_ids < n_staged else 0
    warehouse.raw("DROP TABLE IF EXISTS incoming")
    warehouse.raw("DROP VIEW staged")
    return Inserted(n_new - n_merged, n_staged - n_new, n_merged, n_late, reused)


def _meet(warehouse: Warehouse, first: object, last: object, days: ChangedDays) -> int:
    """Drop from `incoming` what `events` holds already, and from `events` what `incoming` holds better; count these."""
    span = {"first": first, "last": last}
    if not warehouse.raw("SELECT 1 FROM events WHERE activity_date BETWEEN $first AND $last LIMIT 1", span).fetchall():
        return 0
    better = f"""(i.arrived_at < e.arrived_at OR (e.arrived_at IS NULL AND i.arrived_at IS NOT NULL)
      OR (i.arrived_at IS NOT DISTINCT FROM e.arrived_at AND {_CONTENT.format("i")} < {_room_content("e")}))"""
    warehouse.raw(
        f"CREATE OR REPLACE TEMP TABLE met AS SELECT i.rowid AS incoming_row, e.rowid AS event_row, e.activity_date, "
        f"coalesce({better}, false) AS is_better FROM incoming i "
        f"JOIN events e USING (event_name, event_time, actor_id, event_id) WHERE e.activity_date BETWEEN $first AND $last",
        span,
    )
    warehouse.raw("DELETE FROM incoming WHERE rowid IN (SELECT incoming_row FROM met WHERE NOT is_better)")
    warehouse.raw("DELETE FROM events WHERE rowid IN (SELECT event_row FROM met WHERE is_better)")
    days.add("SELECT activity_date FROM met WHERE is_better")
    ((n,),) = warehouse.raw("SELECT count(*) FROM met WHERE is_better").fetchall()
    warehouse.raw("DROP TABLE met")
    return int(n)


def _room_content(alias: str) -> str:
    """What the log said of an event that is in `events` already: its room only where the log named it."""
    return _CONTENT.format(alias).replace(
        f"{alias}.creator_id", f"CASE WHEN {alias}.room_named THEN {alias}.creator_id END"
    )


def _attribute(warehouse: Warehouse, config: Config) -> int:
    """`incoming` into `events`; returns how many rows."""
    (count,) = warehouse.raw(
        f"INSERT INTO events BY NAME SELECT {_NAMES} FROM ({to_duckdb(WHO_ACTS)})",
        {"creator_acts": list(config.events.creator_acts)},
    ).fetchall()[0]
    return int(count)


def merge_twins(warehouse: Warehouse, first: object, last: object) -> int:
    """Of events that are one once ids are resolved (same name, time, id and person), keep the one that arrived first."""
    if not warehouse.raw("SELECT 1 FROM identity_links LIMIT 1").fetchall():
        return 0
    (count,) = warehouse.raw(
        """
        DELETE FROM events WHERE rowid IN (
          SELECT row FROM (
            SELECT e.rowid AS row, row_number() OVER (
              PARTITION BY event_name, event_time, event_id, coalesce(links.canonical_id, actor_id)
              ORDER BY arrived_at NULLS LAST, actor_id
            ) AS position
            FROM events e LEFT JOIN identity_links links ON links.alias_id = e.actor_id AND links.known_until IS NULL
            WHERE activity_date BETWEEN $first AND $last
              AND coalesce(links.canonical_id, actor_id) IN (SELECT canonical_id FROM identity_links)
          ) WHERE position > 1)
        """,
        {"first": first, "last": last},
    ).fetchall()[0]
    return int(count)


def _reused_ids(warehouse: Warehouse) -> int:
    """How many of the file's own event ids stand for several events (another time, name or person)."""
    ((n,),) = warehouse.raw(
        """
        SELECT count(*) FROM (
          SELECT event_id
          FROM staged LEFT JOIN identity_links links ON links.alias_id = actor_id AND links.known_until IS NULL
          WHERE kind = 'event' AND event_id IS NOT NULL
          GROUP BY event_id
          HAVING min(hash(event_time, event_name, coalesce(canonical_id, actor_id)))
              <> max(hash(event_time, event_name, coalesce(canonical_id, actor_id))))
        """
    ).fetchall()
    return int(n)


def learn_creators(warehouse: Warehouse, config: Config, days: ChangedDays) -> tuple[int, int]:
    """`creators` brought up to date; visits outside any room of ids that turn out to be creators' become theirs.

    Returns how many creators are new and how many events count differently now. The days of all visits whose standing
    changed, be it only the day since when it is known, are added to ``days``.
    """
    parameters = {"creator_acts": list(config.events.creator_acts), "timezone": config.platform.timezone}
    warehouse.raw(f"CREATE OR REPLACE TEMP TABLE creators_now AS {to_duckdb(CREATORS)}", parameters)
    warehouse.raw(
        "CREATE OR REPLACE TEMP TABLE creators_changed AS SELECT DISTINCT creator_id FROM "
        "((FROM creators_now EXCEPT FROM creators) UNION ALL (FROM creators EXCEPT FROM creators_now))"
    )
    ((n_new,),) = warehouse.raw(
        "SELECT count(*) FROM creators_now ANTI JOIN creators USING (creator_id)"
    ).fetchall()
    warehouse.raw("DELETE FROM creators")
    warehouse.raw("INSERT INTO creators BY NAME FROM creators_now")
    their_visits = """NOT room_named AND actor_id IN (
        SELECT creator_id FROM creators_changed
        UNION ALL SELECT alias_id FROM identity_links WHERE canonical_id IN (FROM creators_changed))"""
    n_flipped = reattribute(warehouse, config, their_visits, days)
    warehouse.raw("DROP TABLE creators_now")
    warehouse.raw("DROP TABLE creators_changed")
    return int(n_new), n_flipped


def reattribute(warehouse: Warehouse, config: Config, where: str, days: ChangedDays) -> int:
    """Attribute the events that a DuckDB condition selects anew; returns how many changed their actor or person."""
    warehouse.raw(
        "CREATE OR REPLACE TEMP TABLE incoming AS SELECT rowid AS event_row, * REPLACE "
        f"(CASE WHEN room_named THEN creator_id END AS creator_id) FROM events WHERE {where}"
    )
    if not warehouse.raw("SELECT 1 FROM incoming LIMIT 1").fetchall():
        return 0
    days.add("SELECT activity_date FROM incoming")
    before = "SELECT event_id, event_time, event_name, actor_id, actor, creator_id, fan_id FROM events"
    warehouse.raw(f"CREATE OR REPLACE TEMP TABLE before AS {before} WHERE rowid IN (SELECT event_row FROM incoming)")
    warehouse.raw("DELETE FROM events WHERE rowid IN (SELECT event_row FROM incoming)")
    _attribute(warehouse, config)
    ((n_same,),) = warehouse.raw(
        f"SELECT count(*) FROM before SEMI JOIN ({before} WHERE activity_date IN (SELECT activity_date FROM incoming)) after "
        "ON before.event_id = after.event_id AND before.event_time = after.event_time "
        "AND before.event_name = after.event_name AND before.actor_id = after.actor_id AND before.actor = after.actor "
        "AND before.creator_id IS NOT DISTINCT FROM after.creator_id AND before.fan_id IS NOT DISTINCT FROM after.fan_id"
    ).fetchall()
    ((n_all,),) = warehouse.raw("SELECT count(*) FROM before").fetchall()
    warehouse.raw("DROP TABLE before")
    warehouse.raw("DROP TABLE incoming")
    return int(n_all) - int(n_same)
