"""Who is at risk: drawn logs in, drawn cohorts out."""

from __future__ import annotations

from fancare.panel.cohort import build_cohort
from tests.drawn_log import config, day, events, table, warehouse


def cohort(rows: list[dict], as_ofs: list[int], **settings: object) -> list[dict]:
    chosen = config(**settings)  # type: ignore[arg-type]
    made = warehouse(rows)
    build_cohort(made, chosen, [day(n) for n in as_ofs])
    found = made.rows("SELECT creator_id, fan_id, as_of, last_active_date FROM cohort ORDER BY as_of, creator_id, fan_id")
    return [
        {"creator": c, "fan": f, "as_of": (a - day(0)).days, "last_active": (last - day(0)).days} for c, f, a, last in found
    ]


def test_active_within_28_days_ends_included():
    rows = [
        #            0      7      14     21     28
        *events("a", "x...... ....... ....... ....... ..."),
        *events("b", ".x..... ....... ....... ....... ..."),
        *events("c", "....... ....... ....... ....... x.."),
        *events("d", "....... ....... ....... ....... .x."),
    ]
    assert cohort(rows, [28]) == table("""
        creator fan as_of last_active
        b       -   28    1
        c       -   28    28
    """)


def test_only_activity_events_count_and_nulls_do_not():
    rows = [
        *events("a", "x", event="dashboard_visit"),
        *events("f", "x", event="home_visit", creator=None),
        *events("b", "x"),
    ]
    assert cohort(rows, [0]) == table("""
        creator fan as_of last_active
        b       -   0     0
    """)


def test_rooms_are_pairs_of_creator_and_fan():
    rows = [
        *events("f", "x.", event="message", creator="a"),
        *events("f", ".x", event="donation", creator="b"),
        *events("a", "xx"),
    ]
    assert cohort(rows, [1], entity="room") == table("""
        creator fan as_of last_active
        a       f   1     0
        b       f   1     1
    """)


def test_fans_count_wherever_they_are_active():
    rows = [
        *events("f", "x.", event="message", creator="a"),
        *events("f", ".x", event="message", creator="b"),
        *events("g", "xx", event="room_enter", creator="a"),
    ]
    assert cohort(rows, [1], entity="fan") == table("""
        creator fan as_of last_active
        -       f   1     1
    """)


def test_what_arrived_later_was_not_known_then():
    rows = events("a", "x", known=3)
    assert cohort(rows, [2, 3]) == table("""
        creator fan as_of last_active
        a       -   3     0
    """)


def test_an_id_counts_until_its_link_is_known_and_the_person_from_then_on():
    rows = [
        {"day": 0, "creator": "a", "fan": "$device:1", "event": "message", "until": 5},
        {"day": 0, "creator": "a", "fan": "f", "event": "message", "known": 5},
    ]
    assert cohort(rows, [4, 5], entity="fan") == table("""
        creator fan       as_of last_active
        -       $device:1 4     0
        -       f         5     0
    """)
