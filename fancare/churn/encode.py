"""Raw features into what a network can read: signed log1p, standardised, clipped, with undefined values at the mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

CLIP = 5.0
ROWS_AT_A_TIME = 65_536
SMALLEST_SPREAD = float(np.finfo(np.float32).tiny)  # below it a column is constant: its inverse is no float32


def signed_log1p(values: np.ndarray) -> np.ndarray:
    """``sign(x) · log(1 + |x|)``: tames the heavy tails of counts and amounts, keeps signs, order and NaN."""
    return np.sign(values) * np.log1p(np.abs(values))


@dataclass(frozen=True)
class Encoder:
    """Column means and spreads of the training rows, on the signed-log scale; both are (d,) float64.

    A column that is constant (or never defined) in training has spread 0 and is encoded as 0 for every row, whatever
    it does later. Undefined values become 0, the training mean. Nothing leaves ±`CLIP` spreads.

    >>> encoder = Encoder.fit(np.array([[0.0], [3.0], [np.nan]], dtype=np.float32))
    >>> encoder.transform(np.array([[3.0], [np.nan]], dtype=np.float32)).tolist()
    [[1.0], [0.0]]
    """

    mean: np.ndarray
    spread: np.ndarray

    @classmethod
    def fit(cls, X: np.ndarray) -> Encoder:
        """The encoder of these training rows, (n, d); infinite values are a ValueError, NaN means undefined."""
        if X.ndim != 2 or not len(X):
            raise ValueError(f"Got features of shape {X.shape}; an encoder needs at least one row: give training rows.")
        mean, spread = np.zeros(X.shape[1]), np.zeros(X.shape[1])
        for j in range(X.shape[1]):  # column by column: no second copy of X
            column = X[:, j].astype(np.float64)
            if np.isinf(column).any():
                raise ValueError(f"Feature number {j} is infinite in a training row; give NaN where it is undefined.")
            column = signed_log1p(column[~np.isnan(column)])
            if len(column) and column.min() < column.max():
                mean[j], spread[j] = column.mean(), column.std()
        return cls(mean, spread)

    def transform(self, X: np.ndarray) -> np.ndarray:
        """The rows encoded, (n, d) float32 without NaN; computed in blocks, so X is never copied whole."""
        if X.ndim != 2 or X.shape[1] != len(self.mean):
            raise ValueError(f"Got features of shape {X.shape}; this encoder was fitted on {len(self.mean)} columns.")
        out = np.empty(X.shape, dtype=np.float32)
        shift = self.mean.astype(np.float32)
        varies = self.spread > SMALLEST_SPREAD
        scale = np.divide(1.0, self.spread, out=np.zeros_like(self.spread), where=varies).astype(np.float32)
        for start in range(0, len(X), ROWS_AT_A_TIME):
            block = out[start : start + ROWS_AT_A_TIME]
            block[:] = signed_log1p(X[start : start + ROWS_AT_A_TIME].astype(np.float32, copy=False))
            block -= shift
            block[:, ~varies] = 0.0  # before scaling: an infinite value times 0 would be NaN
            block *= scale
            np.nan_to_num(block, copy=False, nan=0.0, posinf=CLIP, neginf=-CLIP)
            np.clip(block, -CLIP, CLIP, out=block)
        return out

    def columns(self, index: np.ndarray) -> Encoder:
        """The encoder of these columns alone, in this order."""
        return Encoder(self.mean[index], self.spread[index])

    def to_dict(self) -> dict[str, Any]:
        """JSON-able; `from_dict` gives back an encoder with the same bits."""
        return {"mean": self.mean.tolist(), "spread": self.spread.tolist()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Encoder:
        return cls(np.asarray(data["mean"], dtype=np.float64), np.asarray(data["spread"], dtype=np.float64))
