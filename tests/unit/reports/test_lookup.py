"""Which entity an id means: as the log has it, or by the link that held on the day; else an error that helps."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fancare.errors import ConfigError
from fancare.reports.lookup import find
from tests import drawn_log
from tests.drawn_log import config, day, events

ROWS = [
    *events("lumi", "x..x"),
    *events("haneul", ".x.x"),
    *events("a/b", "x...", event="broadcast"),
    *events("mina", "x...", event="message", creator="lumi"),
    *events("joon", ".x..", event="message", creator="a/b"),
    *events("b/joon", "..x.", event="message", creator="a"),
    *events("device-1", "...x", event="visit", creator=None),
]


@pytest.fixture
def log():
    with drawn_log.warehouse(ROWS) as warehouse:
        yield warehouse


def refused(warehouse, entity: str, id: str) -> str:
    with pytest.raises(ConfigError) as caught:
        find(warehouse, config(entity), id, day(3))
    return str(caught.value)


@pytest.mark.parametrize(
    ("entity", "id", "key"),
    [
        ("creator", "lumi", ("lumi", None)),
        ("creator", "a/b", ("a/b", None)),
        ("fan", "mina", (None, "mina")),
        ("fan", "b/joon", (None, "b/joon")),
        ("room", "lumi/mina", ("lumi", "mina")),
        ("room", "a/b/joon", ("a", "b/joon")),  # two rooms are called so; the shortest creator's is taken
    ],
)
def test_ids_as_the_log_has_them(log, entity, id, key):
    assert find(log, config(entity), id, day(3)) == key


def test_a_creator_with_a_slash_has_rooms_too():
    rows = [row for row in ROWS if row.get("fan") != "b/joon"]
    with drawn_log.warehouse(rows) as warehouse:
        assert find(warehouse, config("room"), "a/b/joon", day(3)) == ("a/b", "joon")


# --- links


@pytest.mark.parametrize(("as_of", "person"), [(0, "device-1"), (1, "mina"), (2, "mina"), (3, "joon"), (9, "joon")])
def test_the_link_that_held_on_the_day_counts(as_of, person):
    """device-1 was nobody's until day 1, then mina's; on day 3 the log knew better: it is joon's."""
    with drawn_log.warehouse(ROWS, [("device-1", "mina", 1, 3), ("device-1", "joon", 3)]) as warehouse:
        assert find(warehouse, config("fan"), "device-1", day(as_of)) == (None, person)


def test_an_alias_finds_rooms_and_creators():
    with drawn_log.warehouse(ROWS, [("device-7", "mina", 0), ("device-8", "lumi", 0)]) as warehouse:
        assert find(warehouse, config("room"), "lumi/device-7", day(3)) == ("lumi", "mina")
        assert find(warehouse, config("creator"), "device-8", day(3)) == ("lumi", None)


def test_a_creators_own_id_is_never_taken_for_another():
    with drawn_log.warehouse(ROWS, [("lumi", "haneul", 0)]) as warehouse:
        assert find(warehouse, config("creator"), "lumi", day(3)) == ("lumi", None)


def test_a_link_to_somebody_without_events_leads_nowhere():
    with drawn_log.warehouse(ROWS, [("joon", "ghost", 0)]) as warehouse:
        assert find(warehouse, config("fan"), "joon", day(3)) == (None, "joon")


# --- errors that help


def test_an_unknown_id_proposes_the_nearest(log):
    assert refused(log, "creator", "lumy") == (
        "'lumy' was not found among the creators of :memory: (config fancare.toml); "
        "give an id as the log has it, such as lumi, a, a/b."
    )
    assert refused(log, "room", "lumi/nina") == (
        "'lumi/nina' was not found among the rooms of :memory: (config fancare.toml); "
        "give an id as the log has it, such as lumi/mina, a/b/joon."
    )


def test_a_fan_is_not_a_creator(log):
    assert refused(log, "creator", "mina") == (
        "'mina' is a fan, but fancare.toml scores creators: give a creator's id, or a config with entity = \"fan\"."
    )
    assert refused(log, "fan", "lumi") == (
        "'lumi' is a creator, but fancare.toml scores fans: give a fan's id, or a config with entity = \"creator\"."
    )


def test_a_room_needs_both_ids(log):
    assert refused(log, "room", "lumi").startswith(
        "'lumi' is not a room among the rooms of :memory: (config fancare.toml): give both ids as creator/fan, such as "
    )


def test_an_empty_log_has_nothing_to_propose():
    with drawn_log.warehouse([]) as warehouse:
        assert refused(warehouse, "creator", "lumi").endswith("give an id as the log has it; the log is empty.")


def test_hostile_ids_are_told_harmlessly(log):
    told = refused(log, "creator", "x\u202e\n" + "y" * 5000)
    assert told.startswith("'x\\u202e\\u000ayyy")
    assert len(told) < 400
    hostile = [*events("evil\u202e\n" + "z" * 500, "x")]
    with drawn_log.warehouse(hostile) as warehouse:
        told = refused(warehouse, "creator", "evil")
    assert "such as evil\\u202e\\u000azzz" in told
    assert len(told) < 400
    assert "\u202e" not in told


def test_quotes_in_an_id_stay_data(log):
    assert find(log, config("creator"), "lumi", day(3)) == ("lumi", None)
    assert "was not found" in refused(log, "creator", "' OR 1=1 --")


def test_the_name_of_the_config_is_told(log):
    other = replace(config("creator"), path=config().path.with_name("tips.toml"))
    with pytest.raises(ConfigError, match=r"\(config tips\.toml\)"):
        find(log, other, "lumy", day(3))
