"""The champion's risks of one day's cohort into `risk_scores`, or nothing at all.

Whatever looks wrong is `Refused` before the first row is written: the last good scores stay where they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa

from fancare import messages
from fancare.churn.bundle import Bundle
from fancare.churn.ids import codes, entity_codes
from fancare.churn.registry import LoadedBundle
from fancare.config import Config
from fancare.errors import Refused
from fancare.modelspec import BandSpec
from fancare.panel.feature import Feature
from fancare.panel.gate import Panel
from fancare.warehouse.duckdb_engine import Warehouse
from fancare.warehouse.schema import BANDS, risk_scores_table

UNKNOWN = "unknown"


@dataclass(frozen=True)
class ScoreReport:
    """What was written: how many rows in each band, by which version; ``why`` in Korean and English by the gate."""

    as_of: date
    n_rows: int
    n_in_band: Mapping[str, int]
    model_name: str
    model_version: str
    can_say: bool
    why: Mapping[str, str]

    def lines(self, lang: str = "en") -> list[str]:
        """Closing lines for the operator."""
        counts = ", ".join(f"{self.n_in_band[band]:,} {messages.text(f'band.{band}', lang)}" for band in BANDS
                           if self.n_in_band.get(band))  # fmt: skip
        told = [f"{self.n_rows:,} scored as of {self.as_of} by {self.model_name} {self.model_version}: {counts}"]
        return told if self.can_say else [*told, f"{messages.text('band.unknown', lang)}: {self.why[lang]}"]


def score(
    warehouse: Warehouse, config: Config, panel: Panel, loaded: LoadedBundle, data_through: date, scored_at: datetime
) -> ScoreReport:
    """Replace the partition of the panel's day (it must hold one) by the risks of its rows.

    ``loaded.can_say`` decides whether bands and ranks are given. `Refused` when the panel is not one this model can score,
    or when its risks cannot be right.
    """
    bundle, horizons = loaded.bundle, config.churn.horizons
    as_of = _one_day(panel)
    check_panel(panel, bundle, config)
    with np.errstate(invalid="ignore"):  # what is not a number is refused in the next line
        risks = bundle.model.risks_of(panel)
    check_risks(risks, horizons)
    k = horizons.index(config.model.bands.horizon)
    bands = bands_of(risks[:, k], config.model.bands) if loaded.can_say else np.full(len(panel), UNKNOWN, dtype=object)
    ranks = ranks_of(panel, risks, k) if loaded.can_say else None
    n = len(panel)
    table = pa.table(
        {
            "entity": pa.array([panel.entity] * n, pa.string()),
            "creator_id": _ids(panel.creator_id, n),
            "fan_id": _ids(panel.fan_id, n),
            "as_of": pa.array([as_of] * n, pa.date32()),
            **{f"risk_{h}d": pa.array(risks[:, j], pa.float64()) for j, h in enumerate(horizons)},
            "band": pa.array(bands, pa.string()),
            "rank": pa.nulls(n, pa.int64()) if ranks is None else pa.array(ranks, pa.int64()),
            "model_name": pa.array([bundle.name] * n, pa.string()),
            "model_version": pa.array([loaded.version] * n, pa.string()),
            "spec_hash": pa.array([config.spec_hash] * n, pa.string()),
            "data_through": pa.array([data_through] * n, pa.date32()),
            "scored_at": pa.array([_utc(scored_at)] * n, pa.timestamp("us")),
        }
    )
    warehouse.register("_scored", table)
    try:
        warehouse.replace_partition(
            risk_scores_table(horizons), {"entity": panel.entity, "as_of": as_of}, "SELECT * FROM _scored"
        )
    finally:
        warehouse.unregister("_scored")
    counts = {band: int((bands == band).sum()) for band in BANDS}
    why = {lang: loaded.verdict.text(lang) for lang in messages.LANGUAGES}
    return ScoreReport(as_of, n, counts, bundle.name, loaded.version, loaded.can_say, why)


def check_panel(panel: Panel, bundle: Bundle, config: Config) -> None:
    """`Refused` unless the panel holds what the model was trained on: same definition of churn, same features by name."""
    if panel.entity != bundle.spec.entity or tuple(config.churn.horizons) != tuple(bundle.horizons):
        raise Refused(
            f"The champion {bundle.version} scores {bundle.spec.entity}s over {list(bundle.horizons)} days, asked were "
            f"{panel.entity}s over {list(config.churn.horizons)}; train a new model with --retrain."
        )
    if bundle.churn.data_spec_hash != config.data_spec_hash:
        raise Refused(
            f"The champion {bundle.version} was trained on another definition of churn (events, activity or time zone in the "
            f"config differ); undo the change, or train a new model with --retrain."
        )
    repeated = len(panel) - len(np.unique(entity_codes(panel)))
    if repeated:
        raise Refused(
            f"The panel holds {repeated:,} of its {len(panel):,} {panel.entity}s more than once; build the features again with "
            f"`fancare build`."
        )
    given = {feature.name: feature for feature in panel.features}
    for feature in bundle.features:
        if feature.name not in given:
            raise Refused(
                f"The panel lacks the feature {feature.name!r} of the champion {bundle.version}; build the features with the "
                f"events it was trained on, or train a new model with --retrain."
            )
        if _nature(given[feature.name]) != _nature(feature):
            raise Refused(
                f"The feature {feature.name!r} is {_nature(given[feature.name])} in the panel, the champion {bundle.version} "
                f"was trained on {_nature(feature)}; train a new model with --retrain."
            )
    if panel.X.dtype != np.float32 or panel.X.shape[1] != len(panel.features):
        raise Refused(
            f"The panel's features are {panel.X.dtype} {panel.X.shape}, needed is float32 with {len(panel.features)} columns; "
            f"build the features again with `fancare build`."
        )


def check_risks(risks: np.ndarray, horizons: tuple[int, ...]) -> None:
    """`Refused` unless risks (n, H) can be right: numbers, within 0 and 1, never rising with the horizon, not all equal."""
    if not np.isfinite(risks).all():
        raise _no_scores(
            f"{int((~np.isfinite(risks)).any(axis=1).sum()):,} of {len(risks):,} rows have no number for a risk"
        )
    if (risks < 0).any() or (risks > 1).any():
        raise _no_scores(f"risks run from {risks.min():.3g} to {risks.max():.3g}, outside of 0 to 1")
    rising = (np.diff(risks, axis=1) > 0).any(axis=1).sum()
    if rising:
        raise _no_scores(
            f"{int(rising):,} of {len(risks):,} rows have a risk that rises with the horizon {list(horizons)}"
        )
    if len(risks) > 1 and (risks == risks[0]).all():
        raise _no_scores(f"all {len(risks):,} rows have the same risk")


def bands_of(risk: np.ndarray, spec: BandSpec) -> np.ndarray:
    """(n,) high, medium or low by the thresholds, each threshold included.

    >>> bands_of(np.array([0.6, 0.3, 0.29]), BandSpec(high=0.6, medium=0.3)).tolist()
    ['high', 'medium', 'low']
    """
    return np.where(risk >= spec.high, "high", np.where(risk >= spec.medium, "medium", "low")).astype(object)


def ranks_of(panel: Panel, risks: np.ndarray, k: int) -> np.ndarray:
    """(n,) 1 = highest risk at horizon number k; ties go to the higher risk at the longest horizon, then by id."""
    creator, fan = (_sortable(ids, len(panel)) for ids in (panel.creator_id, panel.fan_id))
    by_horizon = [-risks[:, j] for j in range(risks.shape[1])]  # the longest last: the next key of lexsort
    order = np.lexsort((fan, creator, *by_horizon, -risks[:, k]))
    ranks = np.empty(len(panel), dtype=np.int64)
    ranks[order] = np.arange(1, len(panel) + 1)
    return ranks


def _one_day(panel: Panel) -> date:
    days = np.unique(panel.as_of)
    if len(days) != 1:
        raise Refused(
            f"The panel to score holds {len(days)} days, needed is one with at least one entity in the cohort; "
            f"check [churn] active_within_days, or score a day with activity (--as-of)."
        )
    return days[0].astype("datetime64[D]").item()


def _nature(feature: Feature) -> tuple:
    """What must not change behind a name. Not the expression: it numbers event names as the log happens to hold them."""
    return (feature.family, feature.unit, feature.block, feature.actor, feature.event_name, feature.window_days)


def _no_scores(what: str) -> Refused:
    return Refused(f"No scores were written: {what}; the last good ones stay. Roll back the champion or train again.")


def _ids(ids: np.ndarray | None, n: int) -> pa.Array:
    return pa.nulls(n, pa.string()) if ids is None else pa.array(ids, pa.string())


def _sortable(ids: np.ndarray | None, n: int) -> np.ndarray:
    return np.zeros(n) if ids is None else codes(ids)


def _utc(moment: datetime) -> datetime:
    """The moment in UTC without a zone, as tables hold it."""
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)
