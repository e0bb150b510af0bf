"""Drawn evidence in, links out: who an id counts under, and on which days that was known."""

from __future__ import annotations

from datetime import date

import pytest

from fancare.events.identity import Shown, links

DAYS = {name: date(2026, 6, n) for n, name in enumerate(("mon", "tue", "wed", "thu", "fri"), start=1)}


def drawn(evidence: str) -> tuple[list[str], int]:
    """``alias = person`` (or ``==``, said by a merge; ``c = c``: c has a room) and a day a line; links back as
    ``alias → person from day [until day]``."""
    shown = []
    for line in filter(None, map(str.strip, evidence.splitlines())):
        alias, sign, canonical, day = line.split()
        shown.append(Shown(alias, canonical, sign == "==", DAYS[day]))
    found, circles = links(shown)
    names = {day: name for name, day in DAYS.items()} | {None: None}
    return [
        f"{link.alias_id} → {link.canonical_id} from {names[link.known_from]}"
        + (f" until {names[link.known_until]}" if link.known_until else "")
        for link in found
    ], circles


@pytest.mark.parametrize(
    ("evidence", "expected", "circles"),
    [
        ("", [], 0),
        ("d1 = u7 mon", ["d1 → u7 from mon"], 0),
        # a device stays with the first user that it is seen with
        ("d1 = u7 mon \n d1 = u8 tue \n d1 = u7 wed", ["d1 → u7 from mon"], 0),
        # many devices of one user
        ("d1 = u7 mon \n d2 = u7 fri", ["d1 → u7 from mon", "d2 → u7 from fri"], 0),
        # a merge moves the person and all devices, from the day it is known
        ("d1 = u7 mon \n u7 == u9 wed", ["d1 → u7 from mon until wed", "d1 → u9 from wed", "u7 → u9 from wed"], 0),
        # a device that is seen after the merge
        ("u7 == u9 mon \n d1 = u7 wed", ["d1 → u9 from wed", "u7 → u9 from mon"], 0),
        # a chain of merges within a day: only where it ends is known
        ("a == b mon \n b == c mon", ["a → c from mon", "b → c from mon"], 0),
        ("a == b mon \n b == c tue", ["a → b from mon until tue", "a → c from tue", "b → c from tue"], 0),
        # a merge joins people, not only the id it names
        ("d1 = u7 mon \n d1 == u9 tue", ["d1 → u7 from mon until tue", "d1 → u9 from tue", "u7 → u9 from tue"], 0),
        # self merge, two- and three-circles
        ("a == a mon", [], 1),
        ("a == b mon \n b == a tue", ["a → b from mon"], 1),
        ("a == b mon \n b == c tue \n c == a wed",
         ["a → b from mon until tue", "a → c from tue", "b → c from tue"], 1),
        # a room's name is no evidence
        ("c = c mon", [], 0),
        # a creator keeps the room's id, whichever way it was merged, and a user's id goes before a device's
        ("c = c mon \n c == anon tue", ["anon → c from tue"], 0),
        ("c = c mon \n anon == c tue", ["anon → c from tue"], 0),
        ("u == $device:d mon", ["$device:d → u from mon"], 0),
        # … from the day that the room is known
        ("c == anon mon \n x = anon tue \n c = c wed",
         ["anon → c from wed", "c → anon from mon until wed", "c → c from wed",
          "x → anon from tue until wed", "x → c from wed"], 0),
        # of two creators the one that is merged goes, as said
        ("a = a mon \n b = b mon \n a == b tue", ["a → b from tue"], 0),
        # said twice is no circle
        ("a == b mon \n a == b tue", ["a → b from mon"], 0),
    ],
)  # fmt: skip
def test_links(evidence: str, expected: list[str], circles: int) -> None:
    assert drawn(evidence) == (expected, circles)


def test_a_long_chain_and_a_wide_star_end() -> None:
    n = 5_000
    chain = [Shown(f"u{i}", f"u{i + 1}", True, DAYS["mon"]) for i in range(n)]
    found, circles = links([*chain, Shown(f"u{n}", "u0", True, DAYS["tue"])])
    assert {link.canonical_id for link in found} == {f"u{n}"}
    assert (len(found), circles) == (n, 1)
