"""Bots: accounts that write in one room at a constant rate, day and night. Creators do not mind them, and fans neither."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fancare.events.simulator.life import Life
from fancare.events.simulator.world import Bots

DAY_SECONDS = 86_400


@dataclass(frozen=True)
class BotAccounts:
    """Every array has shape (b,): whose room, from which day through which, and how many messages on each."""

    creator: np.ndarray
    first_day: np.ndarray
    last_day: np.ndarray
    messages_a_day: np.ndarray

    def messages(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Bot, day and second of the day of every message.

        >>> one = BotAccounts(np.array([5]), np.array([2]), np.array([3]), np.array([3]))
        >>> [part.tolist() for part in one.messages()]
        [[0, 0, 0, 0, 0, 0], [2, 2, 2, 3, 3, 3], [0, 28800, 57600, 0, 28800, 57600]]
        """
        a_day = self.messages_a_day
        each = a_day * (self.last_day - self.first_day + 1)
        bot = np.repeat(np.arange(len(each)), each)
        number = np.arange(len(bot)) - np.repeat(np.cumsum(each) - each, each)
        of_day = number % a_day[bot]
        return bot, self.first_day[bot] + number // a_day[bot], of_day * DAY_SECONDS // a_day[bot]


def draw_bots(side: Bots, life: Life, rng: np.random.Generator) -> BotAccounts:
    """As many bots as the world has, each in the room of a creator who has acted before."""
    count = round(side.per_hundred_fans * len(life.fan_joined) / 100)
    if side.per_hundred_fans > 0:
        count = max(count, 1)
    acted = life.creator_active
    rooms = np.flatnonzero(acted.any(axis=1))
    creator = rng.choice(rooms, size=count if len(rooms) else 0)
    count = len(creator)
    first_act = acted[creator].argmax(axis=1)
    first_day = rng.integers(first_act, life.days)
    last_day = first_day + rng.integers(side.days[0], side.days[1] + 1, count) - 1
    rate = rng.integers(side.messages_a_day[0], side.messages_a_day[1] + 1, count)
    return BotAccounts(creator, first_day, np.minimum(last_day, life.days - 1), rate)
