import json
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from fancare.churn.calibration import platt
from fancare.churn.metrics import auc
from fancare.churn.model import ChurnModel, fit_at_origin
from fancare.errors import Refused
from tests.drawn_panel import HORIZONS, SMALL, SMALL_MODEL, drawn_panel, drawn_timeline, feature


@pytest.fixture(scope="module")
def drawn():
    line = drawn_timeline(16)
    panel = drawn_panel(n_entities=60, weeks=16)
    split = line.split_at(line.data_through, 2)
    spec = replace(SMALL_MODEL, tabnet=replace(SMALL, epochs=6, min_updates=60))
    return panel, split, spec, fit_at_origin(panel, split, spec)


def test_the_model_ranks_those_it_never_saw(drawn):
    _, _, _, model = drawn
    later = drawn_panel(n_entities=200, weeks=8, seed=9)
    risks = model.risks_of(later)
    known = ~np.isnan(later.churned[:, 1])
    assert auc(later.churned[known, 1], risks[known, 1]) > 0.6


def test_risks_are_probabilities_that_never_rise_with_the_horizon(drawn):
    panel, _, _, model = drawn
    wild = np.random.default_rng(0).normal(scale=1e6, size=(500, panel.X.shape[1])).astype(np.float32)
    for risks in (model.risks(panel.X), model.risks(wild)):
        assert risks.dtype == np.float64
        assert ((risks > 0) & (risks < 1)).all()
        assert (np.diff(risks, axis=1) <= 0).all()


def test_an_undefined_feature_is_scored(drawn):
    _, _, _, model = drawn
    assert np.isfinite(model.risks(np.full((2, len(model.feature_names)), np.nan, np.float32))).all()


def test_parts_make_the_same_model_to_the_bit(drawn):
    panel, _, _, model = drawn
    meta, arrays = model.to_parts()
    again = ChurnModel.from_parts(json.loads(json.dumps(meta)), {name: array.copy() for name, array in arrays.items()})
    assert (again.risks(panel.X) == model.risks(panel.X)).all()
    assert again.to_parts()[0] == meta
    assert again.origin == model.origin
    np.testing.assert_array_equal(again.reference, model.reference)


def test_columns_are_found_by_name_whatever_their_order(drawn):
    panel, _, _, model = drawn
    turned = replace(panel, X=panel.X[:, ::-1], features=panel.features[::-1])
    assert (model.risks_of(turned) == model.risks_of(panel)).all()
    some = np.array([5, 3, 100])
    assert model.risks_of(panel, some) == pytest.approx(model.risks_of(panel)[some], abs=1e-6)


def test_a_panel_without_a_feature_is_refused(drawn):
    panel, _, _, model = drawn
    with pytest.raises(Refused, match="lacks 1 of the model's 4 features, such as 'noise_2'"):
        model.risks_of(panel.columns(["recency_days", "noise_0", "noise_1"]))


def test_reference_is_the_training_median(drawn):
    panel, split, _, model = drawn
    rows = np.isin(panel.as_of, np.array(split.training_as_ofs, dtype="datetime64[D]"))
    assert model.reference.tolist() == pytest.approx(np.nanmedian(panel.X[rows], axis=0).tolist())
    assert model.n_rows == rows.sum()


def test_an_event_name_from_after_the_origin_has_no_part_in_the_model(drawn):
    panel, split, spec, model = drawn
    unknown = feature("new", first_known=split.origin + timedelta(1))
    wider = replace(panel, X=np.column_stack([panel.X, panel.churned[:, 0]]), features=(*panel.features, unknown))
    again = fit_at_origin(wider, split, spec)
    assert again.feature_names == model.feature_names
    assert (again.risks_of(wider) == model.risks_of(panel)).all()


def test_calibration_follows_a_world_that_changed_after_the_cut(drawn):
    panel, split, spec, model = drawn
    churned = panel.churned.copy()
    recent = panel.as_of >= np.datetime64(split.cut)
    churned[recent] = np.where(np.isnan(churned[recent]), np.nan, 1)  # since then nobody comes back
    sadder = fit_at_origin(replace(panel, churned=churned), split, spec)
    assert (sadder.links(panel.X).mean(axis=0) > model.links(panel.X).mean(axis=0) + 0.02).all()
    assert (sadder.risks_of(panel).mean(axis=0) > model.risks_of(panel).mean(axis=0)).all()
    assert (
        sadder.chain.link_logits(sadder.encoder.transform(panel.X))
        == model.chain.link_logits(model.encoder.transform(panel.X))
    ).all()


def test_each_link_is_calibrated_on_its_own_slice_and_on_those_at_risk_of_it(drawn):
    """By hand: who came back within 7 days has no say in the 14-day link, nor have older or newer weeks than its slice."""
    panel, split, _, model = drawn
    logits = model.chain.link_logits(model.encoder.transform(panel.X)).astype(np.float64)
    for k, h in enumerate(HORIZONS):
        rows = np.isin(panel.as_of, np.array(split.calibration[h], dtype="datetime64[D]"))
        if k:
            rows &= panel.churned[:, k - 1] == 1
        by_hand = platt(logits[rows, k], panel.churned[rows, k])
        assert (model.calibration.slopes[k], model.calibration.shifts[k]) == pytest.approx(by_hand, abs=1e-5)
