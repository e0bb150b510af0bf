"""Which days hold too few events: arithmetic on counts per day, blind to where they come from.

A day is compared with the same weekday over the 8 weeks before it. Two questions are kept apart: is it *low* (under half
of the median), and can the log's own day-to-day noise explain it? A large steady log and a small jumpy one so get
different bounds without a setting:

    bound = min( median/2,  recent · exp(−3 σ),  (√median − 1.75)² )

    recent: the median, or what is left of it where the log shrank: by the last 7 days, or by the last 3 same weekdays
    σ: spread of ln(count ÷ weekday median) from one day to the next, ÷ √2; a shift of the level hardly widens it
    last term: what a Poisson count falls below once in about 5,000 days (√ makes its spread 1/2, 3.5 of them)

So the bound of a steady log is half, of one that swings by a third from day to day about a third, and below 17 events
a day it is the Poisson's.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median
from typing import Literal

WEEKS = 8
MIN_WEEKS = 4
MIN_DAYS = 7
SIGMAS = 3.0
HALF = 0.5
LEVEL_DAYS, SAME_DAYS = 7, 3
POISSON_ROOT_GAP = 1.75
SURE_COUNT = 7.0  # a Poisson count with this mean is zero once in 1,100 days
UNBROKEN_DAYS = 28  # after so many days with events, a day without is odd however few there were
USUAL_GAPS = 3  # as many separate gaps within 8 weeks, and days without events are part of this log
FRESH_DAYS = 7
MEAN_ABSOLUTE_TO_SIGMA = math.sqrt(math.pi / 2)
CLIP = 1.5  # one wild day must not widen the bound for eight weeks

Kind = Literal["zero", "low", "low_within_noise", "high"]


@dataclass(frozen=True)
class Usual:
    """What a day may be expected to hold. ``sigma`` is None where the history is too short for a bound."""

    median: float
    weeks: int
    recent: float
    sigma: float | None
    days_before: int
    gaps_before: int

    @property
    def low_bound(self) -> float:
        """Below this a day is too low to be noise; 0 (nothing is) where the history or the log is too small."""
        if self.sigma is None:
            return 0.0
        swing = self.recent * math.exp(-SIGMAS * self.sigma)
        chance = max(math.sqrt(self.median) - POISSON_ROOT_GAP, 0.0) ** 2
        return min(self.median * HALF, swing, chance)

    @property
    def high_bound(self) -> float:
        """Above this a day is far too high; never where the history or the log is too small."""
        if self.sigma is None or self.median < SURE_COUNT:
            return math.inf
        return self.median * max(3.0, math.exp(2 * SIGMAS * self.sigma))

    @property
    def zero_is_odd(self) -> bool:
        """True where a day without any event cannot well be chance."""
        if self.median <= 0:
            return False
        if self.median >= SURE_COUNT:
            return self.gaps_before < USUAL_GAPS
        return self.days_before >= UNBROKEN_DAYS and self.gaps_before == 0


@dataclass(frozen=True)
class OddDay:
    """A day that holds too few (or far too many) events, with what was usual."""

    day: date
    n: int
    kind: Kind
    usual: Usual


def odd_days(counts: Mapping[date, int], days: Iterable[date], ignore: Collection[date] = ()) -> list[OddDay]:
    """The odd ones among ``days``, oldest first.

    ``counts`` holds the log's events per day; a day between its first and last that is missing there counts as zero.
    ``ignore`` are days that are explained (outages): they are not judged and not part of what is usual.

    >>> start = date(2026, 1, 5)
    >>> counts = {start + timedelta(i): 700 + i % 7 * 10 for i in range(60)}
    >>> counts[start + timedelta(59)] = 300
    >>> [(str(odd.day), odd.n, odd.kind, odd.usual.median) for odd in odd_days(counts, counts)]
    [('2026-03-05', 300, 'low', 730)]
    """
    if not counts:
        return []
    first = min(counts)
    found = []
    for day in sorted(set(days) - set(ignore)):
        if day < first:
            continue
        usual = usual_for(counts, day, first, ignore)
        kind = _kind(counts.get(day, 0), usual)
        if kind is not None:
            found.append(OddDay(day, counts.get(day, 0), kind, usual))
    return found


def fresh_days(
    counts: Mapping[date, int], new_days: Collection[date], last_whole_day: date, red_before: Collection[date] = ()
) -> tuple[date, ...]:
    """The days that a red verdict may be about, oldest first: what arrived newly, empty days among it included.

        first load     ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒░░░░░░░|   only the last 7 days: a gap long past must not block a log for ever
        next loads     ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒░░░░░░░░|   the last 7 days, or all newly arrived at the end where it is more
        an old file    ▒▒N▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒░░░░░░░|   N was reopened by late events: still old

    So a red day stays red in the next run although nothing new arrived in between. Days found red by the last check
    (``red_before``) are judged again, however old: they must be repaired or declared.
    """
    start = last_whole_day - timedelta(FRESH_DAYS - 1)
    known = sorted(day for day, n in counts.items() if n > 0 and day <= last_whole_day)
    before = [day for day in known if day not in set(new_days)]
    if before and new_days:  # not the first load
        start = min(start, max(before) + timedelta(1))
    if known:
        start = max(start, known[0])
    span = (last_whole_day - start).days + 1
    return tuple(sorted({*(start + timedelta(i) for i in range(span)), *(d for d in red_before if d <= last_whole_day)}))


def usual_for(counts: Mapping[date, int], day: date, first: date, ignore: Collection[date] = ()) -> Usual:
    """What ``day`` may be expected to hold, from the 8 weeks before it (never from later days)."""
    window = [day - timedelta(back) for back in range(1, 7 * WEEKS + 1)]
    window = [before for before in window if before >= first and before not in ignore]
    by_weekday: dict[int, list[int]] = {}
    for before in window:
        by_weekday.setdefault(before.weekday(), []).append(counts.get(before, 0))
    same = by_weekday.get(day.weekday(), [])
    enough = len(same) >= MIN_WEEKS
    basis = same if enough else [counts.get(before, 0) for before in window]
    typical = float(median(basis)) if len(window) >= MIN_DAYS else 0.0
    level, sigma = _level_and_spread(counts, window, {weekday: median(n) for weekday, n in by_weekday.items()})
    return Usual(
        median=int(typical) if typical.is_integer() else typical,
        weeks=len(same),
        recent=min([typical * level, *([float(median(same[:SAME_DAYS]))] if enough else [])]),
        sigma=sigma if enough and typical > 0 else None,
        days_before=len(window),
        gaps_before=_gaps([counts.get(before, 0) for before in window]),
    )


def _kind(n: int, usual: Usual) -> Kind | None:
    if n == 0:
        return "zero" if usual.zero_is_odd else None
    if usual.sigma is None:
        return None
    if n < usual.low_bound:
        return "low"
    if n < HALF * usual.median and usual.median >= SURE_COUNT:
        return "low_within_noise"
    return "high" if n > usual.high_bound else None


def _gaps(backwards: Sequence[int]) -> int:
    """How many separate runs of empty days there are, not counting one that reaches up to the day judged."""
    runs = [is_empty for is_empty, _ in itertools.groupby(n == 0 for n in backwards)]
    return sum(runs) - (bool(runs) and runs[0])


def _level_and_spread(
    counts: Mapping[date, int], window: Sequence[date], usual_of_weekday: Mapping[int, float]
) -> tuple[float, float | None]:
    """How far the last 7 days lie below what is usual (at most 1), and σ; empty days are left to the zero rule.

    ``window`` holds the newest day first.
    """
    ratios = [
        math.log(counts[day] / usual_of_weekday[day.weekday()])
        for day in window
        if counts.get(day, 0) > 0 and usual_of_weekday[day.weekday()] > 0
    ]
    if len(ratios) < MIN_DAYS:
        return 1.0, None
    steps = [min(abs(a - b), CLIP) for a, b in itertools.pairwise(ratios)]
    sigma = MEAN_ABSOLUTE_TO_SIGMA * sum(steps) / len(steps) / math.sqrt(2)
    level = math.exp(median(ratios[:LEVEL_DAYS]))
    return min(level, 1.0), sigma * math.sqrt(1 + math.pi / 2 / LEVEL_DAYS)  # the level is itself a median of 7
