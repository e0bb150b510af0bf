"""The training engine and the served network beside stock pytorch-tabnet and LightGBM: CPU seconds in one process, interleaved.

Training: seconds until the validation loss is as low as the stock's lowest. The stock is tried as it comes (Adam, its default
batches) and with all of ours that it can be given (AdamW, warm-up and cosine, our batches): the first is what a user saves,
the second what the engine alone saves. Scoring: all horizons of the same rows.
"""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass
from statistics import median

import numpy as np
import pytest
import torch
from pytorch_tabnet.callbacks import Callback
from pytorch_tabnet.tab_model import TabNetRegressor

from fancare.churn.batches import BatchPlan
from fancare.churn.encode import Encoder
from fancare.churn.engine import Training, TrainingData, chain_loss, learning_rate_at
from fancare.churn.hazard import base_logits, chain_targets
from fancare.churn.tabnet import TabNetChain, _initial
from fancare.modelspec import TabNetSpec
from tests.benchmarks.large_panel import large_panel

pytestmark = [pytest.mark.benchmark, pytest.mark.filterwarnings("ignore")]

ROWS, VALIDATION, FEATURES, ROUNDS = 60_000, 20_000, 80, 3
SPEC = TabNetSpec(seeds=(0,))
STOCK_EPOCHS = 15


@dataclass(frozen=True)
class Material:
    """Encoded rows, and targets, weights and base log odds of the links; training first, validation after."""

    X: np.ndarray
    target: np.ndarray
    weight: np.ndarray
    base: np.ndarray
    churned: np.ndarray

    def validation_loss(self, logits: np.ndarray) -> float:
        """Of logits of the validation rows, the base included."""
        held = [torch.from_numpy(a[ROWS:]) for a in (self.target, self.weight)]
        return float(chain_loss(torch.from_numpy(logits), *held))


@pytest.fixture(scope="module")
def material() -> Material:
    panel = large_panel(2 * (ROWS + VALIDATION), FEATURES)
    known = np.flatnonzero(~np.isnan(panel.churned).any(axis=1))
    known = np.random.default_rng(0).permutation(known)[: ROWS + VALIDATION]
    X, churned = panel.X[known], panel.churned[known]
    target, weight = chain_targets(churned)
    base, _ = base_logits(target[:ROWS], weight[:ROWS])
    return Material(Encoder.fit(X[:ROWS]).transform(X), *(a.astype(np.float32) for a in (target, weight, base)), churned)


def ours(material: Material) -> list[tuple[float, float]]:
    """(CPU seconds so far, validation loss) after every epoch."""
    plan = BatchPlan.of(ROWS, SPEC)
    targets = (material.target[:ROWS], material.weight[:ROWS], material.base)
    data = TrainingData(material.X[:ROWS], *map(torch.from_numpy, targets))
    network = _initial(FEATURES, 3, SPEC, 0)
    spent, found, started = 0.0, [], time.process_time()
    for _ in Training(network, plan, SPEC, 0).epochs(data):
        spent += time.process_time() - started
        network.eval()
        with torch.inference_mode():
            logits = network(torch.from_numpy(material.X[ROWS:]))[0].numpy() + material.base
        network.train()
        found.append((spent, material.validation_loss(logits)))
        started = time.process_time()
    return found


class Watch(Callback):
    """Times training alone, and takes the validation loss between epochs."""

    def __init__(self, material: Material) -> None:
        super().__init__()
        self.material, self.spent, self.found = material, 0.0, []

    def on_epoch_begin(self, epoch, logs=None):
        self._started = time.process_time()

    def on_epoch_end(self, epoch, logs=None):
        self.spent += time.process_time() - self._started
        network = self.trainer.network
        network.eval()
        with torch.inference_mode():
            logits = network(torch.from_numpy(self.material.X[ROWS:]))[0].numpy() + self.material.base
        network.train()
        self.found.append((self.spent, self.material.validation_loss(logits)))


def stock(material: Material, given_ours: bool) -> list[tuple[float, float]]:
    """The same of pytorch-tabnet; the base log odds ride in the loss, as they do in ours."""
    base = torch.from_numpy(material.base)

    def loss(logits, packed):
        return chain_loss(logits + base, packed.clamp(min=0), (packed >= 0).float())

    more, fit = {}, {"batch_size": 1024, "virtual_batch_size": 128, "max_epochs": STOCK_EPOCHS}
    if given_ours:
        plan = BatchPlan.of(ROWS, SPEC)
        total = plan.epochs * plan.steps
        fit = {"batch_size": plan.rows, "virtual_batch_size": plan.rows // plan.ghosts, "max_epochs": plan.epochs}
        more = {
            "optimizer_fn": torch.optim.AdamW,
            "optimizer_params": {"lr": SPEC.learning_rate, "weight_decay": SPEC.weight_decay, "fused": True},
            "scheduler_fn": torch.optim.lr_scheduler.LambdaLR,
            "scheduler_params": {"lr_lambda": lambda step: learning_rate_at(step, total, 1.0), "is_batch_level": True},
        }
    model = TabNetRegressor(
        n_d=SPEC.width, n_a=SPEC.width, n_steps=SPEC.steps, gamma=SPEC.gamma, lambda_sparse=SPEC.lambda_sparse, seed=0,
        verbose=0, device_name="cpu", **more,
    )  # fmt: skip
    watch = Watch(material)
    packed = np.where(material.weight[:ROWS] > 0, material.target[:ROWS], np.float32(-1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(
            material.X[:ROWS], packed, loss_fn=loss, callbacks=[watch], compute_importance=False, patience=0, **fit
        )
    return watch.found


def until(found: list[tuple[float, float]], loss: float) -> float:
    """CPU seconds until a validation loss of ``loss`` was first reached; infinite if never."""
    return next((spent for spent, reached in found if reached <= loss), float("inf"))


@pytest.mark.parametrize("given_ours", [False, True], ids=["as it comes", "given our schedule and batches"])
def test_training_to_the_same_validation_loss(material, capsys, given_ours):
    torch.set_num_threads(1)
    rounds = [(ours(material), stock(material, given_ours)) for _ in range(ROUNDS)]
    ratios, lines = [], []
    for mine, theirs in rounds:
        target = min(loss for _, loss in theirs)
        reached, needed = until(mine, target), until(theirs, target)
        ratios.append(needed / reached)
        lines.append(f"ours {reached:.1f} s, stock {needed:.1f} s (loss {target:.4f}; ours ends at {mine[-1][1]:.4f})")
    how = "given our schedule and batches" if given_ours else "as it comes"
    with capsys.disabled():
        print(f"\nto the stock's best loss, stock {how}: {median(ratios):.2f} times as fast", *lines, sep="\n  ")
    assert np.isfinite(median(ratios))


def test_scoring(material, capsys):
    torch.set_num_threads(1)
    from lightgbm import LGBMClassifier

    networks = [_initial(FEATURES, 3, SPEC, seed) for seed in TabNetSpec().seeds]
    chain = TabNetChain(TabNetSpec(), material.base, np.ones(3, bool), networks)
    single = TabNetChain(SPEC, material.base, np.ones(3, bool), [_initial(FEATURES, 3, SPEC, 0)])
    shape = {"n_d": SPEC.width, "n_a": SPEC.width, "n_steps": SPEC.steps, "gamma": SPEC.gamma}
    theirs = TabNetRegressor(**shape, verbose=0, device_name="cpu")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs.fit(material.X[:4096], material.target[:4096], max_epochs=1, compute_importance=False)
    X = material.X[:ROWS]
    single.networks[0].net.load_state_dict(theirs.network.state_dict())
    assert np.abs(single.link_logits(X[:2_000]) - material.base - theirs.predict(X[:2_000])).max() < 1e-5  # the same network
    trees = [LGBMClassifier(n_estimators=300, num_leaves=31, n_jobs=1, verbose=-1) for _ in range(3)]
    for k, model in enumerate(trees):
        model.fit(X[:20_000], material.churned[:20_000, k])
    tried = {
        "ours, one network": lambda: single.link_logits(X, threads=1),
        "stock pytorch-tabnet, one network": lambda: theirs.predict(X),
        "ours, all networks as served": lambda: chain.link_logits(X, threads=1),
        "LightGBM, 300 trees for each of three horizons": lambda: [model.predict_proba(X, num_threads=1) for model in trees],
    }
    seconds: dict[str, list[float]] = {name: [] for name in tried}
    for _ in range(ROUNDS):
        for name, score in tried.items():
            started = time.process_time()
            score()
            seconds[name].append(time.process_time() - started)
    with capsys.disabled():
        print()
        for name, spent in seconds.items():
            print(f"scoring {ROWS:,} rows × {FEATURES}: {median(spent):.2f} CPU s, {ROWS / median(spent):,.0f} rows/s, {name}")
