"""What a learning curve says in words, Korean and English: the last doubling, and whether the next may buy anything."""

from __future__ import annotations

import math

from fancare.churn.bootstrap import Interval
from fancare.churn.learning_curve import LearningCurve, Point
from fancare.reports.wording import Words, both

HARDLY = 0.002  # of mean AUC: what nobody who acts on a list would notice


def sentences(curve: LearningCurve) -> tuple[Words, ...]:
    """What the last doubling of weeks bought, and what that of entities."""
    return weeks(curve), entities(curve)


def weeks(curve: LearningCurve) -> Words:
    if len(curve.by_weeks) < 2:
        return both("learning.one_weeks", weeks=curve.all_data.weeks)
    before, after = curve.by_weeks[-2:]
    said = both("learning.gain_weeks", before=before.weeks, after=after.weeks, **_gain(after))
    return _joined(said, _verdict(after, "weeks", both("learning.twice_weeks")), _cap(curve, after))


def entities(curve: LearningCurve) -> Words:
    many = both(f"learning.many.{curve.entity}")
    if len(curve.by_entities) < 2:
        return both("learning.one_entities", many=many, n=f"{curve.all_data.n_entities:,}")
    before, after = curve.by_entities[-2:]
    sizes = {"before": f"{before.n_entities:,}", "after": f"{after.n_entities:,}"}
    said = both("learning.gain_entities", many=many, **sizes, **_gain(after))
    return _joined(said, _verdict(after, "entities", both("learning.twice_entities", many=many)), _cap(curve, after))


def finding(gain: Interval) -> str:
    """What a doubling's gain of mean AUC says of the next: rising, hardly, unclear, falling or unknown.

    >>> finding(Interval(0.004, 0.001, 0.007)), finding(Interval(0.001, -0.003, 0.005)), finding(Interval(0.0, -0.001, 0.001))
    ('rising', 'unclear', 'hardly')
    """
    if math.isnan(gain.low) or math.isnan(gain.estimate):
        return "unknown"
    if gain.high < 0:
        return "falling"
    if gain.high < HARDLY:
        return "hardly"
    return "rising" if gain.low > 0 else "unclear"


def auc(value: float) -> Words:
    """An AUC, or a dash where it cannot be said.

    >>> auc(0.8126)[1], auc(float("nan"))[1]
    ('0.813', '–')
    """
    return ("–" if math.isnan(value) else f"{value:.3f}",) * 2


def change(value: float) -> Words:
    """A difference of AUCs with its sign, or a dash.

    >>> change(0.00412)[1], change(-0.5)[1], change(float("nan"))[1]
    ('+0.0041', '-0.5000', '–')
    """
    return ("–" if math.isnan(value) else f"{value:+.4f}",) * 2


def _gain(point: Point) -> dict[str, Words]:
    assert point.gain is not None  # only a first point has none, and it is never the last of two
    return {"gain": change(point.gain.estimate), "low": change(point.gain.low), "high": change(point.gain.high)}


def _verdict(point: Point, axis: str, twice: Words) -> Words:
    assert point.gain is not None
    found = finding(point.gain)
    if found == "falling":
        return both(f"learning.falling_{axis}")
    return both(f"learning.{found}", twice=twice, hardly=f"{HARDLY:.3f}")


def _cap(curve: LearningCurve, point: Point) -> Words | None:
    return both("learning.capped", rows=f"{curve.max_rows:,}") if point.is_capped else None


def _joined(*parts: Words | None) -> Words:
    korean, english = (" ".join(part[lang] for part in parts if part is not None) for lang in (0, 1))
    return korean, english
