"""Challenger against champion on the rows that both were tested on: is the challenger shown to rank worse?

    champion   o ── test ── test ── test ──│
    challenger     o ── test ── test ── test ──│      trained a week later: the common days lie between

Both saw the same people on the same days, so what was hard for one was hard for the other, and the difference of their mean
AUCs is far surer than either figure. Its interval is paired and clustered by entity (rooms: by creator and by fan).

**The rule.** The challenger is refused when it is *shown* to be worse, by *enough to matter*: the whole interval lies below 0,
and the estimate below −margin. Otherwise it passes. Two simpler rules fail on one side:

* "non-inferior only when the lower end is above −margin" refuses an equal challenger whenever the platform is too small for so
  sharp an interval: its first model would score for ever, ever older.
* "the estimate is above −margin" refuses every third equal challenger of a platform of 60 entities: noise decides.

Here an equal challenger is refused with a chance of nominally 2.5 % on a platform of any size, for only so often does a 95 %
interval lie below 0 by chance (3 to 4 % by simulation, where entities are few). Where nothing can be told, the newer model is the
better bet: it has seen weeks that the champion has not, and it must beat the recency rule and be calibrated all the same. A
challenger .02 worse is let through in fewer than 5 % of cases where the difference is known to ± .011 (a standard error of
.0055): several hundred entities over a backtest's weeks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from fancare.churn.backtest_rows import BacktestRows, common_rows
from fancare.churn.bootstrap import Interval, WeightedAUC, auc_draws

DRAWS = 400
SEED = 0
FEWEST_ENTITIES = 30  # below, an interval from redrawing whole entities is too narrow
SMALLEST_SHARE = 0.25  # of the challenger's test rows: fewer say little about what it was tested on


@dataclass(frozen=True)
class Comparison:
    """The challenger's mean AUC minus the champion's over ``n_rows`` common rows of ``n_entities`` entities."""

    n_rows: int
    n_entities: int
    difference: Interval

    def outcome(self, margin: float) -> Literal["not_worse", "undecided", "worse"]:
        """``worse`` when a loss beyond the margin is shown, ``not_worse`` when one is excluded, else ``undecided``."""
        if self.difference.high < 0 and self.difference.estimate < -margin:
            return "worse"
        return "not_worse" if self.difference.low > -margin else "undecided"


def compare(challenger: BacktestRows, champion: BacktestRows) -> Comparison | None:
    """Both on their common rows; None where these are too few to say anything.

    >>> compare(BacktestRows.none((7,)), BacktestRows.none((7,))) is None
    True
    """
    mine, theirs = common_rows(challenger, champion)
    n_entities = min((len(set(ids.tolist())) for ids in mine.clusters), default=0)  # rooms of three creators tell of three
    if n_entities < FEWEST_ENTITIES or len(mine) < SMALLEST_SHARE * len(challenger):
        return None
    difference = paired_difference(mine, theirs)
    return Comparison(len(mine), n_entities, difference) if math.isfinite(difference.low) else None


def paired_difference(mine: BacktestRows, theirs: BacktestRows) -> Interval:
    """The mean AUC of one minus that of the other; row i of both is of the same entity, day and outcome."""
    columns = range(len(mine.horizons))
    everybody = np.ones(len(mine))
    gaps = [
        WeightedAUC(mine.churned[:, k], mine.risks[:, k])(everybody)
        - WeightedAUC(theirs.churned[:, k], theirs.risks[:, k])(everybody)
        for k in columns
    ]
    draws = auc_draws(mine.churned, {"mine": mine.risks, "theirs": theirs.risks}, mine.clusters, DRAWS, SEED)
    return Interval.of(float(np.mean(gaps)), (draws["mine"] - draws["theirs"]).mean(axis=1))
