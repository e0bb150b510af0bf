import numpy as np
import pytest

from fancare.churn.hazard import base_logits, chain_targets, sigmoid
from fancare.churn.metrics import auc
from fancare.churn.teacher import soft_labels
from fancare.errors import ConfigError
from fancare.modelspec import ModelSpec, TeacherSpec

SPEC = TeacherSpec(label_weight=0.2, folds=4)
NAN = np.nan


def world(n: int = 1200, entities: int = 60, seed: int = 0):
    """Rows of entities; the first feature decides, the second tells the entity apart, labels have two horizons."""
    random = np.random.default_rng(seed)
    who = random.integers(0, entities, n)
    X = np.column_stack([random.normal(size=n), who]).astype(np.float32)
    until = random.geometric(1 / (1 + np.exp(2.2 + 1.5 * X[:, 0])))
    churned = (until[:, None] > np.array([7, 14])).astype(np.float32)
    return X, churned, np.array([f"e{w:03d}" for w in who], dtype=object)


def test_a_soft_label_leans_on_the_label_and_on_a_risk_that_ranks():
    X, churned, ids = world()
    soft = soft_labels(X, churned, [ids], SPEC)
    teacher = (soft - 0.2 * churned) / 0.8
    assert ((soft >= 0) & (soft <= 1)).all()
    assert (np.diff(soft, axis=1) <= 0).all()
    assert auc(churned[:, 0], teacher[:, 0]) > 0.7
    assert teacher[:, 0].mean() == pytest.approx(churned[:, 0].mean(), abs=0.05)


def test_nobody_is_taught_by_a_model_that_saw_them():
    """Each entity always has one outcome, drawn by lot: who has seen an entity knows it, who has not knows nothing."""
    random = np.random.default_rng(1)
    who = np.repeat(np.arange(120), 12)
    X = np.column_stack([who, random.normal(size=len(who))]).astype(np.float32)
    churned = random.integers(0, 2, 120)[who][:, None].astype(np.float32)
    ids = np.array([f"e{w}" for w in who], dtype=object)
    rows = np.array([f"r{i}" for i in range(len(who))], dtype=object)
    seen = soft_labels(X, churned, [rows], SPEC)  # as if every row were an entity of its own
    unseen = soft_labels(X, churned, [ids], SPEC)
    assert auc(churned[:, 0], (seen - 0.2 * churned)[:, 0]) > 0.9
    assert abs(auc(churned[:, 0], (unseen - 0.2 * churned)[:, 0]) - 0.5) < 0.15


@pytest.mark.parametrize("kind", [0, 1])
def test_a_room_is_taught_by_rooms_of_other_creators_and_other_fans(kind):
    random = np.random.default_rng(2)
    creator, fan = random.integers(0, 40, 3000), random.integers(0, 40, 3000)
    of = (creator, fan)[kind]
    X = np.column_stack([creator, fan]).astype(np.float32)
    churned = random.integers(0, 2, 40)[of][:, None].astype(np.float32)
    clusters = [np.array([f"x{i}" for i in ids], dtype=object) for ids in (creator, fan)]
    soft = soft_labels(X, churned, clusters, SPEC)
    assert abs(auc(churned[:, 0], (soft - 0.2 * churned)[:, 0]) - 0.5) < 0.2


def test_what_is_not_known_stays_unknown_and_teaches_nothing():
    X, churned, ids = world()
    churned[::3, 1] = NAN
    churned[::6, 0] = NAN
    soft = soft_labels(X, churned, [ids], SPEC)
    assert (np.isnan(soft) == np.isnan(churned)).all()
    known = ~np.isnan(churned[:, 0])
    alone = soft_labels(X[known], churned[known][:, :1], [ids[known]], SPEC)
    assert soft[known][:, 0] == pytest.approx(alone[:, 0])


def test_labels_alone_where_the_spec_says_so_or_too_few_could_teach():
    X, churned, ids = world()
    assert (soft_labels(X, churned, [ids], TeacherSpec(label_weight=1.0)) == churned).all()
    few = slice(0, 40)
    assert (soft_labels(X[few], churned[few], [ids[few]], SPEC) == churned[few]).all()
    one_class = np.ones_like(churned)
    assert (soft_labels(X, one_class, [ids], SPEC) == one_class).all()


def test_a_horizon_that_cannot_be_taught_leaves_the_chain_straight():
    """With few who stay away for the longer horizon, its link's base rate is the labels', not bent by the shorter's teacher."""
    X, churned, ids = world(2000)
    churned[:, 1] = 0
    long = np.flatnonzero(churned[:, 0] == 1)[:24]
    churned[long, 1] = 1
    soft = soft_labels(X, churned, [ids], SPEC)
    of_labels, of_soft = (base_logits(*chain_targets(y))[0] for y in (churned, soft))
    assert sigmoid(of_soft) == pytest.approx(sigmoid(of_labels), abs=0.02)


def test_the_folds_are_of_the_ids_whatever_the_order_of_the_rows():
    X, churned, ids = world()
    turned = np.random.default_rng(3).permutation(len(X))
    here, there = (
        soft_labels(X, churned, [ids], SPEC),
        soft_labels(X[turned], churned[turned], [ids[turned]], SPEC),
    )
    assert there == pytest.approx(here[turned], abs=0.02)


@pytest.mark.parametrize("weight", [-0.1, 1.1])
def test_a_label_weight_is_a_share(weight):
    with pytest.raises(ConfigError, match=r"\[teacher\] label_weight = .* must be between 0"):
        ModelSpec("m", "creator", teacher=TeacherSpec(label_weight=weight))
