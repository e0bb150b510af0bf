"""What a study of activity cycles says in words, Korean and English."""

from __future__ import annotations

from fancare.config import Config
from fancare.panel.cycles.promise import BACK_WITHIN, Promise
from fancare.panel.cycles.returns import Share
from fancare.panel.cycles.study import CURVE_DAYS, LEVELS, LEVELS_WITHIN, CycleStudy
from fancare.reports.wording import Words, both, day, percent


def sentences(study: CycleStudy, config: Config) -> tuple[Words, ...]:
    """The return rates at the configured horizons, a set that fits, the promise, and how far the usual gap held."""
    told = [after(study, k) for k in config.churn.horizons]
    return (*told, suggestion(study), called_now(study), promise(study.promise), held(study.promise, config))


def after(study: CycleStudy, silence_days: int) -> Words:
    back = study.back_after(silence_days)
    return both("cycles.after", k=silence_days, within=LEVELS_WITHIN, **interval(back))


def suggestion(study: CycleStudy) -> Words:
    if not study.suggested:
        return both("cycles.suggested_none", most=CURVE_DAYS, within=LEVELS_WITHIN, level=percent(LEVELS[0]))
    levels = "/".join(percent(level)[0] for level in LEVELS[: len(study.suggested)])
    return both("cycles.suggested", days="/".join(map(str, study.suggested)), within=LEVELS_WITHIN, levels=levels)


def called_now(study: CycleStudy) -> Words:
    numbers = {
        name: both(f"page.count.{study.entity}", n=f"{n:,}")
        for name, n in (("called", study.n_called), ("n", study.n_judged))
    }
    return both("cycles.called_now", day=day(study.as_of), **numbers)


def promise(measured: Promise) -> Words:
    own = next(one for one in measured.everybody if one.silence_days is None)
    when = {"first": day(measured.first_call), "last": day(measured.last_call)}
    if not own.n_calls:
        return both("cycles.promise_none", **when)
    (short, long), (back_short, back_long) = BACK_WITHIN, own.back
    facts = {
        "short": short,
        "long": long,
        "back_short": percent(back_short.estimate),
        "back_long": percent(back_long.estimate),
    }
    return both(
        "cycles.promise", n=f"{own.n_calls:,}", **when, **facts, low=rate(back_long.low), high=rate(back_long.high)
    )


def held(measured: Promise, config: Config) -> Words:
    return both("cycles.held", quantile=percent(config.cycles.quantile), **interval(measured.quantile_held))


def interval(share: Share) -> dict[str, Words]:
    """A share and its ends as facts of a sentence."""
    return {"share": rate(share.estimate), "low": rate(share.low), "high": rate(share.high)}


def rate(value: float | None) -> Words:
    """A share in per cent, a dash where nothing can be said.

    >>> rate(0.384)[1], rate(float("nan"))[1]
    ('38%', '–')
    """
    return ("–", "–") if value is None or value != value else percent(value)
