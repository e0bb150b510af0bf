"""Which ids are one person, and on which days that was known.

    evidence (pairs of ids, when first seen together)          links (who an id counts under, and when)

      $device:d1 = u7   Fri                                      $device:d1 → u7   known Fri until Mon
      u7 = u9, a merge  Mon                                      $device:d1 → u9   known Mon
                                                                 u7         → u9   known Mon

Evidence is taken in the order in which it became known, so what comes later never changes what held before. A device
belongs to the first user it is seen with (Mixpanel's simplified merge); an event made to say so ($merge, $create_alias)
joins two people. Links that would close a circle are counted and ignored. A creator whose id is merged into another goes on
under the id that its room has, from the day that the room is known.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date
from itertools import groupby
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pyarrow as pa

from fancare.config import Config
from fancare.events import deduplication
from fancare.events.daily import ChangedDays
from fancare.events.jsonl import Evidence
from fancare.events.mixpanel import DEVICE
from fancare.warehouse.duckdb_engine import Warehouse
from fancare.warehouse.schema import IDENTITY_EVIDENCE, IDENTITY_LINKS


class Shown(NamedTuple):
    """That two ids are one person, shown by the log on ``day``; `links` takes these in the order in which they came."""

    alias_id: str
    canonical_id: str
    explicit: bool
    day: date


class KnownLink(NamedTuple):
    """``alias_id`` counts as ``canonical_id`` from ``known_from`` until ``known_until`` (exclusive; None: for good)."""

    alias_id: str
    canonical_id: str
    known_from: date
    known_until: date | None


@dataclass(frozen=True)
class Learned:
    """What new evidence changed: ids linked, links ignored as circles, earlier events that count under another id now."""

    n_links: int = 0
    n_cycles: int = 0
    n_reattributed: int = 0
    n_twins: int = 0


def links(shown: Iterable[Shown]) -> tuple[list[KnownLink], int]:
    """The links in force, day by day, and how many pieces of evidence were ignored because they close a circle.

    >>> monday, friday = date(2026, 6, 1), date(2026, 6, 5)
    >>> found, circles = links([Shown("$device:d1", "u7", False, monday), Shown("u7", "u9", True, friday)])
    >>> [(link.alias_id, link.canonical_id, str(link.known_from)) for link in found]
    [('$device:d1', 'u7', '2026-06-01'), ('$device:d1', 'u9', '2026-06-05'), ('u7', 'u9', '2026-06-05')]
    """
    people = _People()
    for day, evidence in groupby(shown, key=lambda one: one.day):
        for alias, canonical, explicit, _ in evidence:
            people.take(alias, canonical, explicit)
        people.end(day)
    found = []
    for alias in sorted(people.history):
        past = people.history[alias]
        ends = [day for day, _ in past[1:]] + [None]
        found += [KnownLink(alias, whom, day, end) for (day, whom), end in zip(past, ends, strict=True)]
    return found, people.circles


class _People:
    """Ids gathered into people, as a forest: every id leads to the root of its person, and the root has a name."""

    def __init__(self) -> None:
        self.history: dict[str, list[tuple[date, str]]] = {}  # of every linked id, whom it counts under since when
        self.circles = 0
        self._above: dict[str, str] = {}
        self._below: dict[str, list[str]] = {}
        self._name: dict[str, str] = {}  # of a root, where it is not the root itself
        self._rooms: set[str] = set()
        self._renamed: list[str] = []  # the tops of what counts under another name since this morning

    def take(self, alias: str, canonical: str, explicit: bool) -> None:
        """One piece of evidence; an id shown with itself names a room."""
        root, other = self._root(alias), self._root(canonical)
        name = self._name.get(root, root)
        if alias == canonical and not explicit:
            self._rooms.add(alias)
            if self._worth(alias) > self._worth(name):
                self._call(root, alias)
        elif root == other:
            self.circles += alias == name  # else known already
        elif alias == name or explicit:  # a device keeps the user that it has
            its = self._name.get(other, other)
            self._above[root] = other
            if self._worth(name) > self._worth(its):
                self._call(other, name)
            else:
                self._renamed.append(root)
            self._below.setdefault(other, []).append(root)

    def end(self, day: date) -> None:
        """The day is over: what changed on it is known from it on, and only how it ended."""
        seen: set[str] = set()
        while self._renamed:
            id = self._renamed.pop()
            if id in seen:
                continue
            seen.add(id)
            self._renamed += self._below.get(id, ())
            root = self._root(id)
            name = self._name.get(root, root)
            past = self.history.get(id, [(day, id)])
            if past[-1][1] != name:
                self.history.setdefault(id, []).append((day, name))

    def _worth(self, id: str) -> int:
        """Of the ids of a person the best is its name: a room's, so that creators keep theirs, before a user's and a device's."""
        return 2 if id in self._rooms else 0 if id.startswith(DEVICE) else 1

    def _call(self, root: str, name: str) -> None:
        self._name[root] = name
        self._renamed.append(root)

    def _root(self, id: str) -> str:
        top = id
        while (above := self._above.get(top)) is not None:
            top = above
        while id != top:  # the way is shorter next time
            self._above[id], id = top, self._above[id]
        return top


def learn(warehouse: Warehouse, config: Config, evidence: Evidence, days: ChangedDays) -> Learned:
    """`identity_evidence` and `identity_links` brought up to date; events that are in already follow their person.

    The days of all events whose person changed, be it only the day since when it is known, are added to ``days``.
    """
    if not evidence or not _add(warehouse, evidence):
        return Learned()
    found, n_cycles = links(evidence_of(warehouse, config))
    warehouse.raw("CREATE OR REPLACE TEMP TABLE links_before AS FROM identity_links")
    replace_links(warehouse, found)
    warehouse.raw(
        "CREATE OR REPLACE TEMP TABLE links_changed AS SELECT DISTINCT alias_id FROM "
        "((FROM identity_links EXCEPT FROM links_before) UNION ALL (FROM links_before EXCEPT FROM identity_links))"
    )
    ((n_links,),) = warehouse.raw(
        "SELECT count(DISTINCT alias_id) FROM identity_links ANTI JOIN links_before USING (alias_id)"
    ).fetchall()
    n_reattributed = deduplication.reattribute(warehouse, config, "actor_id IN (FROM links_changed)", days)
    n_twins = 0
    if changed := days.list():
        n_twins = deduplication.merge_twins(warehouse, changed[0], changed[-1])
    warehouse.raw("DROP TABLE links_before")
    warehouse.raw("DROP TABLE links_changed")
    return Learned(int(n_links), n_cycles, n_reattributed, n_twins)


def evidence_of(warehouse: Warehouse, config: Config) -> list[Shown]:
    """All that the log ever showed of who is whom, in the order in which it became known."""
    zone = ZoneInfo(config.platform.timezone)
    known = warehouse.rows(
        "SELECT alias_id, canonical_id, explicit, seen_at FROM identity_evidence "
        "ORDER BY seen_at, explicit, alias_id, canonical_id"
    )
    return [
        Shown(alias, canonical, explicit, seen_at.replace(tzinfo=UTC).astimezone(zone).date())
        for alias, canonical, explicit, seen_at in known
    ]


def replace_links(warehouse: Warehouse, found: list[KnownLink]) -> None:
    """These links in place of all that `identity_links` held."""
    warehouse.raw("DELETE FROM identity_links")
    if found:
        columns = zip(*found, strict=True)
        kinds = (pa.string(), pa.string(), pa.date32(), pa.date32())
        arrays = [pa.array(column, kind) for column, kind in zip(columns, kinds, strict=True)]
        warehouse.append(IDENTITY_LINKS, pa.Table.from_arrays(arrays, list(IDENTITY_LINKS.column_names)))


def _add(warehouse: Warehouse, evidence: Evidence) -> bool:
    """New evidence into its table, of each pair the earliest; False when it says nothing that was not known."""
    rows = [(*link, moment) for link, moment in evidence.items()]
    kinds = (pa.string(), pa.string(), pa.bool_(), pa.timestamp("us"))
    arrays = [pa.array(column, kind) for column, kind in zip(zip(*rows, strict=True), kinds, strict=True)]
    warehouse.register("_shown", pa.Table.from_arrays(arrays, list(IDENTITY_EVIDENCE.column_names)))
    warehouse.raw(
        "CREATE OR REPLACE TEMP TABLE news AS FROM _shown ANTI JOIN identity_evidence known "
        "ON known.alias_id = _shown.alias_id AND known.canonical_id = _shown.canonical_id "
        "AND known.explicit = _shown.explicit AND known.seen_at <= _shown.seen_at"
    )
    warehouse.unregister("_shown")
    warehouse.raw(
        "DELETE FROM identity_evidence known USING news WHERE known.alias_id = news.alias_id "
        "AND known.canonical_id = news.canonical_id AND known.explicit = news.explicit"
    )
    (count,) = warehouse.raw("INSERT INTO identity_evidence BY NAME FROM news").fetchall()[0]
    warehouse.raw("DROP TABLE news")
    return bool(count)
