"""What people did, in facts: the themes through which new behaviour moved a risk, each with one fact then and now.

A theme's effect is the log odds of the risk as it is, less the log odds with the theme's features as they would be had
nobody done anything since: occlusion as behind every reason, with that day in the place of the typical values. Effects of
several themes overlap, as reasons do; the part of behaviour as a whole is the Shapley value's to say.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fancare.churn.change import ALL, WITHOUT_BEHAVIOUR, Change
from fancare.churn.hazard import logit
from fancare.churn.reason_words import with_unit
from fancare.churn.themes import Theme, themes_of
from fancare.panel.bits import SPAN
from fancare.panel.feature import Feature

MOST_FACTS = 5
SMALLEST_EFFECT = 0.05  # of log odds: about a percentage point of an even risk
_COUNTED = {"events", "days", "fans", "rooms", "share", "currency"}  # units in which anybody can count again
_FIRST_WINDOWS = (7, 28)


@dataclass(frozen=True)
class ChangedFact:
    """A theme and the fact that speaks for it: ``then`` on since, ``now`` on as_of; ``effect`` on the log odds."""

    theme: str
    effect: float
    feature: Feature
    then: float
    now: float

    def text(self, lang: str) -> str:
        """Such as "최근 7일 팬의 'message' 건수 12회 → 3회"."""
        meaning = self.feature.meaning_ko if lang == "ko" else self.feature.meaning_en
        then, now = (with_unit(value, self.feature.unit, lang) for value in (self.then, self.now))
        return f"{meaning} {then} → {now}"


def changed_facts(change: Change, horizon: int) -> tuple[ChangedFact, ...]:
    """Up to five themes that new behaviour moved, the strongest first, at ``horizon``; none where a reader sees no difference."""
    bundle = change.as_of.bundle
    read = {name: j for j, name in enumerate(bundle.feature_names)}
    told = [*bundle.features, *(feature for feature in change.features if feature.name not in read)]
    now, without = (_row(change, coalition, bundle.feature_names) for coalition in (ALL, WITHOUT_BEHAVIOUR))
    themes = [
        theme for theme in themes_of(told, change.as_of.config.activity) if any(j < len(read) for j in theme.columns)
    ]
    groups = [[j for j in theme.columns if j < len(read)] for theme in themes] + [[j] for j in range(len(read))]
    mixed = np.repeat(now[None], len(groups) + 1, axis=0)
    for g, columns in enumerate(groups, start=1):
        mixed[g, columns] = without[columns]
    k = bundle.horizons.index(horizon)
    log_odds = logit(bundle.model.risks(mixed)[:, k])
    effects, alone = np.split(log_odds[0] - log_odds[1:], [len(themes)])
    found: list[ChangedFact] = []
    for g in np.argsort(-np.abs(effects), kind="stable").tolist():
        if len(found) == MOST_FACTS or abs(effects[g]) < SMALLEST_EFFECT:
            break
        fact = _fact(themes[g], told, alone * np.sign(effects[g]), change)
        if fact is not None:
            found.append(ChangedFact(themes[g].key, float(effects[g]), *fact))
    return tuple(found)


def _fact(
    theme: Theme, told: Sequence[Feature], alone: np.ndarray, change: Change
) -> tuple[Feature, float, float] | None:
    """The theme's countable fact that moves the risk most by itself, else the first that differs; None where none does.

    Only what new acts made another number speaks: a count that fell because old acts are long ago is the clock's.
    """
    moved = [j for j in theme.columns if j < len(alone) and alone[j] > 0]
    others = sorted(
        (j for j in theme.columns if j not in moved), key=lambda j: (told[j].window_days not in _FIRST_WINDOWS, j)
    )
    for j in (*sorted(moved, key=lambda j: -alone[j]), *others):
        feature = told[j]
        then, now = (change.rows[coalition].get(feature.name, math.nan) for coalition in (0, ALL))
        if _is_countable(feature, then, now) and with_unit(then, feature.unit, "ko") != with_unit(
            now, feature.unit, "ko"
        ):
            return feature, then, now
    return None


def _is_countable(feature: Feature, then: float, now: float) -> bool:
    """True for a number that anybody finds again in the log: no ratio, no weighted count, no silence that is only a bound."""
    if math.isnan(then) or math.isnan(now) or "_ewm_" in feature.name:
        return False
    if "recency" in feature.name and max(then, now) >= SPAN:
        return False
    return feature.unit in _COUNTED


def _row(change: Change, coalition: int, names: Sequence[str]) -> np.ndarray:
    return np.array([change.rows[coalition][name] for name in names], dtype=np.float32)
