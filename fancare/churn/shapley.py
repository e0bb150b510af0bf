"""Shapley values of a few players, exactly: what each adds to a total, whatever order they come in.

    φ_i  =  Σ over S without i   |S|! (n − |S| − 1)! / n!   ·   ( v(S ∪ {i}) − v(S) )

Each difference a player makes is averaged over all orders in which the players may join (Shapley 1953, "A value for n-person
games"). It is the only split that is efficient (the parts sum to v(all) − v(none)), treats players alike that add alike, gives
a player that never adds anything nothing, and adds up over games.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import factorial, isfinite


def shapley(values: Sequence[float]) -> tuple[Fraction, ...]:
    """The part of each of n players in ``values[-1] - values[0]``, as exact fractions of the floats that were given.

    ``values`` holds the worth of all 2^n coalitions: ``values[S]`` is that of the players whose bits are set in S (bit 0 is
    the first player). Every float is a fraction, so nothing is rounded: the parts sum to the difference exactly, and a
    player's part is exactly 0 where it never makes a difference. ValueError unless there are 2^n finite values.

    >>> [str(part) for part in shapley([0.0, 1.0, 2.0, 4.0])]
    ['3/2', '5/2']
    """
    n = len(values).bit_length() - 1
    if len(values) != 1 << max(n, 0):
        raise ValueError(f"{len(values)} values were given, needed are 2^n: one for each coalition of n players.")
    if not all(map(isfinite, values)):
        raise ValueError("A coalition's value is not finite; give numbers, such as log odds of a risk within 0 and 1.")
    exact = [Fraction(value) for value in values]
    weights = [Fraction(factorial(size) * factorial(n - size - 1), factorial(n)) for size in range(n)]
    return tuple(
        sum(
            (
                weights[coalition.bit_count()] * (exact[coalition | 1 << player] - exact[coalition])
                for coalition in range(1 << n)
                if not coalition >> player & 1
            ),
            Fraction(0),
        )
        for player in range(n)
    )
