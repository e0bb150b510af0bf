"""Why one entity's risk differs between two days: the difference of its log odds, split into five parts.

    behaviour    what people on the platform did in (since, as_of]
    clock        time passed: the same old events are older, and weekday, season and tenure are those of as_of
    late_data    events and identity links of days until since that became known only afterwards
    model        another version, or the same with the calibration of another day
    definition   another churn definition: which events are activity, and how lately one must have been active

The parts are Shapley values (`fancare.churn.shapley`) of the game whose value is the log odds of the risk with the players of a
coalition as on ``as_of`` and the others as on ``since``. What behaviour, clock and late data mean apart from each other is drawn
in `fancare.panel.replayed`. The definition is which events the features count as activity and whom they are compared with; a
model was trained under its own, so a coalition may read features that its model never saw the like of, as when one changes
the list and does not retrain. The model is a fixed function of features: network, and calibration on the labels ripe on its day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

import numpy as np

from fancare.churn.bundle import Bundle
from fancare.churn.hazard import logit
from fancare.churn.past_definition import definition_of
from fancare.churn.registry import Registry
from fancare.churn.scoring import calibrated_on
from fancare.churn.shapley import shapley
from fancare.churn.training import calibration_as_ofs
from fancare.config import Config
from fancare.errors import ConfigError, Refused
from fancare.events.extent import timeline_of
from fancare.panel.build import build
from fancare.panel.feature import Feature
from fancare.panel.replayed import Counterfactual, ReplayedLog, Told, replayed_log
from fancare.progress import Progress
from fancare.warehouse.duckdb_engine import Warehouse

PLAYERS = ("behaviour", "clock", "late_data", "model", "definition")
BEHAVIOUR, CLOCK, LATE, MODEL, DEFINITION = (1 << i for i in range(len(PLAYERS)))
ALL = (1 << len(PLAYERS)) - 1
WITHOUT_BEHAVIOUR = ALL & ~BEHAVIOUR
SAME_RISK = 1e-6  # a score and its recomputation may differ by so much: blocks of rows are multiplied in another order
DAYS_SHOWN = 6

Key = tuple[str | None, str | None]  # creator_id, fan_id as the entity has them


@dataclass(frozen=True)
class Side:
    """One of the two days: its score as it stands in `risk_scores`, the model that gave it, and under which definition.

    ``bundle`` is calibrated as on the day.
    """

    day: date
    config: Config
    bundle: Bundle
    stored: tuple[float, ...]


@dataclass(frozen=True)
class Change:
    """The split. H horizons, 32 coalitions (bit i: player i as on as_of).

    ``values`` are (32, H) log odds. ``features`` are the records of all candidate features by the new definition, ``rows`` their
    values by name on ``since``, on ``as_of``, and on ``as_of`` had nobody done anything since. ``told`` counts the events behind
    the parts on the whole platform, ``own`` those of the entity.
    """

    key: Key
    since: Side
    as_of: Side
    horizons: tuple[int, ...]
    values: np.ndarray
    features: tuple[Feature, ...]
    rows: Mapping[int, Mapping[str, float]]
    told: Told
    own: Told

    def parts(self, horizon: int) -> dict[str, Fraction]:
        """Each player's part in the difference of the log odds, exactly: they sum to `difference`, nothing rounded."""
        column = self.values[:, self.horizons.index(horizon)].tolist()
        return dict(zip(PLAYERS, shapley(column), strict=True))

    def difference(self, horizon: int) -> Fraction:
        """Log odds on as_of less those on since, as recomputed."""
        column = self.values[:, self.horizons.index(horizon)].tolist()
        return Fraction(column[ALL]) - Fraction(column[0])

    def risk(self, coalition: int, horizon: int) -> float:
        """The recomputed risk of a coalition."""
        return float(1 / (1 + np.exp(-self.values[coalition, self.horizons.index(horizon)])))

    @property
    def same_version(self) -> bool:
        return self.since.bundle.version == self.as_of.bundle.version

    @property
    def same_definition(self) -> bool:
        return self.since.config.data_spec_hash == self.as_of.config.data_spec_hash

    def unlike_stored(self) -> list[tuple[date, int, float, float]]:
        """(day, horizon, stored risk, recomputed risk) where the score that stands is not the one recomputed."""
        return [
            (side.day, h, side.stored[k], self.risk(coalition, h))
            for side, coalition in ((self.since, 0), (self.as_of, ALL))
            for k, h in enumerate(self.horizons)
            if abs(side.stored[k] - self.risk(coalition, h)) > SAME_RISK
        ]


def explain_change(
    warehouse: Warehouse, config: Config, key: Key, since: date, as_of: date, progress: Progress | None = None
) -> Change:
    """The split of one entity's change between two scored days; nothing is written to ``warehouse``.

    `ConfigError` unless since < as_of; `Refused` where one of the days has no score of the entity, or was scored under a
    definition that is not on record.
    """
    if since >= as_of:
        raise ConfigError(f"--since {since} was given for {as_of}; give a day before it that was scored.")
    progress = progress or Progress()
    sides = tuple(_scored(warehouse, config, key, day) for day in (since, as_of))
    with replayed_log(warehouse, config, since, as_of) as log:
        then, now = (_calibrated(log, side, progress) for side in sides)
        return split(log, key, then, now, progress)


def split(log: ReplayedLog, key: Key, then: Side, now: Side, progress: Progress | None = None) -> Change:
    """The split between two sides that are calibrated already. Only panels that can differ are built."""
    told, own = log.told(), log.told(*key)
    plans = {False: log.plan(then.config)}
    other = then.config.data_spec_hash != now.config.data_spec_hash
    plans[True] = log.plan(now.config) if other else plans[False]
    matters = (
        (BEHAVIOUR if told.new else 0)
        | CLOCK
        | (LATE if told.arrived or told.moved else 0)
        | (DEFINITION if other else 0)
    )
    panels = sorted({coalition & matters for coalition in range(ALL + 1)})
    rows: dict[int, np.ndarray] = {}
    with (progress or Progress()).task("counterfactual days", total=len(panels)) as task:
        for panel in panels:
            happened = Counterfactual(bool(panel & BEHAVIOUR), bool(panel & CLOCK), bool(panel & LATE))
            rows[panel] = log.features(plans[bool(panel & DEFINITION)], happened, *key)
            task.advance()
    horizons = tuple(now.bundle.horizons)
    values = np.empty((ALL + 1, len(horizons)))
    risks = {
        (panel, is_new): _risks(side.bundle, plans[bool(panel & DEFINITION)].features, row)
        for panel, row in rows.items()
        for is_new, side in ((False, then), (True, now))
    }
    for coalition in range(ALL + 1):
        values[coalition] = logit(risks[coalition & matters, bool(coalition & MODEL)])
    return Change(
        key=key,
        since=then,
        as_of=now,
        horizons=horizons,
        values=values,
        features=plans[True].features,
        rows={
            coalition: _by_name(plans[bool(coalition & matters & DEFINITION)].features, rows[coalition & matters])
            for coalition in (0, WITHOUT_BEHAVIOUR, ALL)
        },
        told=told,
        own=own,
    )


def scored_days(warehouse: Warehouse, config: Config, key: Key) -> tuple[date, ...]:
    """The days that have a score of the entity, oldest first."""
    if not warehouse.has_table("risk_scores"):
        return ()
    found = warehouse.rows(f"SELECT DISTINCT as_of FROM risk_scores WHERE {_THIS} ORDER BY as_of", _named(config, key))
    return tuple(day for (day,) in found)


_THIS = "entity = @entity AND creator_id IS NOT DISTINCT FROM @creator_id AND fan_id IS NOT DISTINCT FROM @fan_id"


def _named(config: Config, key: Key) -> dict[str, str | None]:
    return {"entity": config.churn.entity, "creator_id": key[0], "fan_id": key[1]}


def _scored(warehouse: Warehouse, config: Config, key: Key, day: date) -> Side:
    """The day's score with the version that gave it, not yet calibrated; `Refused` where there is none."""
    days = scored_days(warehouse, config, key)
    if day not in days:
        name = "/".join(part for part in key if part is not None)
        have = ("the last " if len(days) > DAYS_SHOWN else "") + (", ".join(map(str, days[-DAYS_SHOWN:])) or "none yet")
        choose = "give two of those, or score another day" if len(days) > 1 else "it takes two, so score another day"
        raise Refused(
            f"{name} has no score on {day}; the days that have one: {have}; {choose} with `fancare score --as-of DATE` "
            f"(who is not at risk on a day has no score of it)."
        )
    risks = ", ".join(f"risk_{h}d" for h in config.churn.horizons)
    ((name, version, spec_hash, *stored),) = warehouse.rows(
        f"SELECT model_name, model_version, spec_hash, {risks} FROM risk_scores WHERE {_THIS} AND as_of = @as_of",
        {**_named(config, key), "as_of": day},
    )
    bundle = Registry.of(config).load(name, version).bundle
    then = definition_of(bundle, config, day)
    specs = (replace(then, model=spec) for spec in (bundle.spec, config.model))
    made_with = next((one for one in specs if one.spec_hash == spec_hash), replace(then, model=bundle.spec))
    return Side(day, made_with, bundle, tuple(stored))


def _calibrated(log: ReplayedLog, side: Side, progress: Progress) -> Side:
    """The side with its model calibrated as it was on its day, from what was known then and nothing else."""
    known = log.know(side.day)
    days = calibration_as_ofs(timeline_of(known, side.config, side.day), side.config.model)
    if not days:
        return side
    build(known, side.config, days, side.day, progress)
    return replace(side, bundle=calibrated_on(known, side.config, side.bundle, side.day))


def _risks(bundle: Bundle, features: Sequence[Feature], row: np.ndarray) -> np.ndarray:
    """(H,) calibrated risks of one row of features."""
    position = {feature.name: j for j, feature in enumerate(features)}
    missing = [name for name in bundle.feature_names if name not in position]
    if missing:
        raise Refused(
            f"The log as known now lacks {missing[0]!r}, a feature of the model {bundle.version}; give --since a day scored "
            f"with the same events, or by a later version."
        )
    return bundle.model.risks(row[[position[name] for name in bundle.feature_names]][None])[0]


def _by_name(features: Sequence[Feature], row: np.ndarray) -> dict[str, float]:
    return dict(zip((feature.name for feature in features), row.tolist(), strict=True))
