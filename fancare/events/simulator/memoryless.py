"""Life without signal: every day of everybody drawn from the same constants."""

from __future__ import annotations

import numpy as np

from fancare.events.simulator.conditional_risk import HORIZONS, TrueRisk
from fancare.events.simulator.fans import CASUAL, answer
from fancare.events.simulator.life import STEADY, Life, Rooms
from fancare.events.simulator.world import CREATOR_ACTS, CREATOR_VISITS, Memoryless

REPLY = CREATOR_ACTS.index("reply")
OWN_VISITS_PER_DAY = (0.10, 0.02, 0.02, 0.04, 0.10)  # order of CREATOR_VISITS


def constant_risk(constants: Memoryless, active: np.ndarray) -> TrueRisk:
    """The true risk, one number per horizon whatever was seen; ``active`` (n, days) says who acted when."""
    days = np.arange(active.shape[1])
    last = np.maximum.accumulate(np.where(active, days, -1), axis=1)
    silence = np.where(last >= 0, days - last, -1).astype(np.int32)
    of_horizon = np.array([(1 - constants.creator_active) ** h for h in HORIZONS], np.float32)
    return TrueRisk(np.where((silence >= 0)[..., None], of_horizon, np.float32(np.nan)), silence)


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
    messages = rng.poisson(1.2, sessions)
    answered = np.zeros(sessions, bool)
    for day in range(days):
        today = np.flatnonzero(session_day == day)
        whose = room_creator[session_room[today]]
        answered[today] = answer(whose, messages[today], active[:, day], constants.replies_a_day, rng)
        acts[:, day, REPLY] = np.bincount(whose[answered[today]], minlength=creators)
    return Life(
        days=days,
        acts=acts,
        own_visits=own_visits,
        phase=np.full((creators, days), STEADY, np.int8),
        rhythm=np.full(creators, "memoryless"),
        usual_gap=np.full(creators, 1 / constants.creator_active),
        joined=np.zeros(creators, np.int64),
        ended=np.full(creators, days),
        minds=None,
        fan_joined=np.full(fans, -1),
        fan_left=np.full(fans, days),
        creator_of_fan=np.full(fans, -1),
        room_creator=room_creator,
        room_fan=room_fan,
        rooms=Rooms(
            room=np.arange(len(room_fan)),
            kind=np.full(len(room_fan), CASUAL),
            first_day=np.zeros(len(room_fan), np.int64),
            last_day=np.full(len(room_fan), days - 1),
        ),
        session_day=session_day,
        session_room=session_room,
        session_visits=1 + rng.poisson(0.3, sessions),
        session_messages=messages,
        session_donations=(rng.random(sessions) < 0.12).astype(np.int64),
        session_answered=answered,
        generosity=np.ones(fans),
        idle_day=idle_day,
        idle_fan=idle_fan,
    )
