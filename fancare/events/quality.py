"""May today's data be built on? Contracts, completeness and intake, each finding green, amber or red.

Red stops a run and is only ever about newly arrived days (`completeness.fresh_days` says which those are), about our
own tables, or about a config that names what the log does not have. What looks odd on old days is amber. A holiday or
an outage is declared in ``[quality] known_outages`` and judged green.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fancare.config import Config
from fancare.events import completeness, contracts, intake, repetition, volume
from fancare.events.verdict import SEVERITY, Check, Verdict, finding, worst
from fancare.warehouse.schema import QUALITY_CHECKS

if TYPE_CHECKING:
    from fancare.events.extent import LogExtent
    from fancare.warehouse.duckdb_engine import Warehouse

MOST_NAMES = 500
SHOWN_PER_CHECK = 5
BOT_EVENTS = 20_000  # a day; one every four seconds, day and night
FEW_ENTITIES = 30
STALE_DAYS, HISTORIC_DAYS = 3, 60


@dataclass(frozen=True)
class QualityReport:
    """All findings of one check, the worst first."""

    checks: tuple[Check, ...]
    checked_at: datetime

    @property
    def verdict(self) -> Verdict:
        return worst(check.verdict for check in self.checks)

    @property
    def red(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if check.verdict == "red")

    @property
    def sentence(self) -> str:
        """What to stop a run with: the first red finding, and how many more there are."""
        if not self.red:
            return f"Quality is {self.verdict}."
        more = f" (And {len(self.red) - 1} more, in the table quality_checks.)" if len(self.red) > 1 else ""
        return self.red[0].message_en + more

    def lines(self, lang: str = "en") -> list[str]:
        """A short table: one line per finding that is not green, at most five of a kind, then the sum."""
        lines = []
        kinds = Counter((check.verdict, check.name) for check in self.checks)
        shown: Counter[tuple[str, str]] = Counter()
        for check in self.checks:
            kind = (check.verdict, check.name)
            if check.verdict == "green" and check.name not in ("known_outage", "name_new"):
                continue
            shown[kind] += 1
            if shown[kind] <= SHOWN_PER_CHECK:
                message = check.message_ko if lang == "ko" else check.message_en
                lines.append(f"  {check.verdict:<6} {check.name:<18} {message}")
            elif shown[kind] == SHOWN_PER_CHECK + 1:
                lines.append(f"  {'':<6} {check.name:<18} … and {kinds[kind] - SHOWN_PER_CHECK} more")
        counts = Counter(check.verdict for check in self.checks)
        counted = ", ".join(f"{counts[verdict]} {verdict}" for verdict in reversed(SEVERITY) if counts[verdict])
        return [*lines, f"Quality: {self.verdict} ({counted})."]


def check(
    warehouse: Warehouse, config: Config, extent: LogExtent, now: datetime, new_days: tuple[date, ...] = ()
) -> QualityReport:
    """The findings about the log as it stands, written to `quality_checks` too.

    ``now`` is aware; ``new_days`` are the days that the ingest before it changed (none: only a check was asked for).
    """
    counts = {day: int(n) for day, n in warehouse.rows(_sql("volume"))}
    if not counts:
        checks = [finding("no_events", "red", subject="events", observed=0, expected="> 0")]
        return _written(warehouse, checks, now)
    outages = config.quality.known_outages
    fresh = completeness.fresh_days(counts, new_days, extent.last_whole_day, _red_before(warehouse))
    judged = volume.Judged(
        first_day=min(counts),
        last_whole_day=extent.last_whole_day,
        data_through=min(extent.data_through, extent.last_whole_day),
        fresh=fresh,
        outages=outages,
    )
    checks = [
        *_check_rows(warehouse, fresh),
        *volume.check_days(counts, judged),
        *_check_repeats(warehouse, counts, fresh),
        *_check_names(warehouse, config, counts, judged),
        *_check_files(warehouse, config),
        *_check_actors(warehouse, config, fresh),
        *_check_age(extent, config, now),
    ]
    return _written(warehouse, checks, now)


def _check_rows(warehouse: Warehouse, fresh: tuple[date, ...]) -> list[Check]:
    checks = []
    for table in contracts.CHECKED_TABLES:
        if warehouse.has_table(table.name):
            checks += contracts.check_contracts(warehouse, table, fresh)
    if warehouse.has_table("events"):
        for day, n_raw, n_daily in warehouse.rows(_sql("conserved")):
            checks.append(finding("not_conserved", "red", subject="activity_daily", day=day, observed=int(n_daily),
                                  expected=n_raw))  # fmt: skip
    return checks


def _check_repeats(warehouse: Warehouse, counts: Mapping[date, int], fresh: tuple[date, ...]) -> list[Check]:
    if not warehouse.has_table("events"):
        return []
    return repetition.check_repeats(*repetition.read_repeats(warehouse, counts, fresh))


def _check_names(
    warehouse: Warehouse, config: Config, counts: Mapping[date, int], judged: volume.Judged
) -> list[Check]:
    named = {"listed": list(volume.listed_names(config)), "most": MOST_NAMES}
    spans = [volume.NameSpan(*row) for row in warehouse.rows(_sql("name_totals"), named)]
    dropped = []
    if warehouse.has_table("without_actor"):
        dropped = [volume.Dropped(*row) for row in warehouse.rows(_sql("names_without_actor"), named)]
    # the first fresh day is judged by the 8 weeks before it
    since = judged.fresh[0] - timedelta(7 * completeness.WEEKS)
    rows = warehouse.rows(_sql("name_days"), {"names": [span.name for span in spans], "from_day": since})
    series = _series(rows)
    checks = volume.check_names(spans, dropped, series, counts, config, judged)
    return checks + volume.check_amounts(series, config.events.revenue, judged)


def _series(rows: list[tuple]) -> dict[str, volume.NameDays]:
    series: dict[str, volume.NameDays] = {}
    for name, day, n, with_amount, largest in rows:
        days = series.setdefault(name, volume.NameDays(name, {}, {}, {}))
        days.counts[day] = int(n)
        days.with_amount[day] = int(with_amount)
        if largest is not None:
            days.largest[day] = largest
    return series


def _check_files(warehouse: Warehouse, config: Config) -> list[Check]:
    if not warehouse.has_table("ingested_files"):
        return []
    names_ids = config.source.kind != "parquet" or config.source.columns.event_id is not None
    return intake.check_files(intake.read_files(warehouse), names_ids, config.quality.known_outages)


def _check_actors(warehouse: Warehouse, config: Config, fresh: tuple[date, ...]) -> list[Check]:
    entity = config.churn.entity
    checks = []
    parameters = {"activity": list(config.activity), "actor": "creator" if entity == "creator" else "fan"}
    ((n_creators, n_fans),) = warehouse.rows(_sql("entities"), {"activity": parameters["activity"]})
    n = n_creators if entity == "creator" else n_fans
    if n == 0:
        checks.append(finding("no_entity", "red", subject=entity, observed=0, expected=f"≥ {FEW_ENTITIES}",
                              entity=entity, activity=", ".join(config.activity)))  # fmt: skip
    elif n == 1:
        verdict: Verdict = "red"
        checks.append(finding("one_entity", verdict, message="one_creator" if entity == "creator" else "one_fan",
                              subject=entity, observed=1, expected=f"≥ {FEW_ENTITIES}"))  # fmt: skip
    elif n < FEW_ENTITIES:
        checks.append(finding("few_entities", "amber", subject=entity, observed=n, expected=f"≥ {FEW_ENTITIES}",
                              entity=entity))  # fmt: skip
    for day, actor, actor_id, n_events in warehouse.rows(
        _sql("busiest"), {"days": list(fresh), "at_least": BOT_EVENTS}
    ):
        checks.append(finding("bot", "amber", subject=f"{actor} {actor_id}", day=day, observed=int(n_events),
                              expected=f"< {BOT_EVENTS:,}", actor=actor, actor_id=actor_id))  # fmt: skip
    return checks


def _check_age(extent: LogExtent, config: Config, now: datetime) -> list[Check]:
    """Amber where the log ended days ago: its export may have stopped. `[source] data_through` says that it is meant so."""
    age = (now.date() - extent.last_day).days
    allowed = STALE_DAYS + config.source.late_days_in_force
    verdict: Verdict = "green" if age <= allowed or config.source.data_through else "amber"
    message = "age" if verdict == "green" else "stale" if age <= HISTORIC_DAYS else "ended"
    return [finding("age", verdict, message=message, subject="events", observed=f"{age} d", expected=f"≤ {allowed} d",
                    last_day=extent.last_day, age=age)]  # fmt: skip


def _red_before(warehouse: Warehouse) -> list[date]:
    if not warehouse.has_table(QUALITY_CHECKS.name):
        return []
    return [day for (day,) in warehouse.rows(_sql("red_before"))]


def _written(warehouse: Warehouse, checks: list[Check], now: datetime) -> QualityReport:
    import pyarrow as pa

    ordered = sorted(checks, key=lambda c: (-SEVERITY.index(c.verdict), c.name, -(c.day or date.max).toordinal()))
    checked_at = now.astimezone(UTC).replace(tzinfo=None)
    columns: dict[str, list[Any]] = {
        "checked_at": [checked_at] * len(ordered),
        "check_name": [c.name for c in ordered],
        "subject": [c.subject for c in ordered],
        "activity_date": pa.array([c.day for c in ordered], pa.date32()),
        "verdict": [c.verdict for c in ordered],
        "observed": [c.observed for c in ordered],
        "expected": [c.expected for c in ordered],
        "message_ko": [c.message_ko for c in ordered],
        "message_en": [c.message_en for c in ordered],
    }
    warehouse.register("_findings", pa.table(columns))
    try:
        warehouse.replace_partition(QUALITY_CHECKS, {"checked_at": checked_at}, "SELECT * FROM _findings")
    finally:
        warehouse.unregister("_findings")
    return QualityReport(tuple(ordered), now)


def _sql(name: str) -> str:
    return Path(__file__).with_name(f"{name}.sql").read_text(encoding="utf-8")
