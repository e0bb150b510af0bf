"""A monitored day as records and as table rows: what moved, what became of earlier risks, what was found."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from fancare import messages
from fancare.churn.backtest_result import without_nan
from fancare.churn.bootstrap import Interval
from fancare.churn.metrics import Figures
from fancare.churn.performance import Performance, Promise
from fancare.churn.stability import FrozenBins, mean_of, rounded
from fancare.config import Config
from fancare.panel.feature import Feature
from fancare.warehouse.duckdb_engine import Warehouse
from fancare.warehouse.schema import DRIFT, PERFORMANCE
from fancare.warehouse.table import Table

GREEN, AMBER, RED = "green", "amber", "red"
DRIFTED, STABLE = "drifted", "stable"
_TYPES = {"STRING": pa.string(), "INT64": pa.int64(), "FLOAT64": pa.float64(), "DATE": pa.date32(), "BOOL": pa.bool_()}


@dataclass(frozen=True)
class Moved:
    """One feature or risk of a day beside its frozen bins, in words and figures; ``event_name`` is what a feature is about."""

    kind: str
    name: str
    meaning_ko: str
    meaning_en: str
    event_name: str | None
    n: int
    psi: float
    psi_by_chance: float
    psi_of_weeks: float
    bound: float
    mean_before: float | None
    mean_now: float | None
    undefined_before: float
    undefined_now: float

    @property
    def has_drifted(self) -> bool:
        return self.psi > self.bound

    @classmethod
    def of(cls, what: Feature | int, bins: FrozenBins, values: np.ndarray, at_most: float) -> Moved:
        """These values (n,) of a feature, or of the risk over so many days, against the bins; ``at_most`` is the spec's bound."""
        by_chance = bins.by_chance(values)
        if isinstance(what, int):
            korean, english = (messages.text("monitor.risk_name", lang, h=what) for lang in ("ko", "en"))
            about: tuple[str, str, str, str, str | None] = ("score", f"risk_{what}d", korean, english, None)
        else:
            about = ("feature", what.name, what.meaning_ko, what.meaning_en, what.event_name)
        return cls(
            *about,
            n=len(values),
            psi=rounded(bins.index_of(values)),
            psi_by_chance=rounded(by_chance),
            psi_of_weeks=bins.largest_week,
            bound=rounded(max(at_most, by_chance, bins.largest_week)),
            mean_before=bins.mean,
            mean_now=mean_of(values),
            undefined_before=bins.undefined,
            undefined_now=float(np.isnan(values).mean()),
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
class LeftOut:
    """A version in the window of which nothing can be judged, and why; ``detail`` is what the registry said.

    ``gone`` from the registry (or damaged there), or of another ``definition`` of churn than the configuration now has.
    """

    version: str
    code: str
    detail: str = ""


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
    left_out: tuple[LeftOut, ...]

    @property
    def verdict(self) -> str:
        """Red with a finding in enough runs in a row, amber with one seen for the first time, else green."""
        states = {finding.state for finding in self.findings}
        return RED if RED in states else AMBER if AMBER in states else GREEN

    def drifted(self, kind: str) -> list[Moved]:
        """Those that drifted, the furthest beyond its bound first."""
        return sorted(
            (m for m in self.moved if m.kind == kind and m.has_drifted), key=lambda m: (-m.psi / m.bound, m.name)
        )

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
                "left_out": [asdict(one) for one in self.left_out],
            }
        )
        return told

    def pooled(self, horizon: int) -> Performance | None:
        """The window's performance of the version that scores, if anything of it is ripe."""
        own = [p for p in self.performances if p.is_pooled and p.version == self.model_version and p.horizon == horizon]
        return own[0] if own else None


def drift_row(moved: Moved) -> dict[str, Any]:
    """The columns of `drift` that are about the variable."""
    return {
        "kind": moved.kind,
        "name": moved.name,
        "meaning_ko": moved.meaning_ko,
        "meaning_en": moved.meaning_en,
        "event_name": moved.event_name,
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


def write_day(warehouse: Warehouse, config: Config, as_of: date, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Replace the day's partition by these rows; what is not a number is null."""
    partition = {"entity": config.churn.entity, "as_of": as_of}
    told = [{name: _known(value) for name, value in (partition | row).items()} for row in rows]
    columns = {
        column.name: pa.array([row[column.name] for row in told], _TYPES[column.type]) for column in table.columns
    }
    warehouse.register("_monitored", pa.table(columns))
    try:
        warehouse.replace_partition(table, partition, "SELECT * FROM _monitored")
    finally:
        warehouse.unregister("_monitored")


def _known(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value


def _iso(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()}


def read_moved(warehouse: Warehouse, config: Config, as_of: date) -> tuple[str, tuple[Moved, ...]] | None:
    """The version that was monitored on a day, and its `drift` rows; None where the day was not monitored."""
    names = ("kind", "name", "meaning_ko", "meaning_en", "event_name", "n", "psi", "psi_by_chance", "psi_of_weeks", "bound",
             "mean_before", "mean_now", "undefined_before", "undefined_now")  # fmt: skip
    if not warehouse.has_table(DRIFT.name):
        return None
    found = warehouse.rows(
        f"SELECT model_version, {', '.join(names)} FROM drift WHERE entity = @entity AND model_name = @name AND as_of = @as_of "
        "ORDER BY kind, name",
        {"entity": config.churn.entity, "name": config.model.name, "as_of": as_of},
    )
    return (found[0][0], tuple(Moved(*row[1:]) for row in found)) if found else None


def read_pooled(warehouse: Warehouse, config: Config, as_of: date) -> list[tuple[date, Performance]]:
    """(monitored day, performance of its window) of every day up to ``as_of``, oldest first; every version and horizon."""
    names = ("model_version", "horizon", "is_pooled", "first_scored", "last_scored", "n", "churn_rate", "mean_risk", "gap_low",
             "gap_high", "auc", "auc_low", "auc_high", "ece", "log_loss", "watchlist_n", "watchlist_lift", "promised_auc",
             "promised_auc_low", "promised_auc_high", "promised_ece", "ranking", "level")  # fmt: skip
    if not warehouse.has_table(PERFORMANCE.name):
        return []
    found = warehouse.rows(
        f"SELECT as_of, {', '.join(names)} FROM performance WHERE entity = @entity AND model_name = @name AND as_of <= @as_of "
        "AND is_pooled ORDER BY as_of, model_version, horizon",
        {"entity": config.churn.entity, "name": config.model.name, "as_of": as_of},
    )
    return [(row[0], _performance(dict(zip(names, row[1:], strict=True)))) for row in found]


def _performance(row: dict[str, Any]) -> Performance:
    number = {name: math.nan if value is None else value for name, value in row.items()}
    promised = Interval(number["promised_auc"], number["promised_auc_low"], number["promised_auc_high"])
    return Performance(
        version=row["model_version"],
        horizon=row["horizon"],
        is_pooled=row["is_pooled"],
        first_scored=row["first_scored"],
        last_scored=row["last_scored"],
        figures=Figures(
            auc=number["auc"],
            average_precision=math.nan,
            log_loss=row["log_loss"],
            brier=math.nan,
            ece=row["ece"],
            lift_at_10pct=math.nan,
            n=row["n"],
            churn_rate=row["churn_rate"],
        ),
        mean_risk=row["mean_risk"],
        auc=Interval(number["auc"], number["auc_low"], number["auc_high"]),
        gap=Interval(row["mean_risk"] - row["churn_rate"], number["gap_low"], number["gap_high"]),
        watchlist_n=row["watchlist_n"],
        watchlist_lift=number["watchlist_lift"],
        promise=None if row["promised_ece"] is None else Promise(promised, row["promised_ece"]),
        ranking=row["ranking"],
        level=row["level"],
    )
