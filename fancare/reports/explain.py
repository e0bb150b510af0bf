"""All about one entity in words: its risk, why, what it did lately, and what the answer rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from fancare.config import Config
from fancare.errors import FancareError, WarehouseError
from fancare.messages import text
from fancare.reports import lookup, rhythm, wording
from fancare.reports.hostile import visible
from fancare.warehouse.duckdb_engine import Warehouse

SQL = Path(__file__).with_name("explain.sql")
BLOCKS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class Known:
    """What is known about one entity on a day; dates are None where it never was active. The columns of explain.sql."""

    first_active_date: date | None
    last_active_date: date | None
    last_seen_date: date | None
    active_days_84d: int
    usual_gap_days: float | None
    fans_28d: int
    fans_before: int
    revenue_28d: float
    revenue_before: float


@dataclass(frozen=True)
class Score:
    """The row of risk_scores and its company: ``n`` were scored that day."""

    risks: tuple[tuple[int, float], ...]
    band: str
    rank: int | None
    n: int
    model: str
    data_through: date


def explain(warehouse: Warehouse, config: Config, id: str, as_of: date | None = None, lang: str = "ko") -> str:
    """Everything about ``id`` as of a day (default: the newest scored one) as plain text in ``lang`` ("ko" or "en").

    An entity outside the cohort is explained too: the text says why it has no score. Raises `ConfigError` for an id
    that the log does not know, `WarehouseError` when there is no log yet.
    """
    day = as_of or newest(warehouse, config)
    key = lookup.find(warehouse, config, id, day)
    known = _known(warehouse, config, key, day)
    score = _score(warehouse, config, key, day)
    name = "/".join(visible(part) for part in key if part is not None)
    weeks = rhythm.activity_by_week(warehouse, config, day, [key])[key]
    told = [
        [f"{text(f'entity.{config.churn.entity}', lang)} {name} · {_day(day, lang)}"],
        _risk_lines(config, score, lang) if score else _no_score_lines(config, known, day, lang),
        _reason_lines(warehouse, config, key, day, lang) if score and score.rank is not None else [],
        _activity_lines(known, weeks, day, lang),
        _trend_lines(config, known, lang),
        [text("explain.rests_on", lang, model=score.model, day=_day(score.data_through, lang))] if score else [],
    ]
    return "\n\n".join("\n".join(lines) for lines in told if lines)


def blocks(weeks: Sequence[int]) -> str:
    """Counts as a row of blocks, the largest full; a week of nothing is a dot.

    >>> blocks((0, 1, 4, 8))
    '·▁▄█'
    """
    top = max(weeks, default=0)
    return "".join(BLOCKS[max(0, -(-8 * n // top) - 1)] if n else "·" for n in weeks)


def newest(warehouse: Warehouse, config: Config) -> date:
    """The newest scored day; before there is one, the newest day of the log."""
    day = None
    if warehouse.has_table("risk_scores"):
        query = "SELECT MAX(as_of) FROM risk_scores WHERE entity = @entity"
        day = warehouse.value(query, {"entity": config.churn.entity})
    if day is None and warehouse.has_table("activity_daily"):
        day = warehouse.value("SELECT MAX(activity_date) FROM activity_daily")
    if day is None:
        raise WarehouseError(f"{warehouse.location} holds no activity yet: run `fancare ingest` first.")
    return day


def _known(warehouse: Warehouse, config: Config, key: rhythm.Key, as_of: date) -> Known:
    parameters = {
        "entity": config.churn.entity,
        "creator_id": key[0],
        "fan_id": key[1],
        "as_of": as_of,
        "activity": list(config.activity),
        "fan_activity": list(config.events.fan_activity),
        "revenue": list(config.events.revenue),
    }
    (row,) = warehouse.rows(SQL.read_text(encoding="utf-8"), parameters)
    return Known(*row)


def _score(warehouse: Warehouse, config: Config, key: rhythm.Key, as_of: date) -> Score | None:
    if not warehouse.has_table("risk_scores"):
        return None
    horizons = config.churn.horizons
    risks = ", ".join(f"risk_{h}d" for h in horizons)  # horizons are whole numbers from the configuration
    found = warehouse.rows(
        f"""
        SELECT band, rank, model_name, model_version, data_through,
          (SELECT COUNT(*) FROM risk_scores WHERE entity = @entity AND as_of = @as_of), {risks}
        FROM risk_scores
        WHERE {_THIS_ENTITY}
        """,
        _parameters(config, key, as_of),
    )
    if not found:
        return None
    band, rank, model, version, data_through, n, *values = found[0]
    return Score(tuple(zip(horizons, values, strict=True)), band, rank, n, visible(f"{model} {version}"), data_through)


_THIS_ENTITY = """
    entity = @entity AND as_of = @as_of
    AND creator_id IS NOT DISTINCT FROM @creator_id AND fan_id IS NOT DISTINCT FROM @fan_id
"""


def _parameters(config: Config, key: rhythm.Key, as_of: date) -> dict[str, Any]:
    return {"entity": config.churn.entity, "creator_id": key[0], "fan_id": key[1], "as_of": as_of}


def _risk_lines(config: Config, score: Score, lang: str) -> list[str]:
    bands = config.model.bands
    at = {bands.horizon: (bands.high, bands.medium)}  # near a threshold the figure must not contradict the band
    shown = [(h, wording.risk(risk, at.get(h, ()))[0 if lang == "ko" else 1]) for h, risk in score.risks]
    lines = [" · ".join(text("explain.risk", lang, h=h, risk=risk) for h, risk in shown), text("explain.meaning", lang)]
    n = text(f"page.count.{config.churn.entity}", lang, n=score.n)
    if score.rank is None:
        return [text("explain.unranked", lang, n=n), text("explain.unjudged", lang), *lines]
    words = {"band": text(f"band.{score.band}", lang), "advice": text(f"band_meaning.{score.band}", lang)}
    return [*lines, text("explain.rank", lang, horizon=bands.horizon, rank=score.rank, n=n, **words)]


def _no_score_lines(config: Config, known: Known, as_of: date, lang: str) -> list[str]:
    within = config.churn.active_within_days
    names = ", ".join(visible(name) for name in config.activity)
    if known.last_active_date is None:
        if known.last_seen_date is None:
            return [text("explain.not_seen", lang, day=_day(as_of, lang))]
        return [text("explain.never_active", lang, seen=_day(known.last_seen_date, lang), names=names)]
    silence = (as_of - known.last_active_date).days
    if silence >= within:
        last = _day(known.last_active_date, lang)
        return [text("explain.not_in_cohort", lang, last=last, silence=silence, within=within)]
    return [text("explain.not_scored", lang, command=f"fancare score --as-of {as_of}")]


def _reason_lines(warehouse: Warehouse, config: Config, key: rhythm.Key, as_of: date, lang: str) -> list[str]:
    try:
        rows = _reasons(warehouse, config, key, as_of, lang) or _reasons_on_demand(warehouse, config, key, as_of, lang)
    except FancareError as error:  # the model is gone or damaged: the rest is worth reading all the same
        return [f"{text('explain.reasons_failed', lang)} {visible(str(error))}"]
    if not rows:
        return [text("page.reasons_small", lang)]
    unit = "%p" if lang == "ko" else " pp"
    lines = [text("explain.reasons", lang, horizon=rows[0][0])]
    for _, effect, _, sentence in rows:
        lines.append(f"  {'↑' if effect > 0 else '↓'} {100 * effect:+6.1f}{unit}  {visible(sentence)}")
    raising = [joint for _, effect, joint, _ in rows if effect > 0]
    if len(raising) > 1:
        lines.append(f"  {text('page.reasons_together', lang, effect=f'{100 * raising[0]:+.1f}{unit}')}")
    return lines


def _reasons(warehouse: Warehouse, config: Config, key: rhythm.Key, as_of: date, lang: str) -> list[tuple]:
    """(horizon, effect, joint effect, sentence), the largest effect first."""
    if not warehouse.has_table("risk_reasons"):
        return []
    return warehouse.rows(
        f"""
        SELECT horizon, effect, joint_effect, text_{"ko" if lang == "ko" else "en"}
        FROM risk_reasons
        WHERE {_THIS_ENTITY}
        ORDER BY position
        """,
        _parameters(config, key, as_of),
    )


def _reasons_on_demand(warehouse: Warehouse, config: Config, key: rhythm.Key, as_of: date, lang: str) -> list[tuple]:
    """Scoring gives reasons to the top ranks only; another entity's are made when somebody asks."""
    from fancare.churn.scoring import explain_on_demand

    explain_on_demand(warehouse, config, *key, as_of)
    return _reasons(warehouse, config, key, as_of, lang)


def _activity_lines(known: Known, weeks: Sequence[int], as_of: date, lang: str) -> list[str]:
    if any(weeks):
        lines = [text("explain.activity", lang, weeks=len(weeks), blocks=blocks(weeks), most=max(weeks))]
    else:
        lines = [text("explain.activity_none", lang, weeks=len(weeks))]
    if known.last_active_date is None or known.first_active_date is None:
        return lines
    silence = (as_of - known.last_active_date).days
    last = _day(known.last_active_date, lang)
    lines.append(text("explain.last_active" if silence else "explain.last_active_today", lang, day=last, silence=silence))
    if known.usual_gap_days:
        ratio = wording.one_decimal(silence / known.usual_gap_days)
        code = "explain.usual" if silence else "explain.usual_gap"
        lines.append(text(code, lang, gap=wording.one_decimal(known.usual_gap_days), ratio=ratio))
    else:
        lines.append(text("explain.usual_none", lang))
    first = _day(known.first_active_date, lang)
    lines.append(text("explain.since", lang, first=first, days=known.active_days_84d))
    return lines


def _trend_lines(config: Config, known: Known, lang: str) -> list[str]:
    lines = [text("explain.trend", lang)]
    if config.churn.entity == "creator":
        lines.append(text("explain.fans", lang, now=known.fans_28d, before=known.fans_before))
    if config.events.revenue:
        now, before = (f"{value:,.0f}" for value in (known.revenue_28d, known.revenue_before))
        lines.append(text("explain.revenue", lang, now=now, before=before))
    return lines if len(lines) > 1 else []


def _day(value: date, lang: str) -> str:
    return wording.day(value)[0 if lang == "ko" else 1]
