"""Why a risk changed, in words and as JSON: five parts that sum to the difference, and what lies behind each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import Any

from fancare import messages
from fancare.churn.change import ALL, PLAYERS, Change, explain_change
from fancare.churn.changed_facts import ChangedFact, changed_facts
from fancare.config import Config
from fancare.messages import LANGUAGES, text
from fancare.panel.bits import SPAN
from fancare.progress import Progress
from fancare.reports import lookup, wording
from fancare.reports.explain import newest
from fancare.reports.hostile import visible
from fancare.warehouse.duckdb_engine import Warehouse

METHOD = "Shapley values (Shapley 1953) on the log odds of the risk"


def change_of(
    warehouse: Warehouse,
    config: Config,
    id: str,
    since: date,
    as_of: date | None = None,
    progress: Progress | None = None,
) -> tuple[Change, tuple[ChangedFact, ...]]:
    """Why the risk of ``id`` on ``as_of`` (default: the newest scored day) is not what it was on ``since``."""
    day = as_of or newest(warehouse, config)
    change = explain_change(warehouse, config, lookup.find(warehouse, config, id, day), since, day, progress)
    return change, changed_facts(change, config.model.bands.horizon)


def headline(change: Change, horizon: int, lang: str) -> list[str]:
    """Who, from when to when, and the risk then and now."""
    entity = text(f"entity.{change.as_of.config.churn.entity}", lang)
    name = "/".join(visible(part) for part in change.key if part is not None)
    days = {"since": _day(change.since.day, lang), "as_of": _day(change.as_of.day, lang)}
    k = change.horizons.index(horizon)
    return [
        f"{entity} {name} · {days['since']} → {days['as_of']}",
        text(
            "change.risk",
            lang,
            horizon=horizon,
            then=wording.percent(change.risk(0, horizon))[0],
            now=wording.percent(change.risk(ALL, horizon))[0],
            odds_then=signed(change.values[0, k]),
            odds_now=signed(change.values[ALL, k]),
            difference=signed(float(change.difference(horizon))),
        ),
        own_activity(change, lang),
        text("change.method", lang),
    ]


def own_activity(change: Change, lang: str) -> str:
    """The entity's own activity then and now, whatever made it so."""
    told = {}
    for name, feature in (("silence", "recency_days"), ("days", "active_days_28d"), ("events", "events_28d")):
        for when, coalition in (("then", 0), ("now", ALL)):
            value = change.rows[coalition].get(feature, math.nan)
            longest = name == "silence" and value >= SPAN
            told[f"{name}_{when}"] = text("change.longer", lang, days=SPAN) if longest else messages.shown(value)
    return text("change.own", lang, **told)


def behind(change: Change, lang: str) -> dict[str, str]:
    """For each part what lies behind it."""
    told, own = change.told, change.own
    then, now = change.since, change.as_of
    versions = {"then": then.bundle.version, "now": now.bundle.version}
    late = text("change.behind.late_data", lang, day=_short(then.day), arrived=told.arrived, moved=told.moved,
                own_arrived=own.arrived, own_moved=own.moved)  # fmt: skip
    return {
        "behaviour": text("change.behind.behaviour", lang, day=_short(then.day), n=told.new, own=own.new),
        "clock": text("change.behind.clock", lang, days=(now.day - then.day).days),
        "late_data": late
        if told.arrived or told.moved
        else text("change.behind.nothing_late", lang, day=_short(then.day)),
        "model": text("change.behind.same_model" if change.same_version else "change.behind.model", lang, **versions),
        "definition": text("change.behind.same_definition", lang)
        if change.same_definition
        else text(
            "change.behind.definition",
            lang,
            then=", ".join(then.config.activity),
            now=", ".join(now.config.activity),
            within_then=then.config.churn.active_within_days,
            within_now=now.config.churn.active_within_days,
        ),
    }


def fact_lines(facts: Sequence[ChangedFact], lang: str) -> list[str]:
    """The facts behind the behaviour, then and now."""
    if not facts:
        return [text("change.facts_none", lang)]
    lines = [f"  {'↑' if fact.effect > 0 else '↓'} {signed(fact.effect)}  {visible(fact.text(lang))}" for fact in facts]
    return [text("change.facts", lang), *lines]


def warnings(change: Change, lang: str) -> list[str]:
    """Where the score that stands is not the one recomputed: both numbers."""
    return [
        text("change.unlike", lang, day=_day(day, lang), horizon=h, stored=f"{stored:.7f}", made=f"{made:.7f}")
        for day, h, stored, made in change.unlike_stored()
    ]


def signed(value: float) -> str:
    """A log odds or a part of one, with its sign; 0 is exactly nothing, ±0.00 less than is worth writing.

    >>> signed(0.4217), signed(-1.0), signed(0.0), signed(-1e-9)
    ('+0.42', '-1.00', '0', '±0.00')
    """
    if not value:
        return "0"
    return f"{value:+.2f}" if abs(value) >= 0.005 else "±0.00"


def to_json_dict(change: Change, facts: Sequence[ChangedFact], horizon: int) -> dict[str, Any]:
    """Everything as JSON. Parts are the nearest floats of exact fractions: they sum to the difference but for the last bit."""
    then, now = change.since, change.as_of
    sides = (("since", then, 0), ("as_of", now, ALL))
    return {
        "entity": now.config.churn.entity,
        "creator_id": change.key[0],
        "fan_id": change.key[1],
        "method": METHOD,
        "bands_horizon": horizon,
        **{name: side.day.isoformat() for name, side, _ in sides},
        "model_version": {name: side.bundle.version for name, side, _ in sides},
        "definition": {
            name: {"activity": list(side.config.activity), "active_within_days": side.config.churn.active_within_days}
            for name, side, _ in sides
        },
        "events": {
            "new": change.told.new, "late": change.told.arrived, "moved": change.told.moved,
            "own_new": change.own.new, "own_late": change.own.arrived, "own_moved": change.own.moved,
        },
        "horizons": {
            str(h): {
                **{f"risk_{name}": change.risk(coalition, h) for name, _, coalition in sides},
                **{f"stored_risk_{name}": side.stored[k] for name, side, _ in sides},
                **{f"log_odds_{name}": float(change.values[coalition, k]) for name, _, coalition in sides},
                "difference": float(change.difference(h)),
                "parts": {player: float(part) for player, part in change.parts(h).items()},
            }
            for k, h in enumerate(change.horizons)
        },
        "players": list(PLAYERS),
        "values": {str(h): change.values[:, k].tolist() for k, h in enumerate(change.horizons)},
        "facts": [
            {
                "theme": fact.theme, "effect": fact.effect, "feature": fact.feature.name, "then": fact.then, "now": fact.now,
                **{f"text_{lang}": fact.text(lang) for lang in LANGUAGES},
            }
            for fact in facts
        ],
        "unlike_stored": [
            {"day": day.isoformat(), "horizon": h, "stored": stored, "recomputed": made}
            for day, h, stored, made in change.unlike_stored()
        ],
    }  # fmt: skip


def _day(value: date, lang: str) -> str:
    return wording.day(value)[0 if lang == "ko" else 1]


def _short(value: date) -> str:
    return value.isoformat()
