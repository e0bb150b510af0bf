"""Life without signal: every day of everybody drawn from the same constants."""

from __future__ import annotations

import numpy as np

from fancare.events.simulator.life import ACTIVE, Life
from fancare.events.simulator.world import CREATOR_ACTS, CREATOR_VISITS, Memoryless

OWN_VISITS_PER_DAY = (0.10, 0.02, 0.02, 0.04, 0.10)  # order of CREATOR_VISITS


def live(constants: Memoryless, creators: int, fans: int, days: int, rng: np.random.Generator) -> Life:
    """A `Life` in which nothing that can be observed up to a day says anything about the days after it.

    Creators are equal, fans are equal, every fan has the same number of rooms and every creator the same number of
    rooms up to one; nobody joins or ends; days are independent, the weekday included.
    """
    active = rng.random((creators, days)) < constants.creator_active
    acts = np.zeros((creators, days, len(CREATOR_ACTS)), np.int16)
    acts[..., 0] = active * (1 + rng.poisson(0.6, active.shape))
    acts[..., 1] = active * (rng.random(active.shape) < 0.4)
    acts[..., 2] = active * (rng.random(active.shape) < 0.2)
    own_visits = rng.poisson(OWN_VISITS_PER_DAY, (creators, days, len(CREATOR_VISITS))).astype(np.int16)

    rooms_each = min(constants.rooms_per_fan, creators)
    order = rng.permutation(creators)
    room_fan = np.repeat(np.arange(fans), rooms_each)
    # Neighbours in a random circle: a fan's rooms differ, and creators have equally many.
    room_creator = order[(room_fan * rooms_each + np.tile(np.arange(rooms_each), fans)) % creators]
    session_room, session_day = np.nonzero(rng.random((len(room_fan), days)) < constants.room_visits)
    sessions = len(session_day)
    idle_fan, idle_day = np.nonzero(rng.random((fans, days)) < constants.idle_opens)
    return Life(
        days=days,
        acts=acts,
        own_visits=own_visits,
        enthusiasm=np.zeros((creators, days), np.float32),
        phase=np.full((creators, days), ACTIVE, np.int8),
        rhythm=np.full(creators, "memoryless"),
        usual_gap=np.full(creators, 1 / constants.creator_active),
        joined=np.zeros(creators, np.int64),
        ended=np.full(creators, days),
        fan_joined=np.full(fans, -1),
        creator_of_fan=np.full(fans, -1),
        room_creator=room_creator,
        room_fan=room_fan,
        session_day=session_day,
        session_room=session_room,
        session_visits=1 + rng.poisson(0.3, sessions),
        session_messages=rng.poisson(1.2, sessions),
        session_donations=(rng.random(sessions) < 0.12).astype(np.int64),
        generosity=np.ones(fans),
        idle_day=idle_day,
        idle_fan=idle_fan,
    )
