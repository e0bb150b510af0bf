"""A change of one creator's risk with parts as drawn, for tests of its words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache

import numpy as np

from fancare.churn.bundle import Bundle
from fancare.churn.change import ALL, PLAYERS, WITHOUT_BEHAVIOUR, Change, Side
from fancare.panel.replayed import Told
from tests.drawn_log import config
from tests.drawn_model import drawn_bundle, drawn_churn_model

SINCE, AS_OF = date(2026, 6, 1), date(2026, 6, 15)
LEVEL = (-1.0, -2.0, -3.0)  # log odds on SINCE over 7, 14 and 28 days


@cache
def _bundle() -> Bundle:
    return drawn_bundle(drawn_churn_model())


def changed_by(parts: Mapping[str, float]) -> Change:
    """Each player adds its part to the log odds whoever else is there: so these are the Shapley values."""
    adds = [parts[player] for player in PLAYERS]
    total = [sum(add for i, add in enumerate(adds) if coalition >> i & 1) for coalition in range(ALL + 1)]
    values = np.array(total)[:, None] + np.array(LEVEL)
    sides = [
        Side(day, config(), _bundle(), tuple(float(1 / (1 + np.exp(-v))) for v in values[coalition]))
        for day, coalition in ((SINCE, 0), (AS_OF, ALL))
    ]
    own = {"recency_days": 2.0, "active_days_28d": 12.0, "events_28d": 40.0}
    rows = {0: own, WITHOUT_BEHAVIOUR: own, ALL: {"recency_days": 84.0, "active_days_28d": 0.0, "events_28d": 0.0}}
    return Change(("lumi", None), sides[0], sides[1], (7, 14, 28), values, (), rows, Told(120, 0, 0), Told(7, 0, 0))
