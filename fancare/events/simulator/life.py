"""What happened in a world, day by day, before anybody wrote it down: the record that both kinds of life fill."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

ACTIVE, FADING, VACATION, LONG_BREAK, ENDED, NOT_YET = range(6)
PHASES = ("active", "fading", "vacation", "long_break", "ended", "not_yet")
"""A creator's phase on a day, in the order of the codes above."""


@dataclass(frozen=True)
class Life:
    """One simulated stretch of ``days`` days with ``n`` creators, ``m`` fans and ``r`` rooms.

    Days count from 0, the log's first day; who came earlier has a negative one. A *session* is one fan's day in one
    room. ``creator_of_fan`` is −1 except for the creators who are also fans of others.
    """

    days: int
    acts: np.ndarray  # (n, days, 3) counts, order of CREATOR_ACTS
    own_visits: np.ndarray  # (n, days, 5) counts, order of CREATOR_VISITS
    enthusiasm: np.ndarray  # (n, days) latent, 0 is usual, lower is worse
    phase: np.ndarray  # (n, days) codes of PHASES
    rhythm: np.ndarray  # (n,) names
    usual_gap: np.ndarray  # (n,) mean days between active days at enthusiasm 0
    joined: np.ndarray  # (n,) day
    ended: np.ndarray  # (n,) first day of the end, ``days`` where there is none
    fan_joined: np.ndarray  # (m,) day
    creator_of_fan: np.ndarray  # (m,) creator index or −1
    room_creator: np.ndarray  # (r,) creator index
    room_fan: np.ndarray  # (r,) fan index
    session_day: np.ndarray  # (s,) the arrays below share this length
    session_room: np.ndarray
    session_visits: np.ndarray
    session_messages: np.ndarray
    session_donations: np.ndarray
    generosity: np.ndarray  # (m,) factor on a fan's donations
    idle_day: np.ndarray  # (i,) days on which fan ``idle_fan`` opened the app without entering a room
    idle_fan: np.ndarray

    @property
    def creator_active(self) -> np.ndarray:
        """(n, days) True where the creator acted."""
        return np.asarray(self.acts.any(axis=2))
