"""The label audit as a list for a person: each disagreement with what the log knows beside it, and room for a verdict.

    model: leaves │ label: came back        model: stays │ label: left
                  ▼                                      ▼
    one event only? a late link? the last days?   seen otherwise? an outage? a new id? back a day too late?

A suspicion is a reason to look at the label before blaming the model; it proves nothing. Ids and names are hostile: the CSV
disarms what a spreadsheet would run.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa

from fancare.churn.label_audit import Disagreement, Disagreements, Kind
from fancare.config import Config
from fancare.events.completeness import odd_days
from fancare.reports.hostile import csv_cell
from fancare.reports.watchlist import write_atomically
from fancare.reports.wording import Words, both
from fancare.warehouse.duckdb_engine import Warehouse

SQL = Path(__file__).with_name("label_audit.sql")
DAYS_SQL = "SELECT activity_date, SUM(n_events) FROM activity_daily WHERE known_until IS NULL GROUP BY activity_date"
SUSPICIONS = ("seen_otherwise", "outage", "late_link", "successor", "near_miss", "single_event")
NEAR_SHARE = 7  # of the horizon, a day at least: a return so near its end is a near miss, so many lost days an outage
NAMES_SHOWN = 3
KINDS: tuple[Kind, ...] = ("left", "came_back")
COLUMNS = (
    "creator_id", "fan_id", "as_of", "horizon_days", "risk", "label", "said_ko", "happened_ko", "loss",
    "last_active_date", "silence_days", "active_days_28d", "next_active_date", "days_until_return",
    "active_days_in_horizon", "active_events_in_horizon", "other_events_in_horizon", "other_names", "outage_days",
    "linked_id", "linked_from", "n_successors", "successor_id", "suspicions", "suspicions_ko", "suspicions_en",
    "verdict",
)  # fmt: skip


@dataclass(frozen=True)
class Evidence:
    """What the log knows of one row beside its label; dates are None where there is no such day.

    ``active_…_after`` and ``other_…`` count within the horizon; other names, the commonest first, are of the entity's own events
    that do not count as activity. ``linked_…`` is an id that was learnt after as_of to be the same person. ``n_successors`` ids
    began within a week of the last active day and met at least half of the same rooms (creators: fans); one of them is named.
    """

    last_active_date: date | None
    silence_days: int | None
    active_days_28d: int
    next_active_date: date | None
    active_days_after: int
    active_events_after: int
    other_events: int
    other_names: tuple[str, ...]
    linked_from: date | None
    linked_id: str | None
    n_successors: int
    successor_id: str | None


@dataclass(frozen=True)
class AuditedRow:
    """A disagreement with its evidence; ``outage_days`` are those of the silence on which the log looks incomplete."""

    disagreement: Disagreement
    evidence: Evidence
    outage_days: int
    suspicions: tuple[str, ...]


@dataclass(frozen=True)
class Audit:
    """The audited rows, most expensive first, and the CSV that holds them; ``controls`` are those of `Disagreements`."""

    found: Disagreements
    rows: tuple[AuditedRow, ...]
    csv: Path
    controls: tuple[AuditedRow, ...] = ()

    @property
    def n_suspicious(self) -> int:
        return sum(bool(row.suspicions) for row in self.rows)

    def compared(self) -> tuple[Compared, ...]:
        """Each kind that is listed beside its own controls: some suspicions can be raised against one kind only."""
        return tuple(told for kind in KINDS if (told := _compared(kind, self.rows, self.controls)).n_listed)


@dataclass(frozen=True)
class Compared:
    """One kind of listed rows and its controls; ``counts`` has for each suspicion that was raised how many listed rows and how
    many controls carry it, commonest first. A row may carry several.
    """

    kind: Kind
    n_listed: int
    n_controls: int
    counts: dict[str, tuple[int, int]]


def audit(warehouse: Warehouse, config: Config, found: Disagreements, data_through: date, out: Path) -> Audit:
    """The evidence on every listed row, as known on ``data_through``, written to ``out`` as CSV."""
    listed = (*found.rows, *found.controls)
    told = evidence(warehouse, config, listed, found.horizon, data_through)
    incomplete = incomplete_days(warehouse, config)
    judged = [audited(row, seen, found.horizon, incomplete) for row, seen in zip(listed, told, strict=True)]
    rows, controls = tuple(judged[: len(found.rows)]), tuple(judged[len(found.rows) :])
    write_atomically(out, csv_text(found, rows).encode("utf-8-sig"))
    return Audit(found, rows, out, controls)


def evidence(
    warehouse: Warehouse, config: Config, rows: Sequence[Disagreement], horizon: int, data_through: date
) -> tuple[Evidence, ...]:
    """What the log knows of each row, in their order: one query (GoogleSQL, label_audit.sql) for all of them."""
    kinds = [("number", pa.int64()), ("creator_id", pa.string()), ("fan_id", pa.string()), ("as_of", pa.date32())]
    listed = [
        {"number": number, "creator_id": row.creator_id, "fan_id": row.fan_id, "as_of": row.as_of}
        for number, row in enumerate(rows)
    ]
    warehouse.register("audited", pa.Table.from_pylist(listed, pa.schema(kinds)))
    given = {
        "entity": config.churn.entity,
        "activity": list(config.activity),
        "horizon": horizon,
        "data_through": data_through,
    }
    try:
        found = warehouse.rows(SQL.read_text(encoding="utf-8"), given)
    finally:
        warehouse.unregister("audited")
    return tuple(_evidence(rows[number], *columns) for number, *columns in found)


def incomplete_days(warehouse: Warehouse, config: Config) -> frozenset[date]:
    """Days on which the log holds far fewer events than usual, by the rule of `fancare check`, and the declared outages."""
    counts = {day: int(n) for day, n in warehouse.rows(DAYS_SQL)}
    if not counts:
        return frozenset(config.quality.known_outages)
    first, last = min(counts), max(counts)
    days = [first + timedelta(i) for i in range((last - first).days)]  # the last one is seldom whole
    low = (odd.day for odd in odd_days(counts, days, config.quality.known_outages) if odd.kind in ("zero", "low"))
    return frozenset({*low, *config.quality.known_outages})


def audited(row: Disagreement, seen: Evidence, horizon: int, incomplete: Collection[date]) -> AuditedRow:
    """The row with its suspicions: why the label, not the model, may be wrong."""
    ends = row.as_of + timedelta(horizon)
    silent_from = seen.last_active_date or row.as_of
    silent_to = min(ends, (seen.next_active_date or date.max) - timedelta(1))
    outage_days = sum(silent_from < day <= silent_to for day in incomplete)
    after_days = None if seen.next_active_date is None else (seen.next_active_date - row.as_of).days
    near = max(1, horizon // NEAR_SHARE)
    is_near = after_days is not None and horizon - near < after_days <= horizon + near
    left = row.kind == "left"
    holds: Mapping[str, bool] = {
        "seen_otherwise": left and seen.other_events > 0,
        "outage": outage_days >= near,  # one day of many hides nobody who would have come on another
        "late_link": seen.linked_id is not None,
        "successor": left and seen.n_successors == 1,  # several began there: in a busy room that says nothing
        "near_miss": is_near,
        "single_event": not left and seen.active_events_after == 1,
    }
    return AuditedRow(row, seen, outage_days, tuple(code for code in SUSPICIONS if holds[code]))


def _compared(kind: Kind, rows: Sequence[AuditedRow], controls: Sequence[AuditedRow]) -> Compared:
    listed, beside = ([row for row in group if row.disagreement.kind == kind] for group in (rows, controls))
    counts = {
        code: tuple(sum(code in row.suspicions for row in group) for group in (listed, beside)) for code in SUSPICIONS
    }
    raised = {code: (n, n_controls) for code, (n, n_controls) in counts.items() if n}
    return Compared(kind, len(listed), len(beside), dict(sorted(raised.items(), key=lambda item: -item[1][0])))


def suspicion_words(code: str, row: AuditedRow) -> Words:
    """One suspicion as a sentence with its facts."""
    seen = row.evidence
    return both(
        f"audit.{code}",
        n=seen.other_events,
        names=", ".join(seen.other_names[:NAMES_SHOWN]),
        outages=row.outage_days,
        linked=seen.linked_id,
        day=seen.linked_from,
        successor=seen.successor_id,
        next=seen.next_active_date,
        after="–" if seen.next_active_date is None else (seen.next_active_date - row.disagreement.as_of).days,
    )


def csv_text(found: Disagreements, rows: Sequence[AuditedRow]) -> str:
    """The list as CSV: one line a row, the last column left empty for the person who looks."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows:
        cells = _cells(found, row)
        writer.writerow([csv_cell(cells[name]) for name in COLUMNS])
    return text.getvalue()


def _cells(found: Disagreements, row: AuditedRow) -> dict[str, object]:
    one, seen = row.disagreement, row.evidence
    said, happened = both(f"audit.said_{one.kind}"), both(f"audit.kind_{one.kind}")
    words = [suspicion_words(code, row) for code in row.suspicions]
    return {
        "creator_id": one.creator_id,
        "fan_id": one.fan_id,
        "as_of": one.as_of,
        "horizon_days": found.horizon,
        "risk": one.risk,
        "label": one.kind,
        "said_ko": said[0],
        "happened_ko": happened[0],
        "loss": one.loss,
        "last_active_date": seen.last_active_date,
        "silence_days": seen.silence_days,
        "active_days_28d": seen.active_days_28d,
        "next_active_date": seen.next_active_date,
        "days_until_return": one.days_until_return,
        "active_days_in_horizon": seen.active_days_after,
        "active_events_in_horizon": seen.active_events_after,
        "other_events_in_horizon": seen.other_events,
        "other_names": ", ".join(seen.other_names),
        "outage_days": row.outage_days,
        "linked_id": seen.linked_id,
        "linked_from": seen.linked_from,
        "n_successors": seen.n_successors,
        "successor_id": seen.successor_id,
        "suspicions": " ".join(row.suspicions),
        "suspicions_ko": " · ".join(korean for korean, _ in words),
        "suspicions_en": " · ".join(english for _, english in words),
        "verdict": None,
    }


def _evidence(
    row: Disagreement, last: date | None, active_days_28d: int, after: date | None, active_days: int, active_events: int,
    other_events: int, other_names: list[str] | None, linked_from: date | None, linked_id: str | None, n_successors: int,
    successor_id: str | None,
) -> Evidence:  # fmt: skip
    return Evidence(
        last_active_date=last,
        silence_days=None if last is None else (row.as_of - last).days,
        active_days_28d=int(active_days_28d),
        next_active_date=after,
        active_days_after=int(active_days),
        active_events_after=int(active_events),
        other_events=int(other_events),
        other_names=tuple(other_names or ()),
        linked_from=linked_from,
        linked_id=linked_id,
        n_successors=int(n_successors),
        successor_id=successor_id,
    )
