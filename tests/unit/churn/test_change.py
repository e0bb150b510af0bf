"""The five parts on drawn logs with planted causes: what did not happen gets exactly nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from functools import cache

import numpy as np
import pytest

from fancare.churn.bundle import Bundle, ChurnDefinition
from fancare.churn.change import ALL, CLOCK, MODEL, PLAYERS, WITHOUT_BEHAVIOUR, Change, Side, split
from fancare.churn.changed_facts import changed_facts
from fancare.churn.hazard import logit
from fancare.churn.model import ChurnModel
from fancare.config import Config
from fancare.panel.build import build
from fancare.panel.gate import read_panel
from fancare.panel.replayed import replayed_log
from fancare.progress import Progress
from tests.drawn_log import config, day, events, warehouse
from tests.drawn_model import drawn_bundle, drawn_churn_model
from tests.drawn_panel import HORIZONS, drawn_panel

SINCE, AS_OF = 90, 97
OF_ALL_AGES = ("recency_days", "events_7d", "active_days_28d", "recency_rank")
OF_OWN = ("recency_days", "events_7d", "active_days_28d", "active_days_84d")
OF_12_WEEKS = ("events_84d", "active_days_84d", "gap_max_84d", "gap_mean_84d")  # a week more changes none of them below

#        days 0 to 90, and the week to day 97; "a" has done nothing in days 6 to 13, which leave the 12 weeks with the clock
A = "." * 14 + "x..x..x" * 11
OTHERS = [*events("b", "x" * 91), *events("c", "..x" * 30), *events("d", "x......" * 13)]
GOES_ON = [*events("b", "." * 91 + "x" * 7), *events("d", "." * 91 + "x..")]
QUIET = [*events("a", A), *OTHERS]


@cache
def trained(seed: int) -> ChurnModel:
    return drawn_churn_model(drawn_panel(seed=seed))


def model(reads: tuple[str, ...] = OF_ALL_AGES, seed: int = 0) -> ChurnModel:
    """A real small model, reading these features in the place of those it was trained on: what it says of them is arbitrary."""
    return replace(trained(seed), feature_names=reads)


def side(at: int, reads: tuple[str, ...] = OF_ALL_AGES, seed: int = 0, chosen: Config | None = None) -> Side:
    chosen = chosen or config()
    bundle: Bundle = replace(
        drawn_bundle(trained(seed)),
        model=model(reads, seed),
        churn=ChurnDefinition.of(chosen),
    )
    return Side(day(at), chosen, bundle, (0.5,) * len(HORIZONS))


def changed(
    rows: Iterable[dict], reads: tuple[str, ...] = OF_ALL_AGES, seeds: tuple[int, int] = (0, 0),
    now: Config | None = None, links: Iterable = (), progress: Progress | None = None,
) -> Change:  # fmt: skip
    with warehouse(rows, links) as made, replayed_log(made, config(), day(SINCE), day(AS_OF)) as log:
        sides = (side(SINCE, reads, seeds[0]), side(AS_OF, reads, seeds[1], now))
        records = {feature.name: feature for feature in log.plan(config()).features}
        then, now_ = (
            replace(s, bundle=replace(s.bundle, features=tuple(records[name] for name in reads))) for s in sides
        )
        return split(log, ("a", None), then, now_, progress)


def those_with_a_part(change: Change) -> set[str]:
    """The players whose part is not exactly nothing at some horizon; the parts sum to the difference exactly."""
    for horizon in HORIZONS:
        assert sum(change.parts(horizon).values()) == change.difference(horizon) != Fraction(0)
    return {player for h in HORIZONS for player, part in change.parts(h).items() if part}


def test_a_platform_that_falls_silent_changes_by_the_clock_alone():
    change = changed(QUIET)
    assert those_with_a_part(change) == {"clock"}
    assert all(change.parts(h)["clock"] > 0 for h in HORIZONS)  # silence raises this model's risk


def test_one_who_stops_while_others_go_on():
    assert those_with_a_part(changed([*QUIET, *GOES_ON])) == {"behaviour", "clock"}  # its rank is the others' doing
    assert those_with_a_part(changed([*QUIET, *GOES_ON], OF_OWN)) == {"clock"}


def test_what_one_does_who_goes_on_as_before_is_what_time_would_have_done():
    change = changed([*QUIET, *GOES_ON, *events("a", "." * 91 + "x..x..x")], OF_OWN)
    for horizon in HORIZONS:
        parts = change.parts(horizon)
        assert parts["behaviour"] == -parts["clock"] < 0
        assert change.difference(horizon) == parts["late_data"] == parts["model"] == parts["definition"] == 0
    assert (change.told.new, change.own.new) == (7 + 1 + 3, 3)


def test_a_late_batch_has_a_part_and_without_one_there_is_none():
    late = events("a", "." * 87 + "3.x", known=94)
    change = changed([*QUIET, *late])
    assert those_with_a_part(change) == {"clock", "late_data"}
    assert change.parts(14)["late_data"] < 0
    assert (change.told.arrived, change.own.arrived) == (4, 4)
    with_12_weeks = changed([*QUIET, *late], OF_12_WEEKS)
    assert those_with_a_part(with_12_weeks) == {"late_data"}


def test_a_link_that_became_known_late_is_late_data():
    rows = [*QUIET, *events("phone", "." * 80 + "xxxx", until=93), *events("a", "." * 80 + "xxxx", known=93)]
    change = changed(rows, OF_12_WEEKS, links=[("phone", "a", 93)])
    assert those_with_a_part(change) == {"late_data"}
    assert (change.told.arrived, change.told.moved, change.own.arrived) == (0, 4, 4)


def test_another_model_and_nothing_else():
    assert those_with_a_part(changed(QUIET, OF_12_WEEKS, seeds=(0, 1))) == {"model"}


def test_another_activity_list_and_nothing_else():
    rows = [*QUIET, *events("a", "." * 14 + ".x" * 33 + "." * 11, event="photo", actor="creator")]
    change = changed(rows, OF_12_WEEKS, now=config(creator_activity=("broadcast", "photo")))
    assert those_with_a_part(change) == {"definition"}
    assert not change.same_definition


def test_everything_at_once_sums_to_the_difference_exactly():
    rows = [*QUIET, *GOES_ON, *events("a", "." * 91 + "xx"), *events("a", "." * 85 + "xxx", known=95),
            *events("a", "." * 70 + "xxx" * 7, event="photo", actor="creator")]  # fmt: skip
    change = changed(rows, seeds=(0, 1), now=config(creator_activity=("broadcast", "photo")))
    assert those_with_a_part(change) == set(PLAYERS)


def test_none_and_all_are_the_risks_of_the_two_days_as_they_are_scored():
    rows = [*QUIET, *GOES_ON, *events("a", "." * 91 + "xx")]
    change = changed(rows, seeds=(0, 1))
    with warehouse(rows) as real:
        for at, coalition, seed in ((SINCE, 0, 0), (AS_OF, ALL, 1)):
            report = build(real, config(), [day(at)], day(at))
            panel = read_panel(real, config(), [day(at)], report.features, with_labels=False)
            (a,) = np.flatnonzero(panel.creator_id == "a")
            np.testing.assert_array_equal(
                change.values[coalition], logit(model(seed=seed).risks_of(panel, np.array([a])))[0]
            )


def test_nothing_after_as_of_is_used_and_of_since_nothing_that_became_known_later():
    known = [*QUIET, *GOES_ON]
    after = [*events("a", "." * 98 + "9999"), *events("a", "." * 80 + "9", known=98), *events("e", "9" * 98, known=98)]
    one, other = changed(known), changed([*known, *after])
    np.testing.assert_array_equal(one.values, other.values)
    later = [*events("a", "." * 80 + "9", known=91), *events("e", "9" * 91, known=91), *events("a", "." * 91 + "9")]
    late = changed([*known, *later])
    old = [0, CLOCK, MODEL, CLOCK | MODEL]
    np.testing.assert_array_equal(one.values[old], late.values[old])
    assert (one.values[ALL] != late.values[ALL]).any()


@pytest.mark.parametrize(
    ("rows", "now", "panels"),
    [
        (QUIET, None, 2),
        ([*QUIET, *GOES_ON], None, 4),
        ([*QUIET, *events("a", "." * 85 + "x", known=95)], None, 4),
        (QUIET, config(active_within_days=14), 4),
    ],
)
def test_only_panels_that_can_differ_are_built(rows, now, panels):
    totals = []

    class Counted(Progress):
        def task(self, title, total=None):
            totals.append(total)
            return super().task(title, total)

    changed(rows, now=now, progress=Counted())
    assert totals == [panels]


def test_a_score_that_is_not_the_one_recomputed_is_told_with_both_numbers():
    change = changed(QUIET)
    stood = tuple(change.risk(0, h) for h in HORIZONS)
    then = replace(change.since, stored=(stood[0], stood[1] + 2e-6, stood[2] - 9e-7))
    now = replace(change.as_of, stored=tuple(change.risk(ALL, h) for h in HORIZONS))
    told = replace(change, since=then, as_of=now).unlike_stored()
    assert told == [(day(SINCE), 14, stood[1] + 2e-6, stood[1])]


def test_what_people_did_is_told_in_facts_then_and_now():
    change = changed([*QUIET, *GOES_ON, *events("a", "." * 91 + "..9...9")], OF_OWN)
    facts = changed_facts(change, 14)
    assert facts
    for fact in facts:
        assert fact.then == change.rows[0][fact.feature.name]
        assert fact.now == change.rows[ALL][fact.feature.name] != fact.then
        assert fact.now != change.rows[WITHOUT_BEHAVIOUR][fact.feature.name]  # else it were the clock's doing
    assert "최근 7일 활동 건수 3회 → 18회" in [fact.text("ko") for fact in facts]
    assert changed_facts(changed(QUIET), 14) == ()
