"""Korea's public holidays, as far as they bear on when people are at their phones.

The lunar ones, three days each around the day of the table, are listed for 2020 to 2030; in other years there are only
those with a fixed date. Substitute holidays and elections are left out.
"""

from __future__ import annotations

from datetime import date, timedelta

FIXED = {(1, 1), (3, 1), (5, 5), (6, 6), (8, 15), (10, 3), (10, 9), (12, 25)}  # (month, day)

SEOLLAL = {
    2020: (1, 25), 2021: (2, 12), 2022: (2, 1), 2023: (1, 22), 2024: (2, 10), 2025: (1, 29), 2026: (2, 17), 2027: (2, 7),
    2028: (1, 27), 2029: (2, 13), 2030: (2, 3),
}  # fmt: skip
CHUSEOK = {
    2020: (10, 1), 2021: (9, 21), 2022: (9, 10), 2023: (9, 29), 2024: (9, 17), 2025: (10, 6), 2026: (9, 25), 2027: (9, 15),
    2028: (10, 3), 2029: (9, 22), 2030: (9, 12),
}  # fmt: skip


def is_holiday(day: date) -> bool:
    """True on a public holiday.

    >>> [is_holiday(date(2026, 2, d)) for d in (15, 16, 17, 18, 19)]
    [False, True, True, True, False]
    """
    if (day.month, day.day) in FIXED:
        return True
    lunar = [table[day.year] for table in (SEOLLAL, CHUSEOK) if day.year in table]
    return any(abs(day - date(day.year, month, of_month)) <= timedelta(1) for month, of_month in lunar)
