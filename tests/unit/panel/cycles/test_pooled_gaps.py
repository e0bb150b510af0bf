"""Pooled gaps on simulated creators whose rhythm is known, and what must not be left out of the model."""

from __future__ import annotations

import numpy as np
import pytest

from fancare.panel.cycles import pooled_gaps
from fancare.panel.cycles.gap_family import LONGEST_DAYS, gap_family
from fancare.panel.cycles.pooled_gaps import LEAVING, RECENT_GAPS, PooledGaps, fit_pooled_gaps, past_gaps
from tests.drawn_rhythms import Coverage, DrawnRhythms, active_days, coverage, draw_rhythms

RUNS = 20


def mean_coverage(drawn: list[DrawnRhythms], pooled: PooledGaps | None = None) -> Coverage:
    found = [coverage(one, pooled) for one in drawn]
    return Coverage(*(float(np.mean([getattr(one, name) for one in found])) for name in Coverage.__annotations__))


@pytest.fixture(scope="module")
def platforms() -> list[DrawnRhythms]:
    return [draw_rhythms(seed, n=250) for seed in range(RUNS)]


@pytest.fixture(scope="module")
def young_platforms() -> list[DrawnRhythms]:
    """A month of log: the long gaps are still open."""
    return [draw_rhythms(seed, n=250, log_days=30) for seed in range(8)]


def flat() -> PooledGaps:
    """Every rhythm as common as any other: nothing learnt from the others."""
    return PooledGaps(np.full((len(gap_family()), len(LEAVING)), 1 / (len(gap_family()) * len(LEAVING))))


def holds(found: Coverage) -> bool:
    """Nominal is 95 %; whole days make it a little more, for an interval cannot end within a day."""
    return 0.93 <= found.of_intervals <= 0.975 and 0.94 <= found.of_next_gaps <= 0.97


def test_intervals_and_the_next_gap_hold_what_they_promise(platforms):
    """tests/benchmarks/test_gap_coverage.py does it 200 times, on more creators."""
    assert holds(mean_coverage(platforms))


def test_unpooled_gaps_are_foretold_too_long_and_intervals_are_too_wide(platforms):
    alone = mean_coverage(platforms, flat())
    assert not holds(alone)
    assert alone.width > 1.5 * mean_coverage(platforms[:4]).width


def test_on_a_young_log_the_long_gaps_are_the_open_ones(young_platforms, monkeypatch):
    whole = mean_coverage(young_platforms)
    assert whole.of_intervals >= 0.95
    assert whole.of_next_gaps >= 0.925
    monkeypatch.setattr(pooled_gaps, "_likelihood", without_the_open_gap(pooled_gaps._likelihood))
    cut = mean_coverage(young_platforms)
    assert cut.of_intervals < 0.92
    assert cut.of_next_gaps < whole.of_next_gaps - 0.02


def without_the_open_gap(likelihood):
    return lambda counts, open_days: likelihood(counts, np.zeros_like(open_days))


def with_leavers(n_leavers: int) -> np.ndarray:
    """What is foretold to fifty who come every second day, beside so many who did and then left for good."""
    often = list(range(0, 100, 2))
    days, offsets = [], [0]
    for _ in range(50):
        days += often
        offsets.append(len(days))
    for _ in range(n_leavers):
        days += often[:5]
        offsets.append(len(days))
    drawn = active_days(days, offsets, last=99)
    return fit_pooled_gaps(drawn).rhythms(drawn, drawn.offsets[1:51] - 1, 0.95).quantile_days


def test_leavers_do_not_stretch_the_rhythm_of_those_who_stay():
    assert with_leavers(0).max() <= 3
    assert with_leavers(100).max() <= 3


def test_without_probabilities_of_leaving_they_would(monkeypatch):
    """A newcomer among leavers: without them, a silence of months is a rhythm."""
    days, offsets = [], [0]
    for _ in range(60):
        days += [0, 2, 4]
        offsets.append(len(days))
    days.append(99)
    offsets.append(len(days))
    drawn = active_days(days, offsets, last=99)
    newcomer = drawn.offsets[-1:] - 1
    assert fit_pooled_gaps(drawn).rhythms(drawn, newcomer, 0.95).quantile_days[0] <= 6
    monkeypatch.setattr(pooled_gaps, "LEAVING", np.zeros(1))
    assert fit_pooled_gaps(drawn).rhythms(drawn, newcomer, 0.95).quantile_days[0] > 20


def test_the_more_gaps_the_less_the_others_count():
    """Among many who come daily, one who comes every tenth day is believed by and by."""
    days, offsets = [], [0]
    for _ in range(80):
        days += range(100)
        offsets.append(len(days))
    slow = list(range(0, 100, 10))
    days += slow
    offsets.append(len(days))
    drawn = active_days(days, offsets, last=99)
    spells = np.arange(offsets[-2], offsets[-1])
    said = fit_pooled_gaps(drawn).rhythms(drawn, spells, 0.95)
    assert said.n_gaps.tolist() == list(range(10))
    assert said.quantile_days[0] <= 3
    assert 10 <= said.quantile_days[-1] <= 15
    assert said.p50_days[-1] == pytest.approx(10, abs=1)
    assert (said.low_days <= said.high_days).all()


def test_its_own_silence_and_what_comes_later_do_not_change_what_is_said_of_a_spell():
    drawn = draw_rhythms(3, n=60)
    pooled = fit_pooled_gaps(drawn.days)
    regular = int(np.argmax(np.diff(drawn.days.offsets)))
    first, last = drawn.days.offsets[regular : regular + 2]
    middle = np.array([(first + last) // 2])
    kept = drawn.days.days[first : middle[0] + 1] - drawn.days.days[0]
    alone = active_days(kept.tolist(), [0, len(kept)], last=int(kept[-1]) + 40)
    one, two = pooled.rhythms(drawn.days, middle, 0.95), pooled.rhythms(alone, np.array([len(kept) - 1]), 0.95)
    assert one.quantile_days.tolist() == two.quantile_days.tolist()
    assert one.n_gaps.tolist() == two.n_gaps.tolist() == [min(len(kept) - 1, RECENT_GAPS)]


def test_only_the_recent_gaps_count():
    gaps = [5] * 30 + [2] * RECENT_GAPS
    drawn = active_days(np.cumsum([0, *gaps]).tolist(), [0, len(gaps) + 1], last=sum(gaps) + 1)
    (counts,) = past_gaps(drawn, np.array([len(gaps)]))
    assert counts[1] == RECENT_GAPS == counts.sum()


def test_gaps_are_counted_by_length_and_the_longest_together():
    drawn = active_days([0, 1, 4, 5, 400, 0], [0, 5, 6], last=400)
    counts = past_gaps(drawn, np.array([4, 5, 2]))
    assert counts.sum(axis=1).tolist() == [4, 0, 2]
    assert (counts[0][0], counts[0][2], counts[0][LONGEST_DAYS]) == (2, 1, 1)
    assert (counts[2][0], counts[2][2]) == (1, 1)


def test_weights_are_a_distribution_and_the_seed_decides_a_sample(monkeypatch):
    drawn = draw_rhythms(1, n=120).days
    monkeypatch.setattr(pooled_gaps, "SAMPLE", 60)
    one, same, other = (fit_pooled_gaps(drawn, seed=seed).weights for seed in (0, 0, 1))
    assert one.sum() == pytest.approx(1)
    assert (one >= 0).all()
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_nobody_to_speak_of_is_no_error():
    drawn = draw_rhythms(1, n=20).days
    assert len(fit_pooled_gaps(drawn).rhythms(drawn, np.zeros(0, dtype=np.int64), 0.95)) == 0
