"""Why a risk changed, at a terminal: the parts as signed bars, and a table for all horizons."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from fancare.churn.change import PLAYERS, Change
from fancare.churn.changed_facts import ChangedFact
from fancare.config import Config
from fancare.messages import text
from fancare.progress import Progress
from fancare.reports.change_words import behind, change_of, fact_lines, headline, signed, to_json_dict, warnings
from fancare.reports.hostile import visible
from fancare.reports.watchlist import write_atomically
from fancare.warehouse.duckdb_engine import Warehouse

WIDTH = 140  # where nobody looks at a terminal
REACH = 16  # characters of the longest bar
SMALLEST_SHOWN = 0.005  # of log odds: less is written 0.00


def explain_since(
    warehouse: Warehouse,
    config: Config,
    id: str,
    since: date,
    as_of: date | None,
    lang: str,
    out: Path | None,
    progress: Progress,
) -> None:
    """Print why the risk of ``id`` changed since a day, and where asked write the figures as JSON to ``out``."""
    if out:
        out.parent.mkdir(parents=True, exist_ok=True)
    horizon = config.model.bands.horizon
    change, facts = change_of(warehouse, config, id, since, as_of, progress)
    if out:
        write_atomically(
            out, (json.dumps(to_json_dict(change, facts, horizon), indent=1, ensure_ascii=False) + "\n").encode()
        )
    print_change(change, facts, horizon, lang)
    if out:
        print(f"\nfigures: {out}")


def print_change(change: Change, facts: Sequence[ChangedFact], horizon: int, lang: str) -> None:
    """Headline, bars at the bands' horizon, parts at every horizon, the facts behind the behaviour, and warnings."""
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    print("\n".join(headline(change, horizon, lang)), end="\n\n")
    console.print(_bars(change, horizon, lang))
    print()
    console.print(_by_horizon(change, lang))
    print()
    print("\n".join([*fact_lines(facts, lang), *(f"\n{warning}" for warning in warnings(change, lang))]))


def bar(part: float, longest: float, reach: int = REACH) -> str:
    """A bar from the middle, to the left for what lowers the risk, to the right for what raises it; one for a shown 0.01.

    >>> bar(-0.5, 1.0, 4), bar(1.0, 1.0, 4), bar(0.0, 1.0, 4), bar(0.01, 1.0, 4)
    ('  ██│    ', '    │████', '    │    ', '    │█   ')
    """
    n = 0 if abs(part) < SMALLEST_SHOWN else max(1, round(reach * abs(part) / longest))
    left, right = (n, 0) if part < 0 else (0, n)
    return f"{'█' * left:>{reach}}│{'█' * right:<{reach}}"


def _bars(change: Change, horizon: int, lang: str):  # type: ignore[no-untyped-def]
    from rich.table import Table
    from rich.text import Text

    parts = {player: float(part) for player, part in change.parts(horizon).items()}
    longest = max(map(abs, parts.values())) or 1.0
    lies_behind = behind(change, lang)
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for player in PLAYERS:
        drawn = Text(bar(parts[player], longest), style="red" if parts[player] > 0 else "green")
        told = Text(visible(lies_behind[player]))
        table.add_row(text(f"change.part.{player}", lang), drawn, Text(signed(parts[player]), justify="right"), told)
    total = Text(signed(float(change.difference(horizon))), justify="right")
    table.add_row(text("change.part.sum", lang), "", total, "")
    return table


def _by_horizon(change: Change, lang: str):  # type: ignore[no-untyped-def]
    from rich.table import Table

    heads = [text("change.days", lang, horizon=h) for h in change.horizons]
    table = Table(text("change.log_odds", lang), title=text("change.all_horizons", lang), title_justify="left")
    for head in heads:
        table.add_column(head, justify="right")
    by_horizon = [change.parts(h) for h in change.horizons]
    for player in PLAYERS:
        shown = (signed(float(parts[player])) for parts in by_horizon)
        table.add_row(text(f"change.part.{player}", lang), *shown, end_section=player == PLAYERS[-1])
    table.add_row(text("change.part.sum", lang), *(signed(float(change.difference(h))) for h in change.horizons))
    return table
