"""What teaches TabNet beside the labels: out-of-fold risks of models that learn faster from fewer rows.

    training rows ──▶ folds of whole creators and fans ──▶ gradient boosting + logistic regression ──▶ risks of the fold left out
                                                                                                           │
    label, 1 or 0 ──────────────────────────────── label_weight · label + (1 − label_weight) · risk ◀──────┘ ──▶ soft label

A label says what happened once, a teacher's risk says how likely it was: the same rows tell more (Hinton, Vinyals & Dean
2015, "Distilling the knowledge in a neural network"). No row is taught by a model that has seen its creator or its fan,
else the teacher would only repeat the label. Teachers are gone after training; at serving only TabNet runs.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from fancare.churn.hazard import logit, sigmoid
from fancare.churn.ids import fold_of
from fancare.churn.selection import evenly
from fancare.modelspec import TeacherSpec
from fancare.panel.float_rows import blocks, release
from fancare.progress import Progress

MOST_TEACHING = 200_000  # rows that teach a fold, drawn evenly over the days: more make teachers slower, hardly better
ROWS_AT_A_TIME = 65_536
FEWEST_OF_A_CLASS = 20  # a teacher of fewer churners, or fewer who returned, would teach noise


def soft_labels(
    X: np.ndarray,
    churned: np.ndarray,
    clusters: Sequence[np.ndarray],
    spec: TeacherSpec,
    progress: Progress | None = None,
) -> np.ndarray:
    """(n, H) float64: soft labels that never rise with the horizon; NaN exactly where ``churned`` (n, H) is.

    ``X`` (n, d) are encoded features without NaN; ``clusters`` hold one (n,) array of ids per kind (creators, fans). With a
    ``label_weight`` of 1, or where the other folds are too few to teach every horizon, a row keeps its labels.
    """
    soft = churned.astype(np.float64)
    if spec.label_weight >= 1:
        return soft
    parts = list(_folds(clusters, spec.folds))
    with (progress or Progress()).task("Teachers, out of fold", total=len(parts) * churned.shape[1]) as task:
        for taught, teaching in parts:
            risks = [_risk(X, churned[:, k], taught, teaching) for k in range(churned.shape[1])]
            told = [risk for risk in risks if risk is not None]
            if len(told) == len(risks):  # one horizon's teacher alone would bend the chain between them
                soft[taught] = spec.label_weight * soft[taught] + (1 - spec.label_weight) * np.stack(told, axis=1)
            task.advance(churned.shape[1])
    return _never_rising(soft)


def _folds(clusters: Sequence[np.ndarray], folds: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """(rows taught, rows that teach them), both (n,) bool: they share no creator and no fan.

    Folds are drawn from the ids alone. With two kinds of cluster each is halved and the opposite quarter teaches.
    """
    if len(clusters) == 1:
        fold = fold_of(clusters[0], folds)
        return [(fold == f, fold != f) for f in range(folds)]
    first, second = (fold_of(ids, 2) for ids in clusters)
    return [((first == a) & (second == b), (first != a) & (second != b)) for a in (0, 1) for b in (0, 1)]


def _risk(X: np.ndarray, churned: np.ndarray, taught: np.ndarray, teaching: np.ndarray) -> np.ndarray | None:
    """(taught rows,) mean of the teachers' log odds as a probability; None where too little is there to learn from."""
    known = np.flatnonzero(teaching & ~np.isnan(churned))
    known = known[evenly(len(known), MOST_TEACHING)]
    y = churned[known]
    if not taught.any() or min(y.sum(), len(y) - y.sum()) < FEWEST_OF_A_CLASS:
        return None
    trees = HistGradientBoostingClassifier(
        learning_rate=0.06, max_iter=150, max_leaf_nodes=12, min_samples_leaf=60, l2_regularization=5.0,
        early_stopping=False, random_state=0,
    )  # fmt: skip
    linear = LogisticRegression(C=0.1, max_iter=300)
    lesson = X[known]
    release(X)
    for teacher in (trees, linear):
        teacher.fit(lesson, y)
    told, pupils = np.empty(int(taught.sum())), np.flatnonzero(taught)
    for part in blocks(len(pupils), ROWS_AT_A_TIME):
        rows = X[pupils[part]]
        told[part] = np.mean([logit(teacher.predict_proba(rows)[:, 1]) for teacher in (trees, linear)], axis=0)
        release(X)
    return sigmoid(told)


def _never_rising(soft: np.ndarray) -> np.ndarray:
    """Each horizon at most the one before, as it must be of probabilities to stay away; NaN stays NaN."""
    bounded = np.minimum.accumulate(np.where(np.isnan(soft), np.inf, soft), axis=1)
    return np.where(np.isnan(soft), np.nan, bounded)
