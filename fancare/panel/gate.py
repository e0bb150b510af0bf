"""The gate between tables and learning: SQL in, arrays out. Nothing past it sees the warehouse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from fancare.panel.feature import Feature


@dataclass(frozen=True)
class Panel:
    """Rows of (entity, as_of) with their features and, where mature, their labels.

    Shapes: n rows, d features, H horizons. ``X`` is (n, d) float32 with NaN where a feature is undefined (a usual gap
    needs two active days). ``churned`` is (n, H) float32: 1, 0, or NaN while immature. ``days_until_return`` is (n,)
    float32, NaN where no return was seen within the last mature horizon. ``creator_id`` is None for entity ``fan``,
    ``fan_id`` is None for entity ``creator``; both are (n,) arrays of str otherwise.
    """

    entity: str
    creator_id: np.ndarray | None
    fan_id: np.ndarray | None
    as_of: np.ndarray
    X: np.ndarray
    features: tuple[Feature, ...]
    horizons: tuple[int, ...]
    days_until_return: np.ndarray
    churned: np.ndarray

    def __len__(self) -> int:
        return len(self.as_of)

    @property
    def feature_names(self) -> tuple[str, ...]:
        return tuple(feature.name for feature in self.features)

    @property
    def entity_ids(self) -> np.ndarray:
        """(n,) array of str: the creator, the fan, or ``creator/fan`` for a room."""
        if self.fan_id is None:
            return self.creator_id
        if self.creator_id is None:
            return self.fan_id
        return self.creator_id + "/" + self.fan_id

    @property
    def clusters(self) -> tuple[np.ndarray, ...]:
        """What intervals must be clustered by: the creator, the fan, or for rooms both (DESIGN §2.10)."""
        return tuple(ids for ids in (self.creator_id, self.fan_id) if ids is not None)

    def rows(self, index: np.ndarray) -> Panel:
        """The panel at a boolean mask or at row numbers."""
        return replace(
            self,
            creator_id=None if self.creator_id is None else self.creator_id[index],
            fan_id=None if self.fan_id is None else self.fan_id[index],
            as_of=self.as_of[index],
            X=self.X[index],
            days_until_return=self.days_until_return[index],
            churned=self.churned[index],
        )

    def columns(self, names: Sequence[str]) -> Panel:
        """The panel with just these features, in this order; an unknown name is a KeyError."""
        position = {feature.name: i for i, feature in enumerate(self.features)}
        chosen = [position[name] for name in names]
        return replace(self, X=self.X[:, chosen], features=tuple(self.features[i] for i in chosen))
