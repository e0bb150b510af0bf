"""What a risk rests on: the calibrated risk with a theme's facts, minus the risk with typical values in their place.

A typical value is the feature's median over the training rows. Effects are signed (positive raises the risk), on the
average of all seeds, after calibration, at one horizon: they are differences of the very numbers people see. Effects of
several themes need not add up, since what one tells another may tell too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import comb
from typing import Any

import numpy as np

from fancare.churn.model import ChurnModel
from fancare.churn.tabnet import TabNetChain
from fancare.churn.themes import Theme

CELLS_AT_A_TIME = 8_000_000  # of occluded copies: 32 MB
TOP = 5


@dataclass(frozen=True)
class Contribution:
    """How much a theme moves risks: mean |effect| and mean effect over a sample of rows, and the share that it raises."""

    theme: str
    kind: str
    actor: str | None
    event_name: str | None
    n_features: int
    mean_abs_effect: float
    mean_effect: float
    share_raised: float


@dataclass(frozen=True)
class Contributions:
    """All themes, largest first, at one horizon over ``n_rows`` sampled rows.

    How far one seed's word can be trusted, averaged over pairs of seeds (None with a single one): ``rank_correlation``
    (Spearman) and ``top_overlap`` (Jaccard of the top five themes) compare their rankings over all rows, ``row_overlap`` the
    top five of each row, which is what a person reads as reasons. ``overlap_by_chance`` is what drawing five at random gives.
    """

    horizon: int
    n_rows: int
    themes: tuple[Contribution, ...]
    rank_correlation: float | None
    top_overlap: float | None
    row_overlap: float | None = None
    overlap_by_chance: float | None = None

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Contributions:
        return cls(**{**data, "themes": tuple(Contribution(**theme) for theme in data["themes"])})


def effects(model: ChurnModel, X: np.ndarray, groups: Sequence[Sequence[int]], horizon: int) -> np.ndarray:
    """(n, G): for each row of X (n, d raw) and each group of columns, the risk minus the risk with the group occluded."""
    k = model.horizons.index(horizon)
    X = np.asarray(X, dtype=np.float32)
    out = np.empty((len(X), len(groups)))
    step = max(1, CELLS_AT_A_TIME // ((len(groups) + 1) * max(1, X.shape[1])))
    for start in range(0, len(X), step):
        rows = X[start : start + step]
        variants = np.repeat(rows[None], len(groups) + 1, axis=0)
        for g, columns in enumerate(groups, start=1):
            variants[g][:, list(columns)] = model.reference[list(columns)]
        risks = model.risks(variants.reshape(-1, X.shape[1]))[:, k].reshape(len(groups) + 1, len(rows))
        out[start : start + step] = (risks[0] - risks[1:]).T
    return out


def joint_effects(model: ChurnModel, X: np.ndarray, columns: Sequence[Sequence[int]], horizon: int) -> np.ndarray:
    """(n,): the same for one group of columns per row, each row its own."""
    k = model.horizons.index(horizon)
    X = np.asarray(X, dtype=np.float32)
    without = X.copy()
    for i, group in enumerate(columns):
        without[i, list(group)] = model.reference[list(group)]
    return model.risks(X)[:, k] - model.risks(without)[:, k]


def contributions(
    model: ChurnModel, X: np.ndarray, themes: Sequence[Theme], horizon: int, max_rows: int = 1_000, seed: int = 0
) -> Contributions:
    """How much each theme moves the risks of at most ``max_rows`` rows of X (n, d raw), drawn by ``seed``."""
    if len(X) > max_rows:
        X = X[np.sort(np.random.default_rng(seed).choice(len(X), max_rows, replace=False))]
    groups = [theme.columns for theme in themes]
    found = effects(model, X, groups, horizon)
    strength = np.abs(found).mean(axis=0) if len(X) else np.zeros(len(themes))
    listed = [
        Contribution(
            theme.key, theme.kind, theme.actor, theme.event_name, len(theme.columns), float(strength[g]),
            float(found[:, g].mean()) if len(X) else 0.0, float((found[:, g] > 0).mean()) if len(X) else 0.0,
        )
        for g, theme in enumerate(themes)
    ]  # fmt: skip
    listed.sort(key=lambda theme: (-theme.mean_abs_effect, theme.theme))
    by_row = [np.abs(effects(single, X, groups, horizon)) for single in _single_seeds(model)] if len(X) else []
    pairs = list(combinations(by_row, 2))
    overall = [(a.mean(axis=0), b.mean(axis=0)) for a, b in pairs]
    return Contributions(
        horizon=horizon,
        n_rows=len(X),
        themes=tuple(listed),
        rank_correlation=float(np.mean([_spearman(a, b) for a, b in overall])) if pairs else None,
        top_overlap=float(np.mean([top_overlap(a[None], b[None]) for a, b in overall])) if pairs else None,
        row_overlap=float(np.mean([top_overlap(a, b) for a, b in pairs])) if pairs else None,
        overlap_by_chance=overlap_by_chance(len(themes)) if pairs else None,
    )


def top_overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Jaccard's index of the ``TOP`` largest of each row of a and b, both (n, G), averaged over the rows.

    >>> top_overlap(np.array([[9, 8, 7, 6, 5, 0]]), np.array([[9, 8, 7, 6, 0, 5]]))
    0.6666666666666666
    """
    if not a.shape[1]:
        return 0.0
    top = min(TOP, a.shape[1])
    chosen = np.zeros((2, *a.shape), dtype=bool)
    for side, strength in enumerate((a, b)):
        np.put_along_axis(chosen[side], np.argsort(-strength, axis=1, kind="stable")[:, :top], True, axis=1)
    return float((chosen.all(axis=0).sum(axis=1) / chosen.any(axis=0).sum(axis=1)).mean())


def overlap_by_chance(n_themes: int) -> float:
    """What `top_overlap` gives on average for two rankings of ``n_themes`` that have nothing to do with each other.

    >>> round(overlap_by_chance(10), 3), overlap_by_chance(5)
    (0.35, 1.0)
    """
    top = min(TOP, n_themes)
    if not top:
        return 0.0
    shared = range(max(0, 2 * top - n_themes), top + 1)
    ways = [comb(top, k) * comb(n_themes - top, top - k) for k in shared]
    return sum(n * k / (2 * top - k) for n, k in zip(ways, shared, strict=True)) / sum(ways)


def _single_seeds(model: ChurnModel) -> list[ChurnModel]:
    """The model as each of its seeds alone would have it."""
    chain = model.chain
    if len(chain.spec.seeds) < 2:
        return []
    return [
        replace(model, chain=TabNetChain(replace(chain.spec, seeds=(seed,)), chain.base, chain.learned, [network]))
        for seed, network in zip(chain.spec.seeds, chain.networks, strict=True)
    ]


def _spearman(a: np.ndarray, b: np.ndarray) -> float:
    """Rank correlation; 0 where one of them does not vary."""
    if len(a) < 2 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return 0.0
    one, other = (np.argsort(np.argsort(values, kind="stable"), kind="stable").astype(float) for values in (a, b))
    return float(np.corrcoef(one, other)[0, 1])
