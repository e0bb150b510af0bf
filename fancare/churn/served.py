"""What was served, held against what could be known: a day's risks made again from what had arrived by its end.

    log as arrived by the end of d ──▶ features of d, labels ripe on d ──▶ the version, calibrated on d ──▶ risks
                                                                     risk_scores of d, as they were served ──┘ equal?

Whatever arrived after d is about days that d did not know: a run of d that is repeated later, with all that has come since
in its tables, must give the same. So a difference is a leak, but for those that have another cause. Known beforehand, and then
the day is not compared:

    gone         the version that scored is no longer in the registry, or is damaged there
    definition   it scored by another spec (events, horizons, model spec) than it and this configuration have now

Known by the tables, and looked for only where the risks differ:

    too_early    scored before the day was over: what still arrived that day was not there yet
    read_since   a file read after the score brought events that were there in time by their own word, or say nothing of their
                 arrival; a late backfill does say so and is no excuse
    merged       the front door has since found two events to be one, and the log holds them merged
    declared     the version's features are declared otherwise by the fancare that is installed now
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

import numpy as np

from fancare.churn.bundle import Bundle
from fancare.churn.registry import Registry
from fancare.churn.scoring import calibrated_on
from fancare.churn.training import calibration_as_ofs
from fancare.config import Config
from fancare.errors import FancareError
from fancare.events.altered_log import has_arrival
from fancare.events.extent import timeline_of
from fancare.panel.build import build, plan
from fancare.panel.gate import read_panel
from fancare.warehouse.duckdb_engine import Warehouse
from fancare.warehouse.schema import INGESTED_FILES

SERVED_TOLERANCE = 1e-4  # a score may be older than the packages that are installed now; see `Bundle.probe`
WORST = "served risks"
Why = Literal["gone", "definition", "too_early", "read_since", "merged", "declared"]
WHYS: tuple[Why, ...] = get_args(Why)


@dataclass(frozen=True)
class Served:
    """One partition of risk_scores: the day, who scored it by which spec, and when (UTC)."""

    as_of: date
    version: str
    spec_hash: str
    scored_at: datetime


@dataclass(frozen=True)
class Held:
    """A served day held against the log: ``risks`` compared, the ``largest`` difference, entities in only one of the two.

    ``why`` says why it was not compared, or why its difference is no leak; None where it was compared.
    """

    as_of: date
    risks: int = 0
    largest: float = 0.0
    strangers: int = 0
    why: Why | None = None

    @property
    def equal(self) -> bool:
        return not self.strangers and self.largest <= SERVED_TOLERANCE  # NaN is no equal risk


def served_days(warehouse: Warehouse, config: Config, always: Iterable[date]) -> tuple[Served, ...]:
    """Of what this model served: the newest day, the one scored longest after it was over, and any of ``always``.

    The longer after a day it was scored, the more of what arrived late could have slipped in; more days would show the same code
    at work again, each at the price of a build.
    """
    if not warehouse.has_table("risk_scores"):
        return ()
    found = [
        Served(*row)
        for row in warehouse.rows(
            "SELECT as_of, MAX(model_version), MAX(spec_hash), MAX(scored_at) FROM risk_scores "
            "WHERE entity = @entity AND model_name = @name GROUP BY as_of ORDER BY as_of",
            {"entity": config.churn.entity, "name": config.model.name},
        )
    ]
    if not found:
        return ()
    chosen = {*always, found[-1].as_of, max(found, key=_days_after).as_of}
    return tuple(one for one in found if one.as_of in chosen)


def usable(config: Config, served: Served, own: Bundle) -> tuple[Bundle, Config] | Why:
    """The version that scored, which may be ``own``, and the configuration that it scored by; why not where one is missing."""
    try:
        known = served.version == own.version
        bundle = own if known else Registry.of(config).load(config.model.name, served.version).bundle
    except FancareError:
        return "gone"
    for spec in (bundle.spec, config.model):
        made_with = replace(config, model=spec)
        if made_with.spec_hash == served.spec_hash:
            return bundle, made_with
    return "definition"


def held_against(log: Warehouse, arrived: Warehouse, config: Config, served: Served, own: Bundle) -> Held:
    """The served day beside the risks that ``arrived``, which holds what had arrived by its end, gives to the same entities.

    ``own`` is the version that is being certified, which need not be in the registry.
    """
    by = usable(config, served, own)
    if isinstance(by, str):
        return Held(served.as_of, why=by)
    bundle, made_with = by
    try:
        then = _risks_then(arrived, made_with, bundle, served.as_of)
    except FancareError:  # a feature that nobody could have built on that day
        return Held(served.as_of, why=_cause(log, config, bundle, served))
    now = _risks_served(log, config, served.as_of)
    both = sorted(then.keys() & now.keys(), key=str)
    a, b = (np.array([side[id] for id in both], dtype=np.float64).reshape(len(both), -1) for side in (then, now))
    largest = float(np.abs(a - b).max(initial=0.0))
    held = Held(served.as_of, a.size, largest, len(then.keys() ^ now.keys()))
    return held if held.equal else replace(held, why=_cause(log, config, bundle, served))


def told(held: Sequence[Held]) -> dict[str, int | float | str]:
    """The figures for the certificate; nothing where nothing was served yet."""
    if not held:
        return {}
    compared = [one for one in held if one.why is None]
    whys = Counter(one.why for one in held if one.why is not None)
    return {
        "served_days": len(held),
        "served_days_compared": len(compared),
        "served_risks": sum(one.risks for one in compared),
        "served_strangers": sum(one.strangers for one in compared),
        "largest_served_difference": round(float(np.max([0.0, *(one.largest for one in compared)])), 6),
        **{f"served_not_compared_{why}": whys[why] for why in WHYS if whys[why]},
    }


def _risks_then(
    arrived: Warehouse, config: Config, bundle: Bundle, day: date
) -> dict[tuple[str | None, ...], np.ndarray]:
    """The (H,) risks of each entity, by (creator, fan), from what ``arrived`` holds and nothing else."""
    recent = calibration_as_ofs(timeline_of(arrived, config, day), config.model)
    build(arrived, config, [*recent, day], day)
    panel = read_panel(arrived, config, [day], bundle.features, with_labels=False)
    risks = calibrated_on(arrived, config, bundle, day).model.risks_of(panel)
    n = len(panel)
    creators, fans = (np.full(n, None) if ids is None else ids for ids in (panel.creator_id, panel.fan_id))
    return dict(zip(zip(creators.tolist(), fans.tolist(), strict=True), risks, strict=True))


def _risks_served(log: Warehouse, config: Config, day: date) -> dict[tuple[str | None, ...], np.ndarray]:
    columns = ", ".join(f"risk_{h}d" for h in config.churn.horizons)
    found = log.rows(
        f"SELECT creator_id, fan_id, {columns} FROM risk_scores WHERE entity = @entity AND as_of = @as_of",
        {"entity": config.churn.entity, "as_of": day},
    )
    return {row[:2]: np.array(row[2:], dtype=np.float64) for row in found}


def _cause(log: Warehouse, config: Config, bundle: Bundle, served: Served) -> Why | None:
    """What else than a leak the difference may come from; None where nothing is known."""
    over = _end_of(config, served.as_of)
    if served.scored_at < over:
        return "too_early"
    if log.has_table(INGESTED_FILES.name):
        # a file that says when its events arrived and reaches beyond the day tells nothing about those of the day
        in_time, merged = log.rows(
            "SELECT COUNTIF(n_events > n_late AND first_time < @over AND (last_time < @over OR NOT @has_arrival)), "
            "COUNTIF(n_identity_duplicates > 0) FROM ingested_files WHERE ingested_at > @scored_at",
            {"over": over, "scored_at": served.scored_at, "has_arrival": has_arrival(log)},
        )[0]
        if in_time:
            return "read_since"
        if merged:
            return "merged"
    now = {(f.name, f.expression) for f in plan(log, config, bundle.interval.origin).features}
    return None if all((f.name, f.expression) in now for f in bundle.features) else "declared"


def _end_of(config: Config, day: date) -> datetime:
    """The moment at which the day is over, in UTC without a zone, as tables hold it."""
    midnight = datetime.combine(day + timedelta(1), time(), ZoneInfo(config.platform.timezone))
    return midnight.astimezone(UTC).replace(tzinfo=None)


def _days_after(served: Served) -> tuple[int, date]:
    return (served.scored_at.date() - served.as_of).days, served.as_of
