"""Who comes back after so many days of silence, as shares with intervals.

A silence that has lasted k days is followed until it ends or the log does. The share that ended within h further days is
Kaplan and Meier's estimate, which uses what is followed for less than h days as far as it goes; where all are followed for
h days it is the plain share; where nobody is followed for so long it is not known. Silences of one entity are not
independent, so the variance is that of the estimate's linear terms summed by entity (Williams 1995, "Product-limit survival
functions with correlated survival times"), and for rooms by creator and by fan (Cameron, Gelbach & Miller 2011). The
interval is Wilson's with the number of independent silences that has this variance.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

Z = 1.959964


@dataclass(frozen=True)
class Share:
    """A share with its 95 % interval (NaN where nothing can be said), of ``n`` silences."""

    estimate: float
    low: float
    high: float
    n: int

    @property
    def is_known(self) -> bool:
        """Whether anything can be said of it."""
        return not math.isnan(self.estimate)


def returned_within(
    lasted: np.ndarray,
    returned: np.ndarray,
    clusters: Sequence[np.ndarray],
    within: Sequence[int],
    as_far_as_followed: Collection[int] = (),
) -> tuple[Share, ...]:
    """The share that came back within h days, for each h of ``within``.

    NaN where nobody is followed for h days and not everybody is back: what nobody has seen is not said. Only for the h that
    ``as_far_as_followed`` names the share is then that of the longest time that somebody is followed.

    ``lasted`` (n,) int is how many days more each silence lasted, 0 or more: until the return where ``returned`` (n,) bool,
    else until the log's end. ``clusters`` holds one (n,) array of codes per kind of who repeats.

    >>> lasted, returned = np.array([1, 2, 9, 9]), np.array([True, True, False, False])
    >>> [share.estimate for share in returned_within(lasted, returned, [np.arange(4)], (1, 5))]
    [0.25, 0.5]
    """
    n = len(lasted)
    if not n:
        return tuple(unknown(0) for _ in within)
    longest = max(within)
    day = np.minimum(lasted, longest + 1)
    ends = np.bincount(day[returned], minlength=longest + 2)[: longest + 1].astype(np.float64)
    at_risk = n - np.concatenate([[0], np.cumsum(np.bincount(day, minlength=longest + 2))[:longest]]).astype(np.float64)
    hazard = np.divide(ends, at_risk, out=np.zeros_like(ends), where=at_risk > 0)
    silent = np.cumprod(1 - hazard)
    per_end = np.divide(1, at_risk * (1 - hazard), out=np.zeros_like(ends), where=(at_risk > 0) & (hazard < 1))
    per_risk = np.cumsum(hazard * per_end)
    shares = []
    for h in within:
        if at_risk[h] == 0 and not returned.all() and h not in as_far_as_followed:
            shares.append(unknown(n))
            continue
        upto = np.minimum(day, h)
        linear = silent[h] * (np.where(returned & (day <= h), per_end[upto], 0.0) - per_risk[upto])
        shares.append(_share(1 - silent[h], linear, clusters, n))
    return tuple(shares)


def unknown(n: int) -> Share:
    """What is said of ``n`` silences where nothing can be."""
    return Share(math.nan, math.nan, math.nan, n)


def share_of(happened: np.ndarray, clusters: Sequence[np.ndarray]) -> Share:
    """The share of True in ``happened`` (n,) with its interval.

    >>> share_of(np.array([True, False]), [np.arange(2)]).estimate
    0.5
    """
    return returned_within(np.where(happened, 1, 2), happened, clusters, (1,))[0]


def _share(estimate: float, linear: np.ndarray, clusters: Sequence[np.ndarray], n: int) -> Share:
    """Wilson's interval as of so many independent silences as give the variance of the ``linear`` terms (n,)."""
    sizes = [len(np.unique(codes)) for codes in clusters]
    if min(sizes) < 2:
        return Share(float(estimate), math.nan, math.nan, n)
    variance = _variance(linear, clusters)
    spread = estimate * (1 - estimate)
    independent = min(spread / variance, n) if variance > 0 and spread > 0 else float(min(sizes))
    t = _t(min(sizes) - 1)
    middle = (estimate + t**2 / (2 * independent)) / (1 + t**2 / independent)
    half = t / (1 + t**2 / independent) * math.sqrt(spread / independent + t**2 / (4 * independent**2))
    return Share(float(estimate), max(float(middle - half), 0.0), min(float(middle + half), 1.0), n)


def _variance(linear: np.ndarray, clusters: Sequence[np.ndarray]) -> float:
    """Of the sum of the linear terms, which are independent between clusters; two kinds of clusters are crossed."""
    single = [_between(linear, codes) for codes in clusters]
    if len(clusters) == 1:
        return single[0]
    one, other = clusters
    both = one.astype(np.int64) * (int(other.max()) + 1) + other
    return max(sum(single) - _between(linear, both), *single)


def _between(linear: np.ndarray, codes: np.ndarray) -> float:
    _, number = np.unique(codes, return_inverse=True)
    sums = np.bincount(number, weights=linear)
    return float(sums @ sums) * len(sums) / max(len(sums) - 1, 1)


def _t(freedom: int) -> float:
    """The 97.5 % quantile of Student's t, to 1 % from 4 degrees of freedom on (Abramowitz & Stegun 26.7.5).

    >>> round(_t(10), 2), round(_t(100_000), 2)
    (2.23, 1.96)
    """
    z, f = Z, float(freedom)
    terms = ((z**3 + z) / 4, (5 * z**5 + 16 * z**3 + 3 * z) / 96, (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384)
    return z + sum(term / f**power for power, term in enumerate(terms, start=1))
