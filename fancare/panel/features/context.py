"""For a room: what its fan and its creator do elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from fancare.panel import bits
from fancare.panel.feature import Feature
from fancare.panel.features.record import record


def context(block: str, ko: str, en: str) -> Iterator[Feature]:
    """What ``block`` says, the fan or the creator; who does nothing has no row there."""
    for w in (7, 28, 84):
        yield record(f"{block}_active_days_{w}d", "context", "days", f"{ko} 활동일 수({w}일)", f"{en} active days, {w} days",
                 f"COALESCE({bits.active_days(f'{block}.act', w)}, 0)", block=block, window=w)  # fmt: skip
    for w in (28, 84):
        yield record(f"{block}_events_{w}d", "context", "events", f"{ko} 활동 건수({w}일)", f"{en} activity events, {w} days",
                 f"COALESCE({block}.act_n{w}, 0)", block=block, window=w)  # fmt: skip
    yield record(f"{block}_recency_days", "context", "days", f"{ko} 마지막 활동 후 일수", f"days since {en} last activity",
             f"COALESCE({bits.recency(f'{block}.act')}, {bits.SPAN})", block=block)  # fmt: skip
    yield record(f"{block}_days_slope_12w", "context", "days/week²", f"{ko} 12주 활동일 추세", f"{en} trend over 12 weeks",
             f"COALESCE({bits.slope(f'{block}.act', 12)}, 0)", block=block, window=84)  # fmt: skip
