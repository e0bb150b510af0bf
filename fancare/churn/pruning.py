"""Which candidate features a model keeps, and why each of the others went. Fitted on training rows only.

    candidates ─▶ constant ─▶ duplicate ─▶ leaking ─▶ unstable ─▶ useless ─▶ beyond the best ─▶ kept
                  no value    says what    too good   moved, or    no better   enough is said
                  to tell     another      to be      turned its   than a      by the others
                  apart       says         true       meaning, or  shuffled
                                                      has too few  one
                                                      weeks

A wide set tries every event name over every window; most of it repeats itself. What is kept travels with the model, what
went is listed with its reason. Importance is measured by extremely randomised trees beside shuffled copies of the features,
whose importance is what chance gives (Kursa & Rudnicki 2010, "Feature selection with the Boruta package"); the best are
picked one by one, each discounted by what those before it already say (after Peng, Long & Ding 2005, "Feature selection
based on mutual information").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

import numpy as np
from scipy.stats import rankdata
from sklearn.ensemble import ExtraTreesRegressor

from fancare.modelspec import PruneSpec

Reason = Literal["constant", "duplicate", "leaking", "unstable", "too_few_weeks", "useless", "beyond_best"]
REASONS: tuple[Reason, ...] = get_args(Reason)  # in the order in which they are tried

MOST_ROWS = 15_000  # more rows change no decision
RARE = 0.001  # a column that differs from its commonest value on fewer rows is constant
PROBES, CHANCE = 40, 0.75  # shuffled copies: what beats three quarters of them is tried, small effects add up
TREES, LEAF_ROWS, FEWEST_A_SPLIT, FEWEST_TO_GROW = 80, 40, 12, 80
FEWEST_OF_A_CLASS = 20  # churners and returners, to call a column that ranks them a leak
TURNED = 3.0  # standard errors by which a feature must rank the other way round to be unstable
PERIODS = 3  # the training weeks in so many parts, oldest first
OF_THE_WEEK = 0.5  # a column with more of its variance between weeks tells the weeks apart, not the entities
ENOUGH_WEEKS = 26  # to learn something from such a column


@dataclass(frozen=True)
class Dropped:
    """A candidate that went: its name, the reason, the figure behind it, and the kept feature it repeats, if any."""

    feature: str
    reason: Reason
    figure: float
    like: str | None = None


@dataclass(frozen=True)
class Pruning:
    """``kept`` and ``dropped`` are all candidates, each in the order of the records; ``importance`` is that of the kept."""

    kept: tuple[str, ...]
    importance: tuple[float, ...]
    dropped: tuple[Dropped, ...]

    @property
    def n_candidates(self) -> int:
        return len(self.kept) + len(self.dropped)

    def ranked(self) -> tuple[str, ...]:
        """The kept features, most important first."""
        return tuple(name for _, name in sorted(zip(self.importance, self.kept, strict=True), key=lambda e: -e[0]))

    def counts(self) -> dict[Reason, int]:
        """How many went for which reason, in the order in which the reasons are tried."""
        return {reason: sum(d.reason == reason for d in self.dropped) for reason in REASONS}

    def to_dict(self) -> dict[str, Any]:
        return {
            "kept": list(self.kept),
            "importance": list(self.importance),
            "dropped": [asdict(d) for d in self.dropped],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Pruning:
        dropped = tuple(Dropped(**record) for record in data["dropped"])
        return cls(tuple(data["kept"]), tuple(data["importance"]), dropped)

    @classmethod
    def none(cls, names: Sequence[str]) -> Pruning:
        """All are kept."""
        return cls(tuple(names), (1.0,) * len(names), ())


def overlap(one: Pruning, other: Pruning) -> float:
    """Jaccard's index of two kept sets: 1 when the same features were kept."""
    union = set(one.kept) | set(other.kept)
    return len(set(one.kept) & set(other.kept)) / len(union) if union else 1.0


def prune(
    names: Sequence[str], encoded: np.ndarray, churned: np.ndarray, as_of: np.ndarray, spec: PruneSpec
) -> Pruning:
    """What to keep of the columns of ``encoded`` (n, d), finite, given labels ``churned`` (n, H) and days ``as_of`` (n,).

    Rows must come in an order that no label has decided: at most `MOST_ROWS` of them are looked at, evenly over the order.
    With ``max_features`` 0, or with one candidate, all are kept.
    """
    if not spec.max_features or len(names) < 2:
        return Pruning.none(names)
    some = np.linspace(0, len(encoded) - 1, min(len(encoded), MOST_ROWS)).astype(int)
    X, y, day = encoded[some], churned[some], as_of[some]
    went: dict[int, Dropped] = {}
    left = np.arange(len(names))
    for step in (_constant, _duplicates, _leaking, _unstable):
        if len(left):
            went |= step(names, X, y, day, left, spec)
        left = np.array([j for j in left if j not in went], dtype=int)
    if not len(left):  # nothing tells anybody apart: the model says its base rate of whatever comes first
        return Pruning((names[0],), (0.0,), tuple(went[j] for j in sorted(went) if j))
    importance, chance = _importance(X[:, left], y)
    useful = importance > chance
    useful[np.argmax(importance)] = True
    best = _best(X[:, left], np.where(useful, importance, -1.0), min(spec.max_features, int(useful.sum())))
    kept = [i in best for i in range(len(left))]
    for j, share, is_useful, is_kept in zip(left.tolist(), importance.tolist(), useful.tolist(), kept, strict=True):
        if not is_kept:
            went[j] = Dropped(names[j], "beyond_best" if is_useful else "useless", share)
    return Pruning(
        kept=tuple(names[j] for j, is_kept in zip(left.tolist(), kept, strict=True) if is_kept),
        importance=tuple(importance[kept].tolist()),
        dropped=tuple(went[j] for j in sorted(went)),
    )


def _constant(
    names: Sequence[str], X: np.ndarray, y: np.ndarray, day: np.ndarray, left: np.ndarray, spec: PruneSpec
) -> dict[int, Dropped]:
    """Columns that differ from their median on hardly any row."""
    differs = (np.median(X, axis=0) != X).mean(axis=0)
    rare = (differs < RARE) | ((X[:1] == X).mean(axis=0) > 1 - RARE)
    return {int(j): Dropped(names[j], "constant", float(differs[j])) for j in left if rare[j]}


def _duplicates(
    names: Sequence[str], X: np.ndarray, y: np.ndarray, day: np.ndarray, left: np.ndarray, spec: PruneSpec
) -> dict[int, Dropped]:
    """Columns that correlate with an earlier one, which stays: the records begin with the simple ones."""
    correlation = np.abs(_correlation(X[:, left]))
    went: dict[int, Dropped] = {}
    gone = np.zeros(len(left), dtype=bool)
    for j in range(1, len(left)):
        earlier = np.where(gone[:j], 0.0, correlation[j, :j])
        like = int(np.argmax(earlier))
        if earlier[like] >= spec.duplicate_correlation:
            gone[j] = True
            went[int(left[j])] = Dropped(names[left[j]], "duplicate", float(earlier[like]), names[left[like]])
    return went


def _leaking(
    names: Sequence[str], X: np.ndarray, y: np.ndarray, day: np.ndarray, left: np.ndarray, spec: PruneSpec
) -> dict[int, Dropped]:
    """Columns that alone rank the outcome better than anything known in advance can."""
    judged = [k for k in range(y.shape[1]) if min((y[:, k] == 1).sum(), (y[:, k] == 0).sum()) >= FEWEST_OF_A_CLASS]
    if not judged:  # with a handful of churners many a column ranks them first by luck
        return {}
    best = np.max([np.abs(_auc(X[:, left], y[:, k]) - 0.5) + 0.5 for k in judged], axis=0)
    return {
        int(j): Dropped(names[j], "leaking", float(a)) for j, a in zip(left, best, strict=True) if a >= spec.leak_auc
    }


def _unstable(
    names: Sequence[str], X: np.ndarray, y: np.ndarray, day: np.ndarray, left: np.ndarray, spec: PruneSpec
) -> dict[int, Dropped]:
    """Columns whose values moved between the oldest and the newest third of the weeks, or that turned their meaning.

    What is about the whole platform (a week's mean, say) has one value a week and always moves: it needs many weeks instead.
    """
    weeks = np.unique(day)
    of_the_week = _between(X[:, left], day) > OF_THE_WEEK
    few = len(weeks) < ENOUGH_WEEKS
    went = {int(j): Dropped(names[j], "too_few_weeks", len(weeks)) for j in left[of_the_week] if few}
    periods = [np.isin(day, days) for days in np.array_split(weeks, PERIODS)]
    if any(period.sum() < 2 for period in periods):
        return went
    moved = _stability_index(X[periods[0]][:, left], X[periods[-1]][:, left])
    z = np.stack([_auc_z(X[period][:, left], y[period, 0]) for period in periods])
    turned = (z.max(axis=0) > TURNED) & (z.min(axis=0) < -TURNED)
    for i, j in enumerate(left.tolist()):
        if j not in went and (turned[i] or (moved[i] > spec.max_stability_index and not of_the_week[i])):
            went[j] = Dropped(names[j], "unstable", float(moved[i]))
    return went


def _importance(X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, float]:
    """(d,) each column's share of the trees' gain, and what three of four shuffled columns stay below.

    The horizons are learned together from the rows that know them all, or where these are few one by one, and averaged. With too
    few rows for trees, a column's own AUC says how much it tells, and nothing is below chance.
    """
    known = ~np.isnan(y)
    whole = known.all(axis=1)
    if whole.sum() >= 0.5 * known.any(axis=1).sum():
        parts = [(whole, slice(None))]
    else:  # a young log knows far less of the longest horizon
        parts = [(known[:, k], slice(k, k + 1)) for k in range(y.shape[1])]
    parts = [(rows, horizons) for rows, horizons in parts if rows.sum() >= FEWEST_TO_GROW]
    gains = [_gains(X[rows], y[rows][:, horizons]) for rows, horizons in parts]
    gains = [found for found in gains if found.any()]
    if not gains:
        return np.max([np.abs(_auc(X, y[:, k]) - 0.5) for k in range(y.shape[1])], axis=0), -1.0
    mean = np.mean(gains, axis=0)
    return mean[: X.shape[1]], float(np.quantile(mean[X.shape[1] :], CHANCE))


def _gains(X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(d + probes,) shares of gain; all 0 where no tree could part the rows."""
    random = np.random.default_rng(0)
    shuffled = X[:, random.integers(0, X.shape[1], size=PROBES)]
    both = np.hstack([X, random.permuted(shuffled, axis=0)])
    a_split = min(both.shape[1], max(FEWEST_A_SPLIT, both.shape[1] // 4))
    leaf = min(LEAF_ROWS, max(5, len(X) // 16))
    trees = ExtraTreesRegressor(TREES, min_samples_leaf=leaf, max_features=a_split, random_state=0)
    return np.asarray(trees.fit(both, y.ravel() if y.shape[1] == 1 else y).feature_importances_)


def _best(X: np.ndarray, importance: np.ndarray, most: int) -> set[int]:
    """Positions of the ``most`` columns picked one by one, by importance times what those before it do not say already."""
    correlation = _correlation(X) ** 2
    said = np.zeros(len(importance))
    picked: list[int] = []
    while len(picked) < most:
        worth = importance * np.where(importance > 0, 1 - said, 1.0)
        worth[picked] = -np.inf
        picked.append(int(np.argmax(worth)))
        said = np.maximum(said, correlation[picked[-1]])
    return set(picked)


def _correlation(X: np.ndarray) -> np.ndarray:
    """(d, d) Pearson correlations; 0 for a column without spread."""
    centred = X - X.mean(axis=0)
    spread = np.sqrt((centred**2).mean(axis=0))
    scaled = np.divide(centred, spread, out=np.zeros_like(centred), where=spread > 0)
    return scaled.T @ scaled / len(X)


def _auc(X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(d,) each column's AUC as a risk of its own; ½ where only one outcome is known."""
    known = ~np.isnan(y)
    X, y = X[known], y[known]
    up = y == 1
    n_up, n_down = int(up.sum()), int((~up).sum())
    if not n_up or not n_down:
        return np.full(X.shape[1], 0.5)
    ranks = rankdata(X, axis=0)
    return (ranks[up].sum(axis=0) - n_up * (n_up + 1) / 2) / (n_up * n_down)


def _auc_z(X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(d,) how many standard errors each column's AUC lies from chance, by the variance of the rank sum without signal."""
    known = y[~np.isnan(y)]
    n_up, n_down = float((known == 1).sum()), float((known == 0).sum())
    if not n_up or not n_down:
        return np.zeros(X.shape[1])
    return (_auc(X, y) - 0.5) / np.sqrt((n_up + n_down + 1) / (12 * n_up * n_down))


def _between(X: np.ndarray, day: np.ndarray) -> np.ndarray:
    """(d,) the share of each column's variance that lies between the days' means."""
    _, of, counts = np.unique(day, return_inverse=True, return_counts=True)
    means = np.stack([np.bincount(of, weights=X[:, j]) / counts for j in range(X.shape[1])], axis=1)
    whole = X.var(axis=0, dtype=np.float64)
    between = (counts[:, None] * (means - X.mean(axis=0, dtype=np.float64)) ** 2).sum(axis=0) / len(X)
    return np.divide(between, whole, out=np.zeros_like(whole), where=whole > 0)


def _stability_index(old: np.ndarray, new: np.ndarray, bins: int = 10) -> np.ndarray:
    """(d,) population stability index of each column over bins of about equal count in ``old``."""
    out = np.empty(old.shape[1])
    for j in range(old.shape[1]):
        edges = np.unique(np.quantile(old[:, j], np.linspace(0, 1, bins + 1)[1:-1]))
        was, now = (
            np.bincount(np.searchsorted(edges, X[:, j], side="left"), minlength=len(edges) + 1) for X in (old, new)
        )
        p, q = ((counts + 0.5) / (counts.sum() + 0.5 * len(counts)) for counts in (was, now))
        out[j] = ((p - q) * np.log(p / q)).sum()
    return out
