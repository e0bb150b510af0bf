"""The calibration of the day: what a model says on a day is calibrated on the labels that are ripe on that day.

    origin             labels of longer horizons ripen later               the day that is scored
    ──┤ networks fixed ├── s3 slice ── s2 slice ── s1 slice ──────────────────────┤

Networks grow old slowly, the level of the world moves fast: an old calibration can be worse than none. So each link of the
chain is calibrated anew for every day that is scored, on its own most recent ripe weeks; on the origin itself this gives
the calibration the model was made with. A backtest does the same at each of its test days.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Generic, Protocol, Self, TypeVar

import numpy as np

from fancare.churn.selection import CalibrationRows, calibration_rows
from fancare.dates import TimeLine
from fancare.panel.gate import Panel


class Calibrated(Protocol):
    """What a model (or a baseline) must offer to be calibrated anew."""

    def logits_of(self, panel: Panel, index: np.ndarray) -> np.ndarray: ...

    def recalibrated(self, logits: np.ndarray, recent: CalibrationRows) -> Self: ...

    def risks_of(self, panel: Panel, index: np.ndarray) -> np.ndarray: ...


M = TypeVar("M", bound=Calibrated)


class DailyCalibration(Generic[M]):
    """A model calibrated as it would have been on any day of a log.

    ``panel`` holds the rows with labels that calibrate, on the timeline's weekly as_ofs; ``weeks`` is the length of each
    horizon's slice. Log odds are computed once a day of the panel, however many days ask for them.
    """

    def __init__(self, model: M, panel: Panel, timeline: TimeLine, weeks: int) -> None:
        self._model, self._panel, self._timeline, self._weeks = model, panel, timeline, weeks
        self._logits: dict[np.datetime64, np.ndarray] = {}

    def on(self, day: date) -> M:
        """The model as calibrated on ``day``; as it is where no label is ripe yet."""
        return self._calibrated(self._timeline.calibration_slices(day, self._weeks))

    def risks_of(self, tested: Panel, index: np.ndarray) -> np.ndarray:
        """(n, H): the risks of ``tested``'s rows at ``index``, each as given on its own day."""
        out = np.empty((len(index), len(tested.horizons)))
        days = tested.as_of[index]
        for day in np.unique(days):
            own = days == day
            out[own] = self.on(day.astype("datetime64[D]").item()).risks_of(tested, index[own])
        return out

    def _calibrated(self, slices: Mapping[int, tuple[date, ...]]) -> M:
        recent = calibration_rows(self._panel, slices)
        if not recent.mask.any():
            return self._model
        days = self._panel.as_of[recent.index]
        logits = np.empty((len(recent.index), len(self._panel.horizons)))
        for day in np.unique(days):
            if day not in self._logits:
                self._logits[day] = self._model.logits_of(self._panel, np.flatnonzero(self._panel.as_of == day))
            logits[days == day] = self._logits[day]
        return self._model.recalibrated(logits, recent)
