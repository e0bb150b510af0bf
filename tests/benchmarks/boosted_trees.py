"""What a user would pick instead of TabNet: LightGBM and CatBoost, tuned with a stated budget, on the same rows and features.

Sixteen configurations each are drawn once from the ranges that their users search; the best by log loss over 14 days on the
development folds is fitted for every horizon. They read the raw features, undefined values included, and are calibrated on the
same slices, day by day, as TabNet is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from fancare.churn.calibration import ChainCalibration
from fancare.churn.hazard import logit
from fancare.churn.metrics import log_loss
from fancare.churn.model import columns_of
from fancare.churn.selection import CalibrationRows, training_rows
from fancare.dates import Fold, TimeLine
from fancare.modelspec import TrainSpec
from fancare.panel.gate import Panel

CONFIGURATIONS = 16
TUNED_AT = 1  # the position of the horizon that is tuned: 14 days
FINAL_SHARE = 0.25
SEED = 0
Settings = dict[str, Any]


def lightgbm_settings(generator: np.random.Generator) -> Settings:
    """One drawn configuration of LightGBM."""
    return {
        "learning_rate": float(np.exp(generator.uniform(np.log(0.01), np.log(0.15)))),
        "n_estimators": int(generator.choice([150, 300, 600])),
        "num_leaves": int(generator.choice([7, 15, 31, 63])),
        "min_child_samples": int(generator.choice([20, 60, 200])),
        "reg_lambda": float(generator.choice([0.0, 1.0, 10.0])),
        "colsample_bytree": float(generator.choice([0.3, 0.6, 1.0])),
        "subsample": float(generator.choice([0.6, 1.0])),
        "subsample_freq": 1,
    }


def catboost_settings(generator: np.random.Generator) -> Settings:
    """One drawn configuration of CatBoost."""
    return {
        "learning_rate": float(np.exp(generator.uniform(np.log(0.02), np.log(0.2)))),
        "iterations": int(generator.choice([200, 400, 800])),
        "depth": int(generator.choice([4, 5, 6, 7])),
        "l2_leaf_reg": float(generator.choice([1.0, 3.0, 10.0, 30.0])),
        "random_strength": float(generator.choice([0.5, 1.0, 3.0])),
    }


def _lightgbm(settings: Settings) -> Any:
    from lightgbm import LGBMClassifier

    return LGBMClassifier(**settings, n_jobs=1, random_state=SEED, verbose=-1)


def _catboost(settings: Settings) -> Any:
    from catboost import CatBoostClassifier

    return CatBoostClassifier(**settings, thread_count=1, random_seed=SEED, verbose=False, allow_writing_files=False)


LIBRARIES: dict[str, tuple[Callable[[np.random.Generator], Settings], Callable[[Settings], Any]]] = {
    "lightgbm": (lightgbm_settings, _lightgbm),
    "catboost": (catboost_settings, _catboost),
}


@dataclass(frozen=True)
class BoostedTrees:
    """One classifier per horizon over ``names``, calibrated like a model: fits `fancare.churn.recalibration`."""

    names: tuple[str, ...]
    classifiers: tuple[Any, ...]
    calibration: ChainCalibration

    @classmethod
    def fit(
        cls, library: str, settings: Settings, panel: Panel, fold: Fold, names: tuple[str, ...], horizons: Sequence[int],
        spec: TrainSpec,
    ) -> BoostedTrees:  # fmt: skip
        """Fitted as of the fold's origin, for the horizons at these positions."""
        rows = training_rows(panel, fold.split, spec)
        X = panel.X[rows.index[:, None], columns_of(panel, names)]
        made = []
        for k in horizons:
            known = ~np.isnan(rows.churned[:, k])
            made.append(LIBRARIES[library][1](settings).fit(X[known], rows.churned[known, k].astype(int)))
        return cls(names, tuple(made), ChainCalibration.none(len(made)))

    def logits_of(self, panel: Panel, index: np.ndarray) -> np.ndarray:
        """(n, H): each horizon's log odds, not calibrated."""
        X = panel.X[index[:, None], columns_of(panel, self.names)]
        return np.stack([logit(classifier.predict_proba(X)[:, 1]) for classifier in self.classifiers], axis=1)

    def recalibrated(self, logits: np.ndarray, recent: CalibrationRows) -> BoostedTrees:
        return replace(self, calibration=ChainCalibration.fit(logits, recent.churned, recent.mask, before=self.calibration))

    def risks_of(self, panel: Panel, index: np.ndarray) -> np.ndarray:
        return self.calibration.apply(self.logits_of(panel, index))


def development_and_final(timeline: TimeLine) -> tuple[tuple[Fold, ...], tuple[Fold, ...]]:
    """Folds to choose by, whose labels end before the final quarter of the log, and the folds in it, opened once."""
    opens = timeline.first_day + (1 - FINAL_SHARE) * (timeline.data_through - timeline.first_day)
    every = timeline.folds(count=50, test_weeks=4, calibration_weeks=3)
    final = tuple(fold for fold in every if fold.test_as_ofs[0] >= opens) or every[-1:]
    before = replace(timeline, data_through=final[0].split.origin)
    return before.folds(2, 4, 3, min_training_weeks=2), final


def tuned(
    library: str, panel: Panel, folds: Sequence[Fold], kept: Sequence[tuple[str, ...]], spec: TrainSpec
) -> tuple[Settings, list[float]]:
    """The best of the drawn configurations and the log loss of each, by the development folds."""
    generator = np.random.default_rng(SEED)
    drawn = [LIBRARIES[library][0](generator) for _ in range(CONFIGURATIONS)]
    losses = []
    for settings in drawn:
        y, p = [], []
        for fold, names in zip(folds, kept, strict=True):
            index = np.flatnonzero(np.isin(panel.as_of, np.asarray(fold.test_as_ofs, dtype="datetime64[D]")))
            made = BoostedTrees.fit(library, settings, panel, fold, names, [TUNED_AT], spec)
            y.append(panel.churned[index, TUNED_AT])
            p.append(1 / (1 + np.exp(-made.logits_of(panel, index)[:, 0])))
        known = ~np.isnan(np.concatenate(y))
        losses.append(log_loss(np.concatenate(y)[known].astype(float), np.concatenate(p)[known]))
    return drawn[int(np.argmin(losses))], losses
