"""The page of the learning curve: one self-contained HTML file, Korean first, with a curve and a table for each axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup

import fancare
from fancare.churn.learning_curve import LearningCurve, Point
from fancare.config import Config
from fancare.reports import charts, learning_curve_words
from fancare.reports.learning_curve_words import auc, change
from fancare.reports.page import environment
from fancare.reports.watchlist import write_atomically
from fancare.reports.wording import Words, both, compact


def write(curve: LearningCurve, config: Config, out: Path) -> Path:
    """Write the page of ``curve`` to ``out`` as a whole or not at all, and return ``out``."""
    write_atomically(out, html(curve, config).encode("utf-8"))
    return out


def html(curve: LearningCurve, config: Config) -> str:
    """The page as text."""
    entity, many = both(f"entity.{curve.entity}"), both(f"learning.many.{curve.entity}")
    weeks = [both("learning.weeks", n=point.weeks) for point in curve.by_weeks]
    sizes = [compact(point.n_entities) for point in curve.by_entities]
    told = learning_curve_words.sentences(curve)
    title_weeks, title_entities = both("learning.weeks_title"), both("learning.entities_title", many=many)
    return environment().get_template("learning_curve.html.j2").render(
        curve=curve,
        entity=entity,
        many=many,
        both_title=f"{both('learning.title', entity=entity)[0]} · {curve.origins[-1]}",
        count=lambda n: both(f"page.count.{curve.entity}", n=f"{n:,}"),
        auc=auc,
        change=change,
        mean_loss=lambda point: auc(sum(point.log_loss.values()) / len(point.log_loss)),
        axes=(
            ("weeks", title_weeks, both("learning.weeks_note", many=many), told[0], curve.by_weeks,
             chart(title_weeks, weeks, curve.by_weeks)),
            ("entities", title_entities, both("learning.entities_note", many=many), told[1], curve.by_entities,
             chart(title_entities, sizes, curve.by_entities)),
        ),
        keys=(("s1", both("learning.line_auc")), ("s3", both("learning.line_interval"))),
        timezone=config.platform.timezone,
        version=fancare.__version__,
    )  # fmt: skip


def chart(name: Words, x_names: Sequence[Words], points: Sequence[Point]) -> Markup:
    """Mean AUC with its interval over the points, an axis that holds just them: differences of a few thousandths matter."""
    lines = [
        charts.Line(both("learning.line_auc"), tuple(_known(point.auc.estimate) for point in points)),
        charts.Line(both("learning.line_low"), tuple(_known(point.auc.low) for point in points), "s3"),
        charts.Line(both("learning.line_high"), tuple(_known(point.auc.high) for point in points), "s3"),
    ]
    values = [value for line in lines for value in line.values if value is not None]
    bottom, top = math.floor(50 * min(values, default=0.5)) / 50, math.ceil(50 * max(values, default=1.0)) / 50
    return charts.line_chart(name, x_names, lines, _axis, max(top, bottom + 0.02), bottom)


def _axis(value: float) -> Words:
    return (f"{value:.3f}".removesuffix("0"),) * 2


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
