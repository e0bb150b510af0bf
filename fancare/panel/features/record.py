"""How the families write their records down: one call a column."""

from __future__ import annotations

from typing import Literal

from fancare.panel.event_slots import Slot
from fancare.panel.feature import Family, Feature


def record(
    name: str, family: Family, unit: str, ko: str, en: str, expression: str, *,
    block: str = "own", window: int | None = None, slot: Slot | None = None, audience: Literal["ops", "creator"] = "ops",
) -> Feature:  # fmt: skip
    """A record; what is said of a ``slot`` (an event name, who acts, since when it is known) comes from the slot."""
    return Feature(
        name=name, family=family, unit=unit, meaning_ko=ko, meaning_en=en, expression=expression, block=block,
        event_name=slot.event_name if slot else None, actor=slot.actor if slot else None, window_days=window,
        first_known=slot.first_known if slot else None, audience=audience,
    )  # fmt: skip
