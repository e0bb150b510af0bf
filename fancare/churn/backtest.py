"""What the model would have been worth: made again at earlier origins, tested on what happened after each.

    fold 1   train ··· │ calibrate │ o₁ │ test ·· test │
    fold 2   train ··············· │ calibrate │ o₂ │ test ·· test │
    fold 3   train ···························· │ calibrate │ o₃ │ test ·· test │  data_through

TabNet and the baselines see the same rows, labels and calibration slices; each test day is calibrated as if scored on that
day (`fancare.churn.recalibration`). Figures pool the folds' test rows; every interval is clustered by entity (rooms: by
creator and by fan).
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fancare.churn.baselines import BASELINES, fit_baseline
from fancare.churn.bootstrap import Interval, auc_draws
from fancare.churn.metrics import Figures, auc, ece, reliability
from fancare.churn.model import fit_at_origin
from fancare.churn.recalibration import DailyCalibration
from fancare.churn.threads import limited
from fancare.dates import Fold, TimeLine
from fancare.errors import NotEnoughHistory
from fancare.modelspec import ModelSpec
from fancare.panel.gate import Panel
from fancare.progress import Progress

TABNET = "tabnet"
MODELS = (TABNET, *BASELINES)
BOOTSTRAP_SEED = 0


@dataclass(frozen=True)
class HorizonFigures:
    """One model at one horizon: its figures over all test rows, and the interval of its AUC."""

    figures: Figures
    auc: Interval

    def to_dict(self) -> dict[str, Any]:
        return self.figures.to_dict() | {"auc_low": self.auc.low, "auc_high": self.auc.high}


@dataclass(frozen=True)
class FoldFigures:
    """One origin: what trained there, what tested it, and each model's AUC and ECE per horizon.

    ``mean_risk`` is TabNet's per horizon, beside the ``churn_rate`` that came: where the ECE is large, their difference
    tells whether the world moved as a whole after the origin.
    """

    fold: Fold
    n_train: int
    n_test: int
    auc: Mapping[str, Mapping[int, float]]
    ece: Mapping[str, Mapping[int, float]]
    mean_risk: Mapping[int, float]
    churn_rate: Mapping[int, float]

    def to_dict(self) -> dict[str, Any]:
        split, test = self.fold.split, self.fold.test_as_ofs
        return {
            "origin": split.origin.isoformat(),
            "cut": split.cut.isoformat(),
            "first_training_as_of": split.training_as_ofs[0].isoformat(),
            "last_training_as_of": split.training_as_ofs[-1].isoformat(),
            "first_test_as_of": test[0].isoformat(),
            "last_test_as_of": test[-1].isoformat(),
            "n_train": self.n_train,
            "n_test": self.n_test,
            "auc": {name: _by_horizon(values) for name, values in self.auc.items()},
            "ece": {name: _by_horizon(values) for name, values in self.ece.items()},
            "mean_risk": _by_horizon(self.mean_risk),
            "churn_rate": _by_horizon(self.churn_rate),
        }


@dataclass(frozen=True)
class BacktestResult:
    """All that a backtest found; ``to_json_dict`` is its public form (DESIGN §6).

    ``minus`` holds, for each baseline, TabNet's mean AUC over the horizons minus the baseline's, with a paired interval.
    ``alarm`` is a sentence when a figure is too good to be true, ``cannot_say`` one when TabNet is not shown to beat the
    recency rule and chance; else both are None. ``off_weekday_ece`` is TabNet's ECE per horizon on test rows of other
    weekdays than the training's (empty when no such rows were given). ``reliability`` holds per horizon, for bins of about
    equal TabNet risk, what was said, what happened and how many rows.
    """

    entity: str
    folds: tuple[FoldFigures, ...]
    horizons: Mapping[int, Mapping[str, HorizonFigures]]
    order_violations: int
    fit_cpu_seconds: Mapping[str, float]
    minus: Mapping[str, Interval]
    off_weekday_ece: Mapping[int, float]
    alarm: str | None
    cannot_say: str | None
    reliability: Mapping[int, Sequence[tuple[float, float, int]]] = field(default_factory=dict)

    def mean_auc(self, model: str) -> float:
        """The model's AUC averaged over the horizons."""
        return float(np.mean([by_model[model].figures.auc for by_model in self.horizons.values()]))

    def worst_ece(self, model: str = TABNET) -> float:
        """The model's largest ECE over the horizons."""
        return max(by_model[model].figures.ece for by_model in self.horizons.values())

    def to_json_dict(self) -> dict[str, Any]:
        """JSON-able, without NaN: what cannot be said is None."""
        return _without_nan(
            {
                "entity": self.entity,
                "folds": [fold.to_dict() for fold in self.folds],
                "horizons": {
                    str(h): {name: figures.to_dict() for name, figures in by_model.items()}
                    for h, by_model in self.horizons.items()
                },
                "order_violations": self.order_violations,
                "fit_cpu_seconds": dict(self.fit_cpu_seconds),
                "mean_auc": {name: self.mean_auc(name) for name in MODELS},
                "tabnet_minus": {name: interval.to_dict() for name, interval in self.minus.items()},
                "off_weekday_ece": {str(h): value for h, value in self.off_weekday_ece.items()},
                "reliability": {
                    str(h): [{"said": said, "happened": happened, "n": n} for said, happened, n in bins]
                    for h, bins in self.reliability.items()
                },
                "alarm": self.alarm,
                "cannot_say": self.cannot_say,
            }
        )

    def sentences(self) -> list[str]:
        """What a person must be told beside the figures: is TabNet ahead, too good, or unable to say."""
        told = [
            f"TabNet's mean AUC minus {name}'s: {gap.estimate:+.4f} ({gap.low:+.4f} to {gap.high:+.4f})"
            for name, gap in self.minus.items()
            if not math.isnan(gap.low)
        ]
        if self.off_weekday_ece:
            each = ", ".join(f"{value:.3f} at {h} days" for h, value in self.off_weekday_ece.items())
            told.append(f"TabNet's ECE on other weekdays than training's: {each}")
        return [*told, *(sentence for sentence in (self.alarm, self.cannot_say) if sentence)]

    def to_rows(self) -> list[dict[str, Any]]:
        """One flat record per horizon and model, for tables."""
        return [
            {"horizon": h, "model": name, **_without_nan(figures.to_dict())}
            for h, by_model in self.horizons.items()
            for name, figures in by_model.items()
        ]


def run(
    panel: Panel, timeline: TimeLine, spec: ModelSpec, progress: Progress | None = None,
    off_weekday: Panel | None = None, threads: int | None = None,
) -> BacktestResult:  # fmt: skip
    """The backtest of ``spec`` on this panel.

    ``off_weekday`` may hold rows of other weekdays with the same features; those in a fold's test period tell whether the
    calibration holds there. Raises `NotEnoughHistory` when there is room for no fold, or no test row in any.
    """
    with limited(threads):
        return _run(panel, timeline, spec, progress or Progress(), off_weekday, threads)


def _run(
    panel: Panel, timeline: TimeLine, spec: ModelSpec, progress: Progress, off_weekday: Panel | None, threads: int | None
) -> BacktestResult:  # fmt: skip
    folds = timeline.folds(spec.backtest.folds, spec.backtest.test_weeks, spec.train.calibration_weeks)
    pooled: dict[str, list[np.ndarray]] = {name: [] for name in MODELS}
    tested: list[np.ndarray] = []
    others: list[tuple[np.ndarray, np.ndarray]] = []  # labels and TabNet's risks on other weekdays
    cpu = dict.fromkeys(MODELS, 0.0)
    told: list[FoldFigures] = []
    why_none = ""
    for number, fold in enumerate(folds, start=1):
        progress.say(f"Backtest fold {number} of {len(folds)}: as if made on {fold.split.origin}")
        index = np.flatnonzero(np.isin(panel.as_of, np.asarray(fold.test_as_ofs, dtype="datetime64[D]")))
        if not len(index):
            why_none = (
                f"None of the {len(panel)} rows of the panel lies between {fold.test_as_ofs[0]} and {fold.test_as_ofs[-1]}, "
                f"where the backtest tests; bring a log with activity there, or lower [backtest] folds."
            )
            continue
        started = time.process_time()
        try:
            model = fit_at_origin(panel, fold.split, spec, progress, threads)
        except NotEnoughHistory as too_little:  # the log was still too young then; later folds may have enough
            why_none = str(too_little)
            progress.say(f"  left out: {why_none}")
            continue
        cpu[TABNET] += time.process_time() - started
        as_scored = DailyCalibration(model, panel, timeline, spec.train.calibration_weeks)
        pooled[TABNET].append(as_scored.risks_of(panel, index))
        if off_weekday is not None:
            rows = _in_test_period(off_weekday, fold)
            others.append((off_weekday.churned[rows], as_scored.risks_of(off_weekday, rows)))
        for name in BASELINES:
            started = time.process_time()
            baseline = fit_baseline(name, panel, fold.split, spec)
            cpu[name] += time.process_time() - started
            as_ruled = DailyCalibration(baseline, panel, timeline, spec.train.calibration_weeks)
            pooled[name].append(as_ruled.risks_of(panel, index))
        tested.append(index)
        told.append(
            _fold_figures(panel, fold, model.n_rows, index, {name: parts[-1] for name, parts in pooled.items()})
        )
    if not tested:
        raise NotEnoughHistory(why_none)
    index = np.concatenate(tested)
    risks = {name: np.concatenate(parts) for name, parts in pooled.items()}
    return _result(panel, index, risks, spec, tuple(told), cpu, others, progress)


def _result(
    panel: Panel, index: np.ndarray, risks: dict[str, np.ndarray], spec: ModelSpec,
    folds: tuple[FoldFigures, ...], cpu: dict[str, float], others: list[tuple[np.ndarray, np.ndarray]],
    progress: Progress,
) -> BacktestResult:  # fmt: skip
    outcome = panel.churned[index]
    clusters = [ids[index] for ids in panel.clusters]
    draws = auc_draws(outcome, risks, clusters, spec.backtest.bootstrap, BOOTSTRAP_SEED, progress)
    horizons: dict[int, dict[str, HorizonFigures]] = {}
    for k, h in enumerate(panel.horizons):
        horizons[h] = {}
        for name in MODELS:
            figures = Figures.of(outcome[:, k], risks[name][:, k])
            horizons[h][name] = HorizonFigures(figures, Interval.of(figures.auc, draws[name][:, k]))
    means = {name: float(np.mean([horizons[h][name].figures.auc for h in panel.horizons])) for name in MODELS}
    minus = {
        name: Interval.of(means[TABNET] - means[name], (draws[TABNET] - draws[name]).mean(axis=1)) for name in BASELINES
    }
    off_weekday: dict[int, float] = {}
    if others:
        y, p = (np.concatenate(parts) for parts in zip(*others, strict=True))
        for k, h in enumerate(panel.horizons):
            known = ~np.isnan(y[:, k])
            if known.any():
                off_weekday[h] = ece(y[known, k], p[known, k])
    return BacktestResult(
        entity=panel.entity,
        folds=folds,
        horizons=horizons,
        order_violations=int((np.diff(risks[TABNET], axis=1) > 0).any(axis=1).sum()),
        fit_cpu_seconds={name: round(seconds, 2) for name, seconds in cpu.items()},
        minus=minus,
        off_weekday_ece=off_weekday,
        alarm=_alarm(panel, index, horizons, spec.backtest.alarm_auc),
        cannot_say=_cannot_say(minus["recency"], {h: by_model[TABNET] for h, by_model in horizons.items()}),
        reliability={h: _reliability(outcome[:, k], risks[TABNET][:, k]) for k, h in enumerate(panel.horizons)},
    )


def _reliability(outcome: np.ndarray, risk: np.ndarray) -> list[tuple[float, float, int]]:
    known = ~np.isnan(outcome)
    return reliability(outcome[known].astype(np.float64), risk[known].astype(np.float64))


def _alarm(
    panel: Panel, index: np.ndarray, horizons: Mapping[int, Mapping[str, HorizonFigures]], limit: float
) -> str | None:
    """A sentence when a model's AUC reaches ``limit``, naming the feature that alone separates best."""
    reached = [(by_model[name].figures.auc, name, h) for h, by_model in horizons.items() for name in MODELS]
    reached = [entry for entry in reached if entry[0] >= limit]  # NaN is never >= limit
    if not reached:
        return None
    best, name, h = max(reached)
    y = panel.churned[index, panel.horizons.index(h)]
    known = index[~np.isnan(y)]
    y = y[~np.isnan(y)]
    separation = {}
    for j, feature in enumerate(panel.feature_names):
        column = panel.X[known, j].astype(np.float64)
        separation[feature] = abs(auc(y, np.where(np.isnan(column), -1.0, column)) - 0.5) + 0.5
    suspect = max(separation, key=lambda feature: separation[feature])
    return (
        f"{name} reaches an AUC of {best:.3f} at {h} days, which is too good to be true above {limit}; the feature "
        f"{suspect!r} alone reaches {separation[suspect]:.3f}: check whether it knows the future, or whether the "
        f"activity list makes churn trivial."
    )


def _cannot_say(over_recency: Interval, tabnet: Mapping[int, HorizonFigures]) -> str | None:
    """A sentence when the intervals do not show TabNet above chance at every horizon, and above the recency rule."""
    for h, found in tabnet.items():
        if math.isnan(found.auc.estimate):
            return (
                f"All {found.figures.n:,} test rows have the same outcome over {h} days: how well anyone is ranked cannot be "
                f"said; bring more history or more entities, or set other horizons in [churn]."
            )
        if math.isnan(found.auc.low):
            return (
                f"TabNet's AUC over {h} days is {found.auc.estimate:.3f}, from too few entities for an interval: who will go "
                f"quiet cannot be said from this log yet; bring more entities."
            )
        if not found.auc.low > 0.5:
            return (
                f"TabNet's AUC over {h} days is {found.auc.estimate:.3f} ({found.auc.low:.3f} to {found.auc.high:.3f}), which "
                f"is not above chance: who will go quiet cannot be said from this log yet; bring more history or more entities."
            )
    if over_recency.low > 0:
        return None
    return (
        f"TabNet's mean AUC minus the recency rule's is {over_recency.estimate:+.3f} ({over_recency.low:+.3f} to "
        f"{over_recency.high:+.3f}), which is not shown to be above 0: days since the last activity say as much so far; "
        f"bring more history or more entities."
    )


def _in_test_period(panel: Panel, fold: Fold) -> np.ndarray:
    first, last = np.datetime64(fold.test_as_ofs[0], "D"), np.datetime64(fold.test_as_ofs[-1], "D")
    return np.flatnonzero((panel.as_of >= first) & (panel.as_of <= last + np.timedelta64(6, "D")))


def _fold_figures(
    panel: Panel, fold: Fold, n_train: int, index: np.ndarray, risks: Mapping[str, np.ndarray]
) -> FoldFigures:
    figures = {
        name: {h: Figures.of(panel.churned[index, k], risk[:, k]) for k, h in enumerate(panel.horizons)}
        for name, risk in risks.items()
    }
    known = np.where(np.isnan(panel.churned[index]), np.nan, risks[TABNET])
    return FoldFigures(
        fold=fold,
        n_train=n_train,
        n_test=len(index),
        auc={name: {h: f.auc for h, f in by_horizon.items()} for name, by_horizon in figures.items()},
        ece={name: {h: f.ece for h, f in by_horizon.items()} for name, by_horizon in figures.items()},
        mean_risk={h: float(np.nanmean(known[:, k])) for k, h in enumerate(panel.horizons)},
        churn_rate={h: f.churn_rate for h, f in figures[TABNET].items()},
    )


def _by_horizon(values: Mapping[int, float]) -> dict[str, float]:
    return {str(h): value for h, value in values.items()}


def _without_nan(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(item) for item in value]
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    return value
