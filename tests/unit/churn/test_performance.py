"""Realised figures beside the promised: drawn outcomes in, verdicts out."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fancare.churn.bootstrap import Interval
from fancare.churn.outcomes import Outcomes
from fancare.churn.performance import Performance, Promise, performances
from fancare.modelspec import MonitorSpec
from tests.drawn_model import drawn_backtest

FIRST = np.datetime64("2026-06-01", "D")
PROMISE = Promise(Interval(0.85, 0.82, 0.88), ece=0.02)


def outcomes(n: int = 200, days: int = 4, skill: float = 3.0, shift: float = 0.0, seed: int = 0) -> Outcomes:
    """``n`` creators on each of ``days``, one horizon; risks right in level but for ``shift``, and as telling as ``skill``."""
    random = np.random.default_rng(seed)
    known = 1 / (1 + np.exp(-skill * random.normal(size=n)))
    truth = np.tile(known, days)
    churned = (random.random(n * days) < truth).astype(float)
    return Outcomes(
        horizons=(7,),
        creator_id=np.tile(np.array([f"c{i}" for i in range(n)], dtype=object), days),
        fan_id=None,
        as_of=np.repeat(FIRST + np.arange(days), n),
        version=np.full(n * days, "v1", dtype=object),
        rank=np.tile(np.argsort(np.argsort(-known)) + 1.0, days),
        is_drawn=np.ones(n * days, dtype=bool),
        risks=np.clip(truth + shift, 0, 1)[:, None],
        churned=churned[:, None],
    )


def judged(found: Outcomes, promise: Promise | None = PROMISE, capacity: int = 20, draws: int = 60) -> list[Performance]:
    return performances(found, {"v1": {7: promise}}, capacity, draws, MonitorSpec())


def pooled(found: Outcomes, promise: Promise | None = PROMISE) -> Performance:
    (whole,) = [one for one in judged(found, promise) if one.is_pooled]
    return whole


def test_the_window_comes_first_and_then_each_day():
    whole, *days = judged(outcomes())
    assert whole.is_pooled
    assert whole.figures.n == 800
    assert [(day.first_scored, day.last_scored, day.figures.n) for day in days] == [
        (day, day, 200) for day in (FIRST + np.arange(4)).astype(object)
    ]
    assert (whole.first_scored, whole.last_scored) == (days[0].first_scored, days[-1].last_scored)


def test_what_is_as_good_as_promised_is_kept():
    found = pooled(outcomes())
    assert (found.ranking, found.level) == ("kept", "kept")
    assert found.auc.low < found.auc.estimate < found.auc.high
    assert found.gap.low < 0.03
    assert found.gap.high > -0.03
    assert found.mean_risk == pytest.approx(found.figures.churn_rate, abs=0.03)


def test_risks_that_no_longer_tell_who_churns_break_the_ranking_alone():
    found = outcomes()
    blind = Outcomes(**{**vars(found), "risks": np.random.default_rng(5).permutation(found.risks)})
    assert (pooled(blind).ranking, pooled(blind).level) == ("broken", "kept")


@pytest.mark.parametrize("shift", [0.2, -0.2])
def test_risks_that_are_all_too_high_or_too_low_break_the_level_alone(shift):
    # clipping at 0 and 1 leaves the order of most; the promise is a modest one
    found = pooled(outcomes(shift=shift), Promise(Interval(0.7, 0.68, 0.72), ece=0.02))
    assert (found.ranking, found.level) == ("kept", "broken")


def test_a_platform_that_moves_is_held_to_the_error_its_backtest_admitted():
    assert pooled(outcomes(shift=0.2), Promise(Interval(0.7, 0.68, 0.72), ece=0.25)).level == "kept"


def test_without_a_promise_the_ranking_cannot_be_judged_the_level_can():
    assert (pooled(outcomes(), None).ranking, pooled(outcomes(shift=0.2), None).level) == ("unknown", "broken")


def test_a_single_entity_has_no_interval_and_no_verdict():
    found = pooled(outcomes(n=1, days=4))
    assert math.isnan(found.gap.low)
    assert (found.ranking, found.level) == ("unknown", "unknown")


def test_intervals_are_clustered_by_entity():
    """Twenty days of the same creators whose fate is fixed say no more than one day of them."""
    one = outcomes(n=60, days=1, seed=2)
    many = Outcomes(**{
        name: value if name in ("horizons", "fan_id") else np.tile(value, (20, 1)) if value.ndim == 2 else np.tile(value, 20)
        for name, value in vars(one).items()
    })  # fmt: skip
    width = lambda found: found.auc.high - found.auc.low  # noqa: E731
    assert width(pooled(many)) == pytest.approx(width(pooled(one)), rel=1e-9)


def test_the_lift_is_of_those_who_were_on_the_watchlist():
    found = outcomes(n=100, days=2)
    (whole, *_) = judged(found, capacity=10)
    listed = found.rank <= 10
    assert whole.watchlist_n == 20
    assert whole.watchlist_lift == pytest.approx(found.churned[listed].mean() / found.churned.mean())
    assert whole.watchlist_lift > 1.5


def test_rows_that_were_drawn_for_the_watchlist_alone_are_in_no_other_figure():
    found = outcomes(n=100, days=1)
    some = Outcomes(**{**vars(found), "is_drawn": np.arange(100) % 2 == 0})
    whole = pooled(some)
    assert whole.figures.n == 50
    assert whole.watchlist_n == 20


def test_nothing_ripe_gives_nothing():
    found = outcomes(n=5, days=1)
    assert judged(Outcomes(**{**vars(found), "churned": np.full((5, 1), np.nan)})) == []
    assert judged(found.rows(np.zeros(5, dtype=bool))) == []


def test_a_promise_is_the_backtests_of_its_horizon():
    backtest = drawn_backtest(tabnet=0.8, width=0.02, ece=0.03)
    assert Promise.of(backtest, 14) == Promise(Interval(0.8, 0.78, 0.8200000000000001), 0.03)
    assert Promise.of(backtest, 90) is None
    assert Promise.of(None, 14) is None
