"""The training loop of one network: warm-up and cosine, ghost batches, clipped gradients, and a state to go on from.

Random numbers come from the seed alone: the same seed, rows and number of threads give the same bits, also when the process was
killed after any epoch and went on from its checkpoint.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch

from fancare.churn.batches import BatchPlan
from fancare.churn.network import ChainNetwork
from fancare.errors import ConfigError
from fancare.modelspec import TabNetSpec

WARM_UP = 0.1  # of all steps


@dataclass(frozen=True)
class TrainingData:
    """Encoded rows X (n, d) float32, in memory or mapped; targets and weights of the links (n, H), their base log odds (H,)."""

    X: np.ndarray
    target: torch.Tensor
    weight: torch.Tensor
    base: torch.Tensor

    def to(self, device: torch.device) -> TrainingData:
        """All but the rows on this device; the rows follow batch by batch."""
        return TrainingData(self.X, *(t.to(device) for t in (self.target, self.weight, self.base)))


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


class Training:
    """One network on its way: ``epochs`` trains it in place, `state` and `restore` are what a checkpoint holds."""

    def __init__(self, network: ChainNetwork, plan: BatchPlan, spec: TabNetSpec, seed: int) -> None:
        self._network, self._plan, self._spec = network, plan, spec
        self._generator = torch.Generator().manual_seed(seed)
        self._optimizer = torch.optim.AdamW(
            network.parameters(), lr=spec.learning_rate, weight_decay=spec.weight_decay, fused=True
        )
        self.epoch = 0  # how many are done

    def epochs(self, data: TrainingData) -> Iterator[float]:
        """Trains the epochs that are left; yields the mean loss after each."""
        device = data.base.device
        self._network.train()
        self._network.set_ghosts(self._plan.ghosts)
        total = self._plan.epochs * self._plan.steps
        while self.epoch < self._plan.epochs:
            losses = torch.zeros((), device=device)
            step = self.epoch * self._plan.steps
            for index, rows in self._plan.batches(data.X, self._generator):
                rows, index = rows.to(device), index.to(device)
                for group in self._optimizer.param_groups:
                    group["lr"] = learning_rate_at(step, total, self._spec.learning_rate)
                logits, entropy = self._network(rows)
                loss = chain_loss(logits + data.base, data.target[index], data.weight[index])
                self._optimizer.zero_grad(set_to_none=True)
                (loss - self._spec.lambda_sparse * entropy).backward()
                torch.nn.utils.clip_grad_norm_(self._network.parameters(), 1.0)
                self._optimizer.step()
                losses += loss.detach()
                step += 1
            self.epoch += 1
            mean = float(losses) / self._plan.steps
            if not math.isfinite(mean):
                raise ConfigError(
                    f"The loss became {mean} in epoch {self.epoch} with [tabnet] learning_rate = {self._spec.learning_rate}; "
                    f"lower it in the model spec and train again."
                )
            yield mean

    def state(self) -> dict[str, torch.Tensor]:
        """Weights, the optimizer's moments and the generator, flat by name."""
        tensors = {f"network.{name}": tensor for name, tensor in self._network.state_dict().items()}
        for number, moments in self._optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{number}.{name}": tensor for name, tensor in moments.items()}
        return tensors | {"generator": self._generator.get_state()}

    def restore(self, tensors: Mapping[str, torch.Tensor], epoch: int) -> None:
        """Go on from a `state` after so many epochs; KeyError or RuntimeError where it is another network's."""
        self._network.load_state_dict({n.removeprefix("network."): t for n, t in tensors.items() if n.startswith("network.")})
        moments: dict[int, dict[str, torch.Tensor]] = {}
        for name, tensor in tensors.items():
            if name.startswith("optimizer."):
                _, number, what = name.split(".")
                moments.setdefault(int(number), {})[what] = tensor
        groups = self._optimizer.state_dict()["param_groups"]
        self._optimizer.load_state_dict({"state": moments, "param_groups": groups})
        self._generator.set_state(tensors["generator"])
        self.epoch = epoch
