"""Money: what events with an amount moved, by window."""

from __future__ import annotations

from collections.abc import Iterator

from fancare.panel.blocks import AMOUNT_WINDOWS
from fancare.panel.event_slots import Slot
from fancare.panel.feature import Feature
from fancare.panel.features.record import record


def amounts(block: str, alias: str, stem: str, ko: str, en: str, slot: Slot | None) -> Iterator[Feature]:
    """Of the events ``alias`` of ``block``; ``stem``, ``ko`` and ``en`` name them, ``slot`` if they are one event's."""
    column = f"{block}.{alias}"
    for w in AMOUNT_WINDOWS:
        yield record(f"{stem}_amount_{w}d", "amount", "currency", f"최근 {w}일 {ko} 금액", f"{en} amount, {w} days",
                 f"{column}_sum{w}", window=w, slot=slot)  # fmt: skip
    yield record(f"{stem}_amount_max_84d", "amount", "currency", f"최대 {ko} 금액(84일)", f"largest {en} amount, 84 days",
             f"COALESCE({column}_max, 0)", window=84, slot=slot)  # fmt: skip
    for w in (28, 84):
        yield record(f"{stem}_amount_mean_{w}d", "amount", "currency", f"{ko} 1건당 금액({w}일)", f"mean {en} amount, {w} days",
                     f"SAFE_DIVIDE({column}_sum{w}, {column}_n{w})", window=w, slot=slot)  # fmt: skip
    yield record(f"{stem}_amount_trend_7d", "trend", "ratio", f"{ko} 금액: 최근 7일 ÷ 이전 21일의 주평균",
                 f"{en} amount: 7 days against the 3 weeks before",
                 f"SAFE_DIVIDE({column}_sum7, ({column}_sum28 - {column}_sum7) / 3)", window=28, slot=slot)  # fmt: skip
    yield record(f"{stem}_amount_trend_28d", "trend", "ratio", f"{ko} 금액: 최근 28일 ÷ 이전 56일의 4주 평균",
                 f"{en} amount: 28 days against the 8 weeks before",
                 f"SAFE_DIVIDE({column}_sum28, ({column}_sum84 - {column}_sum28) / 2)", window=84, slot=slot)  # fmt: skip
