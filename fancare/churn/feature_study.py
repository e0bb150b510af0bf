"""What pruning is worth: the model with all candidates, with those kept, and with half of these, on the same test rows."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from fancare.churn.backtest_result import without_nan
from fancare.churn.bootstrap import Interval, auc_draws
from fancare.churn.metrics import auc
from fancare.churn.model import fit_at_origin, prune_at_origin
from fancare.churn.pruning import Pruning, overlap
from fancare.churn.recalibration import DailyCalibration
from fancare.dates import TimeLine
from fancare.errors import NotEnoughHistory
from fancare.modelspec import ModelSpec
from fancare.panel.gate import Panel
from fancare.progress import Progress

ALL, KEPT, HALF = "all", "kept", "half"
BOOTSTRAP_SEED = 0


@dataclass(frozen=True)
class Variant:
    """One set of features: how many, the mean AUC over horizons, that minus the wide set's (paired), and what fitting cost.

    ``n_features`` is the mean over the folds, ``cpu_seconds`` their sum, pruning and teachers included.
    """

    name: str
    n_features: float
    auc: Interval
    minus_all: Interval
    cpu_seconds: float

    def to_dict(self) -> dict[str, Any]:
        told = {"features": self.n_features, "auc": self.auc.to_dict(), "minus_all": self.minus_all.to_dict()}
        return told | {"cpu_seconds": round(self.cpu_seconds, 2)}


@dataclass(frozen=True)
class FeatureStudy:
    """The variants, and the overlap of what consecutive origins (``weeks`` apart) kept."""

    variants: tuple[Variant, ...]
    overlaps: tuple[float, ...]
    weeks: int
    n_test: int

    def to_dict(self) -> dict[str, Any]:
        """JSON-able; what cannot be said is None."""
        return without_nan(
            {
                "variants": {variant.name: variant.to_dict() for variant in self.variants},
                "overlaps": list(self.overlaps),
                "weeks_between": self.weeks,
                "n_test": self.n_test,
            }
        )


def compare(
    panel: Panel, timeline: TimeLine, spec: ModelSpec, progress: Progress | None = None, threads: int | None = None
) -> FeatureStudy:
    """The study over the backtest's folds; the three sets are fitted in turn at each origin.

    Raises `NotEnoughHistory` as a backtest does.
    """
    progress = progress or Progress()
    risks: dict[str, list[np.ndarray]] = {ALL: [], KEPT: [], HALF: []}
    cpu = dict.fromkeys(risks, 0.0)
    counts: dict[str, list[int]] = {name: [] for name in risks}
    prunings: list[Pruning] = []
    tested: list[np.ndarray] = []
    why_none = ""
    for fold in timeline.folds(spec.backtest.folds, spec.backtest.test_weeks, spec.train.calibration_weeks):
        index = np.flatnonzero(np.isin(panel.as_of, np.asarray(fold.test_as_ofs, dtype="datetime64[D]")))
        if not len(index):
            why_none = f"No row of the panel lies between {fold.test_as_ofs[0]} and {fold.test_as_ofs[-1]}: bring more history."
            continue
        made: dict[str, tuple[np.ndarray, int, float]] = {}
        try:
            pruning = prune_at_origin(panel, fold.split, spec, threads)
            half = -(-len(pruning.kept) // 2)
            for name, most in ((ALL, 0), (KEPT, spec.prune.max_features), (HALF, half)):
                progress.say(f"as if made on {fold.split.origin}, features: {name}")
                started = time.process_time()
                own = replace(spec, prune=replace(spec.prune, max_features=most))
                model = fit_at_origin(panel, fold.split, own, progress, threads)
                spent = time.process_time() - started
                as_scored = DailyCalibration(model, panel, timeline, spec.train.calibration_weeks)
                made[name] = (as_scored.risks_of(panel, index), len(model.feature_names), spent)
        except NotEnoughHistory as too_little:  # the log was still too young then; later folds may have enough
            why_none = str(too_little)
            continue
        for name, (risk, n_features, spent) in made.items():
            risks[name].append(risk)
            counts[name].append(n_features)
            cpu[name] += spent
        prunings.append(pruning)
        tested.append(index)
    if not tested:
        raise NotEnoughHistory(why_none)
    index = np.concatenate(tested)
    pooled = {name: np.concatenate(parts) for name, parts in risks.items()}
    overlaps = tuple(overlap(one, other) for one, other in pairwise(prunings))
    return FeatureStudy(
        _judged(panel, index, pooled, spec, counts, cpu), overlaps, spec.backtest.test_weeks, len(index)
    )


def _judged(
    panel: Panel, index: np.ndarray, risks: Mapping[str, np.ndarray], spec: ModelSpec,
    counts: Mapping[str, list[int]], cpu: Mapping[str, float],
) -> tuple[Variant, ...]:  # fmt: skip
    outcome = panel.churned[index]
    draws = auc_draws(outcome, risks, [ids[index] for ids in panel.clusters], spec.backtest.bootstrap, BOOTSTRAP_SEED)
    known = ~np.isnan(outcome)
    mean = {
        name: float(np.mean([auc(outcome[known[:, k], k], risk[known[:, k], k]) for k in range(outcome.shape[1])]))
        for name, risk in risks.items()
    }
    return tuple(
        Variant(
            name=name,
            n_features=float(np.mean(counts[name])),
            auc=Interval.of(mean[name], draws[name].mean(axis=1)),
            minus_all=Interval.of(mean[name] - mean[ALL], (draws[name] - draws[ALL]).mean(axis=1)),
            cpu_seconds=cpu[name],
        )
        for name in risks
    )
