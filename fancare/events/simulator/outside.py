"""What moves a platform from outside, day by day: weekdays, holidays, drift, and the hidden seasons of its genres."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from fancare.events.simulator.holidays import is_holiday
from fancare.events.simulator.world import OutsideSide, Seasons

WEEKDAY_CREATORS = np.array([0.95, 0.95, 0.95, 1.0, 1.05, 1.1, 1.0])  # Monday first
WEEKDAY_FANS = np.array([0.92, 0.90, 0.92, 0.96, 1.05, 1.16, 1.12])
AHEAD = 28
"""Days after the log for which it is known too: the longest horizon."""

NO_SEASONS = Seasons(genres=1)


@dataclass(frozen=True)
class Outside:
    """Factors for the days from ``first`` (0 is the log's first day, so it is not above 0) to ``AHEAD`` after the log.

    What is known beforehand, weekdays, holidays and drift, has shape (span,); the seasons' path is drawn for the days
    up to the log's last and has shape (genres, span − AHEAD), ``season_moves`` (Z, Z) is the law it is drawn from.
    """

    first: int
    creator_pace: np.ndarray
    wear: np.ndarray  # factor on how readily moods fall
    fan_pace: np.ndarray
    season: np.ndarray
    season_moves: np.ndarray
    season_creator_pace: np.ndarray  # (Z,) and likewise
    season_wear: np.ndarray
    season_fan_pace: np.ndarray

    def at(self, day: int) -> int:
        """The position of a day in the arrays."""
        return day - self.first


def outside_of(side: OutsideSide, first_day: date, days: int, burn_in: int, rng: np.random.Generator) -> Outside:
    """The outside of a log of ``days`` days from ``first_day`` on, with ``burn_in`` days before it."""
    numbers = np.arange(-burn_in, days + AHEAD)
    dates = [first_day + timedelta(int(number)) for number in numbers]
    weekday = np.array([day.weekday() for day in dates])
    holiday = np.array([is_holiday(day) for day in dates])
    through = np.clip(numbers / max(days - 1, 1), 0.0, 1.0)

    def drifted(factor: float) -> np.ndarray:
        return 1 + (factor - 1) * through

    seasons = side.seasons or NO_SEASONS
    states = len(seasons.fan_pace)
    change = 1 / seasons.days
    moves = np.full((states, states), change / max(states - 1, 1))
    np.fill_diagonal(moves, 1 - change if states > 1 else 1.0)
    return Outside(
        first=-burn_in,
        creator_pace=WEEKDAY_CREATORS[weekday]
        * np.where(holiday, side.holiday_creators, 1.0)
        * drifted(side.drift_creators),
        wear=drifted(side.drift_falls),
        fan_pace=WEEKDAY_FANS[weekday] * np.where(holiday, side.holiday_fans, 1.0) * drifted(side.drift_fans),
        season=_path(seasons.genres, len(numbers) - AHEAD, moves, rng),
        season_moves=moves,
        season_creator_pace=np.array(seasons.creator_pace),
        season_wear=np.array(seasons.creator_falls),
        season_fan_pace=np.array(seasons.fan_pace),
    )


def _path(genres: int, span: int, moves: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    season = np.zeros((genres, span), np.int8)
    season[:, 0] = rng.integers(0, len(moves), genres)
    up_to = moves.cumsum(axis=1)
    for at in range(1, span):
        season[:, at] = (rng.random((genres, 1)) >= up_to[season[:, at - 1], :-1]).sum(axis=1)
    return season
