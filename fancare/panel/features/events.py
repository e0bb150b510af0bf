"""Every event name that occurs, as variables of its own: no name is in the code."""

from __future__ import annotations

from collections.abc import Iterator

from fancare.panel import bits
from fancare.panel.blocks import SLOT_WINDOWS
from fancare.panel.event_slots import Slot
from fancare.panel.feature import Feature
from fancare.panel.features.amounts import amounts
from fancare.panel.features.record import record


def event(slot: Slot, prefix_actor: bool) -> Iterator[Feature]:
    """The variables of one slot; for a creator with whose events they are, its own or its fans'."""
    alias, stem = f"own.s{slot.number}", f"{slot.actor}_{slot.stem}" if prefix_actor else slot.stem
    who_ko = {"fan": "팬의 ", "creator": "본인의 "}[slot.actor] if prefix_actor else ""
    who_en = {"fan": "fans' ", "creator": "own "}[slot.actor] if prefix_actor else ""
    ko = f"{who_ko}'{slot.event_name}'" if slot.event_name else f"{who_ko}기타 이벤트"
    en = f"{who_en}'{slot.event_name}'" if slot.event_name else f"{who_en}other events"
    for w in SLOT_WINDOWS:
        yield record(f"{stem}_n_{w}d", "counts", "events", f"최근 {w}일 {ko} 건수", f"{en}, {w} days", f"{alias}_n{w}",
                 window=w, slot=slot)  # fmt: skip
    for w in (28, 84):
        yield record(f"{stem}_days_{w}d", "active_days", "days", f"최근 {w}일 {ko} 있던 날", f"days with {en}, {w} days",
                 bits.active_days(alias, w), window=w, slot=slot)  # fmt: skip
    yield record(f"{stem}_recency_days", "recency", "days", f"마지막 {ko} 후 일수", f"days since the last {en}",
             bits.recency(alias), slot=slot)  # fmt: skip
    yield record(f"{stem}_trend_28d", "trend", "ratio", f"{ko}: 최근 28일 ÷ 이전 56일의 4주 평균",
             f"{en}: 28 days against the 8 weeks before", f"({alias}_n28 + 1) / (({alias}_n84 - {alias}_n28) / 2 + 1)",
             window=84, slot=slot)  # fmt: skip
    if slot.has_amount:
        yield from amounts("own", f"s{slot.number}", stem, ko, en, slot)
