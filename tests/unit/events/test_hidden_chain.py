"""The law of hidden lives against plain sums over every path, which it must equal."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from fancare.events.simulator.conditional_risk import HORIZONS, Filter, true_risk
from fancare.events.simulator.hidden_chain import NEUTRAL, OLDEST, Chain, chain_of
from fancare.events.simulator.life import Minds
from fancare.events.simulator.outside import Outside, outside_of
from fancare.events.simulator.silent_path import silence_ahead
from fancare.events.simulator.steady import steady
from fancare.events.simulator.world import CreatorSide, OutsideSide, Rhythm, Seasons
from fancare.progress import Progress

DAYS = 6
SIDE = CreatorSide(
    rhythms=(Rhythm("often", 0.6, 2.0, 1.5), Rhythm("seldom", 0.4, 6.0, 3.0)),
    paces=((1.0, 1.0),),
    vacation_stages=(3.0,),
    break_stages=(9.0,),
    falls=(0.2, 0.15, 0.3),
    rises=(0.1, 0.1, 0.2),
)
SEASONS = Seasons(genres=1, days=3.0, creator_pace=(0.5, 1.5), creator_falls=(1.5, 0.5), fan_pace=(1.0, 1.0))


@pytest.fixture(scope="module")
def chain() -> Chain:
    return chain_of(SIDE)


def outside(seasons: Seasons | None) -> Outside:
    side = OutsideSide(holiday_creators=0.5, drift_creators=0.6, drift_falls=2.0, seasons=seasons)
    return outside_of(side, date(2026, 2, 14), DAYS, 3, np.random.default_rng(1))  # Seollal is in it


@pytest.mark.parametrize("response", range(3))
@pytest.mark.parametrize("wear", [0.5, 1.0, 2.5])
def test_transitions_are_probabilities(response, wear):
    move = chain_of(CreatorSide()).transition(response, wear)
    assert (move >= 0).all()
    assert move.sum(axis=1) == pytest.approx(1.0)


def test_a_cold_response_pulls_moods_down_and_a_warm_one_lifts_them(chain):
    cold, usual, warm = (chain.transition(response, 1.0) for response in range(3))
    tired = chain.states.index("tired")
    assert cold[tired, tired + 1] > usual[tired, tired + 1] > warm[tired, tired + 1]
    assert cold[tired, tired - 1] < usual[tired, tired - 1] < warm[tired, tired - 1]


def test_only_a_creator_in_a_mood_acts(chain):
    assert (chain.hazard[1:, :, :4] > 0).all()
    assert (chain.hazard[:, :, 4:] == 0).all()


@pytest.mark.parametrize("seasons", [None, SEASONS], ids=["still", "seasons"])
def test_silence_ahead_is_the_sum_over_all_paths(chain, seasons):
    """Forwards, over every path of seasons: the table is made backwards, day by day."""
    around = outside(seasons)
    as_of, kind, age, state, season = 2, 1, 4, 1, 0
    horizon = 4
    found = silence_ahead(chain, around, DAYS, (horizon,))[as_of, 0, age, kind, season, state]
    total = 0.0
    for path in itertools.product(range(len(around.season_wear)), repeat=horizon - 1):
        weight = np.prod([around.season_moves[a, b] for a, b in itertools.pairwise((season, *path))])
        likely = np.eye(len(chain.states))[state]
        for step, z in enumerate((season, *path)):
            at = around.at(as_of + 1 + step)
            if step:
                likely = likely @ chain.transition(NEUTRAL, around.wear[at] * around.season_wear[z])
            pace = around.creator_pace[at] * around.season_creator_pace[z]
            likely = likely * np.exp(-pace * chain.hazard[age + step, kind])
        total += weight * likely.sum()
    assert found == pytest.approx(total, rel=1e-6)
    assert 0.01 < total < 0.9


def test_silences_beyond_the_oldest_count_as_the_oldest(chain):
    around = outside(None)
    found = silence_ahead(chain, around, DAYS, (2,))
    doubled = np.vstack([chain.hazard[:-1], chain.hazard[-1:] * 2])
    later = silence_ahead(replace(chain, hazard=doubled), around, DAYS, (2,))
    assert (found[..., OLDEST - 1, :, :, :] != later[..., OLDEST - 1, :, :, :]).any()  # its second day is the oldest's
    assert found[..., OLDEST - 2, :, :, :] == pytest.approx(later[..., OLDEST - 2, :, :, :])


def test_filtering_is_the_sum_over_all_paths(chain):
    """Bayes by enumeration: every trait and every path of states, weighed by how likely it shows what was seen."""
    around, rng = outside(SEASONS), np.random.default_rng(3)
    acts = np.array([[2, 0, 1, 5], [0, 0, 0, 0], [0, 1, 0, 0]])  # three days: words and a photo, nothing, a broadcast
    visits = rng.poisson(0.3, (3, 5))
    response = np.array([[NEUTRAL, 0, NEUTRAL, 2]])
    minds = Minds(response, np.array([2]), np.array([0]), around)
    law = steady(chain)
    filtering = Filter(chain, law, minds)
    for day in range(3):
        filtering.see(day, acts[None, day], visits[None, day])

    def seen(day: int, age: int, kind: int, look: int, voice: int, state: int) -> float:
        at = around.at(day)
        pace = around.creator_pace[at] * around.season_creator_pace[around.season[0, at]]
        quiet = np.exp(-pace * chain.hazard[age, kind, state])
        shown = np.prod(np.exp(-chain.pages[look, state]) * chain.pages[look, state] ** visits[day])
        if not acts[day].any():
            return quiet * shown
        words, live, photo, _ = acts[day]
        mean, chance = chain.messages[voice, state], chain.broadcast[voice, state]
        said = np.exp(-mean) * mean ** (words - (not live)) * (chance if live else 1 - chance)
        pictured = chain.photo[state] if photo else 1 - chain.photo[state]
        return (1 - quiet) * said * pictured * shown

    def move(day: int) -> np.ndarray:
        at = around.at(day)
        return chain.transition(response[0, day], around.wear[at] * around.season_wear[around.season[0, at]])

    ages, moves = (3, 1, 2), [move(day) for day in range(3)]
    weight = np.zeros(filtering.alpha.shape[1:])
    for kind, look, voice in itertools.product(range(2), range(2), range(2)):
        for start, *path in itertools.product(range(len(chain.states)), repeat=4):
            p = law.law[2, kind, start] * chain.looks[look] * chain.voices[voice]
            for day, (before, state) in enumerate(itertools.pairwise((start, *path))):
                if p == 0:
                    break
                p *= moves[day][before, state] * seen(day, ages[day], kind, look, voice, state)
            weight[kind, look, voice, path[-1]] += p
    assert filtering.alpha[0] == pytest.approx(weight / weight.sum(), abs=1e-9)


def test_the_risk_is_the_sum_over_all_paths(chain):
    """From what filtering knows on a day: every path of seasons, a week forwards, all kinds of creators together."""
    around, rng = outside(SEASONS), np.random.default_rng(5)
    acts, visits = np.zeros((1, DAYS, 4), int), rng.poisson(0.2, (1, DAYS, 5))
    acts[0, [0, 2], 0] = 1
    response = np.full((1, DAYS + 1), NEUTRAL)
    response[0, 3] = 0  # read on day 2, an active day
    minds, law = Minds(response, np.array([1]), np.array([0]), around), steady(chain)
    found = true_risk(chain, law, acts, visits, minds, Progress())
    filtering = Filter(chain, law, minds)
    for as_of in range(DAYS):
        filtering.see(as_of, acts[:, as_of], visits[:, as_of])
        known = filtering.alpha[0].sum(axis=(1, 2))  # (K, D)
        today, total = around.season[0, around.at(as_of)], 0.0
        for path in itertools.product(range(2), repeat=7):
            weight = np.prod([around.season_moves[a, b] for a, b in itertools.pairwise((today, *path))])
            likely, silence = known, filtering.silence[0]
            for step, z in enumerate(path):
                at = around.at(as_of + 1 + step)
                tilt = response[0, as_of + 1] if step == 0 else NEUTRAL
                likely = likely @ chain.transition(tilt, around.wear[at] * around.season_wear[z])
                pace = around.creator_pace[at] * around.season_creator_pace[z]
                likely = likely * np.exp(-pace * chain.hazard[silence + 1 + step])
            total += weight * likely.sum()
        assert found.risk[0, as_of, 0] == pytest.approx(total, rel=1e-5)
        assert 0.01 < total < 0.95
    assert found.silence[0].tolist() == [0, 1, 0, 1, 2, 3]


def test_newcomers_are_known_from_their_first_act(chain):
    around = outside(None)
    minds = Minds(np.full((1, DAYS + 1), NEUTRAL), np.array([-1]), np.array([0]), around)
    filtering = Filter(chain, steady(chain), minds)
    nothing = np.zeros((1, 5), int)
    filtering.see(0, np.zeros((1, 4), int), nothing)
    assert not filtering.known[0]
    filtering.see(1, np.array([[1, 0, 0, 0]]), nothing)
    assert filtering.known[0]
    assert filtering.alpha[0].sum(axis=(0, 1, 2))[chain.states.index("usual")] == pytest.approx(1.0)
    assert filtering.alpha[0].sum(axis=(1, 2, 3)) == pytest.approx(chain.kinds)


def test_the_steady_law_is_steady(chain):
    """One more day of the law, with a newcomer for each who ends, changes nothing."""
    law = steady(chain)
    move, acts = chain.transition(NEUTRAL, 1.0), -np.expm1(-chain.hazard)
    moved = law.law @ move
    ended = moved[..., chain.lurking :].sum()
    older = np.concatenate([np.zeros_like(moved[:1]), moved[:-2], moved[-2:-1] + moved[-1:]])
    older[..., chain.lurking :] = 0
    after = older * (1 - acts)
    after[0] = (older * acts).sum(axis=0)
    after[0, :, chain.states.index("usual")] += ended * chain.kinds
    assert after == pytest.approx(law.law, abs=1e-9)
    assert law.lifetime == pytest.approx(1 / ended)


def test_horizons_are_within_what_is_known_of_the_outside():
    around = outside(None)
    assert len(around.wear) >= 3 + DAYS + max(HORIZONS)
