"""The figures of a backtest as a table for a terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def print_backtest(rows: Sequence[dict], sentences: Sequence[str]) -> None:
    """The figures as a table, best first within a horizon, and what is to be said about them."""
    from rich.console import Console
    from rich.table import Table

    table = Table(
        "horizon", "model", "AUC", "95 % interval", "average precision", "churn rate", "ECE (by chance)", "lift at 10 %", "rows"
    )
    for row in rows:
        table.add_row(
            f"{row['horizon']} d", row["model"], _figure(row["auc"]), f"{_figure(row['auc_low'])} to {_figure(row['auc_high'])}",
            _figure(row["average_precision"]), _figure(row["churn_rate"]), _ece(row), _figure(row["lift_at_10pct"], 2),
            f"{row['n']:,}", end_section=row is rows[-1] or row["horizon"] != rows[rows.index(row) + 1]["horizon"],
        )  # fmt: skip
    Console(width=None if sys.stdout.isatty() else 140).print(table)
    for sentence in sentences:
        print(sentence)


def _ece(row: dict) -> str:
    """The error beside what perfect probabilities would show on so few rows."""
    from fancare.churn.metrics import ece_by_chance

    if row["ece"] is None or row["brier"] is None:
        return "–"
    return f"{row['ece']:.3f} ({ece_by_chance(row['brier'], row['n']):.3f})"


def _figure(value: float | None, digits: int = 3) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
