"""Is the model still right? What has moved since training, what became of earlier risks, and whether both say so again.

    risk_scores, features of the day ──▶ drift          (this day against the bins frozen with the model)
    risk_scores of earlier days + labels ──▶ performance (against the backtest's promise)
    drift, performance of this and earlier monitored days ──▶ findings: green, amber (seen once), red (so many runs in a row)

What the tables hold of a day depends on that day alone, so a rerun writes the same rows; how often in a row something was
found is counted when it is read, over monitored days and never over reruns of one. Runs of another version break the row: it
has bins and a promise of its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from fancare.churn.backtest_result import without_nan
from fancare.churn.bundle import Bundle
from fancare.churn.outcomes import Outcomes, read_outcomes
from fancare.churn.performance import BROKEN, Performance, Promise, performances
from fancare.churn.registry import Registry
from fancare.churn.stability import FrozenBins, mean_of, rounded
from fancare.config import Config
from fancare.dates import TimeLine
from fancare.errors import FancareError, Refused
from fancare.panel.feature import Feature
from fancare.panel.gate import Panel, read_panel
from fancare.warehouse.duckdb_engine import Warehouse
from fancare.warehouse.schema import DRIFT, PERFORMANCE
from fancare.warehouse.table import Table

GREEN, AMBER, RED = "green", "amber", "red"
DRIFTED, STABLE = "drifted", "stable"
_TYPES = {"STRING": pa.string(), "INT64": pa.int64(), "FLOAT64": pa.float64(), "DATE": pa.date32(), "BOOL": pa.bool_()}


@dataclass(frozen=True)
class Moved:
    """One feature or risk of a day beside its frozen bins; ``feature`` is its record (None for a risk)."""

    kind: str
    name: str
    n: int
    psi: float
    psi_by_chance: float
    psi_of_weeks: float
    bound: float
    mean_before: float | None
    mean_now: float | None
    undefined_before: float
    undefined_now: float
    feature: Feature | None = None

    @property
    def has_drifted(self) -> bool:
        return self.psi > self.bound

    @classmethod
    def of(
        cls, kind: str, name: str, bins: FrozenBins, values: np.ndarray, at_most: float, feature: Feature | None = None
    ) -> Moved:
        """These values (n,) against the bins; ``at_most`` is the model spec's bound."""
        by_chance = bins.by_chance(values)
        return cls(
            kind=kind,
            name=name,
            n=len(values),
            psi=rounded(bins.index_of(values)),
            psi_by_chance=rounded(by_chance),
            psi_of_weeks=bins.largest_week,
            bound=rounded(max(at_most, by_chance, bins.largest_week)),
            mean_before=bins.mean,
            mean_now=mean_of(values),
            undefined_before=bins.undefined,
            undefined_now=float(np.isnan(values).mean()),
            feature=feature,
        )


@dataclass(frozen=True, order=True)
class Finding:
    """Something that is not as it was: the ``score`` or the ``features`` drifted, ``ranking`` or ``level`` broke its promise.

    ``horizon`` is 0 for drift. ``in_a_row`` monitored days, this one included, have found it.
    """

    code: str
    horizon: int
    in_a_row: int
    state: str


@dataclass(frozen=True)
class Monitoring:
    """What a monitored day found. ``left_out`` are versions in the window whose scores cannot be compared, with why."""

    entity: str
    as_of: date
    model_name: str
    model_version: str
    moved: tuple[Moved, ...]
    horizons: tuple[int, ...]
    performances: tuple[Performance, ...]
    findings: tuple[Finding, ...]
    left_out: tuple[str, ...]

    @property
    def verdict(self) -> str:
        """Red with a finding in enough runs in a row, amber with one seen for the first time, else green."""
        states = {finding.state for finding in self.findings}
        return RED if RED in states else AMBER if AMBER in states else GREEN

    def drifted(self, kind: str) -> list[Moved]:
        """Those that drifted, the furthest beyond its bound first."""
        return sorted((m for m in self.moved if m.kind == kind and m.has_drifted), key=lambda m: (-m.psi / m.bound, m.name))

    def to_json_dict(self) -> dict[str, Any]:
        """JSON-able, without NaN: what cannot be said is None."""
        told: dict[str, Any] = without_nan(
            {
                "entity": self.entity,
                "as_of": self.as_of.isoformat(),
                "model_name": self.model_name,
                "model_version": self.model_version,
                "verdict": self.verdict,
                "findings": [asdict(finding) for finding in self.findings],
                "drift": [drift_row(moved) for moved in self.moved],
                "performance": [_iso(performance_row(found)) for found in self.performances],
                "left_out": list(self.left_out),
            }
        )
        return told

    def pooled(self, horizon: int) -> Performance | None:
        """The window's performance of the version that scores, if anything of it is ripe."""
        own = [p for p in self.performances if p.is_pooled and p.version == self.model_version and p.horizon == horizon]
        return own[0] if own else None


def monitor(warehouse: Warehouse, config: Config, timeline: TimeLine) -> Monitoring:
    """Replace the `drift` and `performance` partitions of ``timeline.data_through``, which must be scored, and judge them."""
    as_of, spec = timeline.data_through, config.model.monitor
    version = scoring_version(warehouse, config, as_of)
    bundle = Registry.of(config).load(config.model.name, version).bundle
    moved = tuple(moved_on(warehouse, config, bundle, as_of))
    outcomes = read_outcomes(warehouse, config, timeline, spec.window_days)
    promises, left_out = _promises(config, outcomes, bundle, version)
    became = tuple(performances(outcomes, promises, config.ops.capacity, config.model.backtest.bootstrap, spec))
    of_model = {"model_name": bundle.name}
    with warehouse.transaction():
        _write(warehouse, config, as_of, DRIFT, [of_model | {"model_version": version} | drift_row(m) for m in moved])
        _write(warehouse, config, as_of, PERFORMANCE, [of_model | performance_row(p) for p in became])
    found = findings(warehouse, config, as_of)
    return Monitoring(
        entity=config.churn.entity,
        as_of=as_of,
        model_name=bundle.name,
        model_version=version,
        moved=moved,
        horizons=config.churn.horizons,
        performances=became,
        findings=found,
        left_out=tuple(left_out),
    )


def scoring_version(warehouse: Warehouse, config: Config, as_of: date) -> str:
    """The version that scored the day; `Refused` where nothing did."""
    found = []
    if warehouse.has_table("risk_scores"):
        found = warehouse.rows(
            "SELECT DISTINCT model_version FROM risk_scores WHERE entity = @entity AND model_name = @name AND as_of = @as_of",
            {"entity": config.churn.entity, "name": config.model.name, "as_of": as_of},
        )
    if not found:
        raise Refused(
            f"{config.model.name} has not scored {as_of}, so there is nothing to monitor; score that day with "
            f"`fancare score --as-of {as_of}`."
        )
    return found[0][0]


def moved_on(warehouse: Warehouse, config: Config, bundle: Bundle, as_of: date) -> list[Moved]:
    """Every feature of the model and every risk of the day beside the bins frozen with the model; none where it has none."""
    if bundle.reference is None:
        return []
    spec = config.model.monitor
    panel: Panel = read_panel(warehouse, config, [as_of], bundle.features, with_labels=False)
    moved = [
        Moved.of("feature", feature.name, bundle.reference.features[feature.name], panel.X[:, j], spec.max_psi_feature, feature)
        for j, feature in enumerate(bundle.features)
    ]
    scored = warehouse.arrow(
        "SELECT * FROM risk_scores WHERE entity = @entity AND as_of = @as_of",
        {"entity": config.churn.entity, "as_of": as_of},
    )
    for horizon, bins in bundle.reference.scores.items():
        risk = scored.column(f"risk_{horizon}d").to_numpy(zero_copy_only=False).astype(np.float64)
        moved.append(Moved.of("score", f"risk_{horizon}d", bins, risk, spec.max_psi_score))
    return moved


def findings(warehouse: Warehouse, config: Config, as_of: date) -> tuple[Finding, ...]:
    """What was found on ``as_of`` and in how many monitored days in a row, by what the tables hold up to it."""
    spec = config.model.monitor
    runs = _runs(warehouse, config, as_of)
    if not runs or runs[0][0] != as_of:
        return ()
    _, version, now = runs[0]
    found = []
    for code, horizon in sorted(now):
        in_a_row = 0
        for _, other, raised in runs:
            if other != version or (code, horizon) not in raised:
                break
            in_a_row += 1
        state = RED if in_a_row >= spec.runs_in_a_row else AMBER
        found.append(Finding(code, horizon, in_a_row, state))
    return tuple(found)


def _runs(warehouse: Warehouse, config: Config, as_of: date) -> list[tuple[date, str, frozenset[tuple[str, int]]]]:
    """The monitored days up to ``as_of``, newest first: (day, version, what it raised as (code, horizon))."""
    if not warehouse.has_table(DRIFT.name):
        return []
    about: dict[str, Any] = {"entity": config.churn.entity, "name": config.model.name, "as_of": as_of}
    moved = warehouse.rows(
        "SELECT as_of, model_version, kind, COUNTIF(verdict = 'drifted') AS n_drifted, COUNT(*) AS n FROM drift "
        "WHERE entity = @entity AND model_name = @name AND as_of <= @as_of GROUP BY as_of, model_version, kind",
        about,
    )
    broken = warehouse.rows(
        "SELECT as_of, model_version, horizon, ranking, level FROM performance WHERE entity = @entity AND model_name = @name "
        "AND as_of <= @as_of AND is_pooled",
        about,
    )
    versions: dict[date, str] = {}
    raised: dict[date, set[tuple[str, int]]] = {}
    for day, version, kind, n_drifted, n in moved:
        versions[day] = version
        raised.setdefault(day, set())
        if kind == "score" and n_drifted:
            raised[day].add(("score", 0))
        if kind == "feature" and n_drifted > config.model.monitor.max_drifted_share * n:
            raised[day].add(("features", 0))
    for day, version, horizon, ranking, level in broken:
        if versions.get(day) == version:  # of an earlier version there is nothing left to do
            raised[day] |= {(code, horizon) for code, told in (("ranking", ranking), ("level", level)) if told == BROKEN}
    return [(day, versions[day], frozenset(raised[day])) for day in sorted(versions, reverse=True)]


def _promises(
    config: Config, outcomes: Outcomes, bundle: Bundle, version: str
) -> tuple[dict[str, dict[int, Promise | None]], list[str]]:
    """What each version in the window promised; those that promised something else are left out, with why."""
    found: dict[str, dict[int, Promise | None]] = {}
    left_out = []
    for name in sorted(set(outcomes.version.tolist())):
        try:
            its = bundle if name == version else Registry.of(config).load(config.model.name, name).bundle
        except FancareError as error:
            left_out.append(f"{name}: {error}")
            continue
        if its.churn.data_spec_hash != config.data_spec_hash:
            left_out.append(f"{name}: it was trained on another definition of churn")
            continue
        found[name] = {h: Promise.of(its.backtest, h) for h in config.churn.horizons}
    return found, left_out


def drift_row(moved: Moved) -> dict[str, Any]:
    """The columns of `drift` that are about the variable."""
    return {
        "kind": moved.kind,
        "name": moved.name,
        "n": moved.n,
        "psi": moved.psi,
        "psi_by_chance": moved.psi_by_chance,
        "psi_of_weeks": moved.psi_of_weeks,
        "bound": moved.bound,
        "mean_before": moved.mean_before,
        "mean_now": moved.mean_now,
        "undefined_before": moved.undefined_before,
        "undefined_now": moved.undefined_now,
        "verdict": DRIFTED if moved.has_drifted else STABLE,
    }


def performance_row(found: Performance) -> dict[str, Any]:
    """The columns of `performance` that are about these rows."""
    promise = found.promise
    return {
        "is_pooled": found.is_pooled,
        "first_scored": found.first_scored,
        "last_scored": found.last_scored,
        "horizon": found.horizon,
        "model_version": found.version,
        "n": found.figures.n,
        "churn_rate": found.figures.churn_rate,
        "mean_risk": found.mean_risk,
        "gap_low": found.gap.low,
        "gap_high": found.gap.high,
        "auc": found.auc.estimate,
        "auc_low": found.auc.low,
        "auc_high": found.auc.high,
        "ece": found.figures.ece,
        "log_loss": found.figures.log_loss,
        "watchlist_n": found.watchlist_n,
        "watchlist_lift": found.watchlist_lift,
        "promised_auc": None if promise is None else promise.auc.estimate,
        "promised_auc_low": None if promise is None else promise.auc.low,
        "promised_auc_high": None if promise is None else promise.auc.high,
        "promised_ece": None if promise is None else promise.ece,
        "ranking": found.ranking,
        "level": found.level,
    }


def _write(warehouse: Warehouse, config: Config, as_of: date, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Replace the day's partition by these rows; what is not a number is null."""
    partition = {"entity": config.churn.entity, "as_of": as_of}
    told = [{name: _known(value) for name, value in (partition | row).items()} for row in rows]
    columns = {column.name: pa.array([row[column.name] for row in told], _TYPES[column.type]) for column in table.columns}
    warehouse.register("_monitored", pa.table(columns))
    try:
        warehouse.replace_partition(table, partition, "SELECT * FROM _monitored")
    finally:
        warehouse.unregister("_monitored")


def _known(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value


def _iso(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()}
