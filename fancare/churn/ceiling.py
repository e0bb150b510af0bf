"""How much there was to know: the AUC of the true risk on a simulated platform, and the share of it that a model reached.

The truth is the conditional probability that a creator stays away, given all that could be observed on the day: nobody, with
whatever model, can rank better on average. On a real platform there is no such file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from fancare.churn.bootstrap import Interval
from fancare.errors import ConfigError
from fancare.panel.gate import Panel


@dataclass(frozen=True)
class Ceiling:
    """``auc`` of the true risk, and the ``share`` of (auc − ½) that TabNet reached, with its paired interval."""

    auc: Interval
    share: Interval

    @classmethod
    def of(cls, truth: float, truth_draws: np.ndarray, model: float, model_draws: np.ndarray) -> Ceiling:
        """From AUCs and their draws, (draws,). Where the truth is not shown above chance there is nothing to reach: NaN."""
        best = Interval.of(truth, truth_draws)
        if not best.low > 0.5:
            return cls(best, Interval(float("nan"), float("nan"), float("nan")))
        shares = (model_draws - 0.5) / (truth_draws - 0.5)
        return cls(best, Interval.of((model - 0.5) / (truth - 0.5), shares[truth_draws > 0.5]))

    def to_dict(self) -> dict[str, Any]:
        return {"auc": self.auc.to_dict(), "share": self.share.to_dict()}


class Truth:
    """The true risks of a simulated platform's creators, day by day, as `fancare simulate` writes them."""

    def __init__(self, path: Path, horizons: Sequence[int], entity: str = "creator") -> None:
        """Reads the file; `ConfigError` where it is none, lacks a horizon, or the entity is none that a truth is known for."""
        if entity != "creator":
            raise ConfigError(f"A truth is known for creators only; [churn] entity is {entity!r}: leave --truth out.")
        columns = ["creator_id", "as_of", *(f"risk_{h}d" for h in horizons)]
        try:
            found = pq.read_schema(path).names
        except (OSError, pa.ArrowInvalid) as error:
            raise ConfigError(
                f"The truth {path} cannot be read ({str(error).splitlines()[0]}); give the truth_risk.parquet that "
                f"`fancare simulate` wrote beside its log."
            ) from None
        missing = [column for column in columns if column not in found]
        if missing:
            raise ConfigError(
                f"The truth {path} has no column {missing[0]!r}; give the truth_risk.parquet of a simulated platform, and set "
                f"[churn] horizons to those it knows."
            )
        table = pq.read_table(path, columns=columns).sort_by([("as_of", "ascending"), ("creator_id", "ascending")])
        self._path = path
        self._days = table.column("as_of").to_numpy().astype("datetime64[D]")
        self._creators = np.asarray(table.column("creator_id").to_pylist(), dtype=object)
        self._risks = np.column_stack([table.column(c).to_numpy().astype(np.float64) for c in columns[2:]])

    def risks_of(self, panel: Panel, index: np.ndarray) -> np.ndarray:
        """(n, H): the true risks of the panel's rows at ``index``; `ConfigError` where one is not in the file."""
        out = np.full((len(index), self._risks.shape[1]), np.nan)
        days, creators = panel.as_of[index], panel.entity_ids[index]
        for day in np.unique(days):
            first, stop = np.searchsorted(self._days, [day, day + np.timedelta64(1, "D")])
            row_of = {creator: row for row, creator in enumerate(self._creators[first:stop].tolist(), start=first)}
            for i in np.flatnonzero(days == day):
                row = row_of.get(creators[i])
                if row is None:
                    raise ConfigError(
                        f"The truth {self._path} says nothing about creator {creators[i]!r} on {day}; it is another "
                        f"platform's: give the file that was simulated with this log."
                    )
                out[i] = self._risks[row]
        return out
