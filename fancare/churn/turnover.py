"""How much of the watchlist a new model turns over by itself: same day, same cohort, same data, two models.

    day's cohort ──┬─▶ champion    ─▶ its first `capacity` ranks ─┐
                   └─▶ challenger  ─▶ its first `capacity` ranks ─┴─▶ how many are new?

A list changes from day to day because people do. What changes on the day of a promotion beside that is the model's doing: whoever
works with the list loses those they were following, for no reason that a creator gave. It is measured when the challenger is
made, while the day's panel is at hand, against the last champions (a rollback may bring one back) and the newest certified
versions that may be champion by the time it is promoted, `MOST` of each; kept beside the version in ``turnover.json``. Against
any other it is not measured, and the gate says so. It is no part of the bundle: the same model has the same content whichever
champion it meets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import numpy as np

from fancare.churn import sealed
from fancare.errors import Refused

FILE = "turnover.json"
FORMAT = 1
MOST = 3  # champions, and as many versions that may become champion: each is one more scoring of the day


@dataclass(frozen=True)
class Turnover:
    """Of the challenger's first ``n_listed`` ranks of ``as_of``'s cohort, ``n_new`` are not among the champion's first.

    ``champion`` and ``champion_hash`` are the version and content hash of the model it was held against.
    """

    champion: str
    champion_hash: str
    as_of: date
    n_cohort: int
    n_listed: int
    n_new: int

    @property
    def share(self) -> float:
        return self.n_new / self.n_listed if self.n_listed else 0.0


def count_new(challenger_ranks: np.ndarray, champion_ranks: np.ndarray, capacity: int) -> tuple[int, int]:
    """(listed, new): row i of both is the same entity, ranks are 1 to n without ties.

    >>> count_new(np.array([1, 2, 3, 4]), np.array([1, 3, 2, 4]), capacity=2)
    (2, 1)
    """
    if len(challenger_ranks) != len(champion_ranks):
        raise ValueError(
            f"{len(challenger_ranks)} ranks of the challenger and {len(champion_ranks)} of the champion were given; "
            f"give both for the same cohort."
        )
    listed, before = challenger_ranks <= capacity, champion_ranks <= capacity
    return int(listed.sum()), int((listed & ~before).sum())


def keep(folder: Path, content_hash: str, found: Sequence[Turnover]) -> None:
    """Write what was found beside a version (``content_hash``: its own), in place of what was there."""
    told = {
        "format": FORMAT,
        "content_hash": content_hash,
        "against": [asdict(one) | {"as_of": one.as_of.isoformat()} for one in found],
    }
    sealed.put(folder, FILE, told)


def against(folder: Path, content_hash: str, champion_hash: str) -> Turnover | None:
    """What was found for the version in ``folder`` against a champion, by their content hashes; None: not measured."""
    try:
        told = sealed.found(folder, FILE, FORMAT)
        if told is None:
            return None
        if told["content_hash"] != content_hash:
            raise ValueError
        found = [Turnover(**{**one, "as_of": date.fromisoformat(one["as_of"])}) for one in told["against"]]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Refused(
            f"{folder / FILE} is damaged or another version's; train again with --retrain, which measures it anew."
        ) from None
    return next((one for one in found if one.champion_hash == champion_hash), None)
