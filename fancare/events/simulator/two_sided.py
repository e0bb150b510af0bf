"""Life with signal: day by day, creators act, fans answer, and the answer moves the creators."""

from __future__ import annotations

from datetime import date

import numpy as np

from fancare.events.simulator.creators import Creators
from fancare.events.simulator.fans import Fans
from fancare.events.simulator.hidden_chain import NEUTRAL, chain_of
from fancare.events.simulator.life import NOT_YET, Life, Minds
from fancare.events.simulator.outside import outside_of
from fancare.events.simulator.steady import steady
from fancare.events.simulator.world import CREATOR_ACTS, CREATOR_VISITS, TwoSided
from fancare.progress import Progress

REPLY = CREATOR_ACTS.index("reply")


def live(
    world: TwoSided,
    creators: int,
    fans: int,
    days: int,
    first_day: date,
    rng: np.random.Generator,
    progress: Progress,
) -> Life:
    """A `Life` of ``days`` days from ``first_day`` on. The burn-in is lived but not recorded."""
    chain = chain_of(world.creators)
    outside = outside_of(world.outside, first_day, days, world.burn_in, rng)
    people = Creators(chain, steady(chain), creators, days, outside, rng)
    crowd = Fans(world.fans, fans, days, people, rng)
    acts = np.zeros((creators, days, len(CREATOR_ACTS)), np.int16)
    own_visits = np.zeros((creators, days, len(CREATOR_VISITS)), np.int16)
    phase = np.full((creators, days), NOT_YET, np.int8)
    response = np.full((creators, days + 1), NEUTRAL, np.int8)
    silence = np.where(people.has_acted, people.silence, -1)
    sessions, idle = [], []
    with progress.task("living the days", total=days + world.burn_in) as task:
        for day in range(-world.burn_in, days):
            day_acts, day_visits = people.live_a_day(day)
            met = crowd.live_a_day(day, np.asarray(day_acts.any(axis=1)))
            people.feel(crowd.love(met))
            if day == -1:
                silence = np.where(people.has_acted, people.silence, -1)
            response[:, max(day + 1, 0)] = people.response
            if day >= 0:
                answered = crowd.room_creator[met.rooms[met.answered]]
                acts[:, day, :REPLY] = day_acts
                acts[:, day, REPLY] = np.bincount(answered, minlength=creators)
                own_visits[:, day], phase[:, day] = day_visits, people.phase
                sessions.append(
                    (np.full(len(met.rooms), day), met.rooms, met.visits, met.messages, met.donations, met.answered)
                )
                idle.append(crowd.idle())
            task.advance()
    session_day, session_room, visits, messages, donations, answered = (
        np.concatenate(parts) for parts in zip(*sessions, strict=True)
    )
    return Life(
        days=days,
        acts=acts,
        own_visits=own_visits,
        phase=phase,
        rhythm=np.array(chain.rhythm)[people.kind],
        usual_gap=chain.usual_gap[people.kind],
        joined=people.joined,
        ended=np.minimum(people.ended, days),
        minds=Minds(response, silence, people.genre, outside),
        fan_joined=crowd.joined,
        fan_left=crowd.left,
        creator_of_fan=crowd.creator_of_fan,
        room_creator=crowd.room_creator,
        room_fan=crowd.room_fan,
        rooms=crowd.rooms,
        session_day=session_day,
        session_room=session_room,
        session_visits=visits,
        session_messages=messages,
        session_donations=donations,
        session_answered=answered,
        generosity=crowd.generosity,
        idle_day=np.repeat(np.arange(days), [len(fans_today) for fans_today in idle]),
        idle_fan=np.concatenate(idle),
    )
