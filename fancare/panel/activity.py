"""Whose activity counts, as GoogleSQL: the pieces that every query about being active is put together from.

    {activity}        activity.sql: one row per entity, day and span of knowing, for @entity and @activity
    {known_activity}  the distinct days of it up to a day, by what was known on that day
    {known_as}        the rows of a cohort, and again under each id that was later linked to their person
"""

from __future__ import annotations

from pathlib import Path

ACTIVITY = Path(__file__).with_name("activity.sql").read_text(encoding="utf-8").rstrip()


def composed(query: Path, known_on: str = "", rows: str = "") -> str:
    """The query of this file with its pieces filled in.

    ``known_on`` is the day (a parameter) whose knowledge counts in {known_activity} and {known_as}; ``rows`` the name of the
    cohort rows, with creator_id and fan_id, that {known_as} looks up.
    """
    text = query.read_text(encoding="utf-8")
    pieces = {
        "{activity}": ACTIVITY,
        "{known_activity}": known_activity(known_on),
        "{known_as}": known_as(rows, known_on),
    }
    for marker, piece in pieces.items():
        text = text.replace(marker, piece)
    return text


def known_activity(known_on: str) -> str:
    """(creator_id, fan_id, activity_date), each day once, up to ``known_on`` and by what was known then."""
    return f"""SELECT DISTINCT creator_id, fan_id, activity_date
  FROM (
  {ACTIVITY}
  ) AS activity
  WHERE activity_date <= {known_on}
    AND known_from <= {known_on}
    AND (known_until IS NULL OR {known_on} < known_until)"""


def known_as(rows: str, known_on: str) -> str:
    """All of ``rows`` with (as_creator_id, as_fan_id): their own ids, and once more where an id was linked to a person by
    ``known_on``: that id returns when the person does. A creator's own room keeps its name.
    """
    return f"""SELECT {rows}.*, creator_id AS as_creator_id, fan_id AS as_fan_id
  FROM {rows}
  UNION ALL
  SELECT {rows}.*,
    CASE WHEN @entity = 'creator' THEN link.canonical_id ELSE {rows}.creator_id END AS as_creator_id,
    CASE WHEN @entity = 'creator' THEN NULL ELSE link.canonical_id END AS as_fan_id
  FROM {rows}
  INNER JOIN identity_links AS link
    ON link.alias_id = CASE WHEN @entity = 'creator' THEN {rows}.creator_id ELSE {rows}.fan_id END
  WHERE link.known_from <= {known_on} AND (link.known_until IS NULL OR {known_on} < link.known_until)"""
