"""Where an unfinished training stands, on disk, so that a killed one goes on instead of beginning again.

After every epoch the whole state (weights, the optimizer's moments, the random generator) replaces the file by one rename. A
fingerprint of all that decides the outcome (rows, targets, spec, threads, versions) names the file: another training never goes
on from it, and the same one ends with the same bits as if it had never been interrupted.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.torch
import torch

from fancare.panel.float_rows import blocks, release

OLDEST_KEPT = 8  # folds of one backtest and the final model; more than that is of trainings nobody goes on with


@dataclass(frozen=True)
class Checkpoints:
    """The folder of a model's unfinished trainings, one file each; made when it is needed."""

    folder: Path

    def of(self, fingerprint: str) -> Checkpoint:
        return Checkpoint(self.folder / f"{fingerprint}.safetensors")

    def clear(self) -> None:
        """The trainings ended well: nothing is left to go on with."""
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass(frozen=True)
class Checkpoint:
    """One training's file."""

    path: Path

    def save(self, tensors: Mapping[str, torch.Tensor], progress: Mapping[str, Any]) -> None:
        """Replace what stands there; ``progress`` is JSON-able. A disk that is full stops no training."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if not self.path.exists():
                _forget_oldest(self.path.parent)
            staged = self.path.with_suffix(f".{os.getpid()}")
            safetensors.torch.save_file(
                {name: tensor.detach().cpu().clone() for name, tensor in tensors.items()}, staged,  # clones: layers share weights
                metadata={"progress": json.dumps(progress, sort_keys=True)},
            )  # fmt: skip
            staged.replace(self.path)
        except (OSError, safetensors.SafetensorError):  # the latter is what a full disk is called there
            return

    def load(self) -> tuple[dict[str, torch.Tensor], dict[str, Any]] | None:
        """What was saved last; None where there is nothing, or nothing whole."""
        try:
            with safetensors.safe_open(self.path, framework="pt") as file:
                return {name: file.get_tensor(name) for name in file.keys()}, json.loads(file.metadata()["progress"])  # noqa: SIM118
        except (OSError, KeyError, TypeError, ValueError, safetensors.SafetensorError):
            return None


def fingerprint(X: np.ndarray, others: Mapping[str, np.ndarray], facts: Mapping[str, Any]) -> str:
    """32 hex digits from the encoded rows, the other arrays, and JSON-able facts such as the spec."""
    digest = hashlib.blake2b(json.dumps(facts, sort_keys=True, default=list).encode(), digest_size=16)
    for part in blocks(len(X)):
        digest.update(np.ascontiguousarray(X[part]).data)
        release(X)
    for name in sorted(others):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(others[name]).data)
    return digest.hexdigest()


def _forget_oldest(folder: Path) -> None:
    files = sorted(folder.glob("*.safetensors"), key=lambda path: path.stat().st_mtime)
    for path in files[: max(0, len(files) - OLDEST_KEPT + 1)]:
        path.unlink(missing_ok=True)
