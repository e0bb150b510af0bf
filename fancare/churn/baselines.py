"""What TabNet has to be measured against, on the same rows with the same labels and the same calibration slice.

| name | what it is |
|---|---|
| `recency` | one variable, days since the last activity: the rule anyone would use by hand |
| `logistic_regression` | scikit-learn's, on the encoded features |
| `hist_gradient_boosting` | scikit-learn's `HistGradientBoostingClassifier`, on the raw features |

Each learns every horizon by itself; their risks may contradict each other across horizons, which TabNet's cannot.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from fancare.churn.calibration import ChainCalibration
from fancare.churn.encode import Encoder
from fancare.churn.hazard import logit
from fancare.churn.model import columns_of
from fancare.churn.selection import CalibrationRows, calibration_rows, known_columns, training_rows
from fancare.dates import OriginSplit
from fancare.modelspec import ModelSpec
from fancare.panel.float_rows import taken
from fancare.panel.gate import Panel

BASELINES = ("hist_gradient_boosting", "logistic_regression", "recency")
RECENCY = "recency_days"
ROWS_AT_A_TIME = 65_536
FEWEST_DEFINED = 0.001


@dataclass(frozen=True)
class Baseline:
    """One calibrated classifier per horizon over the panel's ``columns``; ``encoder`` None: reads raw features."""

    columns: np.ndarray
    encoder: Encoder | None
    classifiers: tuple[Any, ...]
    calibration: ChainCalibration

    def logits_of(self, panel: Panel, index: np.ndarray) -> np.ndarray:
        """(n, H): each horizon's log odds, not calibrated, of the panel's rows at ``index``."""
        out = np.empty((len(index), len(self.classifiers)))
        for start in range(0, len(index), ROWS_AT_A_TIME):
            rows = index[start : start + ROWS_AT_A_TIME]
            X = taken(panel.X, rows, self.columns)
            X = self.encoder.transform(X) if self.encoder else X
            for k, classifier in enumerate(self.classifiers):
                out[start : start + len(rows), k] = logit(classifier.predict_proba(X)[:, 1])
        return out

    def recalibrated(self, logits: np.ndarray, recent: CalibrationRows) -> Baseline:
        """The same classifiers, calibrated on these rows; ``logits`` are theirs, (n, H)."""
        return replace(self, calibration=ChainCalibration.fit(logits, recent.churned, recent.mask, before=self.calibration))

    def risks_of(self, panel: Panel, index: np.ndarray) -> np.ndarray:
        """(n, H) calibrated risks of the panel's rows at ``index``."""
        return self.calibration.apply(self.logits_of(panel, index))


def fit_baseline(name: str, panel: Panel, split: OriginSplit, spec: ModelSpec) -> Baseline:
    """The baseline ``name`` as it could have been made on ``split.origin``.

    scikit-learn takes all CPU threads it finds; see `fancare.churn.threads.limited`.
    """
    rows = training_rows(panel, split, spec.train)
    columns = columns_of(panel, (RECENCY,)) if name == "recency" else known_columns(panel, split)
    X = taken(panel.X, rows.index, columns)
    if name == "hist_gradient_boosting":
        told = _enough_defined(X, rows.churned)
        X, columns = X[:, told], columns[told]
    encoder = None if name == "hist_gradient_boosting" else Encoder.fit(X)
    read = encoder.transform(X) if encoder else X
    classifiers = tuple(_fit_one(_MAKERS[name], read, rows.churned[:, k]) for k in range(len(panel.horizons)))
    baseline = Baseline(columns, encoder, classifiers, ChainCalibration.none(len(classifiers)))
    recent = calibration_rows(panel, split.calibration)
    return baseline.recalibrated(baseline.logits_of(panel, recent.index), recent)


class _BaseRate:
    """Stands in where training saw one outcome only: the same probability for every row."""

    def __init__(self, rate: float) -> None:
        self._rate = rate

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        return np.tile([1 - self._rate, self._rate], (len(X), 1))


_MAKERS: dict[str, Callable[[], Any]] = {
    # as it comes; its early stopping holds out random rows, hence the random_state
    "hist_gradient_boosting": lambda: HistGradientBoostingClassifier(random_state=0),
    "logistic_regression": lambda: LogisticRegression(max_iter=500),
    "recency": lambda: LogisticRegression(max_iter=500),
}


def _fit_one(make: Callable[[], Any], X: np.ndarray, churned: np.ndarray) -> Any:
    known = ~np.isnan(churned)
    y = churned[known]
    if not len(y) or y.min() == y.max():
        return _BaseRate((y.sum() + 0.5) / (len(y) + 1))
    classifier = make()
    if isinstance(classifier, HistGradientBoostingClassifier) and min(y.sum(), len(y) - y.sum()) < 2:
        classifier.set_params(early_stopping=False)  # what it holds out is stratified: that needs two of each outcome
    return classifier.fit(X[known], y)


def _enough_defined(X: np.ndarray, churned: np.ndarray) -> np.ndarray:
    """(d,) bool: features that are defined for at least one known row in a thousand of every horizon.

    scikit-learn's binning fails on a feature without a value, and its early stopping hides a tenth of many rows from it.
    """
    told = np.ones(X.shape[1], dtype=bool)
    for known in (~np.isnan(churned)).T:
        if known.any():
            told &= (~np.isnan(X[known])).sum(axis=0) >= max(1, FEWEST_DEFINED * known.sum())
    return told
