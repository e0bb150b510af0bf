"""The training loop: the stock one's silent traps are closed, seeds decide, and saved is what was trained."""

import contextlib
import json
import random
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from fancare.churn.batches import BatchPlan
from fancare.churn.engine import chain_loss, learning_rate_at
from fancare.churn.hazard import base_logits, chain_targets, sigmoid
from fancare.churn.network import ChainNetwork
from fancare.churn.tabnet import TabNetChain, _initial
from fancare.errors import ConfigError, NotEnoughHistory
from fancare.progress import Progress, Task
from tests.drawn_panel import SMALL

NAN = np.nan


def world(n: int, seed: int = 0, d: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Encoded rows and labels; the first column decides."""
    generator = np.random.default_rng(seed)
    X = generator.normal(size=(n, d)).astype(np.float32)
    until = generator.geometric(1 / (1 + np.exp(2.8 + 2 * X[:, 0])))
    return X, (until[:, None] > np.array([7, 14, 28])).astype(np.float32)


def bits(chain: TabNetChain) -> bytes:
    return b"".join(array.tobytes() for _, array in sorted(chain.state().items()))


@pytest.fixture(scope="module")
def trained():
    X, churned = world(400)
    return TabNetChain.fit(X, churned, SMALL), X


def separates(chain: TabNetChain, X: np.ndarray) -> bool:
    logits = chain.link_logits(X)[:, 0]
    return np.corrcoef(logits, X[:, 0])[0, 1] > 0.5


def test_fewer_rows_than_a_batch_still_learn():
    X, churned = world(100)
    spec = replace(SMALL, batch_size=4096, virtual_batch_size=512, epochs=8, min_updates=60)
    assert separates(TabNetChain.fit(X, churned, spec), world(300, seed=1)[0])


@pytest.mark.parametrize("n", [2, 3, 65, 257, 513])  # 257 = one batch and one row more
def test_a_last_batch_of_one_row_does_not_break_the_normalisation(n):
    X, churned = world(n)
    churned[0], churned[1] = [1, 1, 1], [0, 0, 0]
    logits = TabNetChain.fit(X, churned, SMALL).link_logits(X)
    assert np.isfinite(logits).all()


def test_one_row_can_be_scored_and_scores_as_it_does_among_others(trained):
    chain, X = trained
    assert chain.link_logits(X[:1])[0] == pytest.approx(chain.link_logits(X)[0], abs=1e-5)


def test_censored_labels_are_no_class_of_their_own():
    X, churned = world(300)
    known = TabNetChain.fit(X, churned, SMALL)
    padded = TabNetChain.fit(
        np.vstack([X, np.full((50, 4), 3.0, np.float32)]),
        np.vstack([churned, np.full((50, 3), NAN, np.float32)]),
        SMALL,
    )
    assert bits(padded) == bits(known)
    assert 0 <= chain_loss(torch.zeros(2, 3), torch.zeros(2, 3), torch.zeros(2, 3)) < 1e-9


def test_the_loss_is_the_mean_over_links_at_risk():
    logits = torch.tensor([[0.0, 5.0], [0.0, 0.0]])
    outcome, mask = torch.tensor([[0.0, 0.0], [1.0, 1.0]]), torch.tensor([[1.0, 0.0], [1.0, 1.0]])
    assert float(chain_loss(logits, outcome, mask)) == pytest.approx(np.log(2))


def test_nan_is_named_at_fit_and_at_scoring(trained):
    X, churned = world(50)
    X[7, 2] = NAN
    with pytest.raises(ValueError, match="Encoded feature 2 of row 7 is nan"):
        TabNetChain.fit(X, churned, SMALL)
    with pytest.raises(ValueError, match="Encoded feature 2 of row 7 is nan"):
        trained[0].link_logits(X)


def test_another_number_of_columns_is_refused(trained):
    with pytest.raises(ValueError, match="reads 4 encoded features"):
        trained[0].link_logits(np.zeros((2, 5), np.float32))


def test_a_link_with_one_outcome_falls_back_to_its_base_rate():
    X, churned = world(200)
    churned[:, 2] = churned[:, 1]  # whoever is away for 14 days is away for 28
    chain = TabNetChain.fit(X, churned, SMALL)
    base, learned = base_logits(*chain_targets(churned))
    assert learned.tolist() == [True, True, False]
    logits = chain.link_logits(X)
    assert (logits[:, 2] == np.float32(base[2])).all()
    assert logits[:, 0].std() > 0.01


@pytest.mark.parametrize(
    ("churned", "sentence"),
    [
        (np.ones((30, 3)), "All 30 training rows had the same outcome"),
        (np.zeros((30, 3)), "All 30 training rows had the same outcome"),
        (np.full((30, 3), NAN), "Got 0 labelled training rows"),
        (np.vstack([np.ones((1, 3)), np.full((29, 3), NAN)]), "Got 1 labelled training rows"),
    ],
)
def test_too_little_to_learn_from_is_one_sentence(churned, sentence):
    with pytest.raises(NotEnoughHistory, match=sentence):
        TabNetChain.fit(np.zeros((30, 4), np.float32), churned.astype(np.float32), SMALL)


def test_a_loss_that_explodes_is_told():
    X, churned = world(100)
    with pytest.raises(ConfigError, match=r"\[tabnet\] learning_rate = 1e\+35; lower it in the model spec"):
        TabNetChain.fit(X, churned, replace(SMALL, learning_rate=1e35))


def test_the_seed_decides_every_bit_and_zero_is_a_seed():
    X, churned = world(200)
    zero, again, one = (TabNetChain.fit(X, churned, replace(SMALL, seeds=(s,))) for s in (0, 0, 1))
    assert bits(zero) == bits(again)
    assert not np.allclose(zero.link_logits(X), one.link_logits(X))


@pytest.mark.parametrize("seed", [0, 3])
def test_a_network_starts_as_its_seed_says(seed):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        expected = ChainNetwork(4, 3, SMALL).state_dict()
    started = _initial(4, 3, SMALL, seed).state_dict()
    assert all(torch.equal(started[name], tensor) for name, tensor in expected.items())


def test_a_rare_outcome_is_learned_around_its_base_rate():
    """The networks learn what to add to the base rate; were it added at scoring only, everyone's odds would be far off."""
    X, _ = world(1_000)
    stays = np.random.default_rng(5).random(1_000) < np.where(X[:, 0] > 0, 0.07, 0.01)
    chain = TabNetChain.fit(X, np.repeat(stays[:, None], 3, axis=1).astype(np.float32), replace(SMALL, min_updates=100))
    assert sigmoid(chain.link_logits(X)[:, 0]).mean() == pytest.approx(stays.mean(), rel=0.5)


def test_sparsity_makes_masks_sparse_and_decay_makes_weights_small():
    X, churned = world(400, d=8)
    rows = torch.from_numpy(X)

    def after(**changed):
        network = TabNetChain.fit(X, churned, replace(SMALL, min_updates=60, **changed)).networks[0]
        with torch.inference_mode():
            spread = -float(network(rows)[1])  # of the masks: 0 where one feature has it all
        return spread, sum(float(p.square().sum()) for p in network.parameters())

    spread, size = after(lambda_sparse=0.0, weight_decay=0.0)
    assert after(lambda_sparse=1.0, weight_decay=0.0)[0] < 0.8 * spread
    assert after(lambda_sparse=0.0, weight_decay=10.0)[1] < 0.8 * size


def test_ghost_batches_are_in_force_while_training():
    X, churned = world(256)
    whole, parts = (replace(SMALL, batch_size=256, min_updates=1, virtual_batch_size=size) for size in (256, 64))
    assert [BatchPlan.of(256, spec).ghosts for spec in (whole, parts)] == [1, 4]
    assert bits(TabNetChain.fit(X, churned, whole)) != bits(TabNetChain.fit(X, churned, parts))


def test_training_leaves_the_random_state_of_the_process_alone():
    torch.manual_seed(11)
    before = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()
    X, churned = world(60)
    chain = TabNetChain.fit(X, churned, SMALL)
    TabNetChain.from_state(chain.config(), chain.state())
    assert torch.equal(torch.get_rng_state(), before[0])
    assert (np.random.get_state()[1] == before[1]).all()
    assert random.getstate() == before[2]


def test_the_random_state_of_the_process_has_no_say():
    X, churned = world(60)
    torch.manual_seed(1)
    first = bits(TabNetChain.fit(X, churned, SMALL))
    torch.manual_seed(2)
    assert bits(TabNetChain.fit(X, churned, SMALL)) == first


def test_the_answer_is_the_mean_over_the_seeds():
    X, churned = world(120)
    both = TabNetChain.fit(X, churned, replace(SMALL, seeds=(0, 5)))
    alone = [TabNetChain.fit(X, churned, replace(SMALL, seeds=(s,))).link_logits(X) for s in (0, 5)]
    assert both.link_logits(X) == pytest.approx((alone[0] + alone[1]) / 2, abs=1e-5)


def test_saved_and_read_back_gives_the_same_bits(trained):
    chain, X = trained
    state = {name: array.copy() for name, array in chain.state().items()}
    assert {array.dtype for array in state.values()} == {np.dtype(np.float32)}
    again = TabNetChain.from_state(json.loads(json.dumps(chain.config())), state)
    assert (again.link_logits(X) == chain.link_logits(X)).all()
    assert bits(again) == bits(chain)


def test_a_state_that_does_not_fit_is_a_value_error(trained):
    chain, _ = trained
    state = chain.state()
    lost = sorted(state)[-1]
    with pytest.raises(ValueError, match="lack"):
        TabNetChain.from_state(chain.config(), {k: v for k, v in state.items() if k != lost})
    with pytest.raises(ValueError, match="do not fit"):
        TabNetChain.from_state(chain.config(), state | {lost: state[lost][..., :-1]})
    with pytest.raises(ValueError, match="too many"):
        TabNetChain.from_state(chain.config(), state | {"seed0.more": np.zeros(1, np.float32)})


def test_scoring_keeps_no_gradients(trained):
    chain, X = trained
    chain.link_logits(X)
    assert not any(p.requires_grad or p.grad is not None for network in chain.networks for p in network.parameters())


def test_threads_are_the_callers_and_are_given_back():
    seen = []

    class Watch(Progress):
        def task(self, title, total=None):
            seen.append(torch.get_num_threads())
            return super().task(title, total)

    X, churned = world(60)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        TabNetChain.fit(X, churned, SMALL, Watch(), threads=1)
        assert seen == [1]
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_progress_counts_every_update_and_tells_seed_epoch_and_loss():
    tasks: list[Task] = []
    notes: list[str] = []

    class Watched(Task):
        def advance(self, by=1, note=""):
            super().advance(by)
            notes.append(note)

    class Watch(Progress):
        def task(self, title, total=None):
            tasks.append(Watched(title, total))
            return contextlib.nullcontext(tasks[0])

    X, churned = world(60)
    TabNetChain.fit(X, churned, replace(SMALL, seeds=(3, 4)), Watch())
    assert tasks[0].done == tasks[0].total
    assert notes[0].startswith("seed 3, epoch 1 of 2, loss ")
    assert notes[-1].startswith("seed 4, epoch 2 of 2, loss ")


def test_learning_rate_warms_up_then_falls_to_nearly_nothing():
    rates = [learning_rate_at(step, 100, 0.03) for step in range(100)]
    assert rates.index(max(rates)) == 9
    assert max(rates) == 0.03
    assert all(a > b for a, b in pairwise(rates[9:]))
    assert 0 <= rates[-1] < 0.001
    assert learning_rate_at(0, 1, 0.03) == 0.03


def test_small_data_gets_smaller_batches_until_there_are_updates_enough():
    spec = replace(SMALL, batch_size=1024, epochs=15, min_updates=600)
    small, large = BatchPlan.of(6_000, spec), BatchPlan.of(100_000, spec)
    assert 550 <= small.steps * small.epochs <= 700
    assert abs(large.rows - 1024) < 64
