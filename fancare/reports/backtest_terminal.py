"""The figures of a backtest as tables for a terminal."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

    from fancare.churn.at_capacity import AtCapacity
    from fancare.churn.backtest_result import BacktestResult
    from fancare.churn.bootstrap import Interval
    from fancare.churn.cohorts import CohortFigures

WIDTH = 140  # where nobody looks at a terminal


def print_backtest(result: BacktestResult) -> None:
    """Every model over all rows, the first ranks of a day, TabNet by cohort, and what is to be said about them."""
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    console.print(_models(result.to_rows()))
    if result.at_capacity is not None:
        console.print(_at_capacity(result.at_capacity))
    if result.cohorts:
        console.print(_cohorts(result.cohorts))
    for sentence in result.sentences():
        print(sentence)
    for cohort in result.cohorts:
        for found in cohort.horizons.values():
            if found.too_small:
                print(found.too_small)


def _models(rows: list[dict]) -> Table:
    from rich.table import Table

    table = Table(
        "horizon",
        "model",
        "AUC",
        "95 % interval",
        "average precision",
        "churn rate",
        "ECE (by chance)",
        "lift at 10 %",
        "rows",
    )
    for row in rows:
        table.add_row(
            f"{row['horizon']} d", row["model"], _figure(row["auc"]), f"{_figure(row['auc_low'])} to {_figure(row['auc_high'])}",
            _figure(row["average_precision"]), _figure(row["churn_rate"]), _ece(row["ece"], row["brier"], row["n"]),
            _figure(row["lift_at_10pct"], 2), f"{row['n']:,}",
            end_section=row is rows[-1] or row["horizon"] != rows[rows.index(row) + 1]["horizon"],
        )  # fmt: skip
    return table


def _at_capacity(found: AtCapacity) -> Table:
    from rich.table import Table

    title = f"the first {found.capacity:,} ranks of each of {found.n_days:,} test days (\\[ops] capacity)"
    table = Table("horizon", "model", "precision", "lift", "TabNet minus it", title=title, title_justify="left")
    for h, by_model in found.models.items():
        for name, own in by_model.items():
            gap = found.minus[h].get(name)
            table.add_row(f"{h} d", name, _interval(own.precision), _interval(own.lift, 2), "" if gap is None else _interval(gap),
                          end_section=name == list(by_model)[-1])  # fmt: skip
    return table


def _cohorts(cohorts: tuple[CohortFigures, ...]) -> Table:
    from rich.table import Table

    table = Table("cohort", "horizon", "rows", "churn rate", "AUC", "ECE (by chance)", "AUC minus gradient boosting's",
                  title="TabNet by cohort", title_justify="left")  # fmt: skip
    for cohort in cohorts:
        for h, found in cohort.horizons.items():
            figures = found.figures
            table.add_row(
                cohort.name, f"{h} d", f"{figures.n:,}", _figure(figures.churn_rate), _interval(found.auc),
                _ece(figures.ece, figures.brier, figures.n), _interval(found.minus), end_section=h == list(cohort.horizons)[-1],
            )  # fmt: skip
    return table


def _interval(found: Interval, digits: int = 3) -> str:
    """The estimate, and its ends where they could be said."""
    ends = "" if math.isnan(found.low) else f" ({found.low:.{digits}f} to {found.high:.{digits}f})"
    return _figure(found.estimate, digits) + ends


def _ece(ece: float | None, brier: float | None, n: int) -> str:
    """The error beside what perfect probabilities would show on so few rows."""
    from fancare.churn.metrics import ece_by_chance

    if ece is None or brier is None or math.isnan(ece):
        return "–"
    return f"{ece:.3f} ({ece_by_chance(brier, n):.3f})"


def _figure(value: float | None, digits: int = 3) -> str:
    return "–" if value is None or math.isnan(value) else f"{value:.{digits}f}"
