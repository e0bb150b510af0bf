"""A model made at an origin cannot know anything later: no label that was not ripe, no row, no event name."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fancare.churn.model import ChurnModel, fit_at_origin
from fancare.modelspec import PruneSpec, TeacherSpec
from fancare.panel.gate import Panel
from tests.drawn_panel import HORIZONS, SMALL, SMALL_MODEL, drawn_panel, drawn_timeline

LINE = drawn_timeline(18)
PANEL = drawn_panel(n_entities=12, weeks=18)
SPEC = replace(
    SMALL_MODEL,
    prune=PruneSpec(max_features=3),
    teacher=TeacherSpec(label_weight=0.2, folds=2),
    tabnet=replace(SMALL, epochs=1, min_updates=4),
)
ORIGINS = LINE.weekly_as_ofs()[11:]


def bits(model: ChurnModel) -> tuple:
    meta, arrays = model.to_parts()
    return str(meta), {name: array.tobytes() for name, array in arrays.items()}


def usable(panel: Panel, origin) -> np.ndarray:
    """(n, H) bool: the label was ripe at the origin."""
    ends = panel.as_of[:, None] + np.array(HORIZONS, dtype="timedelta64[D]")
    return ends <= np.datetime64(origin)


@settings(max_examples=8)
@given(origin=st.sampled_from(ORIGINS), seed=st.integers(0, 2**32 - 1))
def test_no_unripe_label_changes_anything(origin, seed):
    split = LINE.split_at(origin, 2)
    random = np.random.default_rng(seed)
    other = random.integers(0, 2, size=PANEL.churned.shape).astype(np.float32)
    other[random.random(other.shape) < 0.2] = np.nan
    watched = (np.datetime64(origin) - PANEL.as_of).astype(int)
    later = watched + random.integers(1, 40, size=len(PANEL))  # came back after the origin: on another day, or never
    unseen = np.where(random.random(len(PANEL)) < 0.5, np.nan, np.maximum(later, 1))
    back = PANEL.days_until_return <= watched
    changed = replace(
        PANEL,
        churned=np.where(usable(PANEL, origin), PANEL.churned, other),
        days_until_return=np.where(back, PANEL.days_until_return, unseen).astype(np.float32),
    )
    assert not np.array_equal(changed.days_until_return, PANEL.days_until_return)
    assert (changed.churned != PANEL.churned).any()
    assert bits(fit_at_origin(changed, split, SPEC)) == bits(fit_at_origin(PANEL, split, SPEC))


@settings(max_examples=8)
@given(origin=st.sampled_from(ORIGINS[:-1]), seed=st.integers(0, 2**32 - 1), drop=st.booleans())
def test_no_row_after_the_origin_changes_anything(origin, seed, drop):
    split = LINE.split_at(origin, 2)
    later = PANEL.as_of > np.datetime64(origin)
    assert later.any()
    if drop:
        changed = PANEL.rows(~later)
    else:
        X = PANEL.X.copy()
        X[later] = np.random.default_rng(seed).normal(scale=1e4, size=X[later].shape)
        changed = replace(PANEL, X=X, churned=np.where(later[:, None], 1 - PANEL.churned, PANEL.churned))
    assert bits(fit_at_origin(changed, split, SPEC)) == bits(fit_at_origin(PANEL, split, SPEC))


@settings(max_examples=5)
@given(origin=st.sampled_from(ORIGINS), seed=st.integers(0, 2**32 - 1))
def test_the_order_of_the_rows_changes_nothing(origin, seed):
    split = LINE.split_at(origin, 2)
    shuffled = PANEL.rows(np.random.default_rng(seed).permutation(len(PANEL)))
    there, here = fit_at_origin(shuffled, split, SPEC), fit_at_origin(PANEL, split, SPEC)
    assert bits(there)[1] == bits(here)[1]
    # a sum over the calibration rows in another order may differ in its last bits
    assert there.calibration.slopes == pytest.approx(here.calibration.slopes, abs=1e-4)
    assert there.calibration.shifts == pytest.approx(here.calibration.shifts, abs=1e-4)


@pytest.mark.parametrize("horizon", HORIZONS)
def test_a_ripe_label_does_change_the_model(horizon):
    """The properties above would also hold of a model that reads no labels at all."""
    origin = ORIGINS[-1]
    split = LINE.split_at(origin, 2)
    k = HORIZONS.index(horizon)
    churned = PANEL.churned.copy()
    churned[:, k:] = np.where(np.isnan(churned[:, k:]), np.nan, 1 - churned[:, k:])
    assert bits(fit_at_origin(replace(PANEL, churned=churned), split, SPEC)) != bits(fit_at_origin(PANEL, split, SPEC))


def test_the_day_of_a_ripe_return_changes_the_model():
    """Between the horizons, too, something is learned: with the same labels over 7, 14 and 28 days."""
    split = LINE.split_at(ORIGINS[-1], 2)
    sooner = PANEL.days_until_return.copy()
    sooner[(sooner > 1) & (sooner <= 7)] = 1
    changed = replace(PANEL, days_until_return=sooner)
    assert bits(fit_at_origin(changed, split, SPEC)) != bits(fit_at_origin(PANEL, split, SPEC))
    unasked = replace(SPEC, tabnet=replace(SPEC.tabnet, between_weight=0.0))
    assert bits(fit_at_origin(changed, split, unasked)) == bits(fit_at_origin(PANEL, split, unasked))


@given(origin=st.sampled_from(ORIGINS), late=st.integers(0, 5))
def test_late_arrivals_push_every_label_back(origin, late):
    line = replace(LINE, late_days=late)
    split = line.split_at(origin, 2)
    for h in HORIZONS:
        assert max(split.calibration[h]) + timedelta(h + late) <= origin
        assert max(split.training[h]) + timedelta(h) <= split.cut
