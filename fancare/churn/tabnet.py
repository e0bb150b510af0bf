"""TabNet trained as one hazard chain: encoded rows in, one logit per link out, averaged over seeds.

The network is pytorch-tabnet's; the training loop is ours (`fancare.churn.engine`), because the stock one trains nothing when
there are fewer rows than a batch, stumbles over a last batch of one row, copies the data and seeds the whole process. Here every
batch has the same size, random numbers come from the seed alone, the process's random state is left as it was, and a training
that was killed goes on from its checkpoint.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

import numpy as np
import torch

import fancare
from fancare.churn.batches import BatchPlan
from fancare.churn.checkpoint import Checkpoint, Checkpoints, fingerprint
from fancare.churn.engine import Training, TrainingData
from fancare.churn.hazard import base_logits, chain_targets
from fancare.churn.network import ChainNetwork
from fancare.churn.threads import thread_count
from fancare.errors import NotEnoughHistory
from fancare.modelspec import TabNetSpec
from fancare.panel.float_rows import blocks, release
from fancare.progress import Progress, Task

SCORING_ROWS = 8_192


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
        progress: Progress | None = None, threads: int | None = None, checkpoints: Checkpoints | None = None,
        between: np.ndarray | None = None,
    ) -> TabNetChain:  # fmt: skip
        """A chain learned from encoded rows X (n, d) without NaN, and churned (n, H): 1, 0, a probability, or NaN.

        ``between`` (n, A) of 1, 0 or NaN is asked beside, with the weight ``between_weight`` (`fancare.churn.between`).
        ``threads`` is how many CPU threads torch may use meanwhile; None takes OMP_NUM_THREADS, or 1. The same seed and
        the same number of threads give the same bits (on one kind of processor: a GPU's differ in the last digits). With
        ``checkpoints`` the same training goes on where it was killed. Where X lies in a file (`fancare.panel.float_rows`), it is
        read block by block and never held.
        """
        _check_finite(X)
        known = ~np.isnan(churned).all(axis=1)
        if not known.all():
            X, churned = X[known], churned[known]
            between = None if between is None else between[known]
        plan = BatchPlan.of(len(X), spec)
        target, weight = chain_targets(churned)
        base, learned = base_logits(target, weight)
        if not learned.any():
            raise NotEnoughHistory(
                f"All {len(X)} training rows had the same outcome; a model needs entities that left and entities that "
                f"came back: bring more history or more entities, or set other horizons in [churn]."
            )
        arrays = {"target": target, "weight": weight * learned, "base": base}
        if between is not None and spec.between_weight > 0:
            arrays = _asked_beside(arrays, between, spec.between_weight)
        arrays = {name: array.astype(np.float32) for name, array in arrays.items()}
        X = np.ascontiguousarray(X, dtype=np.float32)
        checkpoint = None
        if checkpoints is not None:
            made_with = [fancare.__version__, torch.__version__, version("pytorch-tabnet")]  # another code ends elsewhere
            facts = {"spec": asdict(spec), "threads": thread_count(threads), "device": str(_device()), "made_with": made_with}
            checkpoint = checkpoints.of(fingerprint(X, arrays, facts))
        data = TrainingData(X, **{name: torch.from_numpy(array) for name, array in arrays.items()}).to(_device())
        total = len(spec.seeds) * spec.epochs * plan.steps
        with _threads(threads), (progress or Progress()).task("TabNet", total=total) as task:
            networks = _trained(data, plan, spec, checkpoint, task)
        for network in networks:
            network.keep_links(len(base))
        return cls(spec, base, learned, networks)

    def link_logits(self, X: np.ndarray, threads: int | None = None) -> np.ndarray:
        """(n, H) float32: the mean over the seeds of each link's log odds. X is encoded, (n, d), without NaN.

        It is computed in blocks and without gradients, so memory does not grow with n; ``threads`` as in `fit`.
        """
        if X.ndim != 2 or X.shape[1] != self.n_features:
            raise ValueError(f"Got rows of shape {X.shape}; this network reads {self.n_features} encoded features.")
        _check_finite(X)
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


def _initial(n_features: int, n_links: int, spec: TabNetSpec, seed: int) -> ChainNetwork:
    """A fresh network whose weights depend on the seed only; made on the CPU, so that every device starts alike."""
    with torch.random.fork_rng(devices=[]):
        torch.random.default_generator.manual_seed(seed)
        return ChainNetwork(n_features, n_links, spec)


def _trained(
    data: TrainingData, plan: BatchPlan, spec: TabNetSpec, checkpoint: Checkpoint | None, task: Task
) -> list[ChainNetwork]:
    """One network per seed, on the CPU; what a checkpoint holds already is not trained again."""
    found = None if checkpoint is None else checkpoint.load()
    tensors, done = found or ({}, {"seeds": 0, "epochs": 0})
    networks: list[ChainNetwork] = []
    for number, seed in enumerate(spec.seeds):
        network = _initial(data.X.shape[1], data.base.shape[0], spec, seed).to(_device())
        if number < done["seeds"]:
            network.load_state_dict(_named(tensors, f"seed{number}."))
            task.advance(plan.epochs * plan.steps, f"seed {seed}, from the checkpoint")
            networks.append(network.cpu())
            continue
        training = Training(network, plan, spec, seed)
        if number == done["seeds"] and done["epochs"]:
            training.restore(_named(tensors, "now."), done["epochs"])
            task.advance(training.epoch * plan.steps, f"seed {seed}, from the checkpoint")
        for loss in training.epochs(data):
            task.advance(plan.steps, f"seed {seed}, epoch {training.epoch} of {spec.epochs}, loss {loss:.4f}")
            if checkpoint is not None:
                kept = {f"seed{k}.{n}": t for k, whole in enumerate(networks) for n, t in whole.state_dict().items()}
                kept |= {f"now.{name}": tensor for name, tensor in training.state().items()}
                checkpoint.save(kept, {"seeds": number, "epochs": training.epoch})
        networks.append(network.cpu())
    return networks


def _asked_beside(arrays: dict[str, np.ndarray], between: np.ndarray, weight: float) -> dict[str, np.ndarray]:
    """Targets, weights and base log odds of the links, (n, H) and (H,), and after them those of the days between."""
    known = ~np.isnan(between)
    answers = {"target": np.where(known, between, 0.0), "weight": known.astype(np.float64)}
    base, learned = base_logits(answers["target"], answers["weight"])
    answers["weight"] *= weight * learned
    return {name: np.concatenate([array, {**answers, "base": base}[name]], axis=-1) for name, array in arrays.items()}


def _named(tensors: Mapping[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _check_finite(X: np.ndarray) -> None:
    """ValueError naming the first cell that is NaN or infinite."""
    for part in blocks(len(X)):
        finite = np.isfinite(X[part])
        release(X)
        if not finite.all():
            row, column = np.argwhere(~finite)[0]
            raise ValueError(
                f"Encoded feature {column} of row {part.start + row} is {X[part][row, column]}; encode the rows first."
            )


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
