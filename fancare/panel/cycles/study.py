"""All that `fancare cycles` says of a day: gaps, who comes back after which silence, rhythms, and the measured promise."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np

from fancare.config import Config
from fancare.errors import NotEnoughHistory
from fancare.panel.cycles.active_days import ActiveDays, day_of, read
from fancare.panel.cycles.own_rhythm import OwnRhythms, own_rhythms, write_own_rhythms
from fancare.panel.cycles.own_rhythm_labels import write_own_rhythm_labels
from fancare.panel.cycles.pooled_gaps import RECENT_GAPS, fit_pooled_gaps
from fancare.panel.cycles.promise import Promise, measure, split_day
from fancare.panel.cycles.returns import Share, returned_within
from fancare.progress import Progress
from fancare.warehouse.duckdb_engine import Warehouse

QUANTILES = (0.25, 0.5, 0.75, 0.9, 0.95, 0.99)
SHOWN_SILENCES = (7, 14, 21, 28, 42, 56, 84)
WITHIN = (7, 14, 28, 56)  # days after such a silence
EVER = 168  # as far as the log goes, and no further than this
CURVE_DAYS = 84
CURVE_WITHIN = (28, 56)
HISTORY_BANDS = ((0, 0), (1, 3), (4, 9), (10, RECENT_GAPS - 1), (RECENT_GAPS, RECENT_GAPS))
LEVELS = (0.40, 0.25, 0.15)  # come back within 28 days: a warning, a likely loss, a loss
LEVELS_WITHIN = 28


@dataclass(frozen=True)
class AfterSilence:
    """Of those silent for ``silence_days``, the shares that come back within ``within`` further days each."""

    silence_days: int
    within: tuple[int, ...]
    back: tuple[Share, ...]


@dataclass(frozen=True)
class HistoryBand:
    """Entities with so many gaps of their own, ends included, and the medians of what is said of them, in days."""

    gaps_from: int
    gaps_to: int
    n_entities: int
    p50_days: float | None
    p95_days: float | None
    p95_low_days: float | None
    p95_high_days: float | None


@dataclass(frozen=True)
class CycleStudy:
    """The study of one day. ``gap_quantiles`` are (share, days) of the gaps that ended; ``followed`` the shares of
    activities followed by the next one within so many days; ``gap_shares`` at x − 1 the share of the gaps that ended of at
    most x days; ``threshold_shares`` at x the share of entities whose own threshold
    is x days or less; ``suggested`` whole weeks of silence, one for each of LEVELS that is reached.
    """

    entity: str
    first_day: date
    as_of: date
    n_entities: int
    n_gaps: int
    gap_quantiles: tuple[tuple[float, int], ...]
    followed: tuple[AfterSilence, ...]
    after_silence: tuple[AfterSilence, ...]
    curve: tuple[AfterSilence, ...]
    suggested: tuple[int, ...]
    n_judged: int
    n_called: int
    by_history: tuple[HistoryBand, ...]
    gap_shares: tuple[float, ...]
    threshold_shares: tuple[float, ...]
    promise: Promise

    def back_after(self, silence_days: int, within: int = LEVELS_WITHIN) -> Share:
        """The share that comes back within so many days after so many days of silence."""
        row = next(row for row in (*self.after_silence, *self.curve) if row.silence_days == silence_days)
        return row.back[row.within.index(within)]

    def to_json_dict(self) -> dict[str, Any]:
        """Everything as JSON can hold it: days as text, what cannot be said as null."""
        return _plain(asdict(self))


def study(warehouse: Warehouse, config: Config, as_of: date, progress: Progress | None = None) -> CycleStudy:
    """The study of ``as_of``; writes `own_rhythm` of that day and the labels that have ripened by it.

    `NotEnoughHistory` says which date will do where the log is too short to see who comes back.
    """
    progress = progress or Progress()
    days = read(warehouse, config, as_of)
    if not len(days):
        raise NotEnoughHistory(
            f"No {config.churn.entity} had an event named {', '.join(config.activity)} by {as_of}; see [events], or give a "
            f"later day with --as-of."
        )
    split_day(day_of(days.days.min()), as_of)  # told before the work, not after it
    own = own_rhythms(days, fit_pooled_gaps(days, progress=progress), config, progress)
    write_own_rhythms(warehouse, config, days, own)
    write_own_rhythm_labels(warehouse, config, as_of)
    promise = measure(warehouse, config, days, progress)
    return _told(config, days, own, promise, progress)


def _told(config: Config, days: ActiveDays, own: OwnRhythms, promise: Promise, progress: Progress) -> CycleStudy:
    ended = days.length[~days.is_open]
    clusters = days.clusters()
    silences = sorted({*config.churn.horizons, *SHOWN_SILENCES})
    curve = []
    with progress.task("who comes back", total=CURVE_DAYS) as task:
        for k in range(1, CURVE_DAYS + 1):
            curve.append(after_silence(days, clusters, k, CURVE_WITHIN))
            task.advance()
    return CycleStudy(
        entity=config.churn.entity,
        first_day=day_of(days.days.min()),
        as_of=days.as_of,
        n_entities=len(days),
        n_gaps=len(ended),
        gap_quantiles=tuple((q, int(np.quantile(ended, q, method="inverted_cdf"))) for q in QUANTILES if len(ended)),
        followed=(after_silence(days, clusters, 0, tuple(silences)),),
        after_silence=tuple(after_silence(days, clusters, k, (*WITHIN, EVER)) for k in silences),
        curve=tuple(curve),
        suggested=_suggested(curve),
        n_judged=len(own),
        n_called=int(own.is_called.sum()),
        by_history=tuple(_band(own, *band) for band in HISTORY_BANDS),
        gap_shares=_shares_up_to(ended)[1:],
        threshold_shares=_shares_up_to(own.threshold_days),
        promise=promise,
    )


def after_silence(
    days: ActiveDays, clusters: tuple[np.ndarray, ...], silence_days: int, within: tuple[int, ...]
) -> AfterSilence:
    """Of all silences that lasted so long, up to ``days.as_of``, who came back."""
    spells = np.flatnonzero(days.reached(silence_days))
    lasted = days.length[spells] - silence_days
    back = returned_within(lasted, ~days.is_open[spells], [codes[spells] for codes in clusters], within, (EVER,))
    return AfterSilence(silence_days, within, back)


def _suggested(curve: list[AfterSilence]) -> tuple[int, ...]:
    """For each level the first whole weeks of silence after which no more come back within LEVELS_WITHIN days."""
    at = curve[0].within.index(LEVELS_WITHIN)
    weeks = [(row.silence_days, row.back[at].estimate) for row in curve if row.silence_days % 7 == 0]
    first = (next((k for k, back in weeks if back <= level), None) for level in LEVELS)
    return tuple(dict.fromkeys(k for k in first if k is not None))


def _shares_up_to(days: np.ndarray) -> tuple[float, ...]:
    """The share of at most 0, 1, … CURVE_DAYS days; empty where there are none."""
    return tuple(float(np.mean(days <= x)) for x in range(CURVE_DAYS + 1)) if len(days) else ()


def _band(own: OwnRhythms, low: int, high: int) -> HistoryBand:
    there = (own.rhythms.n_gaps >= low) & (own.rhythms.n_gaps <= high)
    columns = (own.rhythms.p50_days, own.rhythms.quantile_days, own.rhythms.low_days, own.rhythms.high_days)
    medians = [float(np.median(column[there])) if there.any() else None for column in columns]
    return HistoryBand(low, high, int(there.sum()), *medians)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, date):
        return value.isoformat()
    return None if isinstance(value, float) and not np.isfinite(value) else value
