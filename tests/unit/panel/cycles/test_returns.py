"""Return rates: Kaplan and Meier by hand, plain shares where all are followed, intervals that hold for clustered silences."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fancare.panel.cycles import returns
from fancare.panel.cycles.returns import share_of


def test_what_is_followed_for_less_counts_as_far_as_it_goes():
    """Four silent; one back on day 1, one lost after day 1, one back on day 3, one silent on: 1 − 3/4 · 1/2 by day 3."""
    lasted, returned = np.array([1, 1, 3, 9]), np.array([True, False, True, False])
    one, two, three = returns.returned_within(lasted, returned, [np.arange(4)], (1, 2, 3))
    assert [s.estimate for s in (one, two, three)] == pytest.approx([1 / 4, 1 / 4, 1 - 3 / 4 * 1 / 2])
    assert three.n == 4


def test_beyond_what_anybody_is_followed_for_nothing_is_said_unless_as_far_as_followed_is_asked_for():
    """Two followed for 5 days, one of whom is silent on; the third is back on day 2."""
    lasted, returned = np.array([5, 5, 2]), np.array([True, False, True])
    five, six = returns.returned_within(lasted, returned, [np.arange(3)], (5, 6))
    assert five.estimate == pytest.approx(2 / 3)
    assert five.is_known
    assert not six.is_known
    assert six.n == 3
    assert all(math.isnan(value) for value in (six.estimate, six.low, six.high))
    (as_far,) = returns.returned_within(lasted, returned, [np.arange(3)], (6,), as_far_as_followed=(6,))
    assert as_far == five


def test_when_the_longest_followed_is_back_those_lost_before_are_still_unknown():
    """Kaplan and Meier would have everybody back; only where nobody was lost is that so."""
    lasted = np.array([1, 3])
    (lost,) = returns.returned_within(lasted, np.array([False, True]), [np.arange(2)], (9,))
    (all_back,) = returns.returned_within(lasted, np.array([True, True]), [np.arange(2)], (9,))
    assert not lost.is_known
    assert all_back.estimate == 1


def test_where_all_are_followed_it_is_the_plain_share_with_the_plain_variance():
    random = np.random.default_rng(0)
    lasted = random.integers(1, 60, size=500)
    returned = lasted < 50
    lasted = np.minimum(lasted, 50)
    (told,) = returns.returned_within(lasted, returned, [np.arange(500)], (28,))
    share = float(np.mean(returned & (lasted <= 28)))
    plain = share_of(returned & (lasted <= 28), [np.arange(500)])
    assert (told.estimate, plain.estimate) == pytest.approx((share, share))
    assert (told.low, told.high) == pytest.approx((plain.low, plain.high))
    half = 1.96 * math.sqrt(share * (1 - share) / 500)
    assert (told.low, told.high) == pytest.approx((share - half, share + half), abs=2e-3)


def test_more_days_never_mean_fewer_returns():
    random = np.random.default_rng(1)
    lasted, returned = random.integers(0, 90, size=400), random.random(400) < 0.5
    returned &= lasted > 0
    told = returns.returned_within(lasted, returned, [np.arange(400) // 3], tuple(range(1, 80)))
    estimates = [share.estimate for share in told]
    assert estimates == sorted(estimates)
    assert all(0 <= share.low <= share.estimate <= share.high <= 1 for share in told)


def clustered(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Silences of 80 people who return at rates of their own, followed for 10 to 60 days; the true share of a month."""
    sizes = random.integers(1, 15, size=80)
    codes = np.repeat(np.arange(80), sizes)
    daily = np.repeat(random.choice([0.002, 0.05], size=80), sizes)
    until, followed = random.geometric(daily), random.integers(10, 60, size=len(codes))
    true = 1 - (0.998**28 + 0.95**28) / 2
    return np.minimum(until, followed), until <= followed, codes, true


def test_intervals_hold_when_silences_of_one_person_are_alike_and_would_not_if_taken_as_independent():
    random = np.random.default_rng(2)
    by_person, by_silence = [], []
    for _ in range(300):
        lasted, returned, codes, true = clustered(random)
        for held, clusters in ((by_person, codes), (by_silence, np.arange(len(codes)))):
            (told,) = returns.returned_within(lasted, returned, [clusters], (28,))
            held.append(told.low <= true <= told.high)
    assert 0.91 <= np.mean(by_person) <= 0.98
    assert np.mean(by_silence) < 0.75


def test_crossed_clusters_are_at_least_as_wide_as_either():
    random = np.random.default_rng(3)
    creators, fans = random.integers(0, 20, size=600), random.integers(0, 40, size=600)
    happened = random.random(600) < random.random(20)[creators] * random.random(40)[fans]
    crossed, one, other = (share_of(happened, codes) for codes in ([creators, fans], [creators], [fans]))
    assert crossed.high - crossed.low >= max(one.high - one.low, other.high - other.low) - 0.02
    assert crossed.estimate == one.estimate == other.estimate


def test_nobody_back_is_a_share_of_zero_with_a_width_that_knows_how_many_people_there_were():
    few, many = (share_of(np.zeros(100, dtype=bool), [np.arange(100) // per]) for per in (25, 1))
    assert few.estimate == many.estimate == 0 == few.low
    assert 0 < many.high < 0.05 < few.high


@pytest.mark.parametrize("n", [0, 5])
def test_what_cannot_be_said_is_nan(n):
    """Nobody at all, or all silences of one person."""
    told = share_of(np.ones(n, dtype=bool), [np.zeros(n, dtype=int)])
    assert math.isnan(told.low)
    assert math.isnan(told.high)
