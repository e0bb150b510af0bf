"""How training rows become batches: all equally long, in an order that the seed decides, from memory or from a file.

    in memory    one permutation of all rows an epoch
    in a file    blocks in a drawn order, a few at a time into memory, the rows of those permuted:

                 ▒1▒ ▒2▒ ▒3▒ ▒4▒ ▒5▒ ▒6▒   ──▶   [▒4▒ ▒1▒ ▒6▒] shuffled ──▶ [▒2▒ ▒5▒ ▒3▒] shuffled ──▶ batches

Rows lie by day in a file, so a block is one day's; a batch still mixes dozens of blocks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from fancare.errors import NotEnoughHistory
from fancare.modelspec import TabNetSpec
from fancare.panel.float_rows import is_mapped, release

SMALLEST_BATCH = 64
BLOCK_ROWS = 1_024
BLOCKS_AT_A_TIME = 64  # of 80 features: 20 MB


@dataclass(frozen=True)
class BatchPlan:
    """How n rows become batches: ``steps`` an epoch, each of ``rows`` = ``ghosts`` · s rows, for ``epochs`` epochs.

    All batches are equally long (the first rows come again to fill the last one), so there is never a batch of one row and never
    an epoch without a step. A small training set gets smaller batches, so that ``min_updates`` is reached, but none below
    `SMALLEST_BATCH` rows: the smallest sets get fewer updates.
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

    def batches(self, X: np.ndarray, generator: torch.Generator) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """One epoch over X (n, d): ``steps`` pairs of row numbers (rows,) and their rows (rows, d); each comes at least once."""
        if is_mapped(X):
            yield from self._from_file(X, generator)
            return
        table = torch.from_numpy(X)
        order = torch.randperm(len(X), generator=generator)
        order = order.repeat(-(-self.steps * self.rows // len(X)))[: self.steps * self.rows]
        for index in order.split(self.rows):
            yield index, table[index]

    def _from_file(self, X: np.ndarray, generator: torch.Generator) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        waiting_index, waiting = torch.empty(0, dtype=torch.long), torch.empty((0, X.shape[1]))
        given = 0
        while given < self.steps:  # once, and the first blocks of another order to fill the last batch
            blocks = torch.randperm(-(-len(X) // BLOCK_ROWS), generator=generator)
            for some in blocks.split(BLOCKS_AT_A_TIME):
                numbers = torch.cat([torch.arange(b * BLOCK_ROWS, min((b + 1) * BLOCK_ROWS, len(X))) for b in some.tolist()])
                mixed = torch.randperm(len(numbers), generator=generator)
                rows = torch.from_numpy(np.concatenate([X[b * BLOCK_ROWS : (b + 1) * BLOCK_ROWS] for b in some.tolist()]))
                release(X)
                waiting_index = torch.cat([waiting_index, numbers[mixed]])
                waiting = torch.cat([waiting, rows[mixed]])
                while len(waiting) >= self.rows:
                    yield waiting_index[: self.rows], waiting[: self.rows]
                    given += 1
                    if given == self.steps:
                        return
                    waiting_index, waiting = waiting_index[self.rows :], waiting[self.rows :]
