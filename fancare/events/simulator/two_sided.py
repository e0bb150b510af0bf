"""Life with signal: day by day, creators act, fans answer, and the answer moves the creators."""

from __future__ import annotations

import numpy as np

from fancare.events.simulator.creators import Creators, draw_joins, draw_traits
from fancare.events.simulator.fans import Fans
from fancare.events.simulator.life import NOT_YET, Life
from fancare.events.simulator.world import CREATOR_ACTS, CREATOR_VISITS, TwoSided
from fancare.progress import Progress

WEEK = 7


def live(
    constants: TwoSided,
    creators: int,
    fans: int,
    days: int,
    first_weekday: int,
    rng: np.random.Generator,
    progress: Progress,
) -> Life:
    """A `Life` of ``days`` days; ``first_weekday`` is day 0's, Monday 0. The burn-in is lived but not recorded."""
    traits, joined = draw_traits(constants, creators, rng), draw_joins(constants, creators, days, rng)
    people = Creators(constants, traits, joined, rng)
    crowd = Fans(constants, fans, days, people, rng)
    acts = np.zeros((creators, days, len(CREATOR_ACTS)), np.int16)
    own_visits = np.zeros((creators, days, len(CREATOR_VISITS)), np.int16)
    enthusiasm = np.full((creators, days), np.nan, np.float32)
    phase = np.full((creators, days), NOT_YET, np.int8)
    sessions, idle = [], []
    with progress.task("living the days", total=days + constants.burn_in) as task:
        for day in range(-constants.burn_in, days):
            weekday = (first_weekday + day) % WEEK
            day_acts, day_visits = people.live_a_day(day, weekday)
            met = crowd.live_a_day(day, weekday, day_acts.sum(axis=1) > 0)
            people.feel(crowd.love(met))
            if day >= 0:
                acts[:, day], own_visits[:, day], phase[:, day] = day_acts, day_visits, people.phase
                enthusiasm[:, day] = np.where(people.on_platform, people.enthusiasm, np.nan)
                sessions.append((np.full(len(met.rooms), day), met.rooms, met.visits, met.messages, met.donations))
                idle.append(crowd.idle())
            task.advance()
    session_day, session_room, visits, messages, donations = (
        np.concatenate(parts) for parts in zip(*sessions, strict=True)
    )
    return Life(
        days=days,
        acts=acts,
        own_visits=own_visits,
        enthusiasm=enthusiasm,
        phase=phase,
        rhythm=people.traits.rhythm,
        usual_gap=people.traits.usual_gap,
        joined=people.joined,
        ended=np.minimum(people.ended, days),
        fan_joined=crowd.joined,
        creator_of_fan=crowd.creator_of_fan,
        room_creator=crowd.room_creator,
        room_fan=crowd.room_fan,
        session_day=session_day,
        session_room=session_room,
        session_visits=visits,
        session_messages=messages,
        session_donations=donations,
        generosity=crowd.generosity,
        idle_day=np.repeat(np.arange(days), [len(fans_today) for fans_today in idle]),
        idle_fan=np.concatenate(idle),
    )
