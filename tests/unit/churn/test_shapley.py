"""The four laws that make the Shapley value the only such split, on any game, to the last bit."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations
from math import factorial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fancare.churn.shapley import shapley

VALUE = st.floats(-50, 50, allow_nan=False)


@st.composite
def games(draw: st.DrawFn, most: int = 5) -> list[float]:
    n = draw(st.integers(1, most))
    return draw(st.lists(VALUE, min_size=2**n, max_size=2**n))


def players(values: list) -> int:
    return len(values).bit_length() - 1


def renamed(values: list, order: tuple[int, ...]) -> list:
    """The same game where player ``order[i]`` is called i."""

    def old(coalition: int) -> int:
        return sum(1 << order[i] for i in range(len(order)) if coalition >> i & 1)

    return [values[old(coalition)] for coalition in range(len(values))]


@given(games())
def test_the_parts_sum_to_the_difference_exactly(values):
    assert sum(shapley(values)) == Fraction(values[-1]) - Fraction(values[0])


@given(games(most=4))
def test_it_is_the_mean_over_all_orders_of_joining(values):
    n = players(values)
    joined = [Fraction(0)] * n
    for order in permutations(range(n)):
        before = 0
        for player in order:
            joined[player] += Fraction(values[before | 1 << player]) - Fraction(values[before])
            before |= 1 << player
    assert shapley(values) == tuple(total / factorial(n) for total in joined)


@given(games(most=4), st.randoms(use_true_random=False))
def test_the_order_in_which_players_are_named_does_not_matter(values, random):
    order = tuple(random.sample(range(players(values)), players(values)))
    parts = shapley(values)
    assert shapley(renamed(values, order)) == tuple(parts[player] for player in order)


@given(games(most=4))
def test_players_that_add_alike_get_the_same(values):
    swapped = renamed(values, (1, 0, *range(2, players(values)))) if players(values) > 1 else values
    alike = [max(a, b) for a, b in zip(values, swapped, strict=True)]  # worth the same with the first two exchanged
    parts = shapley(alike)
    assert parts[0] == parts[min(1, len(parts) - 1)]


@given(games(most=4), st.integers(0, 4))
def test_a_player_that_never_makes_a_difference_gets_nothing_and_changes_nothing(values, at):
    n = players(values)
    at = min(at, n)
    low = (1 << at) - 1
    with_dummy = [values[c & low | (c >> at + 1) << at] for c in range(2 << n)]
    parts, without = shapley(with_dummy), shapley(values)
    assert parts[at] == 0
    assert parts[:at] + parts[at + 1 :] == without


@given(st.integers(1, 4).flatmap(lambda n: st.tuples(*[st.lists(VALUE, min_size=2**n, max_size=2**n)] * 2)))
def test_parts_of_two_games_add_up(two):
    one, other = two
    both = [Fraction(a) + Fraction(b) for a, b in zip(one, other, strict=True)]
    assert shapley(both) == tuple(a + b for a, b in zip(shapley(one), shapley(other), strict=True))


def test_two_players_by_hand():
    # alone 1 and 2, together 6: each order gives one of them the 3 that only both make
    assert shapley([0, 1, 2, 6]) == (Fraction(5, 2), Fraction(7, 2))


@pytest.mark.parametrize("values", [[], [1.0, 2.0, 3.0]])
def test_a_game_needs_a_value_for_each_coalition(values):
    with pytest.raises(ValueError, match=f"{len(values)} values were given, needed are 2\\^n"):
        shapley(values)


def test_a_value_must_be_a_number():
    with pytest.raises(ValueError, match="is not finite"):
        shapley([0.0, float("nan")])
