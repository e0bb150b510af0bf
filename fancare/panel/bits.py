"""Days of activity as bits: 84 days in two integers, so that every window, recency and streak is arithmetic.

Bit p of ``lo`` is the day p days before as_of (p = 0 is as_of itself, p ≤ 41), bit p of ``hi`` the day 42 + p days
before. Or-ing is idempotent: a day counts once however many rows speak of it. The precedent is Mozilla's days_seen_bits.
Every function returns GoogleSQL over the columns ``<alias>_lo`` and ``<alias>_hi``.
"""

from __future__ import annotations

from collections.abc import Sequence

HALF = 42
SPAN = 2 * HALF  # days that the two words hold; a recency of SPAN means "not within 84 days"


def active_days(alias: str, window_days: int) -> str:
    """How many of the last ``window_days`` days are set."""
    if window_days <= HALF:
        return f"BIT_COUNT({alias}_lo & {(1 << window_days) - 1})"
    if window_days == SPAN:
        return f"(BIT_COUNT({alias}_lo) + BIT_COUNT({alias}_hi))"
    return f"(BIT_COUNT({alias}_lo) + BIT_COUNT({alias}_hi & {(1 << (window_days - HALF)) - 1}))"


def recency(alias: str) -> str:
    """Days since the last set day; 84 when none is set."""
    return (
        f"CASE WHEN {alias}_lo != 0 THEN BIT_COUNT(({alias}_lo & -{alias}_lo) - 1) "
        f"WHEN {alias}_hi != 0 THEN {HALF} + BIT_COUNT(({alias}_hi & -{alias}_hi) - 1) ELSE {SPAN} END"
    )


def week(alias: str, weeks_ago: int) -> str:
    """How many days are set in the week that ended ``7 · weeks_ago`` days before as_of."""
    word, shift = ("lo", 7 * weeks_ago) if weeks_ago < 6 else ("hi", 7 * (weeks_ago - 6))
    return f"BIT_COUNT(({alias}_{word} >> {shift}) & 127)"


def streak_weeks(alias: str) -> str:
    """How many weeks in a row, up to now, had a set day; 0 when this week has none."""
    branches = " ".join(f"WHEN {week(alias, k)} = 0 THEN {k}" for k in range(12))
    return f"CASE {branches} ELSE 12 END"


def active_weeks(alias: str, weeks: int) -> str:
    """How many of the last ``weeks`` weeks had a set day."""
    return "(" + " + ".join(f"IF({week(alias, k)} > 0, 1, 0)" for k in range(weeks)) + ")"


def slope(alias: str, weeks: int) -> str:
    """Least-squares slope of active days a week over the last weeks, in days a week per week; rising is positive."""
    return slope_of([week(alias, k) for k in range(weeks)])


def slope_of(newest_first: Sequence[str]) -> str:
    """Least-squares slope of n weekly values; rising is positive. Σ (k − (n − 1) / 2)² over n weeks is n (n² − 1) / 12."""
    n = len(newest_first)
    terms = " + ".join(f"{(n - 1) / 2 - k}e0 * {value}" for k, value in enumerate(newest_first))
    return f"(({terms}) / {n * (n * n - 1) / 12})"


def weekday_days(alias: str, ago: int) -> str:
    """How many set days lie ``ago``, ``ago`` + 7, … days back: all those on one weekday."""
    mask = sum(1 << p for p in range(ago, HALF, 7))  # HALF is a multiple of 7: one mask for both words
    return f"(BIT_COUNT({alias}_lo & {mask}) + BIT_COUNT({alias}_hi & {mask}))"


def weekend_days(alias: str) -> str:
    """How many set days are Saturdays or Sundays; @weekend_lo and @weekend_hi mark them for the as_of's weekday."""
    return f"(BIT_COUNT({alias}_lo & @weekend_lo) + BIT_COUNT({alias}_hi & @weekend_hi))"


def weekend_days_28d(alias: str) -> str:
    """The same of the last 28 days."""
    return f"BIT_COUNT({alias}_lo & @weekend_lo & {(1 << 28) - 1})"


def weekend_masks(as_of_isoweekday: int) -> tuple[int, int]:
    """(lo, hi) with the bits of Saturdays and Sundays set, seen from an as_of on this ISO weekday (Monday is 1)."""
    weekend = [((as_of_isoweekday - 1 - back) % 7) >= 5 for back in range(SPAN)]
    lo = sum(1 << p for p in range(HALF) if weekend[p])
    hi = sum(1 << p for p in range(HALF) if weekend[HALF + p])
    return lo, hi
