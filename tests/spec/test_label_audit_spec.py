"""What the log knows beside a label: drawn logs in, drawn evidence out."""

from __future__ import annotations

import pytest

from fancare.churn.label_audit import Disagreement
from fancare.reports.label_audit import Evidence, evidence
from tests.drawn_log import config, day, events, warehouse

AS_OF, HORIZON, THROUGH = 30, 14, 90


def look(
    rows: list[dict], *who: tuple[str | None, str | None], links: list = (), entity: str = "creator"
) -> list[Evidence]:
    """The evidence on rows of ``who`` (creator, fan) on day 30, over 14 days, the log known through day 90."""
    audited = [Disagreement(creator, fan, day(AS_OF), 0.1, "left", 2.3, None) for creator, fan in who]
    return list(evidence(warehouse(rows, links), config(entity=entity), audited, HORIZON, day(THROUGH)))


def test_silence_and_returns_as_known_on_their_days():
    rows = [
        *events("a", "." * 2 + "x.....x..x" + "." * 40 + "x"),  # days 2, 8, 11 and 52
        *events("b", "." * 29 + "xx" + "." * 13 + "x2"),  # 29, 30, then 44 (the last of the horizon) and 45
        *events("c", "." * 20 + "x"),
    ]
    a, b, c = look(rows, ("a", None), ("b", None), ("c", None))
    assert (a.last_active_date, a.silence_days, a.active_days_28d) == (day(11), 19, 2)  # day 2 is 28 days before
    assert (a.next_active_date, a.active_days_after, a.active_events_after) == (day(52), 0, 0)
    assert (b.last_active_date, b.silence_days, b.active_days_28d) == (day(30), 0, 2)
    assert (b.next_active_date, b.active_days_after, b.active_events_after) == (day(44), 1, 1)
    assert (c.next_active_date, c.silence_days) == (None, 10)


def test_what_else_a_creator_did_in_the_horizon_is_its_own_and_nothing_of_the_fans():
    rows = [
        *events("a", "x"),
        *events("a", "." * 31 + "x.3", event="dashboard_visit"),
        *events("a", "." * 44 + "xx", event="profile_edit"),  # 44 is in the horizon, 45 is not
        *events("a", "." * 25 + "x", event="dashboard_visit"),  # before as_of
        *events("f", "." * 32 + "9", event="message", creator="a"),
        *events("b", "x"),
    ]
    a, b = look(rows, ("a", None), ("b", None))
    assert (a.other_events, a.other_names) == (5, ("dashboard_visit", "profile_edit"))
    assert (b.other_events, b.other_names) == (0, ())


def test_a_fan_elsewhere_in_the_room_and_in_other_rooms():
    rows = [
        *events("f", "." * 30 + "x", event="message", creator="a"),
        *events("f", "." * 33 + "2", event="room_visit", creator="a"),
        *events("f", "." * 33 + "4", event="room_visit", creator="b"),
    ]
    (room,) = look(rows, ("a", "f"), entity="room")
    (fan,) = look(rows, (None, "f"), entity="fan")
    assert (room.other_events, fan.other_events) == (2, 6)


def test_what_became_known_later_is_no_past_and_still_a_future():
    rows = [
        *events("a", "x" + "." * 24 + "x", known=40),  # days 0 and 25, told on day 40
        *events("a", "." * 10 + "x"),
        *events("a", "." * 35 + "x", known=80),
        *events("a", "." * 36 + "x", until=60),  # counts under another id since
    ]
    (a,) = look(rows, ("a", None))
    assert a.last_active_date == day(10)
    assert (a.next_active_date, a.active_days_after) == (day(35), 1)


def test_ids_linked_after_as_of_are_named_and_their_returns_count():
    rows = [
        {"day": 20, "creator": "a", "fan": "$device:1", "event": "message", "until": 40},
        {"day": 20, "creator": "a", "fan": "f", "event": "message", "known": 40},
        {"day": 38, "creator": "a", "fan": "f", "event": "message"},
        {"day": 20, "creator": "a", "fan": "g", "event": "message"},
    ]
    links = [("$device:1", "f", 40), ("$device:2", "g", 25), ("$device:3", "g", 95)]
    device, person, early = look(rows, (None, "$device:1"), (None, "f"), (None, "g"), links=links, entity="fan")
    assert (device.linked_id, device.linked_from, device.next_active_date) == ("f", day(40), day(38))
    assert (person.linked_id, person.linked_from) == ("$device:1", day(40))
    assert (early.linked_id, early.linked_from) == (None, None)  # known by as_of, or not by the end


def test_a_fan_may_return_outside_any_room_as_the_person_it_was_linked_to():
    rows = [
        {"day": 20, "creator": "a", "fan": "$device:1", "event": "message", "until": 40},
        {"day": 33, "creator": None, "fan": "f", "event": "donation"},
        {"day": 38, "creator": "a", "fan": "f", "event": "message"},
    ]
    links = [("$device:1", "f", 40)]
    (fan,) = look(rows, (None, "$device:1"), links=links, entity="fan")
    (room,) = look(rows, ("a", "$device:1"), links=links, entity="room")
    assert (fan.next_active_date, room.next_active_date) == (day(33), day(38))


def test_an_id_that_begins_where_another_ends_may_be_the_same_one():
    room = {"event": "message", "creator": "a"}
    rows = [
        *events("old", "x" * 28, **room),  # ends on day 27
        *events("new", "." * 29 + "x", **room),
        *events("regular", "x" + "." * 30 + "x", **room),  # not new
        *events("elsewhere", "." * 29 + "x", event="message", creator="b"),
        *events("late", "." * 35 + "x", **room),  # more than a week later
    ]
    (old,) = look(rows, ("a", "old"), entity="room")
    assert (old.n_successors, old.successor_id) == (1, "new")
    rows += events("newer", "." * 30 + "x", **room)
    (old,) = look(rows, ("a", "old"), entity="room")
    assert old.n_successors == 2


def test_a_creator_whose_fans_meet_again_in_a_new_room():
    rows = events("a", "x" * 28)
    for fan in ("f", "g", "h"):
        rows += events(fan, "x" * 28, event="message", creator="a")
        if fan != "h":
            rows += events(fan, "." * 30 + "xx", event="message", creator="a2")
    rows += events("h", "." * 30 + "xx", event="message", creator="other")
    (a,) = look(rows, ("a", None))
    assert (a.n_successors, a.successor_id) == (1, "a2")  # two of three fans; one would be too few


def test_every_row_is_answered_in_order_and_the_same_entity_twice():
    rows = events("b", "x" * 40)
    audited = [
        Disagreement("nobody", None, day(30), 0.1, "left", 2.3, None),
        Disagreement("b", None, day(10), 0.9, "came_back", 2.3, 1),
        Disagreement("b", None, day(38), 0.9, "came_back", 2.3, 1),
    ]
    nobody, early, late = evidence(warehouse(rows), config(), audited, HORIZON, day(THROUGH))
    assert (nobody.last_active_date, nobody.silence_days, nobody.next_active_date) == (None, None, None)
    assert (early.last_active_date, early.next_active_date, early.active_days_after) == (day(10), day(11), 14)
    assert (late.last_active_date, late.next_active_date, late.active_days_after) == (day(38), day(39), 1)


@pytest.mark.parametrize("hostile", ["x'; DROP TABLE activity_daily; --", "별 💜", "=1+1", "a/b", ""])
def test_ids_are_data(hostile):
    (found,) = look(events(hostile, "x" * 31), (hostile, None))
    assert found.last_active_date == day(30)


def test_no_rows_no_evidence():
    assert look(events("a", "x")) == []
