"""Which rows of a panel a model made on its origin may train on, and which may calibrate it.

    training as_ofs ··· labels end │ calibration as_ofs ··· labels end │ origin
                                  cut                                  o

Rows are named by their number in the panel; nothing of the panel's features is copied here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from fancare.churn.hazard import at_risk
from fancare.churn.ids import word
from fancare.dates import OriginSplit
from fancare.errors import NotEnoughHistory
from fancare.modelspec import TrainSpec
from fancare.panel.gate import Panel


@dataclass(frozen=True)
class TrainingRows:
    """``index`` (m,) row numbers; ``churned`` (m, H), NaN where the label was not usable."""

    index: np.ndarray
    churned: np.ndarray


@dataclass(frozen=True)
class CalibrationRows:
    """``index`` (m,) row numbers; ``churned`` (m, H); ``mask`` (m, H): whose slice each horizon's row belongs to."""

    index: np.ndarray
    churned: np.ndarray
    mask: np.ndarray

    @property
    def mask_at_risk(self) -> np.ndarray:
        """(m, H): rows that calibrate each link of a chain: in its slice and at risk of it."""
        return self.mask & at_risk(self.churned)


def training_rows(panel: Panel, split: OriginSplit, spec: TrainSpec) -> TrainingRows:
    """The rows whose labels end by the cut, horizon by horizon; at most ``max_rows``, drawn evenly over the as_ofs.

    The draw and the order depend on ids and dates only, not on how the panel happens to be sorted. Raises
    `NotEnoughHistory` when nothing is left, or nothing for one of the horizons, or when all rows are of one entity.
    """
    days = split.training_as_ofs[-spec.history_weeks :] if spec.history_weeks else split.training_as_ofs
    candidates = np.flatnonzero(np.isin(panel.as_of, _days(days)))
    usable = _usable(panel, candidates, split.training)
    candidates = candidates[~np.isnan(usable).all(axis=1)]
    if not len(candidates):
        raise NotEnoughHistory(
            f"The model was asked for as of {split.origin}; none of the {len(panel)} rows of the panel has a label that "
            f"ends by {split.cut}: bring more history, or set shorter horizons in [churn]."
        )
    unlabelled = [h for k, h in enumerate(panel.horizons) if np.isnan(usable[:, k]).all()]
    if unlabelled:  # its link would be a coin toss
        raise NotEnoughHistory(
            f"The model was asked for as of {split.origin}; no training row has a label over {unlabelled[0]} days that ends by "
            f"{split.cut} ([train] history_weeks = {spec.history_weeks}; 0 takes all weeks): train on more weeks, bring more "
            f"history, or set shorter horizons in [churn]."
        )
    ids, as_of = _ids(panel, candidates), panel.as_of[candidates]
    if (ids == ids[0]).all():
        raise NotEnoughHistory(
            f"All {len(candidates)} training rows are of one {panel.entity}, {ids[0]!r}; a model compares entities, so "
            f"two or more are needed: bring a log with more of them."
        )
    order = np.lexsort((_lots(ids, as_of), as_of))
    candidates, as_of = candidates[order], as_of[order]
    chosen = candidates[_shared(as_of, spec.max_rows)]
    return TrainingRows(chosen, _usable(panel, chosen, split.training))


def calibration_rows(panel: Panel, slices: Mapping[int, tuple[date, ...]]) -> CalibrationRows:
    """The rows of each horizon's most recent ripe slice; ``slices`` are its as_ofs, horizon by horizon.

    A row at risk of a long link needs its shorter horizons' labels too; those end earlier, so they are ripe as well.
    """
    index = np.flatnonzero(np.isin(panel.as_of, _days(tuple({day for days in slices.values() for day in days}))))
    as_of, churned = panel.as_of[index], panel.churned[index].copy()
    mask = np.zeros(churned.shape, dtype=bool)
    for k, horizon in enumerate(panel.horizons):
        slice_days = _days(slices[horizon])
        mask[:, k] = np.isin(as_of, slice_days) & ~np.isnan(churned[:, k])
        unripe = as_of > max(slice_days) if len(slice_days) else np.ones(len(as_of), dtype=bool)
        churned[unripe, k] = np.nan  # it must not even tell who is at risk
    return CalibrationRows(index, churned, mask)


def known_columns(panel: Panel, split: OriginSplit) -> np.ndarray:
    """Positions of the features that the origin could know: those of event names first seen later are left out."""
    known = [f.first_known is None or f.first_known <= split.origin for f in panel.features]
    return np.flatnonzero(known)


def evenly(n: int, most: int) -> np.ndarray:
    """Positions of at most ``most`` of n rows, at equal distances; training rows lie by day, so every day has its share.

    >>> evenly(10, 4).tolist(), evenly(3, 4).tolist()
    ([0, 2, 5, 7], [0, 1, 2])
    """
    return np.arange(min(n, most)) * n // max(1, min(n, most))


def _usable(panel: Panel, index: np.ndarray, allowed: dict[int, tuple[date, ...]]) -> np.ndarray:
    """(m, H) labels of these rows, NaN where the row's as_of is not among the horizon's allowed ones."""
    churned = panel.churned[index].copy()
    for k, horizon in enumerate(panel.horizons):
        churned[~np.isin(panel.as_of[index], _days(allowed[horizon])), k] = np.nan
    return churned


def _shared(groups: np.ndarray, most: int) -> np.ndarray:
    """Positions of at most ``most`` rows of sorted ``groups``, the first ones of each, no group cut while another is longer."""
    _, starts, sizes = np.unique(groups, return_index=True, return_counts=True)
    if sizes.sum() <= most:
        return np.arange(len(groups))
    quota, left, open_groups = np.zeros(len(sizes), dtype=int), most, len(sizes)
    for g in np.argsort(sizes, kind="stable"):  # smallest first: what it does not need, the others share
        quota[g] = min(sizes[g], left // open_groups)
        left -= quota[g]
        open_groups -= 1
    return np.concatenate([np.arange(start, start + q) for start, q in zip(starts, quota, strict=True)])


def _ids(panel: Panel, index: np.ndarray) -> np.ndarray:
    """(m,) one id per entity: for rooms ``creator/fan``, and still two for two rooms where ids hold slashes."""
    if panel.creator_id is None or panel.fan_id is None:
        return panel.entity_ids[index]
    pairs = zip(panel.creator_id[index], panel.fan_id[index], strict=True)  # no id holds a NUL
    return np.array(
        [f"{creator}\0{fan}" if "/" in creator else f"{creator}/{fan}" for creator, fan in pairs], dtype=object
    )


def _lots(ids: np.ndarray, as_of: np.ndarray) -> np.ndarray:
    """(n,) uint64: one lot per entity and day, from the id and the date alone, so that each day draws others."""
    words = {name: word(str(name)) for name in set(ids.tolist())}
    of_entity = np.fromiter((words[name] for name in ids.tolist()), dtype=np.uint64, count=len(ids))
    days, position = np.unique(as_of, return_inverse=True)
    of_day = np.array([word(str(day)) for day in days], dtype=np.uint64)
    mixed = (of_entity ^ of_day[position]) * np.uint64(0x9E3779B97F4A7C15)  # wraps: multiplicative hashing
    return mixed ^ (mixed >> np.uint64(32))


def _days(days: tuple[date, ...]) -> np.ndarray:
    return np.asarray(days, dtype="datetime64[D]")
