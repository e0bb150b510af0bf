import json

import numpy as np
import pytest

from fancare.churn.calibration import FEWEST_ROWS, ChainCalibration, platt
from fancare.churn.hazard import risk_from_links, sigmoid
from fancare.churn.metrics import log_loss


def drifted(n: int, slope: float, shift: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Log odds a model gives, and outcomes of a world in which the truth is slope · logit + shift."""
    random = np.random.default_rng(seed)
    z = random.normal(size=n) * 1.5
    return z, (random.random(n) < sigmoid(slope * z + shift)).astype(np.float64)


def test_the_truth_is_found_again():
    z, y = drifted(20_000, slope=0.6, shift=-1.2)
    a, b = platt(z, y)
    assert a == pytest.approx(0.6, abs=0.05)
    assert b == pytest.approx(-1.2, abs=0.05)


def test_a_drifted_world_is_predicted_better_after_calibration():
    z, y = drifted(2_000, slope=0.5, shift=1.0)
    a, b = platt(z, y)
    later_z, later_y = drifted(2_000, slope=0.5, shift=1.0, seed=1)
    assert log_loss(later_y, sigmoid(a * later_z + b)) < log_loss(later_y, sigmoid(later_z)) - 0.05


def test_few_rows_move_the_odds_less_than_many():
    moved = [platt(*drifted(n, slope=1, shift=1.0))[1] for n in (40, 400, 40_000)]
    assert 0 < moved[0] < moved[1] < moved[2]
    assert moved[2] == pytest.approx(1.0, abs=0.05)


def test_too_few_rows_change_nothing():
    z, y = drifted(FEWEST_ROWS - 1, slope=-3, shift=4)
    assert platt(z, y) == (1.0, 0.0)
    assert platt(z[:0], y[:0]) == (1.0, 0.0)


@pytest.mark.parametrize("outcome", [0.0, 1.0])
def test_one_class_moves_the_odds_a_little_and_never_to_certainty(outcome):
    z = np.linspace(-2, 2, FEWEST_ROWS)
    a, b = platt(z, np.full(len(z), outcome))
    assert a > 0
    assert b * (1 if outcome else -1) > 0
    assert abs(b) < 4


def test_a_world_upside_down_does_not_turn_the_ranking_around():
    z, y = drifted(3_000, slope=-2, shift=0)
    a, _ = platt(z, y)
    assert 0 < a < 0.05


def test_a_world_without_signal_gives_everyone_nearly_the_base_rate():
    z, y = drifted(20_000, slope=0, shift=-1)
    a, b = platt(z, y)
    assert sigmoid(a * z + b) == pytest.approx(np.full(len(z), y.mean()), abs=0.03)


def test_each_link_is_fitted_on_its_own_rows():
    z1, y1 = drifted(5_000, 1.0, 1.0)
    z2, y2 = drifted(5_000, 1.0, -1.0, seed=2)
    logits, outcome = np.column_stack([z1, z2]), np.column_stack([y1, y2])
    mask = np.zeros((5_000, 2), dtype=bool)
    mask[:2_500, 0], mask[2_500:, 1] = True, True
    chain = ChainCalibration.fit(logits, np.where(mask, outcome, np.nan), mask)
    assert chain.shifts == pytest.approx((1.0, -1.0), abs=0.15)
    assert (chain.slopes[0], chain.shifts[0]) == platt(z1[:2_500], y1[:2_500])


def test_ranks_within_a_link_and_the_order_of_horizons_stay():
    z = np.sort(np.random.default_rng(0).normal(size=(100, 3)), axis=0)
    links = ChainCalibration((0.01, 1.0, 5.0), (3.0, -2.0, 0.0)).apply(z)
    assert (np.diff(links, axis=0) > 0).all()
    assert (np.diff(risk_from_links(links), axis=1) <= 0).all()


def test_json_round_trip():
    chain = ChainCalibration((0.1, 1 / 3), (2 / 7, -1e-9))
    assert ChainCalibration.from_dict(json.loads(json.dumps(chain.to_dict()))) == chain
