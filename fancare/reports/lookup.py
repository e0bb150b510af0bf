"""Which entity an id means: exact, by a known identity link, or an error that proposes the nearest ids of the log."""

from __future__ import annotations

from datetime import date

from fancare.config import Config
from fancare.errors import ConfigError
from fancare.reports.hostile import visible
from fancare.reports.rhythm import Key
from fancare.warehouse.duckdb_engine import Warehouse

PROPOSALS = 3
LONGEST_SHOWN = 80


def find(warehouse: Warehouse, config: Config, id: str, as_of: date) -> Key:
    """The (creator_id, fan_id) that ``id`` names: a creator, ``creator/fan``, or a fan, as the configuration scores.

    Ids may hold slashes themselves: every way to split is tried. An id that was linked to a person by ``as_of`` finds
    that person. Raises `ConfigError` for an id the log does not know, saying where it was looked for.
    """
    entity = config.churn.entity
    candidates: list[Key]
    if entity == "creator":
        candidates = [(id, None), *((person, None) for person in _persons(warehouse, id, as_of))]
    elif entity == "fan":
        candidates = [(None, fan) for fan in (*_persons(warehouse, id, as_of), id)]
    else:
        cuts = [i for i, char in enumerate(id) if char == "/"]
        candidates = [(id[:i], fan) for i in cuts for fan in (*_persons(warehouse, id[i + 1 :], as_of), id[i + 1 :])]
    for creator, fan in candidates:
        if _exists(warehouse, creator, fan):
            return creator, fan
    raise ConfigError(_unknown(warehouse, config, id))


def _exists(warehouse: Warehouse, creator: str | None, fan: str | None) -> bool:
    query = """
        SELECT COUNT(*) FROM (
          SELECT 1 AS one FROM activity_daily
          WHERE (@creator IS NULL OR creator_id = @creator) AND (@fan IS NULL OR fan_id = @fan)
          LIMIT 1
        ) AS found
    """
    return bool(warehouse.value(query, {"creator": creator, "fan": fan}))


def _persons(warehouse: Warehouse, id: str, as_of: date) -> tuple[str, ...]:
    """The person behind the id by the link that held on ``as_of``; none where no link did."""
    if not warehouse.has_table("identity_links"):
        return ()
    query = """
        SELECT canonical_id FROM identity_links
        WHERE alias_id = @id AND known_from <= @as_of AND (known_until IS NULL OR @as_of < known_until)
    """
    return tuple(person for (person,) in warehouse.rows(query, {"id": id, "as_of": as_of}))


def _unknown(warehouse: Warehouse, config: Config, id: str) -> str:
    entity = config.churn.entity
    asked = visible(id) if len(id) <= LONGEST_SHOWN else visible(id[:LONGEST_SHOWN]) + "…"
    where = f"among the {entity}s of {warehouse.location} (config {config.path.name})"
    if entity == "room" and "/" not in id:
        return f"'{asked}' is not a room {where}: give both ids as creator/fan{_such_as(warehouse, entity, id)}."
    other = {"creator": (None, id), "fan": (id, None), "room": (None, None)}[entity]
    if entity != "room" and _exists(warehouse, *other):
        kind = "fan" if entity == "creator" else "creator"
        return (
            f"'{asked}' is a {kind}, but {config.path.name} scores {entity}s: give a {entity}'s id, or a config with "
            f'entity = "{kind}".'
        )
    return f"'{asked}' was not found {where}; give an id as the log has it{_such_as(warehouse, entity, id)}."


def _such_as(warehouse: Warehouse, entity: str, id: str) -> str:
    """The nearest ids by edit distance, as the end of a sentence."""
    shape = {"creator": "creator_id", "fan": "fan_id", "room": "CONCAT(creator_id, '/', fan_id)"}[entity]
    nearest = warehouse.rows(
        f"""
        SELECT id FROM (SELECT DISTINCT {shape} AS id FROM activity_daily) AS ids
        WHERE id IS NOT NULL
        ORDER BY EDIT_DISTANCE(id, @id), id
        LIMIT {PROPOSALS}
        """,
        {"id": id[:200]},
    )
    shown = [visible(one[:LONGEST_SHOWN]) for (one,) in nearest]
    return f", such as {', '.join(shown)}" if shown else "; the log is empty"
