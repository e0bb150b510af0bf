"""What an entity's active days and weekly counts say, straight from lists, as one would first write it: for the oracle."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import pairwise
from statistics import linear_regression, mean, pstdev, stdev
from typing import NamedTuple

Cells = dict[str, float | None]
WINDOWS = (7, 14, 28, 56, 84)


class Day(NamedTuple):
    """Events of one name on one day, ``age`` days before the as_of they are seen from."""

    creator: str | None
    fan: str | None
    actor: str
    name: str
    age: int
    n: int
    amount: float | None
    largest: float | None


def ages_of(days: Iterable[Day]) -> list[int]:
    """The ages of the last 84 days that had an event, the newest first."""
    return sorted({day.age for day in days if day.age < 84})


def count(days: Iterable[Day], window: int, after: int = 0) -> int:
    """How many events lie within the window."""
    return sum(day.n for day in days if after <= day.age < window)


def slope(newest_first: Sequence[float]) -> float:
    """The least-squares slope a week, rising is positive."""
    return linear_regression(range(len(newest_first)), list(newest_first)[::-1]).slope


def by(above: float | None, below: float | None) -> float | None:
    """A ratio; undefined where either is, or where it is by nothing."""
    return None if above is None or not below else above / below


def of_days(ages: Sequence[int], as_of: date) -> Cells:
    """Everything about the active days of the last 84; ``ages`` are how many days ago they were, the newest first."""

    def days(window: int, after: int = 0) -> int:
        return sum(1 for age in ages if after <= age < window)

    weeks = [days(7 * k + 7, 7 * k) for k in range(12)]
    weekend = [age for age in ages if (as_of - timedelta(age)).weekday() >= 5]
    weekdays = [(as_of - timedelta(age)).weekday() for age in ages]
    ewm = {h: sum(0.5 ** (age / h) for age in ages) for h in (3, 7, 14, 28)}
    streaks = _streaks(ages)
    return {
        **{f"active_days_{w}d": days(w) for w in (1, 2, 3, 5, 7, 14, 21, 28, 42, 56, 84)},
        **{f"active_days_week_{k}": n for k, n in enumerate(weeks)},
        **{f"active_weeks_{w}w": sum(n > 0 for n in weeks[:w]) for w in (4, 8, 12)},
        **{f"active_days_ewm_{h}d": weight for h, weight in ewm.items()},
        "active_days_ewm_3d_to_14d": ewm[3] / ewm[14],
        "active_days_ewm_7d_to_28d": ewm[7] / ewm[28],
        "recency_days": ages[0],
        "active_days_trend_7d": (days(7) + 1) / (days(28, 7) / 3 + 1),
        "active_days_trend_14d": (days(14) + 1) / (days(28, 14) + 1),
        "active_days_trend_28d": (days(28) + 1) / (days(84, 28) / 2 + 1),
        "active_days_trend_42d": (days(42) + 1) / (days(84, 42) + 1),
        "active_days_change_1w": weeks[0] - weeks[1],
        "active_day_age_mean_84d": mean(ages),
        "active_days_slope_12w": slope(weeks),
        "active_days_slope_4w": slope(weeks[:4]),
        "active_days_acceleration": slope(weeks[:4]) - slope(weeks),
        "active_days_week_cv_12w": pstdev(weeks) / mean(weeks),
        "streak_weeks": next((k for k, n in enumerate(weeks) if n == 0), 12),
        "streak_days": streaks[0] if ages[0] == 0 else 0,
        "streak_last_days": streaks[0],
        "streak_max_84d": max(streaks),
        "weekend_share_84d": len(weekend) / len(ages),
        "weekend_share_28d": sum(age < 28 for age in weekend) / days(28) if days(28) else None,
        "weekday_top_share_84d": max(weekdays.count(d) for d in range(7)) / len(ages),
        "weekdays_active_84d": len(set(weekdays)),
        **{f"recency_{nth}_days": ages[n - 1] if len(ages) >= n else 84 for n, nth in (
            (2, "2nd"), (3, "3rd"), (4, "4th"), (5, "5th"), (7, "7th"), (10, "10th"), (15, "15th"), (20, "20th"))},
        **_gaps(ages),
    }  # fmt: skip


def _gaps(ages: Sequence[int]) -> Cells:
    silence, gaps = ages[0], [older - newer for newer, older in pairwise(ages)]
    lately = [older - newer for newer, older in pairwise(ages) if older < 28]
    usual, spread = mean(gaps) if gaps else None, stdev(gaps) if len(gaps) > 1 else None
    over = {h: _share([gap > silence + h for gap in gaps]) for h in (0, 7, 14, 28)}
    quantile = {p: sorted(gaps)[-(-p * len(gaps) // 100) - 1] if gaps else None for p in (50, 75, 90)}
    longest, last = max(gaps, default=None), gaps[0] if gaps else None
    return {
        "gap_mean_84d": usual, "gap_max_84d": longest, "gap_std_84d": spread,
        "gap_median_84d": quantile[50], "gap_q75_84d": quantile[75], "gap_q90_84d": quantile[90],
        "gap_last_days": last, "gap_mean_28d": mean(lately) if lately else None, "gap_max_28d": max(lately, default=None),
        "gap_cv_84d": by(spread, usual), "gap_last_to_mean": by(last, usual),
        "gap_mean_trend_28d": by(mean(lately) if lately else None, usual),
        **{f"gaps_longer_{d}d": _share([gap > d for gap in gaps]) for d in (3, 7, 14)},
        "silence_to_gap_mean": by(silence, usual), "silence_to_gap_max": by(silence, longest),
        "silence_to_gap_median": by(silence, quantile[50]), "silence_to_gap_q90": by(silence, quantile[90]),
        "silence_zscore": None if usual is None else by(silence - usual, spread),
        "gaps_over_silence": over[0],
        **{f"gaps_over_silence_{h}d": over[h] for h in (7, 14, 28)},
        **{f"silence_outlasts_{h}d": by(over[h], over[0]) for h in (7, 14, 28)},
    }  # fmt: skip


def of_weeks(counts: Sequence[int]) -> Cells:
    """Everything about the events of each of the last 12 weeks; ``counts`` begin with the newest."""
    best = max(counts)
    return {
        **{f"events_week_{k}": counts[k] for k in range(1, 8)},
        **{f"events_{7 * k}d": sum(counts[:k]) for k in (1, 2, 3, 4, 6, 8, 12)},
        "events_trend_7d": (counts[0] + 1) / (mean(counts[1:4]) + 1),
        "events_trend_14d": (sum(counts[:2]) + 1) / (sum(counts[2:4]) + 1),
        "events_trend_28d": (sum(counts[:4]) + 1) / (sum(counts[4:]) / 2 + 1),
        "events_trend_42d": (sum(counts[:6]) + 1) / (sum(counts[6:]) + 1),
        "events_share_7d": counts[0] / sum(counts),
        "events_share_28d": sum(counts[:4]) / sum(counts),
        "events_slope_12w": slope(counts),
        "events_slope_share_12w": slope(counts) / mean(counts),
        "events_week_max_12w": best,
        "weeks_since_best_week": counts.index(best),
        "events_7d_to_best_week": counts[0] / best,
        "events_week_cv_12w": pstdev(counts) / mean(counts),
    }


def of_any(days: Sequence[Day], activity: Sequence[Day]) -> Cells:
    """Events of any kind, and how many of them are activity."""
    about = {name.removeprefix("_"): value for name, value in of_event("", days, days).items()}
    return {
        **{f"events_any_{w}d": about[f"n_{w}d"] for w in WINDOWS},
        **{f"days_any_{w}d": about[f"days_{w}d"] for w in WINDOWS},
        **{f"events_any_trend_{w}d": about[f"trend_{w}d"] for w in (7, 28)},
        "recency_any_days": about["recency_days"],
        "days_any_slope_12w": about["days_slope_12w"],
        **{f"activity_share_{w}d": by(count(activity, w), count(days, w)) for w in (28, 84)},
    }


def of_event(stem: str, days: Sequence[Day], any_days: Sequence[Day]) -> Cells:
    """Events of one name, ``days``, among all of the entity's."""
    ages = ages_of(days)
    n = {w: count(days, w) for w in WINDOWS}
    with_any = {w: sum(age < w for age in ages) for w in WINDOWS}
    return {
        **{f"{stem}_n_{w}d": n[w] for w in WINDOWS},
        **{f"{stem}_days_{w}d": with_any[w] for w in WINDOWS},
        f"{stem}_recency_days": min(ages, default=84),
        f"{stem}_trend_7d": (n[7] + 1) / (count(days, 28, 7) / 3 + 1),
        f"{stem}_trend_28d": (n[28] + 1) / (count(days, 84, 28) / 2 + 1),
        f"{stem}_days_slope_12w": slope([sum(age // 7 == k for age in ages) for k in range(12)]),
        **{f"{stem}_share_{w}d": by(n[w], count(any_days, w)) for w in (28, 84)},
        f"{stem}_per_day_28d": by(n[28], with_any[28]),
    }


def of_amounts(stem: str, days: Sequence[Day]) -> Cells:
    """What events moved; an amount that the log does not say counts as nothing."""

    def total(window: int, after: int = 0) -> float:
        return sum(day.amount or 0 for day in days if after <= day.age < window)

    return {
        **{f"{stem}_amount_{w}d": total(w) for w in WINDOWS},
        f"{stem}_amount_max_84d": max((d.largest for d in days if d.age < 84 and d.largest is not None), default=0),
        **{f"{stem}_amount_mean_{w}d": by(total(w), count(days, w)) for w in (28, 84)},
        f"{stem}_amount_trend_7d": by(total(7), total(28, 7) / 3),
        f"{stem}_amount_trend_28d": by(total(28), total(84, 28) / 2),
    }


def of_both(cells: Cells) -> Cells:
    """What takes events and active days together."""
    a_day = {w: by(cells[f"events_{w}d"], cells[f"active_days_{w}d"]) for w in (28, 84)}
    there = cells["tenure_days"] + 1  # type: ignore[operator]
    return {
        **{f"events_per_active_day_{w}d": rate for w, rate in a_day.items()},
        "events_per_active_day_trend_28d": by(a_day[28], a_day[84]),
        **{f"active_share_{w}d": cells[f"active_days_{w}d"] / min(there, w) for w in (28, 84)},  # type: ignore[operator]
        "events_per_day_84d": cells["events_84d"] / min(there, 84),  # type: ignore[operator]
    }


def of_all(cohort: Sequence[Cells]) -> list[Cells]:
    """Ranks among, and means of, the cohort of one as_of; in its order."""

    def column(name: str) -> list[float]:
        return [cells[name] for cells in cohort]  # type: ignore[misc]

    def rank(name: str, value: float | None) -> float:
        others = len(cohort) - 1
        return sum(other < value for other in column(name)) / others if others else 0.0  # type: ignore[operator]

    weeks = [sum(cells[f"active_days_week_{k}"] or 0 for cells in cohort) for k in range(12)]
    level: Cells = {
        "all_active_share_7d": mean(days < 7 for days in column("recency_days")),
        "all_silence_mean_days": mean(column("recency_days")),
        "all_active_days_trend_7d": by(weeks[0], mean(weeks[1:4])),
        "all_active_days_trend_28d": by(mean(weeks[:4]), mean(weeks[4:])),
    }
    return [
        {
            "recency_rank": rank("recency_days", cells["recency_days"]),
            **{f"{name}_rank": rank(name, cells[name]) for name in (
                "active_days_28d", "active_days_84d", "events_28d", "events_84d")},
            "active_days_rank_change": rank("active_days_28d", cells["active_days_28d"])
            - rank("active_days_84d", cells["active_days_84d"]),
            "active_days_28d_to_all": by(cells["active_days_28d"], mean(column("active_days_28d"))),
            **level,
        }
        for cells in cohort
    ]  # fmt: skip


def _streaks(ages: Sequence[int]) -> list[int]:
    """Lengths of the runs of days in a row, the newest first."""
    lengths = [1]
    for newer, older in pairwise(ages):
        if older == newer + 1:
            lengths[-1] += 1
        else:
            lengths.append(1)
    return lengths


def _share(true: Sequence[bool]) -> float | None:
    return mean(true) if true else None
