"""Score one day: the model of that day, the panel of that day, risks, and reasons for those whom people will look at."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import numpy as np

from fancare.churn.bundle import Bundle
from fancare.churn.reasons import explain_also, explain_top
from fancare.churn.recalibration import DailyCalibration
from fancare.churn.registry import Registry
from fancare.churn.score import check_panel, score
from fancare.churn.themes import label
from fancare.churn.training import calibration_as_ofs, scoring_model
from fancare.config import Config
from fancare.errors import Refused
from fancare.events.extent import timeline_of
from fancare.panel.build import plan
from fancare.panel.gate import read_panel
from fancare.progress import Progress
from fancare.warehouse.duckdb_engine import Warehouse


def score_day(warehouse: Warehouse, config: Config, as_of: date, now: datetime, progress: Progress) -> list[str]:
    """Replace the `risk_scores` and `risk_reasons` partitions of ``as_of``; needs its build. Returns closing lines."""
    loaded = scoring_model(config, as_of)
    if loaded is None:
        kept = [v for v in Registry.of(config).versions(config.model.name) if v[:8] <= f"{as_of:%Y%m%d}"]
        if kept and Registry.of(config).history(config.model.name):
            raise Refused(
                f"{config.model.name} has no champion to score {as_of}, which lies before the first one, and no certified "
                f"version made by then; run `fancare certify --version {kept[-1]}`, and what it finds is to be mended first."
            )
        if kept:
            raise Refused(
                f"{config.model.name} has no champion to score {as_of}, only versions that were never promoted, the last of them "
                f"{kept[-1]}; make it champion with `fancare promote`."
            )
        raise Refused(
            f"{config.model.name} has no model made on or before {as_of} to score it; train one with `fancare train`."
        )
    panel = read_panel(warehouse, config, [as_of], plan(warehouse, config, as_of).features, with_labels=False)
    check_panel(panel, loaded.bundle, config)
    loaded = replace(loaded, bundle=calibrated_on(warehouse, config, loaded.bundle, as_of))
    with warehouse.transaction():  # scores never stand beside another model's reasons
        report = score(warehouse, config, panel, loaded, as_of, now)
        n_reasons = explain_top(warehouse, panel, loaded.bundle, config.ops.capacity)
    return [
        *report.lines("en"),
        f"calibrated on the labels that were ripe on {as_of}: {loaded.bundle.model.calibration}",
        f"{n_reasons:,} reasons for the first {config.ops.capacity:,} ranks",
    ]


def calibrated_on(warehouse: Warehouse, config: Config, bundle: Bundle, as_of: date) -> Bundle:
    """The bundle with its model calibrated on the labels that were ripe on ``as_of``; needs the build of those days."""
    timeline = timeline_of(warehouse, config, as_of)
    days = calibration_as_ofs(timeline, config.model)
    if not days:
        return bundle
    recent = read_panel(warehouse, config, days, bundle.features)
    daily = DailyCalibration(bundle.model, recent, timeline, config.model.train.calibration_weeks)
    return replace(bundle, model=daily.on(as_of))


def explain_on_demand(
    warehouse: Warehouse, config: Config, creator_id: str | None, fan_id: str | None, as_of: date
) -> int:
    """Write the reasons behind the score of one entity that was not among the top ranks; returns how many there are.

    They are those of the model that gave the score. 0 where there is no score, or one that cannot say.
    """
    found = warehouse.rows(
        "SELECT model_version FROM risk_scores WHERE entity = @entity AND as_of = @as_of AND rank IS NOT NULL "
        "AND creator_id IS NOT DISTINCT FROM @creator_id AND fan_id IS NOT DISTINCT FROM @fan_id",
        {"entity": config.churn.entity, "as_of": as_of, "creator_id": creator_id, "fan_id": fan_id},
    )
    if not found:
        return 0
    bundle = calibrated_on(warehouse, config, Registry.of(config).load(config.model.name, found[0][0]).bundle, as_of)
    built = warehouse.columns_of(f"features_{config.churn.entity}")
    facts = [fact for fact in bundle.facts if fact.name in built]
    panel = read_panel(warehouse, config, [as_of], [*bundle.features, *facts], with_labels=False)
    own = np.ones(len(panel), dtype=bool)
    for ids, wanted in ((panel.creator_id, creator_id), (panel.fan_id, fan_id)):
        own &= True if ids is None else ids == wanted
    return explain_also(warehouse, panel.rows(own), bundle)


def told_contributions(bundle: Bundle) -> list[tuple[str, str, float]] | None:
    """(Korean, English, mean absolute effect on the risk) of each theme of variables, largest first; None if unknown."""
    if bundle.contributions is None:
        return None
    entity = bundle.spec.entity
    return [
        (*(label(c.kind, c.actor, c.event_name, entity, lang) for lang in ("ko", "en")), c.mean_abs_effect)  # type: ignore[misc]
        for c in bundle.contributions.themes
    ]
