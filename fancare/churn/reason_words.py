"""A theme and an entity's own facts into one code of the controlled vocabulary, with the raw facts and both sentences.

Codes are chosen by what the facts say, never by an event's name: a new event name needs no code. Where no code fits, the
one feature of the theme that matters most speaks for itself through its record.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fancare import messages
from fancare.churn.themes import Theme, subject
from fancare.panel.feature import Feature

LONGER = 1.2  # a silence is worth comparing with the own usual gap from here on
DOWN, UP = 0.8, 1.25  # a change against the own past is one from here on
_UNITS = {"events", "days", "weeks", "fans", "rooms", "share", "ratio", "currency"}


@dataclass(frozen=True)
class Words:
    """A reason in words: its code, the raw facts (JSON-able) and the sentence in each language."""

    code: str
    facts: Mapping[str, Any]
    text: Mapping[str, str]


@dataclass(frozen=True)
class Facts:
    """One entity's features beside the typical ones: ``row`` and ``typical`` are (d,), in the order of ``features``."""

    entity: str
    features: Sequence[Feature]
    row: np.ndarray
    typical: np.ndarray
    _position: Mapping[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_position", {feature.name: j for j, feature in enumerate(self.features)})

    def value(self, name: str) -> float:
        """The entity's value; NaN where it is undefined or there is no such feature."""
        return float(self.row[self._position[name]]) if name in self._position else math.nan

    def usual(self, name: str) -> float:
        """The typical value, NaN likewise."""
        return float(self.typical[self._position[name]]) if name in self._position else math.nan

    def count(self, theme: Theme, days: int) -> str:
        """The name of a theme's count over a window ('' where it has none)."""
        for j in theme.columns:
            feature = self.features[j]
            if feature.family == "counts" and feature.window_days == days:
                return feature.name
        return ""


def words(theme: Theme, facts: Facts, raises: bool, strongest: Callable[[], Sequence[int]]) -> Words | None:
    """The sentence for a theme that raises (or lowers) the risk; None where the facts are all typical.

    ``strongest`` gives the theme's columns, the one with the largest own effect first; asked for the fallback only.
    """
    chosen = _CODES[theme.kind](theme, facts, raises) if theme.kind in _CODES else None
    if chosen is not None:
        code, values = chosen
        return _worded(f"reason.{code}", theme, facts, values)
    for j in strongest():
        own = _feature(facts, j)
        if own is not None:
            return own
    return None


_Chosen = tuple[str, dict[str, Any]] | None


def _silence(theme: Theme, facts: Facts, raises: bool) -> _Chosen:
    silence, gap, typical = facts.value("recency_days"), facts.value("gap_mean_84d"), facts.usual("recency_days")
    if math.isnan(silence):
        return None
    days = {"silence_days": int(silence)}
    if silence == 0:
        return None if raises else ("active_today", days)
    if gap > 0:
        ratio = silence / gap
        if raises and ratio >= LONGER:
            return "silence_vs_usual", days | {"usual_gap_days": _number(gap), "ratio": _number(ratio)}
        if not raises and ratio <= 1:
            return "within_usual", days | {"usual_gap_days": _number(gap)}
    if (raises and silence > typical) or (not raises and silence < typical):
        return "silence", days | {"typical": _number(typical)}
    return None


def _activity(theme: Theme, facts: Facts, raises: bool) -> _Chosen:
    now, all_84, typical = (facts.value("active_days_28d"), facts.value("active_days_84d"), facts.usual("active_days_28d"))
    before = (all_84 - now) / 2
    window = {"window_days": 28, "value": _number(now)}
    if raises and now < DOWN * before:
        return "active_days_down", window | {"before": _number(before)}
    if not raises and before > 0 and now > UP * before:
        return "active_days_up", window | {"before": _number(before)}
    if (raises and now < typical) or (not raises and now > typical):
        return "active_days", window | {"typical": _number(typical)}
    return None


def _event(theme: Theme, facts: Facts, raises: bool) -> _Chosen:
    names = {days: facts.count(theme, days) for days in (7, 28, 84)}
    week, month, all_84 = (facts.value(names[days]) for days in (7, 28, 84))
    before_month, before_week = (all_84 - month) / 8, (month - week) / 3  # a week's mean before the window
    typical = facts.usual(names[28])
    level = ("event_level", {"window_days": 28, "value": _number(month), "typical": _number(typical)})
    if raises:
        if all_84 == 0:
            usual = facts.usual(names[84])
            return ("event_none", {"window_days": 84, "value": 0, "typical": _number(usual)}) if usual > 0 else None
        if month == 0 and before_month > 0:
            return "event_stopped", {"window_days": 28, "value": 0, "before": _number(before_month)}
        if week == 0 and before_week > 0:
            return "event_stopped", {"window_days": 7, "value": 0, "before": _number(before_week)}
        if month / 4 < DOWN * before_month:
            return "event_down", {"window_days": 28, "now": _number(month / 4), "before": _number(before_month)}
        if week < DOWN * before_week:
            return "event_down", {"window_days": 7, "now": _number(week), "before": _number(before_week)}
        return level if month < typical else None
    if before_month > 0 and month / 4 > UP * before_month:
        return "event_up", {"window_days": 28, "now": _number(month / 4), "before": _number(before_month)}
    if month > typical:
        return level
    if before_week > 0 and week > UP * before_week:
        return "event_up", {"window_days": 7, "now": _number(week), "before": _number(before_week)}
    return None


def _amount(theme: Theme, facts: Facts, raises: bool) -> _Chosen:
    now, all_84 = facts.value("revenue_amount_28d"), facts.value("revenue_amount_84d")
    before = (all_84 - now) / 2
    window = {"window_days": 28, "value": _number(now), "before": _number(before)}
    if raises and now == 0 and before > 0:
        return "amount_stopped", window
    if raises and now < DOWN * before:
        return "amount_down", window
    if not raises and before > 0 and now > UP * before:
        return "amount_up", window
    return None


def _rooms(theme: Theme, facts: Facts, raises: bool) -> _Chosen:
    now, typical = facts.value("fans_28d"), facts.usual("fans_28d")
    lost, gained = facts.value("fans_lost_28d"), facts.value("fans_gained_28d")
    window = {"window_days": 28, "value": _number(now)}
    if (raises and lost > gained) or (not raises and gained > lost):
        return "fans_lost", window | {"lost": _number(lost), "gained": _number(gained)}
    if (raises and now < typical) or (not raises and now > typical):
        return "fans_level", window | {"typical": _number(typical)}
    return None


_CODES = {"silence": _silence, "activity": _activity, "event": _event, "amount": _amount, "rooms": _rooms}


def _worded(code: str, theme: Theme, facts: Facts, values: dict[str, Any]) -> Words:
    if theme.kind == "event":
        values = {"actor": theme.actor, "event_name": theme.event_name} | values
    text = {}
    for lang in messages.LANGUAGES:
        more = {"subject": subject(theme.actor, theme.event_name, facts.entity, lang)} if theme.kind == "event" else {}
        text[lang] = messages.text(code, lang, **values, **more)
    return Words(code, values, text)


def _feature(facts: Facts, j: int) -> Words | None:
    """One feature's value beside the typical one; None where a reader would see no difference."""
    feature, value, typical = facts.features[j], float(facts.row[j]), float(facts.typical[j])
    code = "reason.feature_undefined" if math.isnan(value) else "reason.feature"
    values = {"feature": feature.name, "value": _number(value), "typical": _number(typical), "unit": feature.unit}
    text = {}
    for lang in messages.LANGUAGES:
        own, usual = _with_unit(value, feature.unit, lang), _with_unit(typical, feature.unit, lang)
        if own == usual:
            return None
        meaning = feature.meaning_ko if lang == "ko" else feature.meaning_en
        text[lang] = messages.text(code, lang, meaning=meaning, value=own, typical=usual)
    return Words(code, values, text)


def _with_unit(value: float, unit: str, lang: str) -> str:
    if math.isnan(value):
        return messages.shown(None)
    return messages.text(f"unit.{unit if unit in _UNITS else 'plain'}", lang, value=_number(value))


def _number(value: float) -> float | int | None:
    """A fact as JSON holds it: a whole number as such, others to six significant digits, undefined as None."""
    if math.isnan(value):
        return None
    return int(value) if float(value).is_integer() else float(f"{value:.6g}")
