"""Did everything arrive? Days, and event names within days, that hold too few events; as checks in words."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from fancare.config import Config
from fancare.events.completeness import OddDay, odd_days, usual_for
from fancare.events.verdict import Check, Verdict, finding

NEW_NAME_DAYS = 14
SURE_ABSENCE = 1e-3  # chance below which a rare event's silence is no longer taken for chance
LEARNT_DAYS = 56
ODD_JUMP = 1000.0  # a largest amount so many times the earlier one is another unit, not a generous fan
FEW_EVENTS = 10


@dataclass(frozen=True)
class NameDays:
    """One event name day by day: events, how many of them in rows with an amount, and the largest amount."""

    name: str
    counts: dict[date, int]
    with_amount: dict[date, int]
    largest: dict[date, float]


@dataclass(frozen=True)
class NameSpan:
    """One event name over the whole log."""

    name: str
    n_events: int
    first_day: date
    last_day: date


@dataclass(frozen=True)
class Dropped:
    """The rows of one event name that were dropped for want of an actor. Days are None where their times are unreadable."""

    name: str
    n_rows: int
    first_day: date | None
    last_day: date | None

    def is_since(self, day: date) -> bool:
        return self.last_day is not None and self.last_day >= day


@dataclass(frozen=True)
class Judged:
    """Which days are judged, and how: red is for ``fresh`` days; low ones among them only up to ``data_through``."""

    first_day: date
    last_whole_day: date
    data_through: date
    fresh: tuple[date, ...]
    outages: tuple[date, ...] = ()

    def verdict(self, odd: OddDay) -> Verdict:
        if odd.day not in self.fresh or odd.kind in ("low_within_noise", "high"):
            return "amber"
        return "red" if odd.kind == "zero" or odd.day <= self.data_through else "amber"


def check_days(counts: Mapping[date, int], judged: Judged) -> list[Check]:
    """One check per odd fresh day and per stretch of odd old days; a green one for outages and where all is well."""
    days = [judged.first_day + timedelta(i) for i in range((judged.last_whole_day - judged.first_day).days + 1)]
    odd = odd_days(counts, days, judged.outages)
    checks = [_day_check(o, judged) for o in odd if o.day in judged.fresh]
    for kind, message in (("zero", "zero_days_before"), ("low", "low_days_before"), ("high", "high_days_before")):
        for stretch in _stretches([o for o in odd if o.kind == kind and o.day not in judged.fresh]):
            first, last = stretch[0], stretch[-1]
            checks.append(finding(
                f"{kind}_day", "amber", message=message, subject="activity_daily", day=first.day,
                span=str(first.day) if first is last else f"{first.day} – {last.day}",
                observed=sum(o.n for o in stretch),
                expected=round(sum(float(o.usual.median) for o in stretch)),
            ))  # fmt: skip
    listed = {o.day for o in odd}
    empty = [day for day in days if not counts.get(day) and day not in judged.fresh and day not in judged.outages]
    if set(empty) - listed:
        longest = max(_runs(empty), key=len)
        checks.append(finding(
            "empty_days", "amber", subject="activity_daily", observed=len(empty), expected=0, n_days=len(days),
            longest=len(longest), day=None, since=longest[0], until=longest[-1],
        ))  # fmt: skip
    for day in sorted(set(judged.outages) & set(judged.fresh)):
        usual = usual_for(counts, day, judged.first_day, judged.outages)
        checks.append(finding(
            "known_outage", "green", subject="activity_daily", day=day, observed=counts.get(day, 0),
            expected=usual.median,
        ))  # fmt: skip
    if not any(check.verdict != "green" for check in checks):
        checks.append(finding(
            "days_complete", "green", subject="activity_daily", observed=len(days), expected=len(days),
            first_day=judged.first_day, last_day=judged.last_whole_day,
        ))  # fmt: skip
    return checks


def check_names(
    spans: Iterable[NameSpan],
    dropped: Iterable[Dropped],
    series: Mapping[str, NameDays],
    totals: Mapping[date, int],
    config: Config,
    judged: Judged,
) -> list[Check]:
    """Expected names that never occur or vanished, and names that are new.

    Names are expected because [events] lists them. Others are watched too (they are features), at worst amber. A name
    whose rows were ``dropped`` is in the log, be it without an actor, and what it lacks is told.
    """
    by_name = {span.name: span for span in spans}
    actorless = {one.name: one for one in dropped}
    listed = listed_names(config)
    recently = judged.last_whole_day - timedelta(NEW_NAME_DAYS)
    settled = judged.first_day + timedelta(NEW_NAME_DAYS)
    new_from = max(recently, settled)
    newcomers = [s.name for s in by_name.values() if s.first_day > new_from]
    unseen = [d for d in actorless.values() if d.name not in by_name and d.first_day and d.first_day > new_from]
    candidates = [*newcomers, *(d.name for d in unseen)]
    # on a day without any event every name is missing: that is one finding, made by check_days
    explained = {*judged.outages, *(day for day in judged.fresh if not totals.get(day))}
    checks = []
    for name, keys in listed.items():
        matters = set(keys) - {_other_activity(config)}
        if name not in by_name:
            n_dropped = actorless[name].n_rows if name in actorless else 0
            message = "name_never_seen"
            if n_dropped:
                message = "name_actorless_act" if "creator_acts" in keys else "name_actorless"
            checks.append(finding(
                "name_never_seen", "red" if matters else "amber", message=message, subject=name, observed=0, expected="≥ 1",
                keys=", ".join(keys), event_name=name, n=n_dropped,
                similar=_similar(name, [*by_name, *actorless]) or _quoted(list(by_name)[:5]),
            ))  # fmt: skip
        elif name in series:
            checks += _name_checks(series[name], by_name[name], bool(matters), explained, candidates, actorless, judged)
    for name in (name for name in series if name not in listed):
        checks += _name_checks(series[name], by_name[name], False, explained, candidates, actorless, judged)
    for one in unseen:
        checks.append(finding(
            "name_new", "green", message="name_new_actorless", subject=one.name, observed=one.first_day, expected="–",
            event_name=one.name, n=one.n_rows,
        ))  # fmt: skip
    for name in newcomers:
        checks.append(finding(
            "name_new", "green", subject=name, observed=by_name[name].first_day, expected="–", event_name=name,
            n=by_name[name].n_events,
        ))  # fmt: skip
    return checks


def check_amounts(series: Mapping[str, NameDays], revenue: Iterable[str], judged: Judged) -> list[Check]:
    """Revenue events that suddenly lack amounts, or whose amounts are in another unit."""
    checks = []
    for days in (series[name] for name in revenue if name in series):
        fresh = [day for day in judged.fresh if days.counts.get(day, 0) >= FEW_EVENTS]
        past = [day for day in days.counts if day not in judged.fresh]
        n_past = sum(days.counts[day] for day in past)
        share = sum(days.with_amount.get(day, 0) for day in past) / n_past if n_past else 0.0
        largest = max((days.largest[day] for day in past if day in days.largest), default=0.0)
        for day in fresh:
            if share > 0.9 and days.with_amount.get(day, 0) == 0:
                checks.append(finding(
                    "amount_missing", "red", subject=days.name, day=day, observed=0, expected=f"{share:.0%}",
                    event_name=days.name, n=days.counts[day],
                ))  # fmt: skip
            elif n_past >= FEW_EVENTS and 0 < largest * ODD_JUMP < days.largest.get(day, 0.0):
                checks.append(finding(
                    "amount_jump", "amber", subject=days.name, day=day, observed=days.largest[day], expected=largest,
                    event_name=days.name,
                ))  # fmt: skip
    return checks


def listed_names(config: Config) -> dict[str, tuple[str, ...]]:
    """The event names in [events], each with the keys that list it."""
    found: dict[str, list[str]] = defaultdict(list)
    for key in ("creator_acts", "creator_activity", "fan_activity", "revenue"):
        for name in getattr(config.events, key):
            found[name].append(key)
    return {name: tuple(keys) for name, keys in found.items()}


def _day_check(odd: OddDay, judged: Judged) -> Check:
    name = {"low_within_noise": "low_day"}.get(odd.kind, f"{odd.kind}_day")
    message = {"low_within_noise": "low_day_within_noise"}.get(odd.kind, name)
    if odd.kind == "low" and odd.day > judged.data_through:
        message = "low_day_may_fill"
    return finding(
        name, judged.verdict(odd), message=message, subject="activity_daily", day=odd.day, observed=odd.n,
        expected=odd.usual.median, share=odd.n / odd.usual.median,
    )  # fmt: skip


def _name_checks(
    days: NameDays,
    span: NameSpan,
    matters: bool,
    explained: Collection[date],
    candidates: list[str],
    actorless: Mapping[str, Dropped],
    judged: Judged,
) -> list[Check]:
    odd = odd_days(days.counts, [day for day in judged.fresh if day not in explained], judged.outages)
    back = max((day for day, n in days.counts.items() if n and day <= judged.last_whole_day), default=date.min)
    missing = [o for o in odd if o.kind == "zero" and o.day > back]
    # a name has fewer events than the log: none on a day is sure to be wrong only where the noise leaves room for one
    sure = [o for o in missing if o.usual.low_bound >= 1]
    checks = []
    silent = (judged.data_through - span.last_day).days
    if missing or (silent > 0 and _chance_of_silence(days, span, judged.data_through) < SURE_ABSENCE):
        verdict: Verdict = "red" if matters and sure else "amber"
        day = missing[0].day if missing else span.last_day + timedelta(1)
        # it may be seen again on the last day, which is not whole yet
        last_day = max((seen for seen, n in days.counts.items() if n and seen < day), default=span.last_day)
        similar, dropped = _similar(days.name, candidates), actorless.get(days.name)
        message = "name_renamed" if similar else "name_missing"
        if dropped is not None and dropped.is_since(day):
            message = "name_lost_actor"
        checks.append(finding(
            "name_missing", verdict, message=message, subject=days.name, observed=0,
            expected=missing[0].usual.median if missing else "≥ 1", event_name=days.name, last_day=last_day,
            day=day, similar=similar, n=dropped.n_rows if dropped else 0,
        ))  # fmt: skip
    for o in odd:
        if (o.kind == "low" and not missing) or (o.kind == "zero" and o.day < back):  # it came back: a gap
            checks.append(finding(
                "name_low", "amber", subject=days.name, day=o.day, observed=o.n, expected=o.usual.median, event_name=days.name,
            ))  # fmt: skip
    return checks


def _chance_of_silence(days: NameDays, span: NameSpan, through: date) -> float:
    """Chance of the name's present silence, were its active days of the 8 weeks up to its last day spread by chance."""
    window = min(LEARNT_DAYS, (span.last_day - span.first_day).days + 1)
    active = sum(span.last_day - timedelta(window) < day <= span.last_day for day in days.counts)
    if active < 4:
        return 1.0
    return (1 - active / (window + 1)) ** (through - span.last_day).days


def _stretches(odd: list[OddDay]) -> list[list[OddDay]]:
    """Odd days grouped into runs of consecutive days."""
    by_day = {o.day: o for o in odd}
    return [[by_day[day] for day in run] for run in _runs(sorted(by_day))]


def _runs(days: Sequence[date]) -> list[list[date]]:
    keyed = groupby(enumerate(days), key=lambda pair: pair[1] - timedelta(pair[0]))
    return [[day for _, day in run] for _, run in keyed]


def _similar(name: str, names: Iterable[str]) -> str:
    # a name of ten thousand letters is data too: comparing its beginning is enough
    short = {candidate[:80]: candidate for candidate in names}
    close = difflib.get_close_matches(name[:80], short, n=3, cutoff=0.5)
    return _quoted(short[candidate] for candidate in close)


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _other_activity(config: Config) -> str:
    return "fan_activity" if config.churn.entity == "creator" else "creator_activity"
