"""Of those we called churned, who came back: own-rhythm churn beside the calendar ones, out of time.

   first day                       split                                  last call                    as_of
   ├─── rhythms of all are learnt ───┤▒▒▒▒▒▒▒ calls are made here ▒▒▒▒▒▒▒▒▒▒▒▒┤░░ 56 days: who came back? ░░┤

A promise is what the calls before the split had come to by then; it is kept or not by the calls after it.

An entity is *called churned* at the end of the day on which its silence reaches the threshold: its own, or so many days for
all. Each call is followed for 56 days, complete by date alone. How common each rhythm is, is learnt from what was known on
the split day; an entity's own part of its threshold rests on the gaps that had ended when the silence began. So nothing
after a call goes into it. (Ids count as they were known on as_of: a link that came late joins the gaps of one person early.)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from fancare.config import Config
from fancare.errors import NotEnoughHistory
from fancare.panel.cycles.active_days import ActiveDays, day_of, number, read
from fancare.panel.cycles.pooled_gaps import PooledGaps, fit_pooled_gaps
from fancare.panel.cycles.returns import Share, returned_within, share_of, unknown
from fancare.progress import Progress
from fancare.warehouse.duckdb_engine import Warehouse

HISTORY_DAYS = 84  # before the split, at least: so that even at the highest ceiling somebody could have been called
LEAST_TEST_DAYS, MOST_TEST_DAYS = 28, 84  # of calls
BACK_WITHIN = (28, 56)  # days after a call
GONE_DAYS = 84  # silent for as long: a leaver
LEAST_FOLLOWED_DAYS = 7  # of calls that could be followed to the end: less says little
CAUGHT_WITHIN = 28  # days of silence by which it would be good to have called a leaver
REGULAR_GAPS = 4  # who has shown so many gaps when a silence begins has a rhythm to speak of
MOST_TESTED = 20_000  # later gaps that the quantile is tried on


@dataclass(frozen=True)
class Definition:
    """One way to call churn, ``silence_days`` for all or (None) the own rhythm, and what came of its calls.

    ``back`` are the shares that came back within BACK_WITHIN days of the call, ``promised`` what was known of them on the split
    day, from the calls of up to MOST_TEST_DAYS before, each followed until then. Nothing can be said (NaN) while the log is so
    young that only those with a short threshold could have been called, or that the calls of fewer than LEAST_FOLLOWED_DAYS
    could have been followed for so long. ``leavers_median_days`` is how long leavers had been silent when they were called,
    ``leavers_caught`` the share of them called by day CAUGHT_WITHIN of their silence.
    """

    silence_days: int | None
    n_calls: int
    promised: tuple[Share, ...]
    back: tuple[Share, ...]
    leavers_median_days: float | None
    leavers_caught: float | None


@dataclass(frozen=True)
class Promise:
    """All definitions on the same days, for everybody, and for the regulars: with REGULAR_GAPS gaps or more when the silence
    began. ``quantile_held`` is the share of later gaps that ended within the usual gap that was foretold (the configured
    quantile), of those that ended within GONE_DAYS.
    """

    split: date
    first_call: date
    last_call: date
    n_leavers: int
    n_regular_leavers: int
    everybody: tuple[Definition, ...]
    regulars: tuple[Definition, ...]
    quantile_held: Share


def split_day(first_day: date, as_of: date) -> date:
    """The last day that the rhythms of all are learnt from; calls are made on the days after it, MOST_TEST_DAYS where history
    allows. `NotEnoughHistory` when there is no room for LEAST_TEST_DAYS.

    >>> split_day(date(2026, 1, 1), date(2026, 12, 31)), split_day(date(2026, 1, 1), date(2026, 6, 17))
    (datetime.date(2026, 8, 13), datetime.date(2026, 3, 25))
    """
    follow_up = max(BACK_WITHIN)
    test_days = (as_of - first_day).days + 1 - HISTORY_DAYS - follow_up
    if test_days < LEAST_TEST_DAYS:
        needed = as_of + timedelta(LEAST_TEST_DAYS - test_days)
        raise NotEnoughHistory(
            f"Activity is known from {first_day} to {as_of}; a return rate out of time needs {HISTORY_DAYS} days to learn from, "
            f"{LEAST_TEST_DAYS} of calls and {follow_up} to see who comes back, so data through {needed}: bring more history, "
            f"or wait until then."
        )
    return as_of - timedelta(follow_up + min(test_days, MOST_TEST_DAYS))


def measure(warehouse: Warehouse, config: Config, days: ActiveDays, progress: Progress | None = None) -> Promise:
    """The promise as measured on ``days`` (of ``days.as_of``); `NotEnoughHistory` says which date will do."""
    split = split_day(day_of(days.days.min()), days.as_of)
    known_then = read(warehouse, config, split)
    if not len(known_then):
        raise NotEnoughHistory(
            f"No {config.churn.entity} was known to be active by {split}, which the rhythms are to be learnt from; bring more "
            f"history, or wait for more days."
        )
    return measure_with(fit_pooled_gaps(known_then, progress=progress), known_then, days, config, progress)


def measure_with(
    pooled: PooledGaps, known_then: ActiveDays, days: ActiveDays, config: Config, progress: Progress | None = None
) -> Promise:
    """The same with rhythms of all that are given; ``known_then`` are the days as known on the split day, its ``as_of``."""
    split = known_then.as_of
    first_call, last_call = split + timedelta(1), days.as_of - timedelta(max(BACK_WITHIN))
    all_could_be = day_of(known_then.days.min()) + timedelta(config.cycles.ceiling_days)
    first_before = max(split - timedelta(MOST_TEST_DAYS - 1), all_could_be)
    before = _watch(pooled, known_then, first_before, split, config, progress)
    after = _watch(pooled, days, first_call, last_call, config, progress)
    gone = (days.days >= number(first_call)) & (days.days + GONE_DAYS <= days.last_day) & days.reached(GONE_DAYS)

    def outcome(silence_days: int | None, regulars_only: bool) -> Definition:
        _, promised = before.calls(silence_days, regulars_only)
        n_calls, back = after.calls(silence_days, regulars_only)
        waited = after.thresholds(silence_days)[gone & after.regular if regulars_only else gone]
        return Definition(
            silence_days=silence_days,
            n_calls=n_calls,
            promised=promised,
            back=back,
            leavers_median_days=float(np.median(waited)) if len(waited) else None,
            leavers_caught=float(np.mean(waited <= CAUGHT_WITHIN)) if len(waited) else None,
        )

    definitions = (*config.churn.horizons, None)
    return Promise(
        split=split,
        first_call=first_call,
        last_call=last_call,
        n_leavers=int(gone.sum()),
        n_regular_leavers=int((gone & after.regular).sum()),
        everybody=tuple(outcome(k, False) for k in definitions),
        regulars=tuple(outcome(k, True) for k in definitions),
        quantile_held=_held(pooled, days, number(first_call), config.cycles.quantile),
    )


@dataclass(frozen=True)
class _Watch:
    """The m spells of ``days`` and who of them is called on which day from ``begin`` to ``end``, numbers of days.

    ``own_days`` (m,) are their own thresholds as far as they matter, ``regular`` (m,) those with REGULAR_GAPS gaps before.
    """

    days: ActiveDays
    begin: int
    end: int
    own_days: np.ndarray
    regular: np.ndarray

    def thresholds(self, silence_days: int | None) -> np.ndarray:
        """(m,) days of silence after which each is called: so many for all, or (None) its own."""
        return self.own_days if silence_days is None else np.full_like(self.own_days, silence_days)

    def calls(self, silence_days: int | None, regulars_only: bool) -> tuple[int, tuple[Share, ...]]:
        """How many are called, and the shares of them that came back within BACK_WITHIN days.

        By date alone it is decided which of the shares are said: whoever is seen to be silent for h days is no fair sample.
        """
        threshold = self.thresholds(silence_days)
        called_on = self.days.days + threshold
        called = self.days.reached(threshold) & (self.begin <= called_on) & (called_on <= self.end)
        calls = np.flatnonzero(called & self.regular if regulars_only else called)
        lasted, who = self.days.length[calls] - threshold[calls], [codes[calls] for codes in self.days.clusters()]
        back = returned_within(lasted, ~self.days.is_open[calls], who, BACK_WITHIN)
        last_begin = self.days.last_day - LEAST_FOLLOWED_DAYS + 1
        said = (
            share if self.begin + h <= last_begin else unknown(share.n)
            for h, share in zip(BACK_WITHIN, back, strict=True)
        )
        return len(calls), tuple(said)


def _watch(
    pooled: PooledGaps, days: ActiveDays, first: date, last: date, config: Config, progress: Progress | None
) -> _Watch:
    cycles, begin = config.cycles, number(first)
    silent = np.flatnonzero(days.reached(cycles.floor_days) & (days.days + cycles.ceiling_days >= begin))
    own = np.full(len(days.days), cycles.ceiling_days, dtype=np.int64)  # no call where the silence is below the floor
    rhythms = pooled.rhythms(days, silent, cycles.quantile, progress)
    own[silent] = rhythms.thresholds(cycles.floor_days, cycles.ceiling_days)
    regular = np.arange(len(days.days)) - days.offsets[days.entity] >= REGULAR_GAPS
    return _Watch(days, begin, number(last), own, regular)


def _held(pooled: PooledGaps, days: ActiveDays, begin: int, q: float) -> Share:
    """The share of the gaps begun from day ``begin`` on that ended within the usual gap foretold when they began."""
    ended = ~days.is_open & (days.length <= GONE_DAYS)
    spells = np.flatnonzero(ended & (days.days >= begin) & (days.days + GONE_DAYS <= days.last_day))
    spells = np.sort(np.random.default_rng(0).permutation(spells)[:MOST_TESTED])
    held = days.length[spells] <= pooled.rhythms(days, spells, q).quantile_days
    return share_of(held, [codes[spells] for codes in days.clusters()])
