import numpy as np
import pytest

from fancare.churn.hazard import at_risk, base_logits, chain_targets, logit, risk_from_links, sigmoid

NAN = np.nan

#   back on day:      9        40       3        30, seen until day 20   2, seen until day 7
CHURNED = np.array([[1, 0, 0], [1, 1, 1], [0, 0, 0], [1, 1, NAN], [0, NAN, NAN]], dtype=np.float32)


def test_a_link_sees_those_who_were_still_away_and_whose_outcome_is_known():
    assert at_risk(CHURNED).astype(int).tolist() == [[1, 1, 0], [1, 1, 1], [1, 0, 0], [1, 1, 0], [1, 0, 0]]


def test_the_links_likelihood_is_that_of_the_day_of_return():
    links = np.array([[0.8, 0.6, 0.5]])
    s7, s14, s28 = risk_from_links(links)[0]
    drawn = {
        (0, 0, 0): 1 - s7,
        (1, 0, 0): s7 - s14,
        (1, 1, 0): s14 - s28,
        (1, 1, 1): s28,
        (1, 1, NAN): s14,
        (1, NAN, NAN): s7,
    }
    for churned, probability in drawn.items():
        y = np.array([churned])
        of_links = np.where(y == 1, links, 1 - links)[at_risk(y)]
        assert of_links.prod() == pytest.approx(probability)


def test_labels_are_their_own_targets_where_a_link_is_at_risk():
    target, weight = chain_targets(CHURNED)
    assert (weight == at_risk(CHURNED)).all()
    assert (target[weight > 0] == CHURNED[weight > 0]).all()


def test_soft_labels_cost_what_the_whole_law_of_the_day_of_return_costs():
    """By hand: the weighted cross-entropy of the links is that of the four intervals in which the return may fall."""
    soft, links = np.array([[0.8, 0.5, 0.2]]), np.array([[0.7, 0.6, 0.9]])
    target, weight = chain_targets(soft)
    of_links = -(weight * (target * np.log(links) + (1 - target) * np.log(1 - links))).sum()
    said, stays = np.array([0.2, 0.3, 0.3, 0.2]), risk_from_links(links)[0]
    law = np.array([1 - stays[0], stays[0] - stays[1], stays[1] - stays[2], stays[2]])
    assert of_links == pytest.approx(-(said * np.log(law)).sum())


def test_risks_are_the_frequencies_of_a_simulated_world():
    random = np.random.default_rng(0)
    until = random.geometric(0.05, size=200_000)
    churned = (until[:, None] > np.array([7, 14, 28])).astype(np.float32)
    base, learned = base_logits(*chain_targets(churned))
    assert learned.all()
    assert risk_from_links(sigmoid(base)[None])[0] == pytest.approx(churned.mean(axis=0), abs=1e-4)
    assert risk_from_links(sigmoid(base)[None])[0] == pytest.approx(0.95 ** np.array([7, 14, 28]), abs=5e-3)


def test_base_rate_of_one_class_is_never_certain_and_is_marked():
    base, learned = base_logits(*chain_targets(np.array([[1, 0, 0], [1, 0, 0]], dtype=np.float32)))
    assert sigmoid(base).tolist() == pytest.approx([2.5 / 3, 0.5 / 3, 0.5])
    assert not learned.any()


def test_sigmoid_and_logit_undo_each_other_and_never_overflow():
    z = np.linspace(-15, 15, 31)
    assert logit(sigmoid(z)) == pytest.approx(z, abs=1e-6)
    assert sigmoid(np.array([-1e4, 1e4])).tolist() == [0.0, 1.0]
    assert np.isfinite(logit(np.array([0.0, 1.0]))).all()
