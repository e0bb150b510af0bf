"""Features that speak of the same thing, grouped into themes: what a reason is about.

    silence            days since the last activity, against the own rhythm; the last week; the activity events' last days
    activity           how often, over weeks and months
    event:<actor>:<name>   one kind of event: its counts, days, recency and trend
    amount  rooms  tenure  weekday  platform      money, the fans (or rooms) behind, how long, when, how all others do
    fan  creator           for a room: what its fan and its creator do elsewhere

Occluding one of two twins changes nothing, because the other still tells: so recency and last week's counts are one theme,
and so are all amounts. Themes come from the records; a new event name makes a new theme without code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from fancare import messages
from fancare.panel.feature import Feature

Kind = Literal["silence", "activity", "event", "amount", "rooms", "tenure", "weekday", "platform", "fan", "creator"]

LAST_WEEK = 7
_OF_LATE = {
    "active_days_ewm_3d", "active_days_ewm_7d", "active_days_ewm_3d_to_14d", "active_days_change_1w", "events_share_7d",
    "events_7d_to_best_week",
}  # fmt: skip


@dataclass(frozen=True)
class Theme:
    """Columns of the panel (``columns``: their positions) about one thing; ``actor`` and ``event_name`` for kind ``event``.

    ``event_name`` None in an event theme: the names past the first 200 together.
    """

    kind: Kind
    columns: tuple[int, ...]
    actor: str | None = None
    event_name: str | None = None

    @property
    def key(self) -> str:
        """A name for tables: the kind, and for events the actor and the event name."""
        return self.kind if self.kind != "event" else f"event:{self.actor}:{self.event_name or '*'}"


def themes_of(features: Sequence[Feature], activity: Sequence[str]) -> tuple[Theme, ...]:
    """The themes of these features in the order they first occur; every feature is in exactly one.

    ``activity`` are the event names that keep the entity from being churned: their last days belong to the silence.
    """
    members: dict[tuple[Kind, str | None, str | None], list[int]] = {}
    for position, feature in enumerate(features):
        kind = _kind(feature, frozenset(activity))
        who = (feature.actor, feature.event_name) if kind == "event" else (None, None)
        members.setdefault((kind, *who), []).append(position)
    return tuple(Theme(kind, tuple(columns), actor, name) for (kind, actor, name), columns in members.items())


def _kind(feature: Feature, activity: frozenset[str]) -> Kind:
    if feature.family == "context":
        return "creator" if feature.block.startswith("creator") else "fan"
    if feature.family == "amount" or "_amount_" in feature.name:
        return "amount"
    if feature.family == "platform":
        return "platform"
    if feature.family == "standing":
        return "silence" if feature.name.startswith("recency") else "activity"
    if feature.family == "rooms":
        return "rooms"
    if feature.family == "weekday":
        return "weekday"
    if feature.family == "tenure":
        return "tenure" if feature.unit == "days" else "activity"
    if feature.actor is not None:
        return "silence" if feature.event_name in activity and _is_recent(feature) else "event"
    if feature.family == "rhythm":
        return "silence" if "silence" in feature.name else "activity"  # measured by own gaps, or those alone
    return "silence" if _is_recent(feature) else "activity"


def _is_recent(feature: Feature) -> bool:
    """True for what tells whether the last days were silent."""
    if feature.family == "recency":
        return feature.window_days is None  # the n-th last active day has a window: it tells how often, not how lately
    if feature.name.startswith("active_days_week_"):
        return feature.name == "active_days_week_0"
    if feature.name in _OF_LATE:
        return True
    return (feature.window_days is not None and feature.window_days <= LAST_WEEK) or feature.name.endswith("_trend_7d")


def label(kind: str, actor: str | None, event_name: str | None, entity: str, lang: str) -> str:
    """What people call a theme.

    >>> label("event", "fan", "gift", "creator", "en")
    "activity: fans' 'gift'"
    """
    if kind != "event":
        return messages.text(f"theme.{kind}", lang)
    return messages.text("theme.event", lang, subject=subject(actor, event_name, entity, lang))


def subject(actor: str | None, event_name: str | None, entity: str, lang: str) -> str:
    """An event name in quotes, with whose it is where that is not clear (a creator has its own events and its fans')."""
    whose = f"{actor}_" if entity == "creator" else ""
    if event_name is None:
        return messages.text(f"subject.{whose}other", lang)
    return messages.text(f"subject.{whose}event", lang, event_name=event_name)
