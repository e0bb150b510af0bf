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
from collections.abc import Mapping

import numpy as np

from fancare.churn.at_capacity import at_capacity
from fancare.churn.backtest_result import BOOSTING, MODELS, TABNET, BacktestResult, FoldFigures, HorizonFigures, Tested
from fancare.churn.baselines import BASELINES, fit_baseline
from fancare.churn.bootstrap import Interval, auc_draws, log_loss_minus
from fancare.churn.ceiling import Ceiling, Truth
from fancare.churn.checkpoint import Checkpoints
from fancare.churn.cohorts import cohort_figures
from fancare.churn.metrics import Figures, auc, ece, reliability
from fancare.churn.model import ChurnModel, fit_at_origin
from fancare.churn.pruning import Pruning, overlap
from fancare.churn.recalibration import DailyCalibration
from fancare.churn.threads import limited
from fancare.config import OpsConfig
from fancare.dates import Fold, TimeLine
from fancare.errors import NotEnoughHistory
from fancare.modelspec import ModelSpec
from fancare.panel.gate import Panel
from fancare.progress import Progress

BOOTSTRAP_SEED = 0
TRUTH = "truth"


def run(
    panel: Panel, timeline: TimeLine, spec: ModelSpec, progress: Progress | None = None,
    off_weekday: Panel | None = None, threads: int | None = None, truth: Truth | None = None,
    capacity: int = OpsConfig.capacity, checkpoints: Checkpoints | None = None,
) -> BacktestResult:  # fmt: skip
    """The backtest of ``spec`` on this panel.

    ``off_weekday`` may hold rows of other weekdays with the same features; those in a fold's test period tell whether the
    calibration holds there. ``truth`` gives the ceiling of a simulated platform, ``capacity`` is how many rows of a day people
    can act on. With ``checkpoints`` a backtest that was killed goes on. Raises `NotEnoughHistory` when there is room for no
    fold, or no test row in any.
    """
    with limited(threads):
        return _run(panel, timeline, spec, progress or Progress(), off_weekday, threads, truth, capacity, checkpoints)


def _run(
    panel: Panel, timeline: TimeLine, spec: ModelSpec, progress: Progress, off_weekday: Panel | None, threads: int | None,
    truth: Truth | None, capacity: int, checkpoints: Checkpoints | None,
) -> BacktestResult:  # fmt: skip
    folds = timeline.folds(spec.backtest.folds, spec.backtest.test_weeks, spec.train.calibration_weeks)
    pooled: dict[str, list[np.ndarray]] = {name: [] for name in MODELS}
    tested: list[np.ndarray] = []
    others: list[tuple[np.ndarray, np.ndarray]] = []  # labels and TabNet's risks on other weekdays
    cpu = dict.fromkeys(MODELS, 0.0)
    told: list[FoldFigures] = []
    before: Pruning | None = None
    known: list[np.ndarray] = []  # true risks, fold by fold
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
        if truth is not None:  # before minutes of training: it may be another platform's
            found = truth.risks_of(panel, index)
        started = time.process_time()
        try:
            model = fit_at_origin(panel, fold.split, spec, progress, threads, checkpoints)
        except NotEnoughHistory as too_little:  # the log was still too young then; later folds may have enough
            why_none = str(too_little)
            progress.say(f"  left out: {why_none}")
            continue
        if truth is not None:
            known.append(found)
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
            _fold_figures(panel, fold, model, before, index, {name: parts[-1] for name, parts in pooled.items()})
        )
        before = model.pruning
    if not tested:
        raise NotEnoughHistory(why_none)
    index = np.concatenate(tested)
    risks = {name: np.concatenate(parts) for name, parts in pooled.items()}
    true_risks = np.concatenate(known) if known else None
    return _result(panel, index, risks, spec, tuple(told), cpu, others, progress, true_risks, capacity)


def _result(
    panel: Panel, index: np.ndarray, risks: dict[str, np.ndarray], spec: ModelSpec,
    folds: tuple[FoldFigures, ...], cpu: dict[str, float], others: list[tuple[np.ndarray, np.ndarray]],
    progress: Progress, true_risks: np.ndarray | None, capacity: int,
) -> BacktestResult:  # fmt: skip
    outcome = panel.churned[index]
    clusters = [ids[index] for ids in panel.clusters]
    ranked = risks if true_risks is None else risks | {TRUTH: true_risks}
    bootstrap = (spec.backtest.bootstrap, BOOTSTRAP_SEED)
    draws = auc_draws(outcome, ranked, clusters, *bootstrap, progress)
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
    ceiling: dict[int, Ceiling] = {}
    if true_risks is not None:
        for k, h in enumerate(panel.horizons):
            best = Figures.of(outcome[:, k], true_risks[:, k]).auc
            ceiling[h] = Ceiling.of(best, draws[TRUTH][:, k], horizons[h][TABNET].figures.auc, draws[TABNET][:, k])
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
        ceiling=ceiling,
        tested=Tested(index, risks[TABNET]),
        at_capacity=at_capacity(panel.as_of[index], outcome, risks, panel.horizons, capacity, clusters, *bootstrap),
        cohorts=cohort_figures(panel, index, risks, TABNET, BOOSTING, *bootstrap),
        log_loss_minus={
            name: dict(zip(panel.horizons, log_loss_minus(outcome, risks[TABNET], rule, clusters, *bootstrap), strict=True))
            for name, rule in risks.items()
            if name != TABNET
        },
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
    panel: Panel,
    fold: Fold,
    model: ChurnModel,
    before: Pruning | None,
    index: np.ndarray,
    risks: Mapping[str, np.ndarray],
) -> FoldFigures:
    figures = {
        name: {h: Figures.of(panel.churned[index, k], risk[:, k]) for k, h in enumerate(panel.horizons)}
        for name, risk in risks.items()
    }
    known = np.where(np.isnan(panel.churned[index]), np.nan, risks[TABNET])
    return FoldFigures(
        fold=fold,
        n_train=model.n_rows,
        n_test=len(index),
        n_candidates=model.pruning.n_candidates,
        n_features=len(model.pruning.kept),
        overlap=None if before is None else overlap(before, model.pruning),
        auc={name: {h: f.auc for h, f in by_horizon.items()} for name, by_horizon in figures.items()},
        ece={name: {h: f.ece for h, f in by_horizon.items()} for name, by_horizon in figures.items()},
        mean_risk={h: float(np.nanmean(known[:, k])) for k, h in enumerate(panel.horizons)},
        churn_rate={h: f.churn_rate for h, f in figures[TABNET].items()},
    )
