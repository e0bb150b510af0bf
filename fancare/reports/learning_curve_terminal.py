"""A learning curve as tables for a terminal, and what it says."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence

from fancare.churn.bootstrap import Interval
from fancare.churn.learning_curve import LearningCurve, Point
from fancare.reports.learning_curve_words import auc, change, sentences

WIDTH = 150  # where nobody looks at a terminal


def print_curve(curve: LearningCurve) -> None:
    """A table by weeks, a table by entities, and what the last doublings bought."""
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    made = " and ".join(map(str, curve.origins))
    print(
        f"{curve.n_test:,} test rows of {curve.n_test_entities:,} {curve.entity}s, {curve.first_test} to {curve.last_test}, the "
        f"same at every point; made on {made}, {curve.repeats} {'time' if curve.repeats == 1 else 'times'} each"
    )
    console.print(_table(curve, "weeks", curve.by_weeks))
    console.print(_table(curve, f"{curve.entity}s", curve.by_entities))
    for why in curve.left_out:
        print(f"left out: {why}")
    for _, english in sentences(curve):
        print(english)
    print(f"{curve.cpu_seconds:.0f} CPU seconds")


def _table(curve: LearningCurve, axis: str, points: Sequence[Point]):  # type: ignore[no-untyped-def]
    from rich.table import Table

    horizons = (f"{h} d" for h in curve.horizons)
    table = Table(axis, "training rows", "mean AUC", *horizons, "log loss", "minus all data", "gain of this step",
                  title=f"by {axis}, with 95 % intervals")  # fmt: skip
    for point in points:
        size = point.weeks if axis == "weeks" else point.n_entities
        rows = f"{point.n_rows:,}" + (f" of {point.n_available:,}" if point.is_capped else "")
        by_horizon = (auc(found.estimate)[1] for found in point.by_horizon.values())
        loss = auc(math.fsum(point.log_loss.values()) / len(point.log_loss))[1]
        against = "–" if point is points[-1] else _difference(point.minus_all)
        mean = f"{auc(point.auc.estimate)[1]} ({auc(point.auc.low)[1]}–{auc(point.auc.high)[1]})"
        table.add_row(f"{size:,}", rows, mean, *by_horizon, loss, against, _difference(point.gain))
    return table


def _difference(found: Interval | None) -> str:
    if found is None:
        return "–"
    return f"{change(found.estimate)[1]} ({change(found.low)[1]} to {change(found.high)[1]})"
