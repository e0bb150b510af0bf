"""Frozen bins and the population stability index, against numbers worked out by hand."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from fancare.churn.stability import FrozenBins, Reference, bin_counts, bin_edges, psi, psi_by_chance
from tests.drawn_model import ORIGIN, drawn_churn_model
from tests.drawn_panel import SMALL_MODEL, drawn_panel, drawn_timeline

DAY = np.datetime64("2026-06-01", "D")
CUT = drawn_timeline().split_at(ORIGIN, SMALL_MODEL.train.calibration_weeks).cut


def frozen(values: np.ndarray, weeks: int = 1) -> FrozenBins:
    """Bins of values dealt out evenly over so many days."""
    return FrozenBins.of(values, DAY + np.arange(len(values)) % weeks * np.timedelta64(7, "D"))


def test_the_index_of_two_bins_by_hand():
    # half a row added: p = (10.5, 30.5) / 41, q = (30.5, 10.5) / 41, so 2 · (20 / 41) · ln(30.5 / 10.5)
    assert psi(np.array([10, 30]), np.array([30, 10])) == pytest.approx(2 * 20 / 41 * math.log(30.5 / 10.5))
    assert psi(np.array([10, 30]), np.array([30, 10])) == pytest.approx(1.0404, abs=1e-4)


def test_equal_shares_have_an_index_of_zero_and_bins_that_nobody_is_in_say_nothing():
    assert psi(np.array([20, 20]), np.array([20, 20])) == 0
    assert psi(np.array([900, 0, 100]), np.array([9, 0, 1])) == psi(np.array([900, 100]), np.array([9, 1]))


def test_a_bin_that_empties_is_finite_and_large():
    # p = (50.5, 50.5) / 101, q = (100.5, 0.5) / 101
    expected = 50 / 101 * (math.log(100.5 / 50.5) + math.log(50.5 / 0.5))
    assert psi(np.array([50, 50]), np.array([100, 0])) == pytest.approx(expected)
    assert expected > 2


def test_chance_is_a_chi_squared_shared_out_over_both_samples():
    # the 99 % quantile of χ² with 9 degrees of freedom is 21.67, with 1 it is 6.63
    assert psi_by_chance(10, 100, 300) == pytest.approx((1 / 100 + 1 / 300) * 21.67, rel=0.01)
    assert psi_by_chance(2, 50, 50) == pytest.approx(0.04 * 6.63, rel=0.01)
    assert psi_by_chance(1, 50, 50) == 0
    assert psi_by_chance(10, 0, 50) == math.inf


def test_ten_bins_of_equal_count_hold_a_tenth_each():
    values = np.random.default_rng(1).normal(size=1000)
    counts = bin_counts(values, bin_edges(values))
    assert counts.tolist() == [100] * 10 + [0]


def test_what_many_rows_share_has_a_bin_of_its_own_between_its_neighbours():
    values = np.array([-3.0, -2.0, -1.0, *[0.0] * 14, 1.0, 2.0, 3.0])
    counts = bin_counts(values, bin_edges(values))
    assert 14 in counts.tolist()
    moved = bin_counts(np.where(values == 0, -0.5, values), bin_edges(values))
    assert moved[counts.tolist().index(14)] == 0  # a little below zero is another bin


@pytest.mark.parametrize("seed", range(5))
def test_there_are_never_more_than_ten_bins_and_none_is_empty(seed):
    random = np.random.default_rng(seed)
    values = np.concatenate([random.integers(0, 9, 300) * 10.0, random.normal(40, 30, 250)])
    counts = bin_counts(values, bin_edges(values))
    assert len(counts) - 1 <= 10
    assert counts[:-1].min() > 0
    assert counts.sum() == len(values)


def test_undefined_values_have_a_bin_of_their_own():
    bins = frozen(np.array([1.0, 2.0, 3.0, np.nan]))
    assert (bins.counts[-1], bins.undefined, bins.mean) == (1, 0.25, 2.0)
    nothing = frozen(np.full(8, np.nan))
    assert (nothing.edges, nothing.counts, nothing.mean) == ((), (0, 8), None)
    assert nothing.index_of(np.full(50, np.nan)) == 0
    assert nothing.index_of(np.ones(50)) > 3


def test_a_value_no_training_week_had_falls_into_the_open_bins():
    bins = frozen(np.arange(100.0))
    assert bin_counts(np.array([-1e9, 1e9]), bins.edges)[[0, 9]].tolist() == [1, 1]


def test_the_weeks_of_the_same_entities_count_as_one_for_chance():
    one, thirteen = frozen(np.tile(np.arange(60.0), 13)), frozen(np.tile(np.arange(60.0), 13), weeks=13)
    now = np.arange(60.0)
    assert thirteen.by_chance(now) == pytest.approx(psi_by_chance(10, 60, 60))
    assert one.by_chance(now) == pytest.approx(psi_by_chance(10, 780, 60))


def test_what_is_the_same_for_all_on_a_day_never_moves_further_than_its_own_weeks_did():
    """A platform's mean: one value a week. A day with a value of its own kind is as far from the rest as each week was."""
    weeks = np.repeat(np.arange(13.0), 200)
    bins = FrozenBins.of(weeks, DAY + weeks.astype(int) * np.timedelta64(7, "D"))
    assert bins.largest_week > 2
    assert all(bins.index_of(np.full(200, value)) <= bins.largest_week for value in (-5.0, 6.0, 99.0))


def test_a_reference_is_of_the_last_weeks_up_to_the_origin_and_of_risks_on_unseen_rows():
    panel, model = drawn_panel(), drawn_churn_model()
    reference = Reference.of(panel, model, CUT, weeks=3)
    assert (reference.first_day, reference.last_day) == (ORIGIN - timedelta(14), ORIGIN)
    assert set(reference.features) == set(model.feature_names)
    assert {sum(bins.counts) for bins in reference.features.values()} == {3 * 40}
    unseen = (panel.as_of >= np.datetime64(CUT)).sum()
    assert {h: sum(bins.counts) for h, bins in reference.scores.items()} == dict.fromkeys(panel.horizons, unseen)
    risks = model.risks_of(panel, np.flatnonzero(panel.as_of >= np.datetime64(CUT)))
    assert reference.scores[7].mean == pytest.approx(risks[:, 0].mean(), rel=1e-5)


def test_nothing_after_the_origin_is_in_a_reference():
    panel, model = drawn_panel(), drawn_churn_model()
    later = panel.X.copy()
    later[panel.as_of > np.datetime64(ORIGIN - timedelta(21))] += 1000
    made = replace(model, origin=ORIGIN - timedelta(21))
    changed = replace(panel, X=later)
    assert Reference.of(panel, made, date(2026, 3, 1), 5) == Reference.of(changed, made, date(2026, 3, 1), 5)


def test_a_reference_survives_the_manifest_and_another_models_is_refused():
    panel, model = drawn_panel(), drawn_churn_model()
    reference = Reference.of(panel, model, CUT, weeks=13)
    told = json.loads(json.dumps(reference.to_dict(), allow_nan=False))
    assert Reference.of_model(told, model) == reference
    assert json.dumps(told) == json.dumps(Reference.of_model(told, model).to_dict())
    with pytest.raises(ValueError, match="not those of the model"):
        Reference.of_model(told | {"scores": {}}, model)
    with pytest.raises(ValueError, match="do not fit their counts"):
        FrozenBins.from_dict(told["features"]["recency_days"] | {"counts": [1]})
