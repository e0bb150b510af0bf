"""One finding of a quality check: which rule, about what, how it stands, and that in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from fancare.messages import shown, text

Verdict = Literal["green", "amber", "red"]

SEVERITY: tuple[Verdict, ...] = ("green", "amber", "red")


@dataclass(frozen=True)
class Check:
    """One row of `quality_checks` (without the time). ``day`` is None where the finding is about the whole log.

    ``observed`` and ``expected`` are short texts for a table; the messages are a sentence each.
    """

    name: str
    subject: str
    day: date | None
    verdict: Verdict
    observed: str
    expected: str
    message_ko: str
    message_en: str


def finding(
    name: str,
    verdict: Verdict,
    *,
    subject: str,
    observed: object,
    expected: object,
    day: date | None = None,
    message: str | None = None,
    **facts: object,
) -> Check:
    """A `Check` whose sentences are ``[quality]`` ``message`` (by default the check's name) of the message catalogue.

    >>> finding("zero_day", "red", subject="all", day=date(2026, 1, 2), observed=0, expected=700, until=None).message_en
    'No events on 2026-01-02, where about 700 are usual: export that day again, or list it in [quality] known_outages.'
    """
    given = {"subject": subject, "day": day, "observed": observed, "expected": expected, **facts}
    code = f"quality.{message or name}"
    return Check(
        name=name,
        subject=subject,
        day=day,
        verdict=verdict,
        observed=shown(observed),
        expected=shown(expected),
        message_ko=text(code, "ko", **given),
        message_en=text(code, "en", **given),
    )


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The most severe of the verdicts; green where there are none.

    >>> worst(["green", "red", "amber"])
    'red'
    """
    return max(verdicts, key=SEVERITY.index, default="green")
