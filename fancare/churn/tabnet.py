"""TabNet trained as one hazard chain: encoded rows in, one logit per link out, averaged over seeds.

The network is pytorch-tabnet's; the training loop is ours, because the stock one trains nothing when there are fewer
rows than a batch, stumbles over a last batch of one row, copies the data and seeds the whole process. Here every batch
has the same size, random numbers come from the seed alone, and the process's random state is left as it was.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch

from fancare.churn.hazard import base_logits, chain_targets
from fancare.churn.network import ChainNetwork
from fancare.churn.threads import thread_count
from fancare.errors import ConfigError, NotEnoughHistory
from fancare.modelspec import TabNetSpec
from fancare.progress import Progress

SCORING_ROWS = 8_192
WARM_UP = 0.1  # of all steps
SMALLEST_BATCH = 64


@dataclass(frozen=True)
class BatchPlan:
    """How n rows become batches: ``steps`` an epoch, each of ``rows`` = ``ghosts`` · s rows, for ``epochs`` epochs.

    All batches are equally long (a permutation is wrapped around to fill the last one), so there is never a batch of one
    row and never an epoch without a step. A small training set gets smaller batches, so that ``min_updates`` is reached, but
    none below `SMALLEST_BATCH` rows: the smallest sets get fewer updates.
    """

    steps: int
    rows: int
    ghosts: int
    epochs: int

    @classmethod
    def of(cls, n: int, spec: TabNetSpec) -> BatchPlan:
        """The plan for n ≥ 2 rows."""
        if n < 2:
            raise NotEnoughHistory(
                f"Got {n} labelled training rows; batch normalisation needs 2 or more: bring more history or entities."
            )
        size = min(spec.batch_size, max(SMALLEST_BATCH, n * spec.epochs // spec.min_updates))
        steps = max(1, round(n / size))
        rows = -(-n // steps)
        ghosts = max(1, round(rows / spec.virtual_batch_size))
        rows = max(2, -(-rows // ghosts)) * ghosts
        return cls(steps=steps, rows=rows, ghosts=ghosts, epochs=spec.epochs)

    def batches(self, n: int, generator: torch.Generator) -> Iterator[torch.Tensor]:
        """One epoch: ``steps`` tensors of ``rows`` row numbers; every row comes at least once."""
        order = torch.randperm(n, generator=generator)
        order = order.repeat(-(-self.steps * self.rows // n))[: self.steps * self.rows]
        yield from order.split(self.rows)


def learning_rate_at(step: int, total: int, peak: float) -> float:
    """Linear warm-up over the first tenth, then half a cosine down to nearly 0; step counts from 0."""
    warm = max(1, round(WARM_UP * total))
    if step < warm:
        return peak * (step + 1) / warm
    return peak * 0.5 * (1 + math.cos(math.pi * (step - warm + 1) / (total - warm + 1)))


def chain_loss(logits: torch.Tensor, target: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Weighted mean binary cross-entropy of the links; all are (n, H), as `fancare.churn.hazard.chain_targets` makes them."""
    loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
    return (loss * weight).sum() / weight.sum().clamp(min=1)


class TabNetChain:
    """One trained network per seed, and the base log odds each link starts from.

    ``link_logits`` is the mean over the seeds. A link for which training saw only one outcome has no network output: its
    logit is its base rate's, for every row.
    """

    def __init__(self, spec: TabNetSpec, base: np.ndarray, learned: np.ndarray, networks: list[ChainNetwork]) -> None:
        self.spec, self.networks = spec, networks
        self.base = np.asarray(base, dtype=np.float32)
        self.learned = np.asarray(learned, dtype=bool)
        for network in networks:
            network.eval().requires_grad_(False)
            network.zero_grad(set_to_none=True)

    @classmethod
    def fit(
        cls, X: np.ndarray, churned: np.ndarray, spec: TabNetSpec,
        progress: Progress | None = None, threads: int | None = None,
    ) -> TabNetChain:  # fmt: skip
        """A chain learned from encoded rows X (n, d) without NaN, and churned (n, H): 1, 0, a probability, or NaN.

        ``threads`` is how many CPU threads torch may use meanwhile; None takes OMP_NUM_THREADS, or 1. The same seed and
        the same number of threads give the same bits (on one kind of processor: a GPU's differ in the last digits).
        """
        if not np.isfinite(X).all():
            row, column = np.argwhere(~np.isfinite(X))[0]
            raise ValueError(f"Encoded feature {column} of row {row} is {X[row, column]}; encode the rows first.")
        known = ~np.isnan(churned).all(axis=1)
        X, churned = X[known], churned[known]
        plan = BatchPlan.of(len(X), spec)
        target, weight = chain_targets(churned)
        base, learned = base_logits(target, weight)
        if not learned.any():
            raise NotEnoughHistory(
                f"All {len(X)} training rows had the same outcome; a model needs entities that left and entities that "
                f"came back: bring more history or more entities, or set other horizons in [churn]."
            )
        weight = weight * learned
        data = _Data(
            torch.from_numpy(np.ascontiguousarray(X, dtype=np.float32)),
            torch.from_numpy(target.astype(np.float32)),
            torch.from_numpy(weight.astype(np.float32)),
            torch.from_numpy(base.astype(np.float32)),
        ).to(_device())
        progress = progress or Progress()
        networks = []
        with _threads(threads), progress.task("TabNet", total=len(spec.seeds) * spec.epochs * plan.steps) as task:
            for seed in spec.seeds:
                network = _initial(X.shape[1], churned.shape[1], spec, seed).to(_device())
                for epoch, loss in _train(network, data, plan, spec, seed):
                    task.advance(plan.steps, f"seed {seed}, epoch {epoch + 1} of {spec.epochs}, loss {loss:.4f}")
                networks.append(network.cpu())
        return cls(spec, base, learned, networks)

    def link_logits(self, X: np.ndarray, threads: int | None = None) -> np.ndarray:
        """(n, H) float32: the mean over the seeds of each link's log odds. X is encoded, (n, d), without NaN.

        It is computed in blocks and without gradients, so memory does not grow with n; ``threads`` as in `fit`.
        """
        if X.ndim != 2 or X.shape[1] != self.n_features:
            raise ValueError(f"Got rows of shape {X.shape}; this network reads {self.n_features} encoded features.")
        if not np.isfinite(X).all():
            raise ValueError("Got encoded rows with NaN or infinite values; encode the rows first.")
        out = np.zeros((len(X), len(self.base)), dtype=np.float32)
        device = _device()
        networks = [network.to(device) for network in self.networks]
        with _threads(threads), torch.inference_mode():
            for start in range(0, len(X), SCORING_ROWS):
                rows = torch.from_numpy(np.ascontiguousarray(X[start : start + SCORING_ROWS], dtype=np.float32))
                total = torch.zeros((len(rows), len(self.base)), device=device)
                for network in networks:
                    total += network(rows.to(device))[0]
                out[start : start + len(rows)] = (total / len(networks)).cpu().numpy()
        return np.where(self.learned, out, np.float32(0)) + self.base

    @property
    def n_features(self) -> int:
        return int(self.networks[0].net.input_dim)

    def config(self) -> dict[str, Any]:
        """What `from_state` needs besides the arrays; JSON-able."""
        return {
            "spec": asdict(self.spec) | {"seeds": list(self.spec.seeds)},
            "n_features": self.n_features,
            "learned": self.learned.tolist(),
        }

    def state(self) -> dict[str, np.ndarray]:
        """All weights as float32 arrays, named ``seed<seed>.<parameter>``, and ``base``, (H,)."""
        arrays = {"base": self.base}
        for seed, network in zip(self.spec.seeds, self.networks, strict=True):
            for name, tensor in network.net.state_dict().items():
                if not name.endswith("num_batches_tracked"):  # counts batches for a momentum mode TabNet does not use
                    arrays[f"seed{seed}.{name}"] = tensor.cpu().numpy().copy()
        return arrays

    @classmethod
    def from_state(cls, config: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> TabNetChain:
        """The chain that ``config()`` and ``state()`` came from, giving the same bits; ValueError if they do not fit."""
        spec = TabNetSpec(**{**config["spec"], "seeds": tuple(config["spec"]["seeds"])})
        networks = []
        for seed in spec.seeds:
            network = _initial(config["n_features"], len(arrays["base"]), spec, seed)
            prefix = f"seed{seed}."
            state = {name[len(prefix) :]: torch.from_numpy(np.array(array)) for name, array in arrays.items()
                     if name.startswith(prefix)}  # fmt: skip
            try:
                missing, unexpected = network.net.load_state_dict(state, strict=False)
            except RuntimeError as error:
                raise ValueError(f"The weights of seed {seed} do not fit the network: {error}") from None
            missing = [name for name in missing if not name.endswith("num_batches_tracked")]
            if missing or unexpected:
                raise ValueError(f"The weights of seed {seed} lack {missing} and have {unexpected} too many.")
            networks.append(network)
        return cls(spec, arrays["base"], np.asarray(config["learned"]), networks)


@dataclass(frozen=True)
class _Data:
    X: torch.Tensor
    target: torch.Tensor
    weight: torch.Tensor
    base: torch.Tensor

    def to(self, device: torch.device) -> _Data:
        return _Data(*(t.to(device) for t in (self.X, self.target, self.weight, self.base)))


def _initial(n_features: int, n_links: int, spec: TabNetSpec, seed: int) -> ChainNetwork:
    """A fresh network whose weights depend on the seed only; made on the CPU, so that every device starts alike."""
    with torch.random.fork_rng(devices=[]):
        torch.random.default_generator.manual_seed(seed)
        return ChainNetwork(n_features, n_links, spec)


def _train(
    network: ChainNetwork, data: _Data, plan: BatchPlan, spec: TabNetSpec, seed: int
) -> Iterator[tuple[int, float]]:
    """Trains in place; yields (epoch, mean loss) after each epoch."""
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=spec.learning_rate, weight_decay=spec.weight_decay, fused=True
    )
    network.train()
    network.set_ghosts(plan.ghosts)
    step, total = 0, plan.epochs * plan.steps
    for epoch in range(plan.epochs):
        losses = torch.zeros((), device=data.X.device)
        for index in plan.batches(len(data.X), generator):
            index = index.to(data.X.device)
            for group in optimizer.param_groups:
                group["lr"] = learning_rate_at(step, total, spec.learning_rate)
            logits, entropy = network(data.X[index])
            loss = chain_loss(logits + data.base, data.target[index], data.weight[index])
            optimizer.zero_grad(set_to_none=True)
            (loss - spec.lambda_sparse * entropy).backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            losses += loss.detach()
            step += 1
        mean = float(losses) / plan.steps
        if not math.isfinite(mean):
            raise ConfigError(
                f"The loss became {mean} in epoch {epoch + 1} with [tabnet] learning_rate = {spec.learning_rate}; lower it in "
                f"the model spec and train again."
            )
        yield epoch, mean


def _device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


@contextmanager
def _threads(count: int | None) -> Iterator[None]:
    """Torch limited to ``count`` CPU threads, as it was afterwards."""
    before = torch.get_num_threads()
    torch.set_num_threads(thread_count(count))
    try:
        yield
    finally:
        torch.set_num_threads(before)
