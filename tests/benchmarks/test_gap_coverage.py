"""Do the intervals hold? 200 simulated platforms of creators whose true 95 % gap is known."""

from __future__ import annotations

import numpy as np
import pytest

from tests.drawn_rhythms import coverage, draw_rhythms

RUNS = 200
CREATORS = 300
LOG_DAYS = 300


@pytest.mark.benchmark
def test_the_pooled_gap_quantile_covers_what_it_promises(capsys):
    """Nominal is 95 %; whole days make it a little more, for an interval cannot end within a day."""
    found = [coverage(draw_rhythms(seed, CREATORS, LOG_DAYS)) for seed in range(RUNS)]
    intervals = np.array([one.of_intervals for one in found])
    next_gaps = np.array([one.of_next_gaps for one in found])
    with capsys.disabled():
        print(
            f"\n{RUNS} runs of {CREATORS} creators over {LOG_DAYS} days: 95 % intervals cover the true 95 % gap in "
            f"{intervals.mean():.1%} (runs: {intervals.min():.1%} to {intervals.max():.1%}); the next gap lies within the "
            f"pooled 95 % gap in {next_gaps.mean():.1%} ({next_gaps.min():.1%} to {next_gaps.max():.1%})"
        )
    assert 0.90 <= intervals.mean() <= 0.97
    assert 0.94 <= next_gaps.mean() <= 0.98
