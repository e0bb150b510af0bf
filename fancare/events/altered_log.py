"""The log as it was not: as it had arrived by a day, or with everything after that day scrambled, in a warehouse of its own.

    events, identity_evidence ──altered──▶ scratch: events, identity_links, creators ──▶ activity_daily

Links, creators and activity_daily are made in the scratch warehouse by what makes them at the front door, so whatever that
reads of a later day shows. The log's own warehouse is only read.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from fancare.config import Config
from fancare.events.daily import rebuild_days
from fancare.events.deduplication import CREATORS as CREATORS_SQL
from fancare.events.identity import Shown, evidence_of, links, replace_links
from fancare.warehouse.duckdb_engine import Warehouse
from fancare.warehouse.schema import CREATORS, EVENTS, IDENTITY_LINKS

ARRIVED = Path(__file__).with_name("arrived.sql").read_text(encoding="utf-8")
SCRAMBLED = Path(__file__).with_name("scrambled.sql").read_text(encoding="utf-8").replace("{arrived}", ARRIVED.rstrip())
REACH_DAYS = 7  # of the days after the cut the longest horizon and so many are dealt anew; what lies further on is left out
LATER_DAYS = 3  # what is made up becomes known so many days after the cut
MADE_UP_LINKS = 2_000  # among creators, and as many among all who acted


def has_arrival(log: Warehouse) -> bool:
    """True when the log says of every event when it arrived; one of which it does not counts as known from its own day on."""
    return bool(log.value("SELECT COUNT(arrived_at) > 0 AND COUNT(arrived_at) = COUNT(*) FROM events"))


def copy_as_arrived(log: Warehouse, scratch: Warehouse, config: Config, day: date) -> None:
    """Into ``scratch`` what had arrived by the end of ``day``, and what it showed of who is whom."""
    log.copy_to(scratch, EVENTS, ARRIVED, {"day": day, "timezone": config.platform.timezone})
    _derive(scratch, config, [shown for shown in evidence_of(log, config) if shown.day <= day])


def copy_scrambled(log: Warehouse, scratch: Warehouse, config: Config, day: date) -> None:
    """Into ``scratch`` what had arrived by the end of ``day`` as it was, and everything after that otherwise.

    Events get other times, names, actors and amounts, some go, new ones come, some of them late and about days gone by; links
    shown later join others, and half of all creators and of those who acted turn out to be somebody else.
    """
    zone = ZoneInfo(config.platform.timezone)
    noon = datetime.combine(day + timedelta(LATER_DAYS), time(12), zone).astimezone(UTC).replace(tzinfo=None)
    reach = max(config.churn.horizons) + REACH_DAYS
    parameters = {"day": day, "timezone": config.platform.timezone, "reach": reach, "later": noon}
    log.copy_to(scratch, EVENTS, SCRAMBLED, parameters)
    _derive(scratch, config, scrambled_evidence(evidence_of(log, config), _acted(log, day), day))


def scrambled_evidence(shown: list[Shown], acted: list[str], day: date) -> list[Shown]:
    """What was shown by ``day``; each later alias with another's person, every third left out; pairs of ``acted`` merged.

    >>> monday, friday = date(2026, 6, 1), date(2026, 6, 5)
    >>> said = [Shown("d1", "u1", False, monday), Shown("d2", "u2", False, friday), Shown("d3", "u3", False, friday)]
    >>> [(one.alias_id, one.canonical_id) for one in scrambled_evidence(said, ["a", "b"], monday)]
    [('d1', 'u1'), ('a', 'b'), ('d2', 'u3'), ('d3', 'u2')]
    """
    before, after = [one for one in shown if one.day <= day], [one for one in shown if one.day > day]
    dealt = [
        Shown(one.alias_id, other.canonical_id, one.explicit, one.day)
        for number, (one, other) in enumerate(zip(after, [*after[1:], *after[:1]], strict=True))
        if number % 3 != 2
    ]
    learned = day + timedelta(LATER_DAYS)
    made_up = [Shown(one, other, True, learned) for one, other in zip(acted[::2], acted[1::2], strict=False)]
    return sorted([*before, *dealt, *made_up], key=lambda one: one.day)


def _acted(log: Warehouse, day: date) -> list[str]:
    """Creators, then others who acted by ``day``, some of each and in the order of their ids' hashes."""
    half = "SELECT {id} AS id FROM {table} WHERE {known} GROUP BY id ORDER BY TO_HEX(MD5(id)) LIMIT @most"
    parameters = {"day": day, "most": 2 * MADE_UP_LINKS}
    creators = log.rows(half.format(id="creator_id", table="creators", known="known_from <= @day"), parameters)
    others = log.rows(half.format(id="actor_id", table="events", known="activity_date <= @day"), parameters)
    return list(dict.fromkeys(id for (id,) in [*creators, *others]))


def _derive(scratch: Warehouse, config: Config, shown: list[Shown]) -> None:
    """Links, creators and activity_daily from the scratch's events and this evidence."""
    scratch.create(IDENTITY_LINKS)
    found, _ = links(shown)
    replace_links(scratch, found)
    scratch.create(CREATORS)
    scratch.raw("DELETE FROM creators")
    parameters = {"creator_acts": list(config.events.creator_acts), "timezone": config.platform.timezone}
    scratch.execute(f"INSERT INTO creators (creator_id, known_from) {CREATORS_SQL}", parameters)
    days = tuple(day for (day,) in scratch.rows("SELECT DISTINCT activity_date FROM events ORDER BY 1"))
    scratch.raw("DROP TABLE IF EXISTS activity_daily")
    rebuild_days(scratch, config, days)
