"""What is built again and what is not: only what came to be known otherwise."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fancare.config import Config
from fancare.panel.build import build
from fancare.warehouse.duckdb_engine import Warehouse
from tests.drawn_log import config, day, events, fill, warehouse

AS_OFS = (40, 47, 54)
ROWS = [*events("a", "x..x..x" * 10), *events("b", "x......" * 10), *events("b", "....3.." * 10, event="visit")]


def made(held: Warehouse, chosen: Config, as_ofs: tuple[int, ...] = AS_OFS, through: int = 69) -> list[int]:
    """The days that a build made."""
    report = build(held, chosen, [day(n) for n in as_ofs], day(through))
    assert report.asked == len(as_ofs)
    return [(d - day(0)).days for d in report.built]


@pytest.fixture
def held():
    with warehouse(ROWS) as made:
        yield made


def test_what_is_current_is_not_built_again(held):
    assert made(held, config()) == [40, 47, 54]
    assert made(held, config()) == []
    assert made(held, config(), (47, 61)) == [61]
    assert build(held, config(), [day(47), day(61)], day(69)).n_rows == 4


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (3, [40, 47, 54]),  # before every window: tenure
        (40, [40, 47, 54]),
        (41, [40, 47, 54]),
        (68, [40, 47, 54]),  # the last day of the first one's horizon
        (69, [47, 54]),
    ],
)
def test_a_changed_day_makes_stale_what_looks_at_it(held, changed, expected):
    made(held, config())
    fill(held, [*ROWS, {"day": changed, "creator": "c", "event": "broadcast"}])
    assert made(held, config()) == expected


def test_a_day_after_the_horizon_or_data_through_makes_nothing_stale(held):
    made(held, config(), (40,))
    fill(held, [*ROWS, {"day": 69, "creator": "c", "event": "broadcast"}])
    assert made(held, config(), (40,)) == []
    made(held, config(), (54,), through=60)
    fill(held, [*ROWS, {"day": 61, "creator": "c", "event": "broadcast"}])
    assert made(held, config(), (54,), through=60) == []


def test_a_day_that_lost_its_events_counts_as_changed(held):
    made(held, config())
    fill(held, [row for row in ROWS if row["day"] != 42])
    assert made(held, config()) == [40, 47, 54]


def test_time_that_passes_makes_labels_mature_and_nothing_else_stale(held):
    made(held, config(), through=60)
    assert made(held, config(), through=61) == [47, 54]  # 14 days from 47, seven from 54
    assert made(held, config(), through=61) == []


def test_what_arrives_late_counts_from_the_day_it_is_known_though_it_lay_there_before(held):
    """The row is in the table all the time; labels are as known on data_through."""
    rows = [*events("a", "x"), {"day": 10, "creator": "a", "event": "broadcast", "known": 33}]
    fill(held, rows)
    for through, expected in ((30, True), (33, False), (30, True)):
        made(held, config(), (0,), through)
        assert held.rows("SELECT churned_14d FROM labels") == [(expected,)], through


def test_a_link_counts_from_the_day_it_is_known(held):
    rows = [
        {"day": 0, "creator": "a", "fan": "$device:1", "event": "message"},
        {"day": 5, "creator": "a", "fan": "f", "event": "message"},
    ]
    fill(held, rows, [("$device:1", "f", 33)])
    for through, expected in ((30, True), (33, False), (30, True)):
        made(held, config("fan"), (0,), through)
        assert held.rows("SELECT churned_14d FROM labels") == [(expected,)], through


@pytest.mark.parametrize(
    "changed",
    [
        config(active_within_days=21),
        config(creator_activity=("broadcast", "visit")),
        replace(config(), platform=replace(config().platform, timezone="UTC")),
    ],
)
def test_another_data_spec_makes_everything_stale(held, changed):
    made(held, config())
    assert made(held, changed) == [40, 47, 54]
    assert made(held, changed) == []


def test_another_model_makes_nothing_stale(held):
    made(held, config())
    other = replace(config(), model=replace(config().model, name="other"))
    assert made(held, other) == []


def test_a_new_event_name_brings_its_columns_and_rebuilds(held):
    made(held, config())
    before = held.columns_of("features_creator")
    fill(held, [*ROWS, {"day": 69, "creator": "a", "event": "photo"}])
    assert made(held, config()) == [40, 47, 54]
    new = set(held.columns_of("features_creator")) - set(before)
    assert {name.split("_")[1] for name in new} == {"photo"}
    assert held.rows("SELECT COUNT(*) FROM features_creator") == [(6,)]


def test_a_name_from_after_the_day_that_is_asked_for_brings_no_column(held):
    fill(held, [*ROWS, {"day": 69, "creator": "a", "event": "photo"}])
    made(held, config(), through=68)
    assert not [name for name in held.columns_of("features_creator") if "photo" in name]


def test_entities_with_other_horizons_take_turns_in_one_warehouse(held):
    """They share the labels table: whoever finds it with other columns builds again rather than reading holes."""
    fill(held, [*ROWS, *events("f", "x.x.x.x" * 10, event="message", creator="a")])
    creators, fans = config(), config("fan", horizons=(7, 14))
    assert made(held, creators) == made(held, fans) == [40, 47, 54]
    assert made(held, creators) == [40, 47, 54]
    assert held.rows("SELECT DISTINCT entity FROM labels") == [("creator",)]


def test_entities_with_the_same_horizons_stand_side_by_side(held):
    fill(held, [*ROWS, *events("f", "x.x.x.x" * 10, event="message", creator="a")])
    assert made(held, config()) == made(held, config("fan")) == made(held, config("room")) == [40, 47, 54]
    assert made(held, config()) == made(held, config("fan")) == made(held, config("room")) == []


def test_a_build_that_dies_leaves_the_last_good_partitions(held, monkeypatch):
    made(held, config(), (40,))
    good = held.rows("SELECT * FROM features_creator ORDER BY creator_id")
    fill(held, [*ROWS, {"day": 40, "creator": "c", "event": "broadcast"}])
    monkeypatch.setattr("fancare.panel.build._record", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        made(held, config(), (40,))
    monkeypatch.undo()
    assert held.rows("SELECT * FROM features_creator ORDER BY creator_id") == good
    assert made(held, config(), (40,)) == [40]
    assert held.rows("SELECT COUNT(*) FROM features_creator") == [(3,)]


def test_a_log_without_activity_builds_empty_days(held):
    fill(held, events("a", "x" * 60, event="visit"))
    assert made(held, config()) == [40, 47, 54]
    assert made(held, config()) == []
    assert held.rows("SELECT COUNT(*) FROM features_creator") == [(0,)]
