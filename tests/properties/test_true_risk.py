"""The true risk is a probability that comes true, and nothing that is seen in time can beat it.

Between days that lie a horizon apart the errors (happened − risk) are martingale differences: uncorrelated, with
variance risk · (1 − risk). So sums of them have a known spread, and bounds below are in units of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pyarrow.parquet as pq
import pytest

from fancare.events.simulator import WORLDS, simulate
from fancare.events.simulator.conditional_risk import HORIZONS, TrueRisk, true_risk
from fancare.events.simulator.hidden_chain import chain_of
from fancare.events.simulator.life import Life
from fancare.events.simulator.steady import Steady, steady
from fancare.events.simulator.two_sided import live
from fancare.progress import Progress

DAYS, CREATORS = 220, 500
FIRST = 21  # as_of days before it are not looked at


@dataclass(frozen=True)
class Lived:
    """A world as it was lived, and its true risks."""

    world: str
    life: Life
    true: TrueRisk


def risks(world: str, life: Life, usual: Steady | None = None) -> TrueRisk:
    chain = chain_of(WORLDS[world].life.creators)
    return true_risk(chain, usual or steady(chain), life.acts, life.own_visits, life.minds, Progress())


@pytest.fixture(scope="module", params=["lively", "confounded", "drifting"])
def lived(request) -> Lived:
    life = lived_through(request.param)
    return Lived(request.param, life, risks(request.param, life))


def lived_through(world: str) -> Life:
    rng = np.random.default_rng(17)
    return live(WORLDS[world].life, CREATORS, 3 * CREATORS, DAYS, date(2025, 11, 20), rng, Progress())


def at_risk(lived: Lived, horizon: int, step: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Creator, day, risk and whether it came true, for whoever acted within 28 days, every ``step`` days."""
    day = np.arange(FIRST, DAYS - horizon, step)
    creator, of = np.nonzero((lived.true.silence[:, day] >= 0) & (lived.true.silence[:, day] < 28))
    active = lived.life.creator_active
    quiet = np.array([not active[c, d + 1 : d + 1 + horizon].any() for c, d in zip(creator, day[of], strict=True)])
    risk = lived.true.risk[creator, day[of], HORIZONS.index(horizon)].astype(float)
    return creator, day[of], risk, quiet


def auc(score: np.ndarray, happened: np.ndarray) -> float:
    gone, stays = score[happened], np.sort(score[~happened])
    below, not_above = np.searchsorted(stays, gone, "left"), np.searchsorted(stays, gone, "right")
    return float((below + not_above).mean() / 2 / len(stays))


@pytest.mark.parametrize("horizon", HORIZONS)
def test_of_those_with_a_risk_as_many_go_quiet(lived, horizon):
    _, _, risk, quiet = at_risk(lived, horizon, step=horizon)
    assert len(risk) > 1_000
    bins = np.array_split(np.argsort(risk, kind="stable"), 10)
    z = np.array([(quiet[b].sum() - risk[b].sum()) / np.sqrt((risk[b] * (1 - risk[b])).sum()) for b in bins])
    assert np.abs(z).max() < 3.8
    assert (z**2).sum() < 29.6  # χ² with 10 degrees of freedom: one in a thousand
    assert risk[bins[-1]].mean() > 5 * risk[bins[0]].mean()  # and they differ


@pytest.mark.parametrize("horizon", HORIZONS)
def test_no_rule_of_thumb_comes_near_it(lived, horizon):
    creator, day, risk, quiet = at_risk(lived, horizon, step=7)
    active = lived.life.creator_active
    silence = lived.true.silence[creator, day]
    acted = np.array([active[c, max(d - 55, 0) : d + 1].sum() for c, d in zip(creator, day, strict=True)])
    reached = auc(risk, quiet)
    assert reached < 0.97
    for rule in (silence, -acted, silence * acted):
        assert auc(rule, quiet) < reached - 0.04


@pytest.mark.parametrize("horizon", HORIZONS)
def test_it_foretells_within_one_rhythm_too(lived, horizon):
    """Among creators of one kind and silence: that is what moods, pages and words tell beyond them."""
    creator, day, risk, quiet = at_risk(lived, horizon, step=7)
    better = worse = 0
    kind = np.unique(lived.life.rhythm, return_inverse=True)[1][creator] * 100 + lived.true.silence[creator, day]
    for one in np.unique(kind):
        gone, stays = risk[(kind == one) & quiet], risk[(kind == one) & ~quiet]
        better += int((gone[:, None] > stays).sum())
        worse += int((gone[:, None] < stays).sum())
    assert better > 1.8 * worse


def test_longer_horizons_have_smaller_risks(lived):
    known = lived.true.risk[lived.true.silence >= 0]
    assert np.isfinite(known).all()
    assert (known >= 0).all()
    assert (known <= 1).all()
    assert (np.diff(known, axis=1) <= 1e-6).all()


def test_risk_is_said_from_the_first_act_in_the_log_on(lived):
    acted = np.maximum.accumulate(lived.life.creator_active, axis=1)
    assert (acted == (lived.true.silence >= 0)).all()
    assert (acted == np.isfinite(lived.true.risk).all(axis=2)).all()
    assert (lived.true.silence[lived.life.creator_active] == 0).all()


def test_the_future_does_not_reach_back(lived):
    """Whatever happens after a day, the risks up to it are the same bytes."""
    day, life, minds = 90, lived.life, lived.life.minds
    acts, visits, response = life.acts.copy(), life.own_visits.copy(), minds.response.copy()
    rng = np.random.default_rng(0)
    order = rng.permutation(CREATORS)  # each lives on as another
    acts[:, day + 1 :] = acts[order, day + 1 :]
    visits[:, day + 1 :] = visits[order, day + 1 :]
    response[:, day + 2 :] = rng.integers(0, 3, response[:, day + 2 :].shape)
    season = minds.outside.season.copy()
    season[:, minds.outside.at(day + 1) :] = season[::-1, minds.outside.at(day + 1) :]
    other = replace(minds, response=response, outside=replace(minds.outside, season=season))
    chain = chain_of(WORLDS[lived.world].life.creators)
    # Where another ended before, visits may come that cannot be: nobody's state explains them.
    with np.errstate(invalid="ignore"):
        changed = true_risk(chain, steady(chain), acts, visits, other, Progress())
    assert changed.risk[:, : day + 1].tobytes() == lived.true.risk[:, : day + 1].tobytes()
    assert changed.silence[:, : day + 1].tobytes() == lived.true.silence[:, : day + 1].tobytes()
    assert (changed.risk[:, day + 7] != lived.true.risk[:, day + 7]).any()


def test_the_history_before_the_log_soon_hardly_matters():
    """Told nothing of where creators stood on the first day, the risks are soon the same."""
    life = lived_through("lively")
    chain = chain_of(WORLDS["lively"].life.creators)
    law = steady(chain)
    nothing = np.zeros_like(law.law)
    nothing[..., : chain.lurking] = chain.kinds[:, None]
    told, untold = risks("lively", life, law).risk, risks("lively", life, Steady(nothing, law.lifetime)).risk
    apart = np.abs(told - untold)
    assert np.nanmean(apart[:, 10]) > 0.02
    assert np.nanmean(apart[:, 100]) < 0.004
    assert np.nanmean(apart[:, DAYS - 1]) < 0.002


def test_in_the_noise_all_risks_are_one(tmp_path):
    report = simulate("noise", 0, tmp_path, creators=40, days=60)
    rows = pq.read_table(report.truth_risk).to_pydict()
    for horizon in HORIZONS:
        assert set(rows[f"risk_{horizon}d"]) == {np.float32(0.94**horizon)}
    assert len(set(rows["recency_days"])) > 20


def test_the_file_says_what_was_computed(tmp_path):
    report = simulate("lively", 5, tmp_path, creators=20, days=60)
    table = pq.read_table(report.truth_risk)
    assert table.schema.names == ["creator_id", "as_of", "recency_days", "risk_7d", "risk_14d", "risk_28d"]
    assert {str(table.schema.field(f"risk_{h}d").type) for h in HORIZONS} == {"float"}
    active = {(row["creator_id"], row["day"]) for row in pq.read_table(report.truth_days).to_pylist() if row["active"]}
    rows = table.to_pylist()
    assert {(row["creator_id"], row["as_of"]) for row in rows if row["recency_days"] == 0} == active
    assert max(row["as_of"] for row in rows) == report.last_day
