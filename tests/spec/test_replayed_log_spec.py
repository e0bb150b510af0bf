"""Counterfactual days: drawn logs in, one entity's features out. e = 7 days between day 28 and day 35."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import contextmanager

import numpy as np
import pytest

from fancare.panel.build import build
from fancare.panel.gate import read_panel
from fancare.panel.replayed import Counterfactual, Told, replayed_log
from fancare.warehouse.names import column_stem
from tests.drawn_log import Link, config, day, events, warehouse

SINCE, AS_OF = 28, 35
BROADCAST = column_stem("broadcast")
#                0       7       14      21      28|
ROWS = [
    *events("a", "x...... x...... x...... x...... x| .....3x"),  # day 28 is the fifth; then days 34 and 35
    *events("a", "....... ....... ....... ...x... .| .......", known=30),  # day 24, told on day 30
    *events("b", "xxxxxxx xxxxxxx xxxxxxx xxxxxxx x| xxxxxxx"),
    *events("fay", "....... ....... ....... ....... x| ....2.", event="message", creator="a"),
]
NAMES = (
    "recency_days",
    "events_7d",
    "events_14d",
    "active_days_28d",
    "tenure_days",
    f"fan_{column_stem('message')}_n_7d",
    "gap_mean_28d",
)


@contextmanager
def replayed(rows: list[dict], links: Iterable[Link] = (), since: int = SINCE, as_of: int = AS_OF, **settings: object):
    with (
        warehouse(rows, links) as made,
        replayed_log(made, config(**settings), day(since), day(as_of)) as log,  # type: ignore[arg-type]
    ):
        yield log


@pytest.fixture(scope="module")
def drawn():
    with replayed(ROWS) as log:
        yield log


def features(
    log, happened: str, names: Iterable[str] = NAMES, creator="a", fan=None, **settings: object
) -> list[float]:
    """The named features where ``happened`` (some of "behaviour clock late") happened."""
    plan = log.plan(config(**settings))
    switches = Counterfactual(*(word in happened.split() for word in ("behaviour", "clock", "late")))
    row = log.features(plan, switches, creator, fan)
    position = {feature.name: j for j, feature in enumerate(plan.features)}
    return [float(row[position[name]]) for name in names]


@pytest.mark.parametrize(
    ("happened", "expected"),
    [
        #                        recency  7d  14d  days 28d  tenure  fans' messages 7d  mean gap within 28
        ("",                     [0,       1,  2,   4,        28,     1,                 7]),
        ("late",                 [0,       2,  3,   5,        28,     1,                 5.25]),
        # new acts are 1 and 0 days old as on day 35: on day 28 beside the old one of that day, and on 27
        ("behaviour",            [0,       5,  6,   5,        28,     3,                 5.25]),
        ("behaviour late",       [0,       6,  7,   6,        28,     3,                 4.2]),
        # nobody does anything for a week
        ("clock",                [7,       0,  1,   3,        35,     0,                 7]),
        ("clock late",           [7,       0,  2,   4,        35,     0,                 14 / 3]),
        ("behaviour clock",      [0,       4,  5,   5,        35,     2,                 5.25]),
        ("behaviour clock late", [0,       4,  6,   6,        35,     2,                 4.2]),
    ],
)  # fmt: skip
def test_each_event_has_its_age(drawn, happened, expected):
    assert features(drawn, happened) == pytest.approx(expected)


@pytest.mark.parametrize("entity", ["creator", "room", "fan"])
def test_none_and_all_are_the_two_days_as_they_were_built(entity):
    links = [("dev", "fay", 31)]
    rows = [*ROWS, *events("dev", "." * 20 + "x", event="message", creator="a", until=31, amount=3),
            *events("fay", "." * 20 + "x", event="message", creator="a", known=31, amount=3),
            *events("fay", "x" * 36, event="donation", creator="b", amount=7)]  # fmt: skip
    chosen = config(entity)
    creator, fan = {"creator": ("a", None), "room": ("a", "fay"), "fan": (None, "fay")}[entity]
    with warehouse(rows, links) as real:
        for at, happened in ((SINCE, ""), (AS_OF, "behaviour clock late")):
            with replayed_log(real, chosen, day(SINCE), day(AS_OF)) as log:
                plan = log.plan(chosen)
                made = dict(
                    zip((f.name for f in plan.features), features_of(log, plan, happened, creator, fan), strict=True)
                )
            report = build(real, chosen, [day(at)], day(at))
            panel = read_panel(real, chosen, [day(at)], report.features, with_labels=False)
            (mine,) = np.flatnonzero(panel.entity_ids == "/".join(id for id in (creator, fan) if id))
            expected = dict(zip(panel.feature_names, panel.X[mine], strict=True))
            assert len(expected) > 100
            np.testing.assert_array_equal([made[name] for name in expected], list(expected.values()))


def features_of(log, plan, happened: str, creator, fan) -> np.ndarray:
    return log.features(
        plan, Counterfactual(*(w in happened.split() for w in ("behaviour", "clock", "late"))), creator, fan
    )


def test_what_nobody_knew_by_as_of_changes_nothing_and_what_nobody_knew_by_since_not_the_day_of_then(drawn):
    later = [
        *events("a", "." * 36 + "9"),  # day 36
        *events("a", "." * 26 + "9", known=36),
    ]
    late = [*events("a", "." * 25 + "9", known=29), *events("new", "x" * 29, known=35, event="novelty")]
    with replayed([*ROWS, *later]) as more, replayed([*ROWS, *late]) as told_late:
        for happened in ("", "behaviour clock late"):
            assert features(more, happened) == features(drawn, happened)
        for happened in ("", "behaviour", "clock"):
            assert features(told_late, happened) == features(drawn, happened)
        assert features(told_late, "late") != features(drawn, "late")


def test_an_entity_that_is_not_at_risk_stands_beside_the_cohort():
    #                                                  28|  35
    rows = [
        *events(
            "a",
            "....... x",
        ),
        *events("b", "x" * 60),
        *events("c", "x" * 60),
    ]  # a is silent for 28 days on day 35
    names = ("recency_days", "active_days_28d", "recency_rank", "all_silence_mean_days")
    with replayed(rows) as log:
        assert features(log, "", names) == pytest.approx([21, 1, 1, 7])
        assert features(log, "clock", names) == pytest.approx([28, 0, 1, (28 + 7 + 7) / 3])
        assert features(log, "behaviour clock", names) == pytest.approx([28, 0, 1, 28 / 3])


def test_an_entity_without_any_event_in_84_days_has_none_and_its_silence_is_84():
    rows = [*events("a", "." * 20 + "x"), *events("b", "x" * 120), *events("b", "x" * 120, event="visit")]
    names = ("recency_days", "events_84d", "active_days_84d", f"creator_{BROADCAST}_n_84d", f"creator_{BROADCAST}_recency_days",
             "fans_84d", "tenure_days", "gap_mean_84d")  # fmt: skip
    with replayed(rows, since=28, as_of=110) as log:
        assert features(log, "clock", names) == pytest.approx([84, 0, 0, 0, 84, 0, 90, np.nan], nan_ok=True)


def test_another_definition_reads_the_same_log_otherwise():
    rows = [*ROWS, *events("a", "....... ....... ....... ....... x| .......", event="photo", actor="creator")]
    with replayed(rows) as log:
        assert features(log, "", ("events_7d",)) == [1]
        assert features(log, "", ("events_7d",), creator_activity=("broadcast", "photo")) == [2]


def test_told_counts_what_lies_behind_the_switches():
    links = [("dev", "fay", 31)]
    rows = [
        *ROWS,
        *events("dev", "." * 20 + "4", event="message", creator="a", until=31),
        *events("fay", "." * 20 + "4", event="message", creator="a", known=31),
        *events("a", "." * 36 + "9"),
        *events("a", "." * 26 + "9", known=36),
    ]
    with replayed(rows, links) as log:
        assert log.told() == Told(new=4 + 7 + 2, arrived=1, moved=4)
        assert log.told("b") == Told(new=7, arrived=0, moved=0)
        assert log.told("a", "fay") == Told(new=2, arrived=4, moved=0)  # seen from the fan they arrived


def test_the_real_tables_are_only_read():
    with warehouse(ROWS) as real:
        before = real.rows("SELECT * FROM activity_daily ORDER BY 1, 2, 3, 4, 5")
        with replayed_log(real, config(), day(SINCE), day(AS_OF)) as log:
            features(log, "behaviour")
        assert real.rows("SELECT * FROM activity_daily ORDER BY 1, 2, 3, 4, 5") == before
        assert not real.has_table("cohort")
