"""The rules of time: which day may be used for what, and what to wait for when a day will not do.

                     window (past)                        horizon (future)
  ───────────────┤▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒│░░░ 7 ░░░│░░░ 14 ░░░│░░░░░░ 28 ░░░░░░│──────────┤
             as_of−w                 as_of                                as_of+28   data_through

  at an origin o:   training as_ofs ··· labels end │ calibration as_ofs ··· labels end │ o │ test as_ofs ···
                                                  cut                                  o

All dates are days in the platform's time zone. A *window* is ``(as_of − w, as_of]``, a *horizon* ``(as_of, as_of + h]``.
Everything here is arithmetic on dates: nothing reads a table or a clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from fancare.errors import NotEnoughHistory

WEEK = 7


@dataclass(frozen=True)
class OriginSplit:
    """What a model made on ``origin`` may use, horizon by horizon.

    ``calibration[h]`` are the most recent as_ofs whose h-day label is ripe at the origin. ``cut`` is the first as_of of
    the earliest of these slices; a training label must end on or before it, so no training label overlaps the time
    that calibration judges. ``training[h]`` are the as_ofs that may train horizon h.
    """

    origin: date
    cut: date
    training: dict[int, tuple[date, ...]]
    calibration: dict[int, tuple[date, ...]]

    @property
    def training_as_ofs(self) -> tuple[date, ...]:
        """All as_ofs that train at least one horizon (the shortest horizon's are a superset)."""
        return self.training[min(self.training)]

    @property
    def calibration_as_ofs(self) -> tuple[date, ...]:
        """All as_ofs that calibrate at least one horizon, oldest first."""
        return tuple(sorted({day for days in self.calibration.values() for day in days}))


@dataclass(frozen=True)
class Fold:
    """One step of a backtest: train at ``split.origin``, test on ``test_as_ofs`` (all on or after the origin)."""

    split: OriginSplit
    test_as_ofs: tuple[date, ...]


@dataclass(frozen=True)
class TimeLine:
    """The days a log covers, and the questions that may be asked of them.

    ``first_day`` is the log's first day, ``data_through`` the last one taken as complete, ``late_days`` how long events
    may take to arrive, ``warm_up_days`` how much past the first training as_of needs.

    >>> line = TimeLine(date(2026, 1, 1), date(2026, 6, 30), late_days=0, horizons=(7, 14, 28))
    >>> line.is_mature(date(2026, 6, 2), 28), line.is_mature(date(2026, 6, 3), 28)
    (True, False)
    """

    first_day: date
    data_through: date
    late_days: int
    horizons: tuple[int, ...]
    warm_up_days: int = 28

    def is_mature(self, as_of: date, horizon: int) -> bool:
        """True when the horizon has fully elapsed at ``data_through``. Decided by date alone."""
        return as_of + timedelta(horizon) <= self.data_through

    def is_usable(self, as_of: date, horizon: int, origin: date) -> bool:
        """True when a label may be used by a model made on ``origin``: ``as_of + h + late_days <= origin``."""
        return as_of + timedelta(horizon + self.late_days) <= origin

    def weekly_as_ofs(self, through: date | None = None) -> tuple[date, ...]:
        """As_ofs on ``data_through``'s weekday from the end of the warm-up to ``through``, oldest first."""
        through = self.data_through if through is None else min(through, self.data_through)
        earliest = self.first_day + timedelta(self.warm_up_days - 1)
        weeks = (self.data_through - earliest).days // WEEK
        grid = (self.data_through - timedelta(WEEK * back) for back in range(weeks, -1, -1))
        return tuple(day for day in grid if day <= through)

    def calibration_slices(self, day: date, weeks: int) -> dict[int, tuple[date, ...]]:
        """For each horizon the last ``weeks`` weekly as_ofs, fewer where history is short, whose label is ripe on ``day``."""
        grid = self.weekly_as_ofs(through=day)
        return {h: tuple(as_of for as_of in grid if self.is_usable(as_of, h, day))[-weeks:] for h in self.horizons}

    def split_at(self, origin: date, calibration_weeks: int, min_training_weeks: int = 1) -> OriginSplit:
        """The as_ofs that may train and calibrate a model made on ``origin``.

        Raises `NotEnoughHistory` when the longest horizon would be left without ``min_training_weeks`` training as_ofs.
        """
        grid = self.weekly_as_ofs(through=origin)
        calibration = self.calibration_slices(origin, calibration_weeks)
        longest = max(self.horizons)
        if len(calibration[longest]) < calibration_weeks:
            raise self._too_early(origin, calibration_weeks, min_training_weeks)
        cut = calibration[longest][0]
        training = {h: tuple(day for day in grid if day + timedelta(h) <= cut) for h in self.horizons}
        if len(training[longest]) < min_training_weeks:
            raise self._too_early(origin, calibration_weeks, min_training_weeks)
        return OriginSplit(origin=origin, cut=cut, training=training, calibration=calibration)

    def folds(self, count: int, test_weeks: int, calibration_weeks: int, min_training_weeks: int = 4) -> tuple[Fold, ...]:
        """Up to ``count`` rolling origins, oldest first, their test slices touching but never overlapping.

        The last test as_of is the newest one that is mature for every horizon. Where history is short the oldest folds
        are left out; with room for none, `NotEnoughHistory` says which date will do.
        """
        mature = [day for day in self.weekly_as_ofs() if self.is_mature(day, max(self.horizons))]
        folds: list[Fold] = []
        for back in range(count):
            stop = len(mature) - back * test_weeks
            test = tuple(mature[max(stop - test_weeks, 0) : max(stop, 0)])
            if len(test) < test_weeks:
                break
            try:
                split = self.split_at(test[0], calibration_weeks, min_training_weeks)
            except NotEnoughHistory:
                break
            folds.append(Fold(split=split, test_as_ofs=test))
        if not folds:
            needed = self.earliest_origin(calibration_weeks, min_training_weeks)
            needed += timedelta(WEEK * (test_weeks - 1 + _weeks(max(self.horizons))))
            raise NotEnoughHistory(
                f"The log covers {self.first_day} to {self.data_through}; one backtest fold needs data through "
                f"{needed}: bring more history, wait until then, or set shorter horizons in [churn]."
            )
        return tuple(reversed(folds))

    def earliest_origin(self, calibration_weeks: int, min_training_weeks: int = 1) -> date:
        """The first day on which a model for all horizons can be made from a log that starts on ``first_day``.

        Counted in weeks back from that day, as the grid of as_ofs is: the newest ripe label, the other weeks of calibration,
        a horizon between the last training as_of and the cut, the other weeks of training.
        """
        longest = max(self.horizons)
        weeks = _weeks(longest + self.late_days) + calibration_weeks - 1 + _weeks(longest) + min_training_weeks - 1
        return self.first_day + timedelta(self.warm_up_days - 1 + WEEK * weeks)

    def _too_early(self, origin: date, calibration_weeks: int, min_training_weeks: int) -> NotEnoughHistory:
        needed = self.earliest_origin(calibration_weeks, min_training_weeks)
        return NotEnoughHistory(
            f"The log starts on {self.first_day} and the model was asked for as of {origin}; labels over "
            f"{max(self.horizons)} days with {calibration_weeks} weeks of calibration are ripe from {needed} on: "
            f"bring more history, wait until then, or set shorter horizons in [churn]."
        )


def _weeks(days: int) -> int:
    """How many weeks it takes to cover so many days."""
    return -(-days // WEEK)
