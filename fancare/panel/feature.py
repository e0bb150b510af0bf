"""A feature is a record: its name, its meaning in two languages, its unit, its expression and who may see it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

Family = Literal[
    "counts", "active_days", "recency", "trend", "share", "amount", "rhythm", "rooms", "tenure", "weekday", "standing",
    "platform", "context",
]  # fmt: skip


@dataclass(frozen=True)
class Feature:
    """One column of the panel.

    ``expression`` is GoogleSQL over the columns that `fancare.panel.features` prepares for its ``block``.
    ``event_name`` and ``actor`` name the events it is about (None: all of the entity's activity). ``first_known`` is the
    day on which its event name was first seen, so a fold can leave out what its origin could not know (None: always
    known). ``audience`` is ``"creator"`` only where the creator may be told; page visits and other rooms are for ops.
    """

    name: str
    family: Family
    unit: str
    meaning_ko: str
    meaning_en: str
    expression: str
    block: str = "own"
    event_name: str | None = None
    actor: Literal["fan", "creator"] | None = None
    window_days: int | None = None
    first_known: date | None = None
    audience: Literal["ops", "creator"] = "ops"


def feature_hash(names: Iterable[str]) -> str:
    """SHA-256 over names in order: two panels may be scored by the same model only if it is equal.

    >>> feature_hash(["a", "b"]) == feature_hash(["b", "a"])
    False
    """
    return hashlib.sha256(json.dumps(list(names)).encode()).hexdigest()
