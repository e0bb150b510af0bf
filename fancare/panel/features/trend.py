"""More or less than before: windows against those before them, slopes over weeks, streaks, how far weeks differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fancare.panel import bits
from fancare.panel.blocks import WEEKS
from fancare.panel.feature import Feature
from fancare.panel.features.activity import ACT, ANY
from fancare.panel.features.record import record

COUNTS = [f"{ACT}_w{k}" for k in range(WEEKS)]  # newest first
BEST = f"GREATEST({', '.join(COUNTS)})"
AGAINST = {7: (21, "이전 21일의 주평균", "the 3 weeks before"), 14: (14, "이전 14일", "the 2 weeks before"),
           28: (56, "이전 56일의 4주 평균", "the 8 weeks before"), 42: (42, "이전 42일", "the 6 weeks before")}  # fmt: skip


def trend() -> Iterator[Feature]:
    """Of the activity; where a ratio stands, one is added above and below, so that it always exists."""
    yield from _ratios()
    yield from _slopes()
    yield from _streaks()
    yield from _weeks()


def any_event_trend() -> Iterator[Feature]:
    """Of events of any kind; only where there are events beside the activity."""
    for w in (7, 28):
        before, ko, en = AGAINST[w]
        yield record(f"events_any_trend_{w}d", "trend", "ratio", f"최근 {w}일 모든 이벤트 ÷ {ko}", f"events of any kind: {w} days against {en}",
                     ratio(f"{ANY}_n{w}", f"{ANY}_n{w + before}", w, before), window=w + before)  # fmt: skip
    yield record("days_any_slope_12w", "trend", "days/week²", "이벤트가 있던 날의 12주 추세", "trend of days with any event over 12 weeks",
                 bits.slope(ANY, 12), window=84)  # fmt: skip


def ratio(now: str, all_of_it: str, days: int, before_days: int) -> str:
    """A window's count against the mean of as many days in the days before it, one added to both."""
    parts = before_days // days
    mean = f"({all_of_it} - {now})" if parts == 1 else f"({all_of_it} - {now}) / {parts}"
    return f"({now} + 1) / ({mean} + 1)"


def _ratios() -> Iterator[Feature]:
    for w, (before, ko, en) in AGAINST.items():
        yield record(f"events_trend_{w}d", "trend", "ratio", f"최근 {w}일 활동 ÷ {ko}", f"activity events: {w} days against {en}",
                     ratio(f"{ACT}_n{w}", f"{ACT}_n{w + before}", w, before), window=w + before)  # fmt: skip
        days, all_days = bits.active_days(ACT, w), bits.active_days(ACT, w + before)
        yield record(f"active_days_trend_{w}d", "trend", "ratio", f"최근 {w}일 활동일 ÷ {ko}", f"active days: {w} days against {en}",
                     ratio(days, all_days, w, before), window=w + before)  # fmt: skip
    yield record("active_days_change_1w", "trend", "days", "이번 주 활동일 − 지난주 활동일", "active days: this week's less last week's",
                 f"{bits.week(ACT, 0)} - {bits.week(ACT, 1)}", window=14)  # fmt: skip
    for w in (7, 28):
        yield record(f"events_share_{w}d", "trend", "share", f"84일 활동 중 최근 {w}일의 비중", f"share of the events of 84 days that is of the last {w}",
                     f"SAFE_DIVIDE({ACT}_n{w}, {ACT}_n84)", window=84)  # fmt: skip
    yield record("events_per_active_day_trend_28d", "trend", "share", "활동일당 활동 건수: 28일 ÷ 84일", "activity events an active day: 28 days by 84",
                 f"SAFE_DIVIDE({ACT}_n28 * {bits.active_days(ACT, 84)}, {ACT}_n84 * {bits.active_days(ACT, 28)})", window=84)  # fmt: skip
    for fast, slow in ((3, 14), (7, 28)):
        yield record(f"active_days_ewm_{fast}d_to_{slow}d", "trend", "share", f"최근일수록 크게 센 활동일: 반감기 {fast}일 ÷ {slow}일",
                     f"active days weighed by age: half-life of {fast} days by {slow}", f"SAFE_DIVIDE(rhythm.ewm_{fast}, rhythm.ewm_{slow})",
                     block="rhythm", window=84)  # fmt: skip
    yield record("active_day_age_mean_84d", "trend", "days", "활동일이 평균 며칠 전인지(84일)", "how many days ago the active days were, mean over 84 days",
                 "rhythm.age_mean", block="rhythm", window=84)  # fmt: skip


def _slopes() -> Iterator[Feature]:
    short, long = bits.slope(ACT, 4), bits.slope(ACT, 12)
    yield record("active_days_slope_12w", "trend", "days/week²", "12주 활동일 추세", "trend of active days over 12 weeks", long, window=84)  # fmt: skip
    yield record("active_days_slope_4w", "trend", "days/week²", "4주 활동일 추세", "trend of active days over 4 weeks", short, window=28)  # fmt: skip
    yield record("active_days_acceleration", "trend", "days/week²", "활동일 추세의 변화(4주 − 12주)", "trend of active days: 4 weeks less 12 weeks",
                 f"{short} - {long}", window=84)  # fmt: skip
    events = bits.slope_of(COUNTS)
    yield record("events_slope_12w", "trend", "events/week²", "12주 활동 건수 추세", "trend of activity events over 12 weeks", events, window=84)  # fmt: skip
    yield record("events_slope_share_12w", "trend", "share/week", "12주 활동 건수 추세 ÷ 주평균", "trend of activity events over 12 weeks by their mean week",
                 f"SAFE_DIVIDE(12 * {events}, {ACT}_n84)", window=84)  # fmt: skip


def _streaks() -> Iterator[Feature]:
    yield record("streak_weeks", "trend", "weeks", "연속 활동 주 수", "weeks in a row with activity", bits.streak_weeks(ACT), window=84)  # fmt: skip
    yield record("streak_days", "trend", "days", "기준일까지 연속 활동일 수", "active days in a row up to now",
                 f"IF(({ACT}_lo & 1) = 1, rhythm.streak_last, 0)", block="rhythm", window=84)  # fmt: skip
    yield record("streak_last_days", "trend", "days", "마지막 활동일에 끝난 연속 활동일 수", "active days in a row that ended with the last one",
                 "rhythm.streak_last", block="rhythm", window=84)  # fmt: skip
    yield record("streak_max_84d", "trend", "days", "가장 길었던 연속 활동일 수", "most active days in a row", "rhythm.streak_max", block="rhythm", window=84)  # fmt: skip


def _spread(weeks: Sequence[str], total: str) -> str:
    """The standard deviation of n weeks by their mean: √(n Σx² − (Σx)²) / Σx."""
    squares = " + ".join(f"POW({week}, 2)" for week in weeks)
    return f"SAFE_DIVIDE(SQRT(GREATEST({len(weeks)} * ({squares}) - POW({total}, 2), 0)), {total})"


def _weeks() -> Iterator[Feature]:
    days = [bits.week(ACT, k) for k in range(WEEKS)]
    yield record("events_week_max_12w", "counts", "events", "가장 활발했던 주의 활동 건수(12주)", "activity events of the best of 12 weeks", BEST, window=84)  # fmt: skip
    yield record("weeks_since_best_week", "trend", "weeks", "가장 활발했던 주가 몇 주 전인지", "weeks since the best of 12 weeks",
                 f"CASE {' '.join(f'WHEN {w} = {BEST} THEN {k}' for k, w in enumerate(COUNTS))} END", window=84)  # fmt: skip
    yield record("events_7d_to_best_week", "trend", "share", "최근 7일 활동 ÷ 가장 활발했던 주", "last 7 days' events by the best week's",
                 f"SAFE_DIVIDE({ACT}_n7, {BEST})", window=84)  # fmt: skip
    yield record("events_week_cv_12w", "trend", "index", "주별 활동 건수의 들쭉날쭉함(12주)", "how far weekly events differ (SD by mean, 12 weeks)",
                 _spread(COUNTS, f"{ACT}_n84"), window=84)  # fmt: skip
    yield record("active_days_week_cv_12w", "trend", "index", "주별 활동일 수의 들쭉날쭉함(12주)", "how far weekly active days differ (SD by mean, 12 weeks)",
                 _spread(days, bits.active_days(ACT, 84)), window=84)  # fmt: skip
