"""The gate's answer on a challenger as a table for a terminal."""

from __future__ import annotations

import sys

from fancare import messages
from fancare.churn.promotion import Check, Gate

WIDTH = 140  # where nobody looks at a terminal


def print_gate(gate: Gate, lang: str = "en") -> None:
    """Every check with what was found, what is needed, and the verdict."""
    from rich.console import Console
    from rich.table import Table

    against = "" if gate.champion is None else f" against {gate.champion}"
    table = Table(
        "check", "found", "needed", "verdict", title=f"{gate.name} {gate.challenger}{against}", title_justify="left"
    )
    for check in gate.checks:
        table.add_row(check.title(lang), check.found, check.limit, _verdict(gate, check, lang))
    Console(width=None if sys.stdout.isatty() else WIDTH).print(table)


def _verdict(gate: Gate, check: Check, lang: str) -> str:
    said = {True: "passed", False: "failed", None: "unknown"}[check.passed]
    told = messages.text(f"gate.verdict.{said}", lang)
    return (
        told
        if check.passed is not False or check in gate.failed
        else f"{told} ({messages.text('gate.not_needed', lang)})"
    )
