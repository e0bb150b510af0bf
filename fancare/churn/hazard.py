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


def base_logits(churned: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each link's base rate as log odds, (H,), and whether both outcomes were seen among its rows at risk, (H,) bool.

    The rate is (churned + ½) / (rows + 1), Jeffreys' estimate: never 0 or 1, and ½ where no row is at risk.
    """
    mask = at_risk(churned)
    rows = mask.sum(axis=0)
    stayed_away = np.where(mask, churned, 0).sum(axis=0)
    return logit((stayed_away + 0.5) / (rows + 1.0)), (stayed_away > 0) & (stayed_away < rows)
