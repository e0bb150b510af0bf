"""A study of activity cycles as tables for a terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from fancare.config import Config
from fancare.panel.cycles.promise import BACK_WITHIN, CAUGHT_WITHIN, REGULAR_GAPS, Definition
from fancare.panel.cycles.returns import Share
from fancare.panel.cycles.study import CycleStudy
from fancare.reports.cycle_words import rate, sentences

WIDTH = 120  # where nobody looks at a terminal


def print_study(study: CycleStudy, config: Config) -> None:
    """Gaps, return rates, the rhythms by how much each has shown, the promise, and what it all says."""
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    gaps = " · ".join(f"{share:.0%} within {days} d" for share, days in study.gap_quantiles)
    print(
        f"{study.n_gaps:,} gaps of {study.n_entities:,} {study.entity}s, {study.first_day} to {study.as_of}: {gaps or 'none'}"
    )
    (longer,) = study.followed
    told = [f"{rate(1 - share.estimate)[1]} for {k} d" for k, share in zip(longer.within, longer.back, strict=True)]
    print(f"after an activity silence lasts longer than so many days: {', '.join(told)}")
    for table in (_returns(study), _histories(study)):
        console.print(table)
    promise = study.promise
    for title, rows in (
        (f"everybody, {promise.n_leavers:,} leavers", promise.everybody),
        (f"with {REGULAR_GAPS} gaps or more before, {promise.n_regular_leavers:,} leavers", promise.regulars),
    ):
        console.print(_definitions(title, rows))
    for _, english in sentences(study, config):
        print(english)


def _returns(study: CycleStudy):  # type: ignore[no-untyped-def]
    from rich.table import Table

    within = study.after_silence[0].within
    table = Table("silence", "n", *(f"back within {h} d" for h in within), title="who comes back, with 95 % intervals")
    for row in study.after_silence:
        table.add_row(f"{row.silence_days} d", f"{row.back[0].n:,}", *map(_share, row.back))
    return table


def _histories(study: CycleStudy):  # type: ignore[no-untyped-def]
    from rich.table import Table

    table = Table(
        "own gaps", f"{study.entity}s", "median gap", "longest usual gap", "95 % interval", title="own rhythm, pooled"
    )
    for band in study.by_history:
        if band.n_entities:
            gaps = f"{band.gaps_from}" if band.gaps_from == band.gaps_to else f"{band.gaps_from} to {band.gaps_to}"
            days = (band.p50_days, band.p95_days)
            interval = f"{band.p95_low_days:.0f} to {band.p95_high_days:.0f} d"
            table.add_row(gaps, f"{band.n_entities:,}", *(f"{day:.0f} d" for day in days), interval)
    return table


def _definitions(title: str, rows: Sequence[Definition]):  # type: ignore[no-untyped-def]
    from rich.table import Table

    back = (f"back within {h} d" for h in BACK_WITHIN)
    waiting = ("leavers called after", f"within {CAUGHT_WITHIN} d")
    table = Table("called after", "calls", f"promised: {BACK_WITHIN[0]} d", *back, *waiting, title=title)
    for row in rows:
        name = "own rhythm" if row.silence_days is None else f"{row.silence_days} days of silence"
        waited = "–" if row.leavers_median_days is None else f"{row.leavers_median_days:.0f} d"
        table.add_row(
            name,
            f"{row.n_calls:,}",
            _share(row.promised[0]),
            *map(_share, row.back),
            waited,
            rate(row.leavers_caught)[1],
        )
    return table


def _share(share: Share) -> str:
    told = rate(share.estimate)[1]
    return f"{told} ({rate(share.low)[1]}–{rate(share.high)[1]})" if share.is_known else told
