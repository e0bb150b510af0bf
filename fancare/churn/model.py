"""The churn model: raw features in, ordered and calibrated risks out; made at an origin, from what was known there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from fancare.churn.between import away_between
from fancare.churn.calibration import ChainCalibration
from fancare.churn.checkpoint import Checkpoints
from fancare.churn.encode import Encoder
from fancare.churn.hazard import risk_from_links
from fancare.churn.pruning import Pruning, prune
from fancare.churn.selection import (
    CalibrationRows,
    TrainingRows,
    calibration_rows,
    evenly,
    known_columns,
    training_rows,
)
from fancare.churn.tabnet import TabNetChain
from fancare.churn.teacher import soft_labels
from fancare.churn.threads import limited
from fancare.dates import OriginSplit
from fancare.errors import Refused
from fancare.modelspec import ModelSpec
from fancare.panel.float_rows import blocks, float_rows, release, taken
from fancare.panel.gate import Panel
from fancare.progress import Progress

ROWS_AT_A_TIME = 65_536
FITTING_ROWS = 200_000  # encoder, pruning and typical values are fitted on so many rows at most; more change none of them


@dataclass(frozen=True)
class ChurnModel:
    """Encoder, chain and calibration, with the names and order of the features they read.

    ``reference`` is (d,) float32: each raw feature's median over the training rows (NaN where it was never defined), what
    a reason replaces a value with. ``origin`` is the day the model was made, ``n_rows`` how many rows trained it, ``pruning``
    which candidates it kept as its features and why the others went. ``typical_facts`` are the medians of those others, in their
    order: no risk depends on them, but a reason may quote them.
    """

    feature_names: tuple[str, ...]
    horizons: tuple[int, ...]
    encoder: Encoder
    chain: TabNetChain
    calibration: ChainCalibration
    reference: np.ndarray
    origin: date
    n_rows: int
    pruning: Pruning
    typical_facts: np.ndarray

    def logits_of(self, panel: Panel, index: np.ndarray) -> np.ndarray:
        """(n, H) float32: each link's log odds, not calibrated, of the panel's rows at ``index``."""
        columns = columns_of(panel, self.feature_names)
        out = np.empty((len(index), len(self.horizons)), dtype=np.float32)
        for start in range(0, len(index), ROWS_AT_A_TIME):
            rows = index[start : start + ROWS_AT_A_TIME]
            out[start : start + len(rows)] = self.chain.link_logits(
                self.encoder.transform(taken(panel.X, rows, columns))
            )
        return out

    def recalibrated(self, logits: np.ndarray, recent: CalibrationRows) -> ChurnModel:
        """The same networks, calibrated on these rows; ``logits`` are theirs, (n, H)."""
        fitted = ChainCalibration.fit(
            logits, recent.churned, recent.mask_at_risk, before=self.calibration
        )
        return replace(self, calibration=fitted)

    def links(self, X: np.ndarray) -> np.ndarray:
        """(n, H) calibrated probabilities of staying away through each horizon, given one stayed away until it."""
        return self.calibration.apply(self.chain.link_logits(self.encoder.transform(X)))

    def risks(self, X: np.ndarray) -> np.ndarray:
        """(n, H) float64 risks, never rising with the horizon. X is (n, d) raw, columns as in ``feature_names``."""
        out = np.empty((len(X), len(self.horizons)))
        for start in range(0, len(X), ROWS_AT_A_TIME):
            out[start : start + ROWS_AT_A_TIME] = risk_from_links(self.links(X[start : start + ROWS_AT_A_TIME]))
        return out

    def risks_of(self, panel: Panel, index: np.ndarray | None = None) -> np.ndarray:
        """(n, H) risks of the panel's rows (or of those at ``index``); a panel without one of the features is `Refused`."""
        columns = columns_of(panel, self.feature_names)
        index = np.arange(len(panel)) if index is None else index
        out = np.empty((len(index), len(self.horizons)))
        for start in range(0, len(index), ROWS_AT_A_TIME):
            rows = index[start : start + ROWS_AT_A_TIME]
            out[start : start + len(rows)] = self.risks(taken(panel.X, rows, columns))
        return out

    def to_parts(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """JSON-able metadata and float32 arrays; `from_parts` makes a model with the same bits of them."""
        meta = {
            "feature_names": list(self.feature_names),
            "horizons": list(self.horizons),
            "encoder": self.encoder.to_dict(),
            "chain": self.chain.config(),
            "calibration": self.calibration.to_dict(),
            "origin": self.origin.isoformat(),
            "n_rows": self.n_rows,
            "pruning": self.pruning.to_dict(),
        }
        return meta, {"reference": self.reference, "typical_facts": self.typical_facts} | {
            f"chain.{k}": v for k, v in self.chain.state().items()
        }

    @classmethod
    def from_parts(cls, meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> ChurnModel:
        """The model whose parts these are; ValueError or KeyError where they do not fit together."""
        state = {name.removeprefix("chain."): array for name, array in arrays.items() if name.startswith("chain.")}
        return cls(
            feature_names=tuple(meta["feature_names"]),
            horizons=tuple(meta["horizons"]),
            encoder=Encoder.from_dict(meta["encoder"]),
            chain=TabNetChain.from_state(meta["chain"], state),
            calibration=ChainCalibration.from_dict(meta["calibration"]),
            reference=np.asarray(arrays["reference"], dtype=np.float32),
            origin=date.fromisoformat(meta["origin"]),
            n_rows=int(meta["n_rows"]),
            pruning=Pruning.from_dict(meta["pruning"]),
            typical_facts=np.asarray(arrays["typical_facts"], dtype=np.float32),
        )


def fit_at_origin(
    panel: Panel, split: OriginSplit, spec: ModelSpec, progress: Progress | None = None, threads: int | None = None,
    checkpoints: Checkpoints | None = None,
) -> ChurnModel:  # fmt: skip
    """The model that could have been made on ``split.origin``: no later row, label or event name has any part in it.

    Of a million rows some fit encoder, pruning and teachers, drawn evenly over the days; the networks read all of them, from a
    file. With ``checkpoints`` a training that was killed goes on.
    """
    found = _candidates(panel, split, spec)
    with limited(threads):
        pruning = found.pruned(spec)
        kept = np.flatnonzero(np.isin(found.names, pruning.kept))
        gone = np.flatnonzero(~np.isin(found.names, pruning.kept))
        encoder = found.encoder.columns(kept)
        encoded = _encoded(panel, found.rows.index, found.columns[kept], encoder)
        clusters = [ids[found.rows.index] for ids in panel.clusters]
        taught = soft_labels(encoded, found.rows.churned, clusters, spec.teacher, progress)
    between = away_between(panel, found.rows.index, split)
    chain = TabNetChain.fit(encoded, taught, spec.tabnet, progress, threads, checkpoints, between)
    model = ChurnModel(
        feature_names=pruning.kept,
        horizons=tuple(panel.horizons),
        encoder=encoder,
        chain=chain,
        calibration=ChainCalibration.none(len(panel.horizons)),
        reference=medians(found.X[:, kept]),
        origin=split.origin,
        n_rows=len(found.rows.index),
        pruning=pruning,
        typical_facts=medians(found.X[:, gone]),
    )
    recent = calibration_rows(panel, split.calibration)
    return model.recalibrated(model.logits_of(panel, recent.index), recent)


def prune_at_origin(panel: Panel, split: OriginSplit, spec: ModelSpec, threads: int | None = None) -> Pruning:
    """What a model made on ``split.origin`` keeps of the candidates, and why the others go."""
    with limited(threads):
        return _candidates(panel, split, spec).pruned(spec)


@dataclass(frozen=True)
class _Candidates:
    """The training rows, and every candidate feature (``columns`` of the panel) of those that fit: X (m, d) raw.

    ``drawn`` are the positions of these m among the training rows: all of them, or evenly drawn ones.
    """

    rows: TrainingRows
    columns: np.ndarray
    names: tuple[str, ...]
    drawn: np.ndarray
    as_of: np.ndarray
    X: np.ndarray
    encoder: Encoder

    def pruned(self, spec: ModelSpec) -> Pruning:
        encoded = self.encoder.transform(self.X)
        return prune(self.names, encoded, self.rows.churned[self.drawn], self.as_of[self.drawn], spec.prune)


def _candidates(panel: Panel, split: OriginSplit, spec: ModelSpec) -> _Candidates:
    rows = training_rows(panel, split, spec.train)
    columns = known_columns(panel, split)
    drawn = evenly(len(rows.index), FITTING_ROWS)
    X = taken(panel.X, rows.index[drawn], columns)
    names = tuple(panel.feature_names[j] for j in columns)
    return _Candidates(rows, columns, names, drawn, panel.as_of[rows.index], X, Encoder.fit(X))


def _encoded(panel: Panel, index: np.ndarray, columns: np.ndarray, encoder: Encoder) -> np.ndarray:
    """(n, d) float32: these rows encoded, in a file where they are many."""
    out = float_rows(len(index), len(columns))
    for part in blocks(len(index)):
        out[part] = encoder.transform(panel.X[index[part][:, None], columns])
        release(panel.X)
        release(out)
    return out


def columns_of(panel: Panel, names: tuple[str, ...]) -> np.ndarray:
    """Positions of these features in the panel; `Refused` when it lacks one."""
    position = {name: j for j, name in enumerate(panel.feature_names)}
    missing = [name for name in names if name not in position]
    if missing:
        raise Refused(
            f"The panel lacks {len(missing)} of the model's {len(names)} features, such as {missing[0]!r}; build the "
            f"features with the events this model was trained on, or train a new model with --retrain."
        )
    return np.array([position[name] for name in names], dtype=int)


def medians(X: np.ndarray) -> np.ndarray:
    """(d,) float32: each column's median over its defined values, NaN where there are none."""
    out = np.full(X.shape[1], np.nan, dtype=np.float32)
    for j in range(X.shape[1]):
        column = X[:, j]
        column = column[~np.isnan(column)]
        if len(column):
            out[j] = np.median(column)
    return out
