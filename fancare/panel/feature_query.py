"""The query that turns a cohort and the blocks into feature rows: generated from the records, readable with `fancare sql`."""

from __future__ import annotations

from dataclasses import dataclass

from fancare.panel import bits
from fancare.panel.blocks import (
    WEEKS,
    Block,
    Measure,
    activity_measures,
    rhythm_sql,
    seen_sql,
    slot_measures,
    tenure_sql,
)
from fancare.panel.event_slots import EventSlots
from fancare.panel.feature import Feature
from fancare.panel.features import features_for
from fancare.panel.features.standing import standing_sql
from fancare.warehouse.translate import identifier

KEYS = {"creator": ("creator_id",), "room": ("creator_id", "fan_id"), "fan": ("fan_id",)}
_WHERE = {
    "creator": "day.creator_id IS NOT NULL",
    "room": "day.actor = 'fan' AND day.creator_id IS NOT NULL AND day.fan_id IS NOT NULL",
    "fan": "day.actor = 'fan' AND day.fan_id IS NOT NULL",
}


@dataclass(frozen=True)
class FeatureQuery:
    """What to build for one entity: its records, the blocks they read, and the query over a cohort."""

    entity: str
    features: tuple[Feature, ...]
    own: Block
    blocks: tuple[Block, ...]

    @property
    def key(self) -> tuple[str, ...]:
        return KEYS[self.entity]

    def sql(self) -> str:
        """One row per row of ``snapshots`` (as_of, week and key of each cohort row), one column per feature."""
        parts = {
            "own": (seen_sql(self.own, "snapshot"), self.key),
            "rhythm": (rhythm_sql(self.own, "snapshot"), self.key),
            "tenure": (tenure_sql(self.own, "snapshot", "first_days"), self.key),
            "standing": (standing_sql(self.key), self.key),
        }
        ats: dict[str, str] = {}
        for block in self.blocks[1:]:
            for group in _groups(self.entity, block.name):
                ats[f"snapshot_{group}"] = f"SELECT DISTINCT as_of, week, {group} FROM snapshot"
                if block.name == "rooms":
                    name = {"creator": "rooms", "fan": "rooms"}.get(self.entity) or {
                        "creator_id": "creator_rooms", "fan_id": "fan_rooms"}[group]  # fmt: skip
                    ats[f"{name}_seen"] = seen_sql(block, f"snapshot_{group}", on=(group,))
                    parts[name] = (_distribution(f"{name}_seen", group), (group,))
                else:
                    parts[block.name] = (seen_sql(block, f"snapshot_{group}"), (group,))
        ctes = ",\n".join([f"{n} AS ({q})" for n, q in ats.items()] + [f"{n} AS ({q})" for n, (q, _) in parts.items()])
        columns = ",\n  ".join(f"{f.expression} AS {identifier(f.name)}" for f in self.features)
        joins = "\n".join(
            f"LEFT JOIN {name} ON {name}.as_of = snapshot.as_of AND "
            + " AND ".join(f"{name}.{k} = snapshot.{k}" for k in key)
            for name, (_, key) in parts.items()
        )
        keys = ", ".join(f"snapshot.{k}" for k in self.key)
        return f"WITH {ctes}\nSELECT snapshot.as_of, {keys},\n  {columns}\nFROM snapshot\n{joins}"


def feature_query(entity: str, slots: EventSlots, revenue: bool, many_rooms: bool, activity: tuple[str, ...]) -> FeatureQuery:
    """The feature query of an entity for these event slots."""
    own_slots = slots.of_entity
    only_activity = len(own_slots) == 1 and own_slots[0].event_name in activity
    if only_activity:
        own_slots = ()  # its columns would be the activity's again, and so would those of "any event"
    measures = (*activity_measures(revenue, not only_activity), *slot_measures(own_slots))
    own = Block("own", KEYS[entity], _WHERE[entity], measures)
    blocks = [own]
    if entity != "fan" or many_rooms:
        blocks.append(Block("rooms", KEYS["room"], _WHERE["room"], (
            Measure("act", "is_fan_activity", (28, 84)), Measure("any", "TRUE", ()),
        )))  # fmt: skip
    if entity == "room":
        act = (Measure("act", "is_activity", (7, 28, 84)),)
        blocks.append(Block("fan", ("fan_id",), _WHERE["fan"], act))
        blocks.append(Block("creator", ("creator_id",), "day.actor = 'creator' AND day.creator_id IS NOT NULL",
                            (Measure("act", "TRUE", (7, 28, 84)),)))  # fmt: skip
    features = features_for(entity, own_slots, revenue, many_rooms, not only_activity)
    return FeatureQuery(entity, features, own, tuple(blocks))


def _groups(entity: str, block: str) -> tuple[str, ...]:
    """By which ids a block is seen: the rooms of a creator, of a fan, or for a room of both."""
    if block == "rooms":
        return {"creator": ("creator_id",), "fan": ("fan_id",), "room": ("fan_id", "creator_id")}[entity]
    return {"fan": ("fan_id",), "creator": ("creator_id",)}[block]


def _distribution(seen: str, group: str) -> str:
    """How activity is spread over the rooms of one creator or one fan."""
    d = {w: bits.active_days("act", w) for w in (7, 14, 28, 56, 84)}
    recency = bits.recency("act")
    before = {w: f"({d[84]} - {d[w]})" for w in (7, 14, 28)}
    columns = [
        *(f"COUNTIF({days} > 0) AS n_{w}" for w, days in d.items()),
        *(f"COUNTIF({before[w]} > 0 AND {d[w]} = 0) AS lost_{w}" for w in (14, 28)),
        *(f"COUNTIF({before[w]} = 0 AND {d[w]} > 0) AS gained_{w}" for w in (7, 28)),
        f"COUNTIF({d[28]} - {d[7]} > 0) AS n_before_7", f"COUNTIF({before[28]} > 0) AS n_before_28",
        f"COUNTIF({d[28]} - {d[7]} > 0 AND {d[7]} > 0) AS returning_7",
        f"COUNTIF({before[28]} > 0 AND {d[28]} > 0) AS returning_28",
        f"COUNTIF({d[84]} >= 4) AS regular_84", f"COUNTIF({d[28]} >= 4) AS regular_28",
        f"COUNTIF({d[84]} >= 4 AND {recency} >= 14) AS regular_quiet",
        *(f"COUNTIF({bits.active_days('any', w)} > 0) AS visitors_{w}" for w in (7, 28, 84)),
        *(f"MAX(act_n{w}) AS top_n{w}" for w in (28, 84)), *(f"SUM(act_n{w}) AS sum_n{w}" for w in (28, 84)),
        "SUM(act_n84 * act_n84) AS squares_n84",
        *(f"SUM(IF({recency} >= {w}, act_n84, 0)) AS quiet_n84_{w}" for w in (14, 28)),
        *(f"AVG(IF({d[w]} > 0, {d[w]}, NULL)) AS days_mean_{w}" for w in (28, 84)),
        "STDDEV_SAMP(IF(act_n84 > 0, LN(1 + act_n84), NULL)) AS spread",
        f"AVG(IF({d[84]} > 0, {recency}, NULL)) AS recency_mean",
        *(f"COUNTIF({bits.week('act', k)} > 0) AS week_{k}" for k in range(WEEKS)),
    ]  # fmt: skip
    return f"SELECT as_of, {group}, {', '.join(columns)} FROM {seen} GROUP BY as_of, {group}"
