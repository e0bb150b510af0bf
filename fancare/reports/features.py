"""The candidate features of a config: what was kept, what went and why, as CSV and for a terminal."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Sequence
from pathlib import Path

from fancare import messages
from fancare.churn.bootstrap import Interval
from fancare.churn.feature_study import FeatureStudy
from fancare.churn.pruning import Pruning
from fancare.panel.feature import Feature
from fancare.reports.hostile import csv_cell
from fancare.reports.watchlist import write_atomically

SHOWN = 15
COLUMNS = (
    "feature", "family", "meaning_ko", "meaning_en", "unit", "window_days", "kept", "importance", "reason", "reason_ko",
    "reason_en", "figure", "like",
)  # fmt: skip


def write_csv(pruning: Pruning, features: Sequence[Feature], out: Path) -> Path:
    """One line a candidate, in the order of the records; event names in them are made harmless for spreadsheets."""
    importance = dict(zip(pruning.kept, pruning.importance, strict=True))
    dropped = {record.feature: record for record in pruning.dropped}
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\r\n")
    lines.writerow(COLUMNS)
    for feature in features:
        went = dropped.get(feature.name)
        share = importance.get(feature.name)
        if went is None and share is None:  # its event name was not known at the origin
            continue
        cells = [
            feature.name, feature.family, feature.meaning_ko, feature.meaning_en, feature.unit, feature.window_days or "",
            "no" if went else "yes", "" if share is None else f"{share:.5f}", went.reason if went else "",
            *(messages.text(f"pruned.{went.reason}", lang) if went else "" for lang in ("ko", "en")),
            f"{went.figure:.4f}" if went else "",
            (went.like if went else None) or "",
        ]  # fmt: skip
        lines.writerow([csv_cell(cell) if isinstance(cell, str) else cell for cell in cells])
    out.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(
        out, b"\xef\xbb\xbf" + text.getvalue().encode("utf-8")
    )  # the mark tells spreadsheets that it is UTF-8
    return out


def print_pruning(pruning: Pruning, features: Sequence[Feature]) -> None:
    """How many went for which reason, and the most important of those kept."""
    from rich.console import Console
    from rich.table import Table

    console = Console(width=None if sys.stdout.isatty() else 140)
    print(f"{len(pruning.kept)} of {pruning.n_candidates} candidate features kept")
    for reason, count in pruning.counts().items():
        if count:
            print(f"  {count:>4} {reason}: {messages.text(f'pruned.{reason}', 'en')}")
    meaning = {feature.name: feature.meaning_en for feature in features}
    importance = dict(zip(pruning.kept, pruning.importance, strict=True))
    table = Table("importance", "feature", "meaning", title=f"the {min(SHOWN, len(pruning.kept))} most important")
    for name in pruning.ranked()[:SHOWN]:
        table.add_row(f"{importance[name]:.3f}", name, meaning.get(name, ""))
    console.print(table)


def print_study(study: FeatureStudy) -> None:
    """Quality and cost of all candidates, of those kept, and of half of them."""
    from rich.console import Console
    from rich.table import Table

    table = Table(
        "features", "how many", "mean AUC", "minus all, paired", "CPU to fit", "of all's", title="what pruning is worth"
    )
    whole = study.variants[0].cpu_seconds
    for variant in study.variants:
        table.add_row(
            variant.name, f"{variant.n_features:.0f}", _interval(variant.auc, ".4f"), _interval(variant.minus_all, "+.4f"),
            f"{variant.cpu_seconds:.0f} s", f"{variant.cpu_seconds / whole:.0%}" if whole else "–",
        )  # fmt: skip
    Console(width=None if sys.stdout.isatty() else 140).print(table)
    if study.overlaps:
        told = ", ".join(f"{value:.2f}" for value in study.overlaps)
        print(f"overlap (Jaccard) of what origins {study.weeks} weeks apart kept: {told}")


def _interval(found: Interval, form: str) -> str:
    return f"{found.estimate:{form}} ({found.low:{form}} to {found.high:{form}})"
