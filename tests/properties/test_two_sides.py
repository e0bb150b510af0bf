"""What is planted in the worlds is there, at its size: what creators do to fans, what fans do to creators, and what
only looks so."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import numpy as np
import pytest

from fancare.events.simulator import WORLDS
from fancare.events.simulator.creators import LONG, SHORT, Creators
from fancare.events.simulator.fans import DORMANT, TRUE, Fans
from fancare.events.simulator.hidden_chain import chain_of
from fancare.events.simulator.life import ENDED, FADING, TIRED, Life
from fancare.events.simulator.outside import AHEAD, outside_of
from fancare.events.simulator.steady import steady
from fancare.events.simulator.two_sided import live
from fancare.events.simulator.world import CREATOR_ACTS, CreatorSide, FanSide, OutsideSide, TwoSided
from fancare.progress import Progress

CREATORS, FANS, DAYS = 200, 4000, 250
REPLY = CREATOR_ACTS.index("reply")


def lived(world: TwoSided, creators: int = CREATORS, fans: int = FANS) -> Life:
    return live(world, creators, fans, DAYS, date(2025, 9, 1), np.random.default_rng(4), Progress())


@pytest.fixture(scope="module")
def lively() -> Life:
    return lived(WORLDS["lively"].life)


@pytest.fixture(scope="module")
def without_effect() -> Life:
    return lived(replace(WORLDS["lively"].life, fans=replace(FanSide(), creator_effect=0.0)))


@pytest.fixture(scope="module")
def confounded() -> Life:
    return lived(WORLDS["confounded"].life)


def visits_a_day(life: Life) -> np.ndarray:
    """(n, days) visits in all rooms of each creator."""
    found = np.zeros((CREATORS, DAYS))
    np.add.at(found, (life.room_creator[life.session_room], life.session_day), life.session_visits)
    return found


def log_rate_ratio(life: Life, stratum: np.ndarray) -> float:
    """Mantel and Haenszel's: visits on days with acts beside those without, within strata (n, days); −1 is left out."""
    visits, acted, of = visits_a_day(life)[stratum >= 0], life.creator_active[stratum >= 0], stratum[stratum >= 0]
    with_acts, days_with = np.bincount(of, visits * acted), np.bincount(of, acted)
    without, days_without = np.bincount(of, visits * ~acted), np.bincount(of, ~acted)
    days = np.maximum(days_with + days_without, 1)
    return float(np.log((with_acts * days_without / days).sum() / (without * days_with / days).sum()))


def weeks(life: Life) -> np.ndarray:
    """Strata: creator and week, while the creator is there."""
    creator, day = np.indices((CREATORS, DAYS))
    return np.where(life.phase < ENDED, creator * DAYS + day // 7, -1)


def seasons(life: Life) -> np.ndarray:
    """Strata: creator and stretch of one season of the genre, while the creator is there."""
    season = life.minds.outside.season[:, life.minds.outside.at(0) :]
    stretch = np.cumsum(np.diff(season, axis=1, prepend=season[:, :1]) != 0, axis=1)
    return np.where(life.phase < ENDED, np.arange(CREATORS)[:, None] * DAYS + stretch[life.minds.genre], -1)


def whole(life: Life) -> np.ndarray:
    """Strata: creator, while there."""
    return np.where(life.phase < ENDED, np.arange(CREATORS)[:, None], -1)


def test_the_planted_effect_is_what_a_comparison_of_days_finds(lively, without_effect):
    for life, effect in ((lively, 0.7), (without_effect, 0.0)):
        assert log_rate_ratio(life, weeks(life)) == pytest.approx(effect, abs=0.06)


def test_the_confounder_looks_like_an_effect_and_is_none(confounded):
    """Whoever does not know the seasons finds an effect; within a season there is none."""
    assert log_rate_ratio(confounded, whole(confounded)) > 0.15
    assert log_rate_ratio(confounded, seasons(confounded)) == pytest.approx(0.0, abs=0.06)


def test_seasons_move_creators_too(confounded):
    minds = confounded.minds
    season = minds.outside.season[minds.genre, minds.outside.at(0) :]
    there = confounded.phase < ENDED
    acts = [confounded.creator_active[there & (season == z)].mean() for z in (0, 1)]
    assert acts[1] > 1.3 * acts[0]
    low = np.isin(confounded.phase, (TIRED, FADING))
    assert low[there & (season == 0)].mean() > low[there & (season == 1)].mean()


def test_a_cold_response_is_followed_by_low_spirits(lively):
    """The other direction: among creators in the usual mood who read on a day, the cold response tires more."""
    response = lively.minds.response[:, 1:-1]
    usual = lively.creator_active[:, :-1] & (lively.phase[:, :-1] == 1)
    tired = lively.phase[:, 1:] == TIRED
    cold, other = tired[usual & (response == 0)], tired[usual & (response == 1)]
    assert len(cold) > 500
    assert cold.mean() > 1.5 * other.mean()


def classes_by_silence(life: Life) -> tuple[np.ndarray, np.ndarray]:
    """Shares of the classes on the last day among rooms of creators silent for over 28 days, and of active ones."""
    of = (life.rooms.first_day <= DAYS - 1) & (life.rooms.last_day == DAYS - 1)
    kind, creator = life.rooms.kind[of], life.room_creator[life.rooms.room[of]]
    silence = DAYS - 1 - np.where(life.creator_active, np.arange(DAYS), -1).max(axis=1)
    groups = kind[silence[creator] > 28], kind[silence[creator] <= 7]
    assert min(len(group) for group in groups) > 150
    silent, present = (np.bincount(group, minlength=4) / len(group) for group in groups)
    return silent, present


def test_a_silent_creator_loses_fans_to_sleep(lively, without_effect):
    """Rooms of silent creators are older, so the same comparison in a world without effect is the yardstick."""
    silent, present = classes_by_silence(lively)
    silent_0, present_0 = classes_by_silence(without_effect)
    assert silent[DORMANT] > present[DORMANT] + 0.15
    assert silent[TRUE] / present[TRUE] < 0.8 * silent_0[TRUE] / present_0[TRUE]
    assert silent[DORMANT] / present[DORMANT] > 1.15 * silent_0[DORMANT] / present_0[DORMANT]


def test_fans_see_of_creators_what_anybody_sees():
    """They live beside creators who have no hidden state at all: so nothing of it can reach the log through them."""
    rng = np.random.default_rng(0)
    outside = outside_of(OutsideSide(), date(2025, 9, 1), DAYS, 20, rng)
    visible = SimpleNamespace(
        joined=np.full(10, -21),
        popularity=np.ones(10),
        genre=np.zeros(10, int),
        outside=outside,
        pull=np.ones(10),
        presence=np.ones(10),
    )
    fans = Fans(FanSide(), 200, DAYS, visible, rng)
    met = [fans.live_a_day(day, rng.random(10) < 0.3) for day in range(-20, DAYS)]
    assert sum(day.visits.sum() for day in met) > 1000


def test_presence_is_made_of_acts_alone():
    """Creators whose hidden states are shuffled every day are seen the same while their acts are the same."""
    chain = chain_of(CreatorSide())
    outside = outside_of(OutsideSide(), date(2025, 9, 1), 60, 0, np.random.default_rng(0))
    people = Creators(chain, steady(chain), 50, 60, outside, np.random.default_rng(1))
    short = long = np.where(people.is_first, 0.25, 0.0)
    for day in range(60):
        people.state = np.random.default_rng(day).permutation(people.state)
        acted = people.live_a_day(day)[0].any(axis=1)
        short, long = short + (acted - short) / SHORT, long + (acted - long) / LONG
        assert people.presence == pytest.approx(np.minimum(short / (long + 0.02), 1.5))


def test_true_rooms_are_visited_most(lively):
    """By class: visits per room and day fall from true to dormant, each by a good deal."""
    class_on = np.full((len(lively.room_fan), DAYS), -1, np.int8)
    rooms = lively.rooms
    for room, kind, first, last in zip(rooms.room, rooms.kind, rooms.first_day, rooms.last_day, strict=True):
        class_on[room, first : last + 1] = kind
    of = class_on[lively.session_room, lively.session_day]
    assert (of >= 0).all()  # nobody visits a room that is not there
    visits = np.bincount(of, lively.session_visits, minlength=4) / np.bincount(class_on[class_on >= 0], minlength=4)
    assert (visits[:-1] > 1.6 * visits[1:]).all()


def test_stretches_of_a_room_neither_overlap_nor_leave_gaps(lively):
    rooms = lively.rooms
    order = np.lexsort((rooms.first_day, rooms.room))
    room, first, last, kind = (x[order] for x in (rooms.room, rooms.first_day, rooms.last_day, rooms.kind))
    assert (first <= last).all()
    assert last.max() == DAYS - 1
    same = room[1:] == room[:-1]
    assert (first[1:][same] == last[:-1][same] + 1).all()
    assert (kind[1:][same] != kind[:-1][same]).all()


def test_a_creator_answers_so_many_fans_and_no_more(lively):
    cap = WORLDS["lively"].life.fans.replies_a_day
    replies = lively.acts[..., REPLY]
    wrote = np.zeros((CREATORS, DAYS), int)
    sessions = lively.session_messages > 0
    np.add.at(wrote, (lively.room_creator[lively.session_room[sessions]], lively.session_day[sessions]), 1)
    assert (replies == np.where(lively.creator_active, np.minimum(wrote, cap), 0)).all()
    assert (lively.session_messages[lively.session_answered] > 0).all()
    crowded = wrote[lively.creator_active] > 3 * cap
    share = replies[lively.creator_active] / np.maximum(wrote[lively.creator_active], 1)
    assert share[crowded].max() < 0.34


def test_who_is_answered_comes_again():
    """Planted: an answer warms. The same world with and without replies, visits of all rooms over the year."""
    warm = replace(WORLDS["lively"].life, fans=replace(FanSide(), reply_warmth=0.4))
    cold = replace(WORLDS["lively"].life, fans=replace(FanSide(), reply_warmth=0.0))
    answered, not_answered = lived(warm), lived(cold)
    assert answered.session_visits.sum() > 1.1 * not_answered.session_visits.sum()


def test_drift_moves_creators_from_month_to_month():
    life = lived(WORLDS["drifting"].life, creators=1000, fans=1000)
    there, third = life.phase < ENDED, DAYS // 3
    first, last = slice(0, third), slice(DAYS - third, DAYS)
    active = [life.creator_active[:, part][there[:, part]].mean() for part in (first, last)]
    assert active[1] < 0.85 * active[0]
    ends = [((life.ended >= part.start) & (life.ended < part.stop)).sum() / there[:, part].sum() for part in (first, last)]
    assert ends[1] > 1.3 * ends[0]


def test_holidays_quieten_creators_and_bring_fans():
    world = replace(WORLDS["lively"].life, outside=OutsideSide(holiday_creators=0.3, holiday_fans=2.0))
    life = lived(world)
    outside = life.minds.outside
    plain = outside_of(OutsideSide(), date(2025, 9, 1), DAYS, world.burn_in, np.random.default_rng(0))
    today = slice(outside.at(0), len(outside.wear) - AHEAD)
    holiday = (outside.creator_pace < plain.creator_pace)[today]
    assert holiday.sum() == 3 + 3 + 6  # Chuseok and Seollal, and 3 and 9 October, Christmas, New Year, 1 March, 5 May
    there = (life.phase < ENDED).astype(float)
    acts = life.creator_active.sum(axis=0) / there.sum(axis=0)
    assert acts[holiday].mean() < 0.6 * acts[~holiday].mean()
    visits = np.bincount(life.session_day, life.session_visits, minlength=DAYS)
    assert visits[holiday].mean() > 1.5 * visits[~holiday].mean()
