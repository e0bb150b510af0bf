"""How good a risk is: ranking, probability and calibration figures of one model at one horizon."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import numpy as np
from sklearn import metrics as sk

ECE_BINS = 15
TOP_SHARE = 0.1
SMALLEST_RISK = 1e-7  # what a log loss takes a risk of 0 for


@dataclass(frozen=True)
class Figures:
    """Figures over n rows; NaN where they cannot be said (no rows, or for rankings only one class)."""

    auc: float
    average_precision: float
    log_loss: float
    brier: float
    ece: float
    lift_at_10pct: float
    n: int
    churn_rate: float

    @classmethod
    def of(cls, outcome: np.ndarray, risk: np.ndarray) -> Figures:
        """From outcomes (n,) of 1 and 0 and risks (n,); rows with an unknown outcome (NaN) are left out."""
        known = ~np.isnan(outcome)
        y, p = outcome[known].astype(np.float64), np.asarray(risk, dtype=np.float64)[known]
        return cls(
            auc=auc(y, p), average_precision=average_precision(y, p), log_loss=log_loss(y, p), brier=brier(y, p),
            ece=ece(y, p), lift_at_10pct=lift_at_10pct(y, p), n=len(y), churn_rate=float(y.mean()) if len(y) else math.nan,
        )  # fmt: skip

    def to_dict(self) -> dict[str, float | int]:
        return asdict(self)


def auc(y: np.ndarray, p: np.ndarray) -> float:
    """The chance that a churner is ranked above a stayer; NaN with one class only."""
    return float(sk.roc_auc_score(y, p)) if _two_classes(y) else math.nan


def average_precision(y: np.ndarray, p: np.ndarray) -> float:
    """Precision averaged over recall; read it against the churn rate. NaN with one class only."""
    return float(sk.average_precision_score(y, p)) if _two_classes(y) else math.nan


def log_loss(y: np.ndarray, p: np.ndarray) -> float:
    """Mean negative log likelihood in nats; works with one class."""
    return (
        float(sk.log_loss(y, np.clip(p, SMALLEST_RISK, 1 - SMALLEST_RISK), labels=[0.0, 1.0])) if len(y) else math.nan
    )


def brier(y: np.ndarray, p: np.ndarray) -> float:
    """Mean squared error of the probability."""
    return float(np.mean((p - y) ** 2)) if len(y) else math.nan


def ece(y: np.ndarray, p: np.ndarray, bins: int = ECE_BINS) -> float:
    """Expected calibration error: mean |risk − churn rate| over equal-count bins of risk, weighted by their rows.

    >>> round(ece(np.array([0.0, 1.0, 1.0, 1.0]), np.array([0.5, 0.5, 0.9, 0.9]), bins=2), 3)
    0.05
    """
    parts = reliability(y, p, bins)
    return sum(n * abs(said - happened) for said, happened, n in parts) / len(y) if parts else math.nan


def ece_by_chance(brier: float, n: int, bins: int = ECE_BINS) -> float:
    """The ECE that perfect probabilities would show on n rows: a bin's churn rate misses its risk by chance alone.

    A bin of m rows misses by a normal of variance p(1-p)/m, whose mean size is √(2/π) of its spread; the Brier score stands
    for p(1-p).

    >>> round(ece_by_chance(0.2, 6_000), 3)
    0.018
    """
    return math.sqrt(2 / math.pi * brier * bins / n) if n else 0.0


def reliability(y: np.ndarray, p: np.ndarray, bins: int = ECE_BINS) -> list[tuple[float, float, int]]:
    """(mean risk, churn rate, rows) of equal-count bins of risk, lowest risk first: what was said and what happened.

    Rows of the same risk count with their mean outcome, so their order does not matter where a bin's edge parts them.

    >>> reliability(np.array([0.0, 1.0, 1.0, 1.0]), np.array([0.5, 0.5, 0.9, 0.9]), bins=2)
    [(0.5, 0.5, 2), (0.9, 1.0, 2)]
    """
    if not len(p):
        return []
    said, of_row, rows = np.unique(p, return_inverse=True, return_counts=True)
    happened = np.bincount(of_row, weights=y) / rows
    parts = np.array_split(np.sort(of_row), bins)
    return [(float(said[part].mean()), float(happened[part].mean()), len(part)) for part in parts if len(part)]


def lift_at_10pct(y: np.ndarray, p: np.ndarray) -> float:
    """Churn rate among the tenth with the highest risk, over the churn rate of all; NaN when nobody churned.

    Rows tied at the edge of the tenth count with their mean outcome, so the order of the rows does not matter.
    """
    if not len(y) or not y.any():
        return math.nan
    top = max(1, math.ceil(TOP_SHARE * len(y)))
    edge = np.partition(p, len(p) - top)[len(p) - top]
    above, tied = p > edge, p == edge
    churners = y[above].sum() + y[tied].mean() * (top - above.sum())
    return float(churners / top / y.mean())


def _two_classes(y: np.ndarray) -> bool:
    return len(y) > 0 and bool(y.min() < y.max())
