"""Laws that hold of learning whatever the numbers are."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from fancare.churn import batches
from fancare.churn.batches import BLOCK_ROWS, BatchPlan
from fancare.churn.bootstrap import WeightedAUC
from fancare.churn.calibration import LEVEL_SPREAD, SLOPE_SPREAD, ChainCalibration, platt
from fancare.churn.encode import CLIP, Encoder
from fancare.churn.hazard import at_risk, risk_from_links
from fancare.churn.metrics import Figures
from fancare.modelspec import TabNetSpec
from fancare.panel import float_rows

LOGITS = st.floats(-60, 60)


@given(
    logits=arrays(np.float64, (20, 3), elements=LOGITS),
    slopes=st.tuples(*[st.floats(0.01, 20)] * 3),
    shifts=st.tuples(*[st.floats(-20, 20)] * 3),
)
def test_calibrated_risks_are_ordered_probabilities(logits, slopes, shifts):
    risks = risk_from_links(ChainCalibration(slopes, shifts).apply(logits))
    assert ((risks >= 0) & (risks <= 1)).all()
    assert (np.diff(risks, axis=1) <= 0).all()


@given(
    logits=arrays(np.float64, 60, elements=LOGITS),
    outcome=arrays(np.float64, 60, elements=st.sampled_from([0.0, 1.0])),
)
def test_any_slice_gives_a_positive_slope_and_no_worse_a_fit_than_none(logits, outcome):
    a, b = platt(logits, outcome)
    assert a > 0
    assert np.isfinite(b)

    def penalised(a, b):
        z = a * logits + b
        likelihood = (np.logaddexp(0, z) - outcome * z).sum()
        return likelihood + 0.5 * ((a - 1) / SLOPE_SPREAD) ** 2 + 0.5 * ((z - logits).mean() / LEVEL_SPREAD) ** 2

    assert penalised(a, b) <= penalised(1, 0) + 1e-6


@given(
    days=arrays(np.float64, 30, elements=st.integers(1, 60)), seen=arrays(np.float64, 30, elements=st.integers(0, 60))
)
def test_a_row_counts_for_as_long_as_it_was_watched(days, seen):
    horizons = np.array([7, 14, 28])
    churned = np.where(seen[:, None] >= horizons, days[:, None] > horizons, np.nan)
    mask = at_risk(churned)
    assert (np.diff(mask.astype(int), axis=1) <= 0).all()  # once out, out
    expected = (seen[:, None] >= horizons) & (days[:, None] > np.array([0, 7, 14]))
    assert (mask == expected).all()


@given(
    n=st.integers(2, 5_000), batch=st.integers(2, 3_000), virtual=st.integers(2, 1_024),
    epochs=st.integers(1, 40), least=st.integers(1, 2_000),
)  # fmt: skip
def test_every_epoch_has_equal_batches_and_meets_every_row(n, batch, virtual, epochs, least):
    spec = TabNetSpec(batch_size=batch, virtual_batch_size=virtual, epochs=epochs, min_updates=least)
    plan = BatchPlan.of(n, spec)
    X = np.arange(n, dtype=np.float32)[:, None]
    given_rows, rows = zip(*plan.batches(X, torch.Generator().manual_seed(0)), strict=True)
    assert all((read[:, 0] == index).all() for index, read in zip(given_rows, rows, strict=True))
    assert len(given_rows) == plan.steps >= 1
    assert {len(b) for b in given_rows} == {plan.rows}
    assert plan.rows % plan.ghosts == 0
    assert plan.rows // plan.ghosts >= 2
    assert set(torch.cat(given_rows).tolist()) == set(range(n))
    assert plan.rows <= 2 * max(batch, 64) + plan.ghosts


@settings(max_examples=30)
@given(n=st.integers(2, 5 * BLOCK_ROWS), batch=st.integers(64, 3_000), seed=st.integers(0, 99))
def test_rows_in_a_file_make_the_same_batches_in_another_order(n, batch, seed):
    plan = BatchPlan.of(n, TabNetSpec(batch_size=batch, virtual_batch_size=32, epochs=1, min_updates=1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(float_rows, "MAPPED_FROM_BYTES", 1)
        patch.setattr(batches, "BLOCKS_AT_A_TIME", 2)
        X = float_rows.float_rows(n, 2)
        X[:] = np.arange(n)[:, None]
        index, rows = zip(*plan.batches(X, torch.Generator().manual_seed(seed)), strict=True)
        again = torch.cat([i for i, _ in plan.batches(X, torch.Generator().manual_seed(seed))])
    assert float_rows.is_mapped(X)
    assert all((read == i[:, None]).all() for i, read in zip(index, rows, strict=True))
    assert [len(i) for i in index] == [plan.rows] * plan.steps
    assert set(torch.cat(index).tolist()) == set(range(n))
    assert torch.equal(torch.cat(index), again)


@given(
    X=arrays(
        np.float32,
        array_shapes(min_dims=2, max_dims=2, max_side=8),
        elements=st.floats(-(2.0**100), 2.0**100, width=32) | st.just(np.nan),
    )
)
def test_whatever_was_trained_on_can_be_encoded(X):
    encoder = Encoder.fit(X)
    for rows in (X, -X, np.full_like(X, np.nan)):
        encoded = encoder.transform(rows)
        assert np.isfinite(encoded).all()
        assert (np.abs(encoded) <= CLIP).all()


@given(
    y=arrays(np.float64, 40, elements=st.sampled_from([0.0, 1.0, np.nan])),
    p=arrays(np.float64, 40, elements=st.floats(0, 1)),
    order=st.permutations(range(40)),
)
def test_figures_are_within_their_bounds_and_blind_to_the_order_of_rows(y, p, order):
    figures, again = Figures.of(y, p), Figures.of(y[order], p[order])
    for name, low, high in (
        ("auc", 0, 1),
        ("average_precision", 0, 1),
        ("brier", 0, 1),
        ("ece", 0, 1),
        ("log_loss", 0, 20),
    ):
        value = getattr(figures, name)
        assert np.isnan(value) or low <= value <= high
    assert again.auc == pytest.approx(figures.auc, nan_ok=True)
    assert again.lift_at_10pct == pytest.approx(figures.lift_at_10pct, nan_ok=True)


@given(
    y=arrays(np.float64, 30, elements=st.sampled_from([0.0, 1.0])),
    p=arrays(np.float64, 30, elements=st.integers(0, 5).map(float)),
    weight=arrays(np.float64, 30, elements=st.integers(0, 3).map(float)),
)
def test_a_weight_counts_like_so_many_copies_and_turning_the_score_turns_the_auc(y, p, weight):
    value = WeightedAUC(y, p)(weight)
    copies = np.repeat(np.arange(30), weight.astype(int))
    assert value == pytest.approx(WeightedAUC(y[copies], p[copies])(np.ones(len(copies))), nan_ok=True)
    assert WeightedAUC(y, -p)(weight) == pytest.approx(1 - value, nan_ok=True)
