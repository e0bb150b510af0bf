"""The report page: one self-contained HTML file with today's risks, what moves them, and how far to trust them.

Everything is read from tables and records; the template only lays it out. Text is Korean first, English by a switch that
needs no JavaScript. The page holds no script and a policy that forbids any, so hostile names stay text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

import fancare
from fancare import messages
from fancare.config import Config
from fancare.reports import (
    charts,
    kpis,
    model_quality,
    model_watch,
    page_charts,
    rhythm,
    risk_trend,
    watchlist,
    wording,
)
from fancare.reports.gate_words import GateWords
from fancare.reports.hostile import visible
from fancare.reports.watchlist import WatchlistRow, write_atomically
from fancare.reports.wording import Words, bilingual, both
from fancare.warehouse.duckdb_engine import Warehouse

TEMPLATES = Path(__file__).with_name("templates")
FANS_SQL = Path(__file__).with_name("listed_fans.sql")
REASONS_SQL = Path(__file__).with_name("listed_reasons.sql")
ACTED_ON = ("high", "medium")  # bands that ask for something; who is at low risk is fine for now
LONGEST_ID = 48
CONTRIBUTIONS_SHOWN = 14

Contribution = tuple[str, str, float]  # label in Korean, in English, mean absolute effect on the risk


@dataclass(frozen=True)
class Reason:
    """One reason behind a score: its sentence, and what its theme does to the risk, alone and with the others of its sign."""

    ko: str
    en: str
    effect: float
    joint_effect: float


@dataclass(frozen=True)
class Listed:
    """A row of the watchlist with what the page draws beside it; ``change`` is since the scored day before, or None."""

    row: WatchlistRow
    reasons: tuple[Reason, ...]
    weeks: tuple[int, ...]
    change: float | None

    @property
    def together(self) -> float | None:
        """What the raising reasons do to the risk together; None where there are no two of them."""
        raising = [reason.joint_effect for reason in self.reasons if reason.effect > 0]
        return raising[0] if len(raising) > 1 else None


def write(
    warehouse: Warehouse,
    config: Config,
    as_of: date,
    backtest: Mapping[str, Any] | None,
    contributions: Sequence[Contribution] | None,
    out: Path,
    cannot_say: Words | None = None,
    gate: GateWords | None = None,
) -> Path:
    """Write the page of ``as_of`` to ``out`` as a whole or not at all, and return ``out``.

    ``backtest`` is the JSON of `fancare backtest`, ``contributions`` the mean absolute effect of groups of variables;
    what is None or missing in the warehouse becomes a sentence on the page. ``cannot_say`` is why the model may not judge,
    in Korean and English, where that is known; ``gate`` why this model scores and not the newest that wanted its place.
    """
    write_atomically(out, html(warehouse, config, as_of, backtest, contributions, cannot_say, gate).encode("utf-8"))
    return out


def html(
    warehouse: Warehouse,
    config: Config,
    as_of: date,
    backtest: Mapping[str, Any] | None,
    contributions: Sequence[Contribution] | None,
    cannot_say: Words | None = None,
    gate: GateWords | None = None,
) -> str:
    """The page of ``as_of`` as text."""
    days = risk_trend.read(warehouse, config, as_of)
    today = days[-1] if days and days[-1].as_of == as_of else None
    rows = watchlist.read(warehouse, config, as_of)
    previous, listed = _listed(warehouse, config, as_of, rows)
    quality = model_quality.read(backtest) if backtest else None
    entity = both(f"entity.{config.churn.entity}")
    return environment().get_template("report.html.j2").render(
        as_of=as_of,
        entity_kind=config.churn.entity,
        entity=entity,
        both_title=f"{both('page.title', entity=entity)[0]} · {as_of}",
        count=lambda n: both(f"page.count.{config.churn.entity}", n=f"{n:,.0f}"),
        timezone=config.platform.timezone,
        active_within_days=config.churn.active_within_days,
        bands=config.model.bands,
        horizons=config.churn.horizons,
        today=today,
        days=days,
        listed=listed,
        has_reasons=any(item.reasons for item in listed),
        cannot_say=cannot_say,
        gate=gate,
        all_low=bool(rows) and not any(row.band in ACTED_ON for row in rows),
        divide_at=next((n for n, row in enumerate(rows) if n and row.band == "low"), None),
        previous=previous,
        stake=_stake(warehouse, config, as_of, rows) if rows else None,
        trend_mean=page_charts.mean_risk(days, config.churn.horizons),
        trend_high=page_charts.high_risk(days),
        past=(past := risk_trend.past_churn(warehouse, config, as_of, config.model.bands.horizon)),
        trend_past=page_charts.past_churn(past, config.model.bands.horizon),
        contributions=_contributions(contributions or ()),
        kpi=(trend := kpis.read(warehouse, config, as_of)),
        kpi_charts=page_charts.weekly_figures(trend),
        creators_by_fans=not config.events.creator_activity,
        watch=model_watch.read(warehouse, config, as_of),
        quality=quality,
        headline_quality=quality.at(config.model.bands.horizon) if quality else None,
        reliability=page_charts.reliability(quality, config.model.bands.horizon),
        version=fancare.__version__,
        spark_weeks=rhythm.WEEKS,
    )  # fmt: skip


def environment() -> Environment:
    """Where templates find the catalogue, the charts and the ways to write days and numbers."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        t=lambda code, **facts: bilingual(both(code, **facts)),
        plain=lambda code, **facts: " / ".join(dict.fromkeys(both(code, **facts))),
        say=bilingual,
        both=both,
        meter=charts.meter,
        spark=_spark,
        has_code=lambda code: code in set(messages.codes()),
    )
    environment.filters.update(
        day=wording.day,
        short_day=wording.short_day,
        month_day=wording.month_day,
        moment=wording.moment,
        whole=wording.whole,
        compact=wording.compact,
        percent=wording.percent,
        risk=wording.risk,
        threshold=wording.threshold,
        one_decimal=wording.one_decimal,
        visible=visible,
        short=_short,
    )
    return environment


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_ID else text[: LONGEST_ID - 1] + "…"


def _spark(weeks: Sequence[int]) -> Markup:
    return charts.sparkline(weeks, both("page.spark_title", weeks=len(weeks), values=", ".join(str(n) for n in weeks)))


def _listed(
    warehouse: Warehouse, config: Config, as_of: date, rows: tuple[WatchlistRow, ...]
) -> tuple[date | None, tuple[Listed, ...]]:
    if not rows:
        return None, ()
    horizon = config.model.bands.horizon
    previous, risks = risk_trend.previous_risks(warehouse, config, as_of, horizon)
    keys = [(row.creator_id, row.fan_id) for row in rows]
    weeks = rhythm.activity_by_week(warehouse, config, as_of, keys)
    reasons = _reasons(warehouse, config, as_of)
    return previous, tuple(
        Listed(
            row=row,
            reasons=tuple(reasons.get(key, ())),
            weeks=weeks[key],
            change=dict(row.risks)[horizon] - risks[key] if key in risks else None,
        )
        for key, row in zip(keys, rows, strict=True)
    )


def _reasons(warehouse: Warehouse, config: Config, as_of: date) -> dict[rhythm.Key, list[Reason]]:
    if not warehouse.has_table("risk_reasons"):
        return {}
    parameters = {"entity": config.churn.entity, "as_of": as_of}
    found = warehouse.rows(REASONS_SQL.read_text(encoding="utf-8"), parameters)
    reasons: dict[rhythm.Key, list[Reason]] = {}
    for creator, fan, ko, en, effect, joint in found:
        reasons.setdefault((creator, fan), []).append(Reason(visible(ko), visible(en), effect, joint))
    return reasons


def _stake(
    warehouse: Warehouse, config: Config, as_of: date, rows: Sequence[WatchlistRow]
) -> tuple[int | None, float | None]:
    """What goes if those at high or medium risk go: their fans, each counted once (None unless creators are scored), and
    their revenue (None where there is none to count).
    """
    fans = None
    if config.churn.entity == "creator":
        parameters = {"as_of": as_of, "fan_activity": list(config.events.fan_activity)}
        fans = warehouse.value(FANS_SQL.read_text(encoding="utf-8"), parameters)
    if not config.events.revenue:
        return fans, None
    return fans, sum(row.revenue_28d or 0.0 for row in rows if row.band in ACTED_ON)


def _contributions(given: Sequence[Contribution]) -> list[tuple[Words, float, float]]:
    """(words, effect, share of the largest), largest first."""
    largest = sorted(given, key=lambda one: -abs(one[2]))[:CONTRIBUTIONS_SHOWN]
    top = max((abs(effect) for _, _, effect in largest), default=0.0) or 1.0
    return [((visible(ko), visible(en)), abs(effect), abs(effect) / top) for ko, en, effect in largest]
