"""A theme and an entity's own facts into one code of the controlled vocabulary, with the raw facts and both sentences.

Which fact speaks for a theme is decided by occlusion again, feature by feature: the sentence is about what moves the risk.
Codes are chosen by what the facts say, never by an event's name, so a new event name needs no code. Where no code fits, the
feature's record speaks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fancare import messages
from fancare.churn.themes import Theme, label, subject
from fancare.panel.bits import SPAN
from fancare.panel.feature import Feature

SPEAKS = 0.5  # of the strongest feature's own effect: what may speak for a theme
LONGER = 1.2  # a silence is worth comparing with the own usual gap from here on
DOWN, UP = 0.8, 1.25  # a change against the own past is one from here on
DAYS_BEFORE = {7: 21, 28: 56}  # a window is held against the mean of so many days before it: three weeks, eight weeks
_UNITS = {u: u for u in ("events", "days", "weeks", "fans", "rooms", "share", "ratio", "currency")} | {
    "events/day": "events"
}


@dataclass(frozen=True)
class Words:
    """A reason in words: its code, the raw facts (JSON-able) and the sentence in each language."""

    code: str
    facts: Mapping[str, Any]
    text: Mapping[str, str]


@dataclass(frozen=True)
class Facts:
    """One entity's features beside the typical ones: ``row`` and ``typical`` are (d,), in the order of ``features``.

    The model reads the first ``n_read`` of them; the others may be quoted, but nothing is told because of them.
    """

    entity: str
    features: Sequence[Feature]
    row: np.ndarray
    typical: np.ndarray
    n_read: int
    _position: Mapping[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_position", {feature.name: j for j, feature in enumerate(self.features)})

    def value(self, name: str) -> float:
        """The entity's value; NaN where it is undefined or there is no such feature."""
        return float(self.row[self._position[name]]) if name in self._position else math.nan

    def usual(self, name: str) -> float:
        """The typical value, NaN likewise."""
        return float(self.typical[self._position[name]]) if name in self._position else math.nan

    def count(self, theme: Theme, days: int) -> float:
        """The theme's count over a window."""
        return next(
            (self.value(f.name) for f in self.of(theme) if f.family == "counts" and f.window_days == days), math.nan
        )

    def usual_count(self, theme: Theme, days: int) -> float:
        """The typical count over a window."""
        return next(
            (self.usual(f.name) for f in self.of(theme) if f.family == "counts" and f.window_days == days), math.nan
        )

    def was_there(self, days: int) -> bool:
        """True unless the entity is known to be newer than that: a newcomer has no former rate to be compared with."""
        return not self.value("tenure_days") < days - 1

    def of(self, theme: Theme) -> list[Feature]:
        return [self.features[j] for j in theme.columns]


def words(theme: Theme, facts: Facts, alone: np.ndarray) -> Words | None:
    """The sentence for a theme; None where all its facts look typical to a reader.

    ``alone`` is (d,): how much each feature by itself moves the risk in the theme's direction. Features that move it at least
    half as much as the strongest may speak; one that a code is made for goes first.
    """
    ordered = sorted((j for j in theme.columns if j < facts.n_read), key=lambda j: -alone[j])
    ordered = [j for j in ordered if facts.row[j] != facts.typical[j]]
    if not ordered:
        return None
    speaking = [j for j in ordered if alone[j] >= SPEAKS * alone[ordered[0]]] or ordered[:1]
    if theme.kind in _CODES:
        for j in speaking:
            chosen = _CODES[theme.kind](theme, facts, facts.features[j])
            if chosen is not None:
                return _worded(f"reason.{chosen[0]}", theme, facts, chosen[1])
    return next(filter(None, (_feature(theme, facts, j) for j in ordered)), None)


_Chosen = tuple[str, dict[str, Any]] | None


def _silence(theme: Theme, facts: Facts, speaker: Feature) -> _Chosen:
    """Whatever feature of it speaks, a silence is told in days."""
    silence, gap, typical = facts.value("recency_days"), facts.value("gap_mean_84d"), facts.usual("recency_days")
    if math.isnan(silence):
        return None
    if silence >= SPAN:  # never within 84 days: nobody knows how many days ago
        level = {"window_days": SPAN, "value": 0, "typical": _number(facts.usual(f"active_days_{SPAN}d"))}
        return "active_days", level
    days = {"silence_days": int(silence)}
    if silence == 0:
        return "active_today", days
    if gap > 0 and silence / gap >= LONGER:
        return "silence_vs_usual", days | {"usual_gap_days": _number(gap), "ratio": _number(silence / gap)}
    if gap > 0 and silence <= min(gap, typical):
        return "within_usual", days | {"usual_gap_days": _number(gap)}
    return ("silence", days | {"typical": _number(typical)}) if silence != typical else None


def _activity(theme: Theme, facts: Facts, speaker: Feature) -> _Chosen:
    now = facts.value("active_days_28d")
    before = (facts.value("active_days_84d") - now) / 2
    changed = {"window_days": 28, "value": _number(now), "before": _number(before), "before_days": DAYS_BEFORE[28]}
    is_level = speaker.name == f"active_days_{speaker.window_days}d"
    below = facts.value(speaker.name) < facts.usual(speaker.name)
    if facts.was_there(84) and (speaker.family == "trend" or (is_level and speaker.window_days == 28)):
        if below and now < DOWN * before:
            return "active_days_down", changed
        if not below and before > 0 and now > UP * before:
            return "active_days_up", changed
    if is_level:
        value, typical = facts.value(speaker.name), facts.usual(speaker.name)
        return "active_days", {"window_days": speaker.window_days, "value": _number(value), "typical": _number(typical)}
    return None


def _event(theme: Theme, facts: Facts, speaker: Feature) -> _Chosen:
    week, month, all_84 = (facts.count(theme, days) for days in (7, 28, 84))
    value, typical = facts.value(speaker.name), facts.usual(speaker.name)
    if speaker.family == "recency":
        before = (month - week) / 3
        if value > typical and week == 0 and before > 0 and facts.was_there(28):
            return "event_stopped", {
                "window_days": 7,
                "value": 0,
                "before": _number(before),
                "before_days": DAYS_BEFORE[7],
            }
        if max(value, typical) >= SPAN:  # never within 84 days: nobody knows how many days ago
            return _level(84, all_84, facts.usual_count(theme, 84))
        return None
    if speaker.family == "share":
        return None
    window = speaker.window_days if speaker.family != "trend" else 7 if speaker.name.endswith("_trend_7d") else 28
    if window in (7, 28) and facts.was_there(28 if window == 7 else 84):
        now, before = (week, (month - week) / 3) if window == 7 else (month / 4, (all_84 - month) / 8)
        rates = {
            "window_days": window,
            "now": _number(now),
            "before": _number(before),
            "before_days": DAYS_BEFORE[window],
        }
        if value < typical and now == 0 and before > 0:
            return "event_stopped", rates | {"value": 0}
        if value < typical and now < DOWN * before:
            return "event_down", rates
        if value > typical and before > 0 and now > UP * before:
            return "event_up", rates
    if speaker.family == "trend":
        return None
    if speaker.family == "counts":
        return _level(window, value, typical)
    level = {"window_days": window, "value": _number(value), "typical": _number(typical)}
    return ("event_days", level) if value != 0 else None


def _level(window: int | None, value: float, typical: float) -> _Chosen:
    if value == typical:
        return None
    level = {"window_days": window, "value": _number(value), "typical": _number(typical)}
    return ("event_none" if value == 0 else "event_level"), level


def _amount(theme: Theme, facts: Facts, speaker: Feature) -> _Chosen:
    now = facts.value("revenue_amount_28d")
    before = (facts.value("revenue_amount_84d") - now) / 2
    window = {"window_days": 28, "value": _number(now), "before": _number(before), "before_days": DAYS_BEFORE[28]}
    if (speaker.family != "trend" and speaker.window_days != 28) or not facts.was_there(84):
        return None
    below = facts.value(speaker.name) < facts.usual(speaker.name)
    if below and now == 0 and before > 0:
        return "amount_stopped", window
    if below and now < DOWN * before:
        return "amount_down", window
    return ("amount_up", window) if not below and before > 0 and now > UP * before else None


def _rooms(theme: Theme, facts: Facts, speaker: Feature) -> _Chosen:
    now, typical = facts.value("fans_28d"), facts.usual("fans_28d")
    window = {"window_days": 28, "value": _number(now)}
    if speaker.name in ("fans_lost_28d", "fans_gained_28d", "fans_trend_28d"):
        lost, gained = facts.value("fans_lost_28d"), facts.value("fans_gained_28d")
        return "fans_changed", window | {"lost": _number(lost), "gained": _number(gained)}
    return ("fans_level", window | {"typical": _number(typical)}) if speaker.name == "fans_28d" else None


_CODES = {"silence": _silence, "activity": _activity, "event": _event, "amount": _amount, "rooms": _rooms}


def _worded(code: str, theme: Theme, facts: Facts, values: dict[str, Any]) -> Words:
    if theme.kind == "event":
        values = {"actor": theme.actor, "event_name": theme.event_name} | values
    text = {}
    for lang in messages.LANGUAGES:
        more = {"subject": subject(theme.actor, theme.event_name, facts.entity, lang)} if theme.kind == "event" else {}
        text[lang] = messages.text(code, lang, **values, **more)
    return Words(code, values, text)


def _feature(theme: Theme, facts: Facts, j: int) -> Words | None:
    """Theme and one feature's value beside the typical; None where a reader would see no difference, or what is not known."""
    feature, value, typical = facts.features[j], float(facts.row[j]), float(facts.typical[j])
    if "recency" in feature.name and max(value, typical) >= SPAN:  # 84 stands for "not within 84 days"
        return None
    if feature.family == "trend" and feature.unit == "ratio" and "_amount_" not in feature.name:
        return None  # one is added above and below, so that it always exists: no ratio that anyone could find again
    code = "reason.feature_undefined" if math.isnan(value) else "reason.feature"
    values = {"feature": feature.name, "value": _number(value), "typical": _number(typical), "unit": feature.unit}
    text = {}
    for lang in messages.LANGUAGES:
        own, usual = with_unit(value, feature.unit, lang), with_unit(typical, feature.unit, lang)
        if own == usual:
            return None
        meaning = feature.meaning_ko if lang == "ko" else feature.meaning_en
        lead = (
            "" if theme.kind == "event" else f"{label(theme.kind, None, None, facts.entity, lang)} – "
        )  # an event names itself
        text[lang] = messages.text(code, lang, theme=lead, meaning=meaning, value=own, typical=usual)
    return Words(code, values, text)


def with_unit(value: float, unit: str, lang: str) -> str:
    """A feature's value as people read it.

    >>> with_unit(12.0, "events", "ko"), with_unit(0.25, "share", "en")
    ('12회', '25%')
    """
    if math.isnan(value):
        return messages.shown(None)
    return messages.text(f"unit.{_UNITS.get(unit, 'plain')}", lang, value=_number(value))


def _number(value: float) -> float | int | None:
    """A fact as JSON holds it: a whole number as such, others to six significant digits, undefined as None."""
    if math.isnan(value):
        return None
    return int(value) if float(value).is_integer() else float(f"{value:.6g}")
