"""A label audit on a terminal: the most expensive disagreements, and what the list says as a whole."""

from __future__ import annotations

import sys

from fancare.reports.hostile import visible
from fancare.reports.label_audit import Audit, AuditedRow, Compared
from fancare.reports.wording import Words, both, percent

WIDTH = 150  # where nobody looks at a terminal
SHOWN = 15
LONGEST_ID = 40


def print_audit(audit: Audit) -> None:
    """The first rows as a table, then the summary; every row is in the CSV."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    found = audit.found
    if audit.rows:
        title = f"{min(SHOWN, len(audit.rows))} of {len(audit.rows)} rows, at {found.horizon} days"
        table = Table(found.entity, "as of", "risk", "label", "silent", "active of 28 d", "next active", "other events",
                      "look at the label because", title=title)  # fmt: skip
        for row in audit.rows[:SHOWN]:
            table.add_row(Text(_short(row.disagreement.id)), *_cells(row))  # an id is never read as markup
        Console(width=None if sys.stdout.isatty() else WIDTH).print(table)
    for _, english in sentences(audit):
        print(english)


def sentences(audit: Audit) -> tuple[Words, ...]:
    """How many disagree, what the listed rows cost, and how many of them give a reason to doubt the label."""
    found = audit.found
    against = found.n_came_back + found.n_left
    summary = both("audit.summary", n=found.n_tested, against=against, came_back=found.n_came_back, left=found.n_left)
    if not audit.rows:
        return summary, both("audit.nothing")
    loss, rows = percent(found.share_of_loss), percent(found.share_of_rows)
    share = both("audit.share", listed=len(audit.rows), rows=rows, loss=loss)
    return summary, share, *_suspicious(audit), both("audit.fill_in")


def _suspicious(audit: Audit) -> tuple[Words, ...]:
    if not audit.n_suspicious:
        return (both("audit.none_suspicious"),)
    told = []
    for kind in audit.compared():
        if kind.counts:
            told.append(_against_controls(kind))
        if kind.n_controls < kind.n_listed:
            words = {"kind": both(f"audit.kind_{kind.kind}"), "listed": kind.n_listed, "controls": kind.n_controls}
            told.append(both("audit.few_controls" if kind.n_controls else "audit.no_controls", **words))
    return both("audit.suspicious", n=audit.n_suspicious, listed=len(audit.rows)), *told


def _against_controls(kind: Compared) -> Words:
    """How common each suspicion is among the listed rows of one kind, against its controls; a dash where there are none."""
    counted = [
        both(
            "audit.counted",
            name=both(f"audit.short.{code}"),
            n=n,
            listed=kind.n_listed,
            beside=both("audit.of_controls", n=n_beside, controls=kind.n_controls) if kind.n_controls else "–",
        )
        for code, (n, n_beside) in kind.counts.items()
    ]
    counts = (", ".join(korean for korean, _ in counted), ", ".join(english for _, english in counted))
    return both("audit.compared", kind=both(f"audit.kind_{kind.kind}"), counts=counts)


def _cells(row: AuditedRow) -> tuple[str, ...]:
    one, seen = row.disagreement, row.evidence
    after = "–" if seen.next_active_date is None else f"day {(seen.next_active_date - one.as_of).days}"
    return (
        str(one.as_of),
        f"{one.risk:.3f}",
        both(f"audit.kind_{one.kind}")[1].removeprefix("label: "),
        "–" if seen.silence_days is None else f"{seen.silence_days} d",
        str(seen.active_days_28d),
        after,
        str(seen.other_events),
        ", ".join(both(f"audit.short.{code}")[1] for code in row.suspicions) or "–",
    )


def _short(id: str) -> str:
    shown = visible(id)
    return shown if len(shown) <= LONGEST_ID else shown[: LONGEST_ID - 1] + "…"
