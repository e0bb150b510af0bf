"""Which days count as whose active days: drawn logs in, days out."""

from __future__ import annotations

from fancare.panel.cycles.active_days import number, read
from tests.drawn_log import config, day, events, warehouse


def active(rows: list[dict], as_of: int, **settings: object) -> dict[tuple, list[int]]:
    """{(creator, fan): active days} as known on ``as_of``."""
    found = read(warehouse(rows), config(**settings), day(as_of))  # type: ignore[arg-type]
    starts = found.offsets
    return {
        (c, f): (found.days[starts[i] : starts[i + 1]] - number(day(0))).tolist()
        for i, (c, f) in enumerate(zip(found.creator_id.to_pylist(), found.fan_id.to_pylist(), strict=True))
    }


def test_a_day_counts_once_however_much_happened_on_it_and_days_are_in_order():
    rows = [
        *events("b", "....x"),
        *events("a", "3.x.2"),
        *events("a", "x", event="broadcast", creator="same", actor="creator"),
    ]
    assert active(rows, 9) == {("a", None): [0, 2, 4], ("b", None): [4]}


def test_only_activity_events_count():
    rows = [
        *events("a", "x.x"),
        *events("a", ".x.", event="dashboard_visit"),
        *events("f", "xxx", event="message", creator="a"),
    ]
    assert active(rows, 9) == {("a", None): [0, 2]}


def test_nothing_after_as_of_and_nothing_that_was_not_known_then():
    rows = [*events("a", "x....x"), *events("b", "x", known=3), *events("c", ".....x")]
    assert active(rows, 2) == {("a", None): [0]}
    assert active(rows, 3) == {("a", None): [0], ("b", None): [0]}


def test_rooms_are_pairs_and_fans_count_wherever_they_are():
    rows = [*events("f", "x..", event="message", creator="a"), *events("f", "..x", event="donation", creator="b")]
    assert active(rows, 9, entity="room") == {("a", "f"): [0], ("b", "f"): [2]}
    assert active(rows, 9, entity="fan") == {(None, "f"): [0, 2]}


def test_an_id_counts_until_its_link_is_known_and_the_person_from_then_on():
    rows = [
        {"day": 0, "creator": "a", "fan": "$device:1", "event": "message", "until": 5},
        {"day": 0, "creator": "a", "fan": "f", "event": "message", "known": 5},
    ]
    assert active(rows, 4, entity="fan") == {(None, "$device:1"): [0]}
    assert active(rows, 5, entity="fan") == {(None, "f"): [0]}


def test_a_log_without_activity_has_nobody():
    assert active(events("a", "xx", event="dashboard_visit"), 9) == {}
