"""Log odds into probabilities that hold today: Platt scaling, fitted on each link's own most recent ripe slice.

A short horizon ripens first, so its link is calibrated on newer rows than the longer ones. What was calibrated is not
refitted: the slice never trains the network. Slopes stay positive, so nobody changes places within a link, and the
product of calibrated links keeps the order of the horizons.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize

from fancare.churn.hazard import sigmoid

FEWEST_ROWS = 30
SLOPE_SPREAD = 0.25  # prior: the slope is 1, give or take this
LEVEL_SPREAD = 0.25  # prior: the slice's mean log odds moved by 0, give or take this
SMALLEST_SLOPE = 0.01


def platt(logits: np.ndarray, outcome: np.ndarray) -> tuple[float, float]:
    """Slope a > 0 and shift b, so that ``sigmoid(a · logit + b)`` fits the outcomes (Platt 1999).

    Normal priors on the slope and on the level, the slice's mean log odds, hold few rows (or rows of one class) near what
    the network said; a thousand rows overrule them. With fewer than `FEWEST_ROWS` the answer is (1, 0). The penalised
    likelihood is convex, so there is one answer.
    """
    logits, outcome = np.asarray(logits, dtype=np.float64), np.asarray(outcome, dtype=np.float64)
    if len(logits) < FEWEST_ROWS:
        return 1.0, 0.0
    middle = logits.mean()
    centred = logits - middle

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        slope, moved = parameters
        z = slope * centred + middle + moved
        error = sigmoid(z) - outcome
        value = (np.logaddexp(0.0, z) - outcome * z).sum()
        value += 0.5 * ((slope - 1) / SLOPE_SPREAD) ** 2 + 0.5 * (moved / LEVEL_SPREAD) ** 2
        gradient = [error @ centred + (slope - 1) / SLOPE_SPREAD**2, error.sum() + moved / LEVEL_SPREAD**2]
        return value / len(logits), np.array(gradient) / len(logits)

    bounds = [(SMALLEST_SLOPE, None), (None, None)]
    slope, moved = minimize(loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B", bounds=bounds).x
    return float(slope), float(middle * (1 - slope) + moved)


@dataclass(frozen=True)
class ChainCalibration:
    """One slope and one shift per link (or, for a model without a chain, per horizon).

    >>> ChainCalibration((1.0, 2.0), (0.0, 1.0)).apply(np.array([[0.0, -0.5]])).tolist()
    [[0.5, 0.5]]
    """

    slopes: tuple[float, ...]
    shifts: tuple[float, ...]

    @classmethod
    def fit(
        cls, logits: np.ndarray, outcome: np.ndarray, mask: np.ndarray, before: ChainCalibration | None = None
    ) -> ChainCalibration:
        """From log odds and outcomes, both (n, H), column by column over the rows where ``mask`` (n, H) is True.

        A column with too few rows keeps its slope and shift of ``before``, or where there is none is left as it is.
        """
        before = before or cls.none(logits.shape[1])
        fits = [
            platt(logits[m, k], outcome[m, k]) if m.sum() >= FEWEST_ROWS else (before.slopes[k], before.shifts[k])
            for k, m in enumerate(np.asarray(mask, dtype=bool).T)
        ]
        return cls(tuple(a for a, _ in fits), tuple(b for _, b in fits))

    @classmethod
    def none(cls, horizons: int) -> ChainCalibration:
        """The one that changes nothing."""
        return cls((1.0,) * horizons, (0.0,) * horizons)

    def apply(self, logits: np.ndarray) -> np.ndarray:
        """(n, H) calibrated probabilities, float64."""
        return sigmoid(np.asarray(logits, dtype=np.float64) * np.array(self.slopes) + np.array(self.shifts))

    def __str__(self) -> str:
        pairs = zip(self.slopes, self.shifts, strict=True)
        return ", ".join(f"{slope:.3f} × log odds {shift:+.3f}" for slope, shift in pairs)

    def to_dict(self) -> dict[str, Any]:
        return {"slopes": list(self.slopes), "shifts": list(self.shifts)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ChainCalibration:
        return cls(tuple(data["slopes"]), tuple(data["shifts"]))
