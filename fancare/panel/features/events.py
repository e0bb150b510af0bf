"""Every event name that occurs, as variables of its own: no name is in the code."""

from __future__ import annotations

from collections.abc import Iterator

from fancare.panel import bits
from fancare.panel.blocks import SLOT_WINDOWS
from fancare.panel.event_slots import Slot
from fancare.panel.feature import Feature
from fancare.panel.features.activity import ANY
from fancare.panel.features.amounts import amounts
from fancare.panel.features.record import record
from fancare.panel.features.trend import AGAINST, ratio


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
        yield record(f"{stem}_days_{w}d", "active_days", "days", f"최근 {w}일 {ko} 있던 날", f"days with {en}, {w} days",
                     bits.active_days(alias, w), window=w, slot=slot)  # fmt: skip
    yield record(f"{stem}_recency_days", "recency", "days", f"마지막 {ko} 후 일수", f"days since the last {en}",
                 bits.recency(alias), slot=slot)  # fmt: skip
    for w in (7, 28):
        before, against_ko, against_en = AGAINST[w]
        yield record(f"{stem}_trend_{w}d", "trend", "ratio", f"{ko}: 최근 {w}일 ÷ {against_ko}", f"{en}: {w} days against {against_en}",
                     ratio(f"{alias}_n{w}", f"{alias}_n{w + before}", w, before), window=w + before, slot=slot)  # fmt: skip
    yield record(f"{stem}_days_slope_12w", "trend", "days/week²", f"{ko} 있던 날의 12주 추세", f"trend of days with {en} over 12 weeks",
                 bits.slope(alias, 12), window=84, slot=slot)  # fmt: skip
    for w in (28, 84):
        yield record(f"{stem}_share_{w}d", "share", "share", f"모든 이벤트 중 {ko}의 비중({w}일)", f"share of all events that are {en}, {w} days",
                     f"SAFE_DIVIDE({alias}_n{w}, {ANY}_n{w})", window=w, slot=slot)  # fmt: skip
    yield record(f"{stem}_per_day_28d", "share", "events/day", f"{ko} 있던 날 하루당 건수(28일)", f"{en} on a day that has any, 28 days",
                 f"SAFE_DIVIDE({alias}_n28, {bits.active_days(alias, 28)})", window=28, slot=slot)  # fmt: skip
    if slot.has_amount:
        yield from amounts("own", f"s{slot.number}", stem, ko, en, slot)
