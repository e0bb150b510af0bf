import math

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from fancare.churn.bootstrap import Interval, WeightedAUC, auc_draws, cluster_weights, draws_of, log_loss_minus
from fancare.churn.metrics import log_loss


@pytest.mark.parametrize("levels", [3, 50, 100_000])
def test_weighted_auc_is_scikit_learns(levels):
    random = np.random.default_rng(levels)
    y = (random.random(400) < 0.3).astype(float)
    p = random.integers(levels, size=400) / levels + 0.1 * y
    weight = random.integers(0, 4, size=400).astype(float)
    assert WeightedAUC(y, p)(weight) == pytest.approx(roc_auc_score(y, p, sample_weight=weight))


def test_unknown_outcomes_are_left_out():
    y, p = np.array([0, 1, np.nan, 1]), np.array([0.1, 0.4, 0.0, 0.05])
    assert WeightedAUC(y, p)(np.ones(4)) == 0.5


def test_one_class_in_a_draw_cannot_be_said():
    assert math.isnan(WeightedAUC(np.array([0.0, 1.0]), np.array([0.1, 0.2]))(np.array([1.0, 0.0])))
    assert math.isnan(WeightedAUC(np.array([np.nan]), np.array([0.1]))(np.ones(1)))


def test_rows_of_one_cluster_are_drawn_together():
    ids = np.array(["a", "b", "a", "c", "b"], dtype=object)
    draws = np.array(list(cluster_weights([ids], 50, seed=0)))
    assert (draws[:, 0] == draws[:, 2]).all()
    assert (draws[:, 1] == draws[:, 4]).all()
    assert (draws[:, [0, 1, 3]].sum(axis=1) == 3).all()  # as many clusters as there were
    assert len(np.unique(draws, axis=0)) > 5


def test_rooms_redraw_creators_and_fans_and_multiply():
    creators = np.array(["c", "c", "d", "d"], dtype=object)
    fans = np.array(["f", "g", "f", "g"], dtype=object)
    for weight in cluster_weights([creators, fans], 30, seed=1):
        assert weight[0] * weight[3] == weight[1] * weight[2]  # a product of a creator's and a fan's count
        assert weight.sum() == 4
    draws = np.array(list(cluster_weights([creators, fans], 30, seed=1)))
    assert draws.max() == 4, "a creator and a fan that both came twice"
    assert ((draws[:, 0] != draws[:, 1]) & (draws[:, 0] == draws[:, 2])).any(), "fans are redrawn"
    assert ((draws[:, 0] != draws[:, 2]) & (draws[:, 0] == draws[:, 1])).any(), "and so are creators"


def test_an_interval_holds_95_percent_of_the_draws():
    interval = Interval.of(0.5, np.linspace(0, 1, 1_001))
    assert (interval.low, interval.high) == pytest.approx((0.025, 0.975))


def test_draws_are_the_seeds():
    ids = np.arange(10).astype(str)
    first, again, other = (np.array(list(cluster_weights([ids], 5, seed=s))) for s in (0, 0, 1))
    assert (first == again).all()
    assert (first != other).any()


def test_differences_are_paired():
    random = np.random.default_rng(0)
    y = (random.random((200, 2)) < 0.5).astype(float)
    p = random.random((200, 2)) + 0.3 * y
    ids = [np.arange(200).astype(str)]
    draws = auc_draws(y, {"a": p, "same": p * 2, "worse": p + random.random((200, 2))}, ids, 30, seed=0)
    assert (draws["a"] == draws["same"]).all()
    assert (draws["a"] - draws["worse"]).std() < np.hypot(draws["a"].std(), draws["worse"].std())


def test_intervals_clustered_by_entity_cover_the_truth_and_naive_ones_do_not():
    random = np.random.default_rng(3)
    covered = {"clustered": 0, "naive": 0}
    worlds = 60
    repeats = 8
    shift = 1.0
    truth = 0.5 * (1 + math.erf(shift / 2))  # Φ(shift / √2): scores N(0, 1) against N(shift, 1)
    for _ in range(worlds):
        y = np.repeat((random.random(60) < 0.5).astype(float), repeats)  # an entity looks the same every week
        p = np.repeat(random.normal(size=60), repeats) + shift * y
        entity = np.repeat(np.arange(60), repeats).astype(str)
        for name, ids in (("clustered", entity), ("naive", np.arange(len(y)).astype(str))):
            draws = auc_draws(y[:, None], {"m": p[:, None]}, [ids], 60, seed=0)["m"][:, 0]
            interval = Interval.of(WeightedAUC(y, p)(np.ones(len(y))), draws)
            covered[name] += interval.low <= truth <= interval.high
    assert covered["clustered"] >= 0.85 * worlds
    assert covered["naive"] <= 0.7 * worlds


def test_an_interval_leaves_out_draws_that_cannot_be_said():
    interval = Interval.of(0.5, np.array([np.nan, 0.4, 0.6]))
    assert 0.4 <= interval.low < interval.high <= 0.6
    assert math.isnan(Interval.of(0.5, np.array([np.nan])).low)


def test_a_single_cluster_has_no_interval():
    """Drawing one creator again and again would give an interval without width, and any figure would look certain."""
    y = np.array([[0.0], [1.0], [0.0], [1.0]])
    one, four = np.full(4, "c", dtype=object), np.array(["f", "g", "h", "i"], dtype=object)
    assert np.isnan(auc_draws(y, {"m": y}, [one], 10, seed=0)["m"]).all()
    assert not np.isnan(auc_draws(y, {"m": y}, [one, four], 50, seed=0)["m"]).all(), (
        "rooms of one creator still have their fans"
    )


def test_draws_do_not_depend_on_how_ids_are_kept():
    ids = np.array(["b", "a", "c", "a"], dtype=object)
    kept = [np.array(list(cluster_weights([one], 20, seed=0))) for one in (ids, ids.astype(str))]
    assert (kept[0] == kept[1]).all()


def test_a_log_loss_difference_is_the_metrics_own_and_paired():
    random = np.random.default_rng(0)
    ids = np.repeat(np.arange(50), 4).astype(str).astype(object)
    right = random.random((200, 2))
    outcome = (random.random((200, 2)) < right).astype(float)
    outcome[:40, 1] = np.nan
    wrong = np.clip(right + 0.2 * random.normal(size=right.shape), 0, 1)  # zeros and ones among them
    found = log_loss_minus(outcome, right, wrong, [ids], 60, 0)
    for k, gap in enumerate(found):
        known = ~np.isnan(outcome[:, k])
        y = outcome[known, k]
        assert gap.estimate == pytest.approx(log_loss(y, right[known, k]) - log_loss(y, wrong[known, k]))
        assert gap.low < gap.estimate < gap.high < 0
    same = log_loss_minus(outcome, right, right, [ids], 10, 0)
    assert [(gap.estimate, gap.low, gap.high) for gap in same] == [(0, 0, 0)] * 2
    nothing = log_loss_minus(np.full((4, 1), np.nan), right[:4, :1], wrong[:4, :1], [ids[:4]], 5, 0)
    assert np.isnan([nothing[0].estimate, nothing[0].low]).all()


def test_statistics_of_one_draw_are_of_the_same_draw():
    ids = np.array(["a", "b", "c", "d"], dtype=object)
    drawn = draws_of(lambda weight: [weight.sum(), weight[0], 2 * weight[0]], [ids], 30, 0)
    assert (drawn[:, 0] == 4).all()
    assert np.array_equal(2 * drawn[:, 1], drawn[:, 2])
    assert len(set(drawn[:, 1])) > 1
    assert np.isnan(draws_of(lambda weight: [1.0], [np.array(["a", "a"], dtype=object)], 3, 0)).all()
