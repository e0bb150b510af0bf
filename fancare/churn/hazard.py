"""One chain of conditional probabilities for all horizons, so that the risks are ordered by construction.

    s1 = P(T > 7)      s2 = P(T > 14 | T > 7)      s3 = P(T > 28 | T > 14)         T: days until the entity returns
    risk_7d = s1       risk_14d = s1·s2            risk_28d = s1·s2·s3

Each link is learned on the rows *at risk* of it (not back by the horizon before) whose own label is known: the
likelihood of discrete-time survival, where a row that is not mature yet counts for as long as it was watched
(Gensheimer & Narasimhan 2018, "A scalable discrete-time survival model for neural networks"; Kvamme & Borgan 2021,
"Continuous and discrete-time survival prediction with neural networks").
"""

from __future__ import annotations

import numpy as np


def at_risk(churned: np.ndarray) -> np.ndarray:
    """(n, H) bool: True where link k's outcome counts, because the row churned at every shorter horizon and k is known.

    ``churned`` is (n, H) of 1, 0 or NaN (not mature), horizons ascending. The outcome itself is ``churned[:, k]``.

    >>> at_risk(np.array([[1, 1, 0], [1, 0, 0], [1, np.nan, np.nan]])).tolist()
    [[True, True, True], [True, True, False], [True, False, False]]
    """
    survived = np.ones(churned.shape, dtype=bool)
    survived[:, 1:] = np.cumprod(churned[:, :-1] == 1, axis=1).astype(bool)
    return survived & ~np.isnan(churned)


def chain_targets(churned: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n, H) targets of the links and (n, H) weights of their cross-entropy, from labels or from soft labels.

    ``churned`` is (n, H) of probabilities that never rise with the horizon, or NaN; a label is a probability of 1 or 0. A row
    is at risk of a link with the probability of having stayed away until then, and stays away through it with the ratio of
    the two: so the weighted cross-entropy of the links is that of the whole law of the day of return. For labels the weights
    are `at_risk` and the targets the labels themselves.

    >>> target, weight = chain_targets(np.array([[0.8, 0.4, np.nan]]))
    >>> target.tolist(), weight.tolist()
    ([[0.8, 0.5, 0.0]], [[1.0, 0.8, 0.0]])
    """
    until = np.concatenate([np.ones((len(churned), 1)), churned[:, :-1]], axis=1).astype(np.float64)
    weight = np.where(np.isnan(churned) | np.isnan(until), 0.0, until)
    target = np.divide(churned, until, out=np.zeros(churned.shape), where=weight > 0)
    return np.clip(target, 0.0, 1.0), weight


def risk_from_links(links: np.ndarray) -> np.ndarray:
    """(n, H) risks from (n, H) link probabilities: their running product, which can never rise with the horizon."""
    return np.cumprod(links, axis=1)


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """Probabilities from logits, float64, without overflow."""
    return np.exp(-np.logaddexp(0.0, -np.asarray(logits, dtype=np.float64)))


def logit(probabilities: np.ndarray) -> np.ndarray:
    """Log odds, float64; 0 and 1 become the largest odds a float32 can tell apart from certainty."""
    p = np.clip(np.asarray(probabilities, dtype=np.float64), 1e-7, 1 - 1e-7)
    return np.log(p) - np.log1p(-p)


def base_logits(target: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each link's base rate as log odds, (H,), and whether both outcomes were seen among its rows at risk, (H,) bool.

    From the targets and weights of `chain_targets`. The rate is (stayed away + ½) / (rows + 1), Jeffreys' estimate: never
    0 or 1, and ½ where no row is at risk.
    """
    rows = weight.sum(axis=0)
    stayed_away = (weight * target).sum(axis=0)
    return logit((stayed_away + 0.5) / (rows + 1.0)), (stayed_away > 0) & (stayed_away < rows)
