"""What happened in a world, day by day, before anybody wrote it down: the record that both kinds of life fill."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fancare.events.simulator.outside import Outside

PHASES = ("thriving", "usual", "tired", "fading", "vacation", "long_break", "ended", "not_yet")
"""A creator's phase on a day; the codes are positions in it."""

THRIVING, STEADY, TIRED, FADING, VACATION, LONG_BREAK, ENDED, NOT_YET = range(len(PHASES))


@dataclass(frozen=True)
class Minds:
    """What the creators' hidden lives left behind that the law needs to reason about them, see
    `fancare.events.simulator.conditional_risk`. ``response`` (n, days + 1) is how the fans' answer looked on each day,
    from the day before the log on; ``silence`` (n,) the days since the last active day at the end of that day, −1 for
    who had not joined; ``genre`` (n,)."""

    response: np.ndarray
    silence: np.ndarray
    genre: np.ndarray
    outside: Outside


@dataclass(frozen=True)
class Rooms:
    """Rooms by stretches of one class, ``k`` of them; every array has shape (k,). Days are of the log."""

    room: np.ndarray
    kind: np.ndarray  # index into ROOM_CLASSES
    first_day: np.ndarray
    last_day: np.ndarray


@dataclass(frozen=True)
class Life:
    """One simulated stretch of ``days`` days with ``n`` creators, ``m`` fans and ``r`` rooms.

    Days count from 0, the log's first day; who came earlier has a negative one. A *session* is one fan's day in one
    room. ``creator_of_fan`` is −1 except for the creators who are also fans of others.
    """

    days: int
    acts: np.ndarray  # (n, days, 4) counts, order of CREATOR_ACTS
    own_visits: np.ndarray  # (n, days, 5) counts, order of CREATOR_VISITS
    phase: np.ndarray  # (n, days) codes of PHASES
    rhythm: np.ndarray  # (n,) names
    usual_gap: np.ndarray  # (n,) mean days between active days in the usual mood
    joined: np.ndarray  # (n,) day
    ended: np.ndarray  # (n,) first day of the end, ``days`` where there is none
    minds: Minds | None  # None in a world without memory
    fan_joined: np.ndarray  # (m,) day
    fan_left: np.ndarray  # (m,) first day away, ``days`` where there is none
    creator_of_fan: np.ndarray  # (m,) creator index or −1
    room_creator: np.ndarray  # (r,) creator index, −1 for a room that was never opened
    room_fan: np.ndarray  # (r,) fan index
    rooms: Rooms
    session_day: np.ndarray  # (s,) the arrays below share this length
    session_room: np.ndarray
    session_visits: np.ndarray
    session_messages: np.ndarray
    session_donations: np.ndarray
    session_answered: np.ndarray  # True where the creator replied to this fan on this day
    generosity: np.ndarray  # (m,) factor on a fan's donations
    idle_day: np.ndarray  # (i,) days on which fan ``idle_fan`` opened the app whatever else
    idle_fan: np.ndarray

    @property
    def creator_active(self) -> np.ndarray:
        """(n, days) True where the creator acted."""
        return np.asarray(self.acts.any(axis=2))


def stretches(day: np.ndarray, room: np.ndarray, kind: np.ndarray, days: int) -> Rooms:
    """Stretches from changes: room ``room`` is of class ``kind`` from ``day`` on (−1: left), in order of time."""
    order = np.lexsort((np.arange(len(day)), room))
    day, room, kind = day[order], room[order], kind[order]
    until = np.append(day[1:], days)
    until[np.append(room[1:] != room[:-1], True)] = days
    keep = (kind >= 0) & (until > day)
    return Rooms(room[keep], kind[keep], day[keep], until[keep] - 1)
