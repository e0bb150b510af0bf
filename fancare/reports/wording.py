"""Days, numbers and shares as people read them, in Korean and English side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup

from fancare import messages

Words = tuple[str, str]  # Korean, English

_WEEKDAYS_KO = "월화수목금토일"
_WEEKDAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def both(code: str, **facts: Any) -> Words:
    """The sentence behind ``code`` in Korean and English; a fact that is itself a pair gives each language its own."""
    korean, english = (
        messages.text(code, lang, **{name: fact[i] if isinstance(fact, tuple) else fact for name, fact in facts.items()})
        for i, lang in enumerate(("ko", "en"))
    )
    return korean, english


def bilingual(words: Words) -> Markup:
    """Both languages as elements of which the page shows one; equal ones only once."""
    if words[0] == words[1]:
        return Markup("{}").format(words[0])
    return Markup('<span lang="ko">{}</span><span lang="en">{}</span>').format(*words)


def day(value: date) -> Words:
    """A day with its weekday.

    >>> day(date(2026, 6, 30))
    ('2026년 6월 30일 (화)', 'Tue 30 Jun 2026')
    """
    week = value.weekday()
    return (
        f"{value.year}년 {value.month}월 {value.day}일 ({_WEEKDAYS_KO[week]})",
        f"{_WEEKDAYS_EN[week]} {value.day} {_MONTHS_EN[value.month - 1]} {value.year}",
    )


def short_day(value: date) -> Words:
    """A day for the axis of a chart.

    >>> short_day(date(2026, 6, 30))
    ('26.6.30', '30 Jun 26')
    """
    year = f"{value.year % 100:02}"
    return f"{year}.{value.month}.{value.day}", f"{value.day} {_MONTHS_EN[value.month - 1]} {year}"


def moment(value: datetime, timezone: str) -> Words:
    """A moment in UTC as a clock in ``timezone`` shows it.

    >>> moment(datetime(2026, 6, 29, 21, 5), "Asia/Seoul")
    ('2026년 6월 30일 (화) 06:05', 'Tue 30 Jun 2026 06:05')
    """
    there = value.replace(tzinfo=UTC).astimezone(ZoneInfo(timezone))
    korean, english = day(there.date())
    return f"{korean} {there:%H:%M}", f"{english} {there:%H:%M}"


def month_day(value: date) -> Words:
    """A recent day, the year left out.

    >>> month_day(date(2026, 6, 29))
    ('6월 29일', '29 Jun')
    """
    return f"{value.month}월 {value.day}일", f"{value.day} {_MONTHS_EN[value.month - 1]}"


def whole(value: float) -> Words:
    """A number grouped by thousands, without decimals."""
    return (f"{value:,.0f}",) * 2


def compact(value: float) -> Words:
    """A number short enough for an axis or a headline: 만/억 in Korean, k/M in English.

    >>> compact(950), compact(12345678), compact(0.5)
    (('950', '950'), ('1,235만', '12.3M'), ('0.5', '0.5'))
    """
    return _shortened(value, ((1e12, "조"), (1e8, "억"), (1e4, "만"))), _shortened(value, ((1e9, "B"), (1e6, "M"), (1e3, "k")))


def percent(value: float) -> Words:
    """A share in per cent: one decimal below ten, none above; never a rounded-away 0 % or 100 %.

    >>> percent(0.034)[0], percent(0.62)[0], percent(0.9999)[0], percent(0.0001)[0]
    ('3.4%', '62%', '>99%', '<0.1%')
    """
    if 0 < value < 0.001:
        return ("<0.1%",) * 2
    if 0.995 <= value < 1:
        return (">99%",) * 2
    if 0 < value < 0.0995:
        return (f"{100 * value:.1f}%",) * 2
    return (f"{100 * value:.0f}%",) * 2


def risk(value: float, thresholds: Sequence[float] = ()) -> Words:
    """A risk in per cent, with as many decimals as it takes to stay on its side of each band's threshold.

    >>> risk(0.597, (0.6, 0.3))[0], risk(0.597)[0], risk(0.6, (0.6,))[0], risk(0.59997, (0.6,))[0]
    ('59.7%', '60%', '60%', '59.997%')
    """
    least = 0 if value >= 0.0995 else 1  # as `percent` has them
    for decimals in range(least, 5):
        shown = round(100 * value, decimals) / 100
        if all((shown < limit) == (value < limit) for limit in thresholds):
            return (f"{100 * value:.{decimals}f}%",) * 2 if decimals > least else percent(value)
    return percent(value)


def threshold(value: float) -> Words:
    """A band's threshold in per cent, to the last digit that was configured.

    >>> threshold(0.6)[0], threshold(0.605)[0]
    ('60%', '60.5%')
    """
    return (f"{100 * value:.6g}%",) * 2


def one_decimal(value: float) -> str:
    """A number with one decimal unless it is whole.

    >>> one_decimal(4.0), one_decimal(4.26), one_decimal(1234.5)
    ('4', '4.3', '1,234.5')
    """
    return f"{value:,.1f}".removesuffix(".0")


def _shortened(value: float, units: tuple[tuple[float, str], ...]) -> str:
    if not math.isfinite(value):
        return "–"
    for size, name in units:
        if abs(value) >= size:
            scaled = value / size
            return (f"{scaled:,.0f}" if abs(scaled) >= 100 else one_decimal(scaled)) + name
    return f"{value:,.0f}" if abs(value) >= 10 or float(value).is_integer() else f"{value:.2g}"
