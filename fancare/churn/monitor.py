"""Is the model still right? What has moved since training, what became of earlier risks, and whether both say so again.

    risk_scores, features of the day ──▶ drift          (this day against the bins frozen with the model)
    risk_scores of earlier days + labels ──▶ performance (against the backtest's promise)
    drift, performance of this and earlier monitored days ──▶ findings: green, amber (seen once), red (so many runs in a row)

What the tables hold of a day depends on that day alone, so a rerun writes the same rows; how often in a row something was
found is counted when it is read, over monitored days and never over reruns of one. Runs of another version break the row: it
has bins and a promise of its own.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np

from fancare.churn.bundle import Bundle
from fancare.churn.monitored import (
    AMBER,
    RED,
    Finding,
    LeftOut,
    Monitoring,
    Moved,
    drift_row,
    performance_row,
    read_moved,
    read_pooled,
    write_day,
)
from fancare.churn.outcomes import Outcomes, read_outcomes, versions_in
from fancare.churn.performance import BROKEN, Promise, performances
from fancare.churn.registry import Registry
from fancare.config import Config
from fancare.dates import TimeLine
from fancare.errors import FancareError, Refused
from fancare.panel.gate import Panel, read_panel
from fancare.warehouse.duckdb_engine import Warehouse
from fancare.warehouse.schema import DRIFT, PERFORMANCE


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
        write_day(
            warehouse, config, as_of, DRIFT, [of_model | {"model_version": version} | drift_row(m) for m in moved]
        )
        write_day(warehouse, config, as_of, PERFORMANCE, [of_model | performance_row(p) for p in became])
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
        Moved.of(feature, bundle.reference.features[feature.name], panel.X[:, j], spec.max_psi_feature)
        for j, feature in enumerate(bundle.features)
    ]
    scored = warehouse.arrow(
        "SELECT * FROM risk_scores WHERE entity = @entity AND as_of = @as_of",
        {"entity": config.churn.entity, "as_of": as_of},
    )
    for horizon, bins in bundle.reference.scores.items():
        risk = scored.column(f"risk_{horizon}d").to_numpy(zero_copy_only=False).astype(np.float64)
        moved.append(Moved.of(horizon, bins, risk, spec.max_psi_score))
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
            raised[day] |= {
                (code, horizon) for code, told in (("ranking", ranking), ("level", level)) if told == BROKEN
            }
    return [(day, versions[day], frozenset(raised[day])) for day in sorted(versions, reverse=True)]


def _promises(
    config: Config, outcomes: Outcomes, bundle: Bundle, version: str
) -> tuple[dict[str, dict[int, Promise | None]], list[LeftOut]]:
    """What each version in the window promised; those that promised something else are left out, with why."""
    found: dict[str, dict[int, Promise | None]] = {}
    left_out = []
    for name in sorted(set(outcomes.version.tolist())):
        its = bundle if name == version else _comparable(config, name)
        if isinstance(its, LeftOut):
            left_out.append(its)
        else:
            found[name] = {h: Promise.of(its.backtest, h) for h in config.churn.horizons}
    return found, left_out


def _comparable(config: Config, version: str) -> Bundle | LeftOut:
    """The version, or why nothing that it scored can be judged."""
    try:
        its = Registry.of(config).load(config.model.name, version).bundle
    except FancareError as error:
        return LeftOut(version, "gone", str(error))
    return its if its.churn.data_spec_hash == config.data_spec_hash else LeftOut(version, "definition")


def _left_out(warehouse: Warehouse, config: Config, as_of: date, judged: set[str]) -> tuple[LeftOut, ...]:
    """Versions that scored days of the window and are not among the ``judged``, with why."""
    line = TimeLine(as_of, as_of, config.source.late_days_in_force, config.churn.horizons)
    others = [v for v in versions_in(warehouse, config, line, config.model.monitor.window_days) if v not in judged]
    return tuple(one for one in (_comparable(config, version) for version in others) if isinstance(one, LeftOut))


def monitored_day(warehouse: Warehouse, config: Config, as_of: date) -> Monitoring | None:
    """A monitored day again, by what the tables hold up to it; None where it was not monitored."""
    found = read_moved(warehouse, config, as_of)
    if found is None:
        return None
    version, moved = found
    became = tuple(one for day, one in read_pooled(warehouse, config, as_of) if day == as_of)
    return Monitoring(
        entity=config.churn.entity,
        as_of=as_of,
        model_name=config.model.name,
        model_version=version,
        moved=moved,
        horizons=config.churn.horizons,
        performances=became,
        findings=findings(warehouse, config, as_of),
        left_out=_left_out(warehouse, config, as_of, {version, *(one.version for one in became)}),
    )
