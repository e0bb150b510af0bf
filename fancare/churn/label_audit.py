"""The rows on which model and label disagree most: where a person should look whether the label is wrong.

A row disagrees when the model finds the label's opposite more likely than the label (risk above ½ and came back, or below and
left). What it costs is its log loss, −ln of the probability that was given to what the label says. Both kinds are listed, and
few rows per entity, so that neither the commoner kind nor one odd creator fills the list. Each kind has its controls, as many
rows with the same label that cost least: a sign that is as common among those says nothing against a label. (Where few leave,
hardly any leaver has a risk above ½; so it is the highest risks among the leavers that are taken, whatever they are.)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np

from fancare.churn.backtest_result import Tested
from fancare.churn.ids import entity_codes, word
from fancare.panel.gate import Panel

Kind = Literal["came_back", "left"]  # what the label says, against the model
SMALLEST = 1e-7  # as in the log loss of the backtest


@dataclass(frozen=True)
class Disagreement:
    """One test row. ``risk`` is the model's at the audited horizon, ``kind`` what the label says instead; ``loss`` in nats.

    ``days_until_return`` is None where no return was seen within the last mature horizon.
    """

    creator_id: str | None
    fan_id: str | None
    as_of: date
    risk: float
    kind: Kind
    loss: float
    days_until_return: int | None

    @property
    def id(self) -> str:
        """What `fancare explain` takes: the creator, ``creator/fan``, or the fan."""
        return "/".join(part for part in (self.creator_id, self.fan_id) if part is not None)


@dataclass(frozen=True)
class Disagreements:
    """The listed rows, most expensive first, beside all of that kind and all that was tested at this horizon.

    ``controls`` are for each kind as many rows with the same label that cost least, fewer where there are not so many.
    """

    entity: str
    horizon: int
    rows: tuple[Disagreement, ...]
    n_tested: int
    n_came_back: int
    n_left: int
    total_loss: float
    controls: tuple[Disagreement, ...] = ()

    @property
    def share_of_loss(self) -> float:
        """The listed rows' share of the log loss of all test rows; 0 where there is none."""
        return sum(row.loss for row in self.rows) / self.total_loss if self.total_loss > 0 else 0.0

    @property
    def share_of_rows(self) -> float:
        return len(self.rows) / self.n_tested if self.n_tested else 0.0


def disagreements(
    panel: Panel, tested: Tested, horizon: int, most: int = 40, most_per_entity: int = 2
) -> Disagreements:
    """The ``most`` rows of a backtest's test on which it and the label disagree most at ``horizon``, half of either kind.

    What one kind does not fill the other may. Ties go by id and day, those among controls by lot, so all is the same every
    time. A horizon that the panel does not have is a ValueError.
    """
    k = panel.horizons.index(horizon)
    known = ~np.isnan(panel.churned[tested.index, k])
    index = tested.index[known]
    churned = panel.churned[index, k] == 1
    risk = tested.risks[known, k].astype(np.float64)
    loss = -np.log(np.clip(np.where(churned, risk, 1 - risk), SMALLEST, 1 - SMALLEST))
    against = np.where(churned, risk < 0.5, risk > 0.5)
    entities = entity_codes(panel)[index]
    order = np.lexsort((panel.as_of[index], entities, -loss))
    candidates = _few_of_each(order[against[order]], entities, most_per_entity)
    came_back, left = candidates[~churned[candidates]], candidates[churned[candidates]]
    n_left = min(len(left), max(most // 2, most - len(came_back)))
    chosen = np.concatenate([left[:n_left], came_back[: most - n_left]])
    chosen = chosen[np.argsort(-loss[chosen], kind="stable")]
    lots = np.array([word(f"{i}\0{day}") for i, day in zip(panel.entity_ids[index], panel.as_of[index], strict=True)])
    cheapest = np.lexsort((lots, loss))
    controls = [
        _controls(
            cheapest[churned[cheapest] == label], chosen[churned[chosen] == label], loss, entities, most_per_entity
        )
        for label in (True, False)
    ]
    return Disagreements(
        entity=panel.entity,
        horizon=horizon,
        rows=tuple(_row(panel, index[i], risk[i], bool(churned[i]), loss[i]) for i in chosen),
        n_tested=len(index),
        n_came_back=int((against & ~churned).sum()),
        n_left=int((against & churned).sum()),
        total_loss=float(loss.sum()),
        controls=tuple(_row(panel, index[i], risk[i], bool(churned[i]), loss[i]) for i in np.concatenate(controls)),
    )


def _controls(
    cheapest: np.ndarray, listed: np.ndarray, loss: np.ndarray, entities: np.ndarray, most_per_entity: int
) -> np.ndarray:
    """Of the positions of one kind, cheapest first, as many as are listed, of which none costs less."""
    if not len(listed):
        return cheapest[:0]
    others = cheapest[~np.isin(cheapest, listed) & (loss[cheapest] <= loss[listed].min())]
    return _few_of_each(others, entities, most_per_entity)[: len(listed)]


def _few_of_each(ordered: np.ndarray, entities: np.ndarray, most: int) -> np.ndarray:
    """The positions in order, of each entity the first ``most``."""
    counts: dict[int, int] = {}
    kept = []
    for i in ordered.tolist():
        counts[entities[i]] = counts.get(entities[i], 0) + 1
        if counts[entities[i]] <= most:
            kept.append(i)
    return np.array(kept, dtype=np.int64)


def _row(panel: Panel, row: int, risk: float, churned: bool, loss: float) -> Disagreement:
    days = float(panel.days_until_return[row])
    return Disagreement(
        creator_id=None if panel.creator_id is None else str(panel.creator_id[row]),
        fan_id=None if panel.fan_id is None else str(panel.fan_id[row]),
        as_of=panel.as_of[row].astype("datetime64[D]").item(),
        risk=float(risk),
        kind="left" if churned else "came_back",
        loss=float(loss),
        days_until_return=None if np.isnan(days) else int(days),
    )
