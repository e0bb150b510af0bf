"""Random histories for properties: rows of `activity_daily` as the front door would have written them, and their links.

Every history begins with a frame, a stranger who does each kind of event once on the first day that kind may occur.
So all histories have the same columns and the same query, which is translated once; names still appear along the way.
"""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import strategies as st

LAST = 130  # the last day of a history

CREATORS_NAMES = {"broadcast": 0, "visit": 0}
FANS_NAMES = {"message": 0, "donation": 0, "room_enter": 0, "x'; DROP TABLE events; --": 0, "방 입장 💜": 65, "": 93}
WITH_AMOUNT = ("donation", "x'; DROP TABLE events; --")

# alias, person, known from [until]: a device that turns out to be f; one whose user is merged into g; a merged creator
LINKS = (
    ("$device:1", "f", 90),
    ("$device:2", "g0", 50, 92),
    ("$device:2", "g", 92),
    ("g0", "g", 92),
    ("b0", "b", 91),
)


def frame() -> list[dict]:
    """What the stranger did: creator ``z`` in its own name, fan ``y`` in z's room and outside of any room."""
    rows = [{"day": n, "creator": "z", "event": name} for name, n in CREATORS_NAMES.items()]
    for name, n in FANS_NAMES.items():
        for room in ("z", None):
            rows.append(
                {"day": n, "creator": room, "fan": "y", "event": name, "amount": 1 if name in WITH_AMOUNT else None}
            )
    return [row | {"known": row["day"], "n": 1} for row in rows]


@st.composite
def histories(draw: st.DrawFn, first: int = 1, last: int = LAST, most: int = 60) -> list[dict]:
    """The frame and up to ``most`` events of days ``first`` to ``last``: some late, some by ids that turn out to be others."""
    rows = {key_of(row): row for row in frame()}
    for _ in range(draw(st.integers(5, most))):
        n = draw(st.integers(first, last))
        row = {"day": n, "known": n + draw(st.sampled_from((0, 0, 0, 1, 9))), "n": draw(st.integers(1, 4))}
        if draw(st.booleans()):
            row |= {
                "creator": draw(st.sampled_from(("a", "b", "b0"))),
                "event": draw(st.sampled_from(sorted(CREATORS_NAMES))),
            }
        else:
            names = sorted(name for name, since in FANS_NAMES.items() if since < n)
            row |= {
                "fan": draw(st.sampled_from(("f", "g", "g0", "$device:1", "$device:2"))),
                "event": draw(st.sampled_from(names)), "creator": draw(st.sampled_from(("a", "a", "b", None))),
            }  # fmt: skip
            if row["event"] in WITH_AMOUNT:
                row["amount"] = draw(st.sampled_from((None, 100, 2500, 100000)))
        for told in as_known(row):
            rows[key_of(told)] = told
    return list(rows.values())


def as_known(row: dict) -> Iterator[dict]:
    """The rows that one event gives as knowledge of its actor's id grows."""
    who = "fan" if row.get("fan") else "creator"
    links = sorted((known, person) for alias, person, known, *_ in LINKS if alias == row[who])
    states = [(0, row[who]), *links]
    for i, (since, person) in enumerate(states):
        until = states[i + 1][0] if i + 1 < len(states) else None
        known = max(row["known"], since)
        if until is None or known < until:
            yield row | {who: person, "known": known, "until": until}


def key_of(row: dict) -> tuple:
    """What makes a row of `activity_daily` unique."""
    return tuple(row.get(k) for k in ("day", "creator", "fan", "event", "known", "until"))


def visible(row: dict, day: int) -> bool:
    """The row is how its events counted to one who looked on ``day``."""
    return row["known"] <= day and (row.get("until") is None or day < row["until"])
