"""Mistakes that would make a model look right for ever, put back one by one: each must be caught by a test that names it."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from fancare.churn.monitored import Moved
from fancare.churn.stability import FrozenBins
from fancare.warehouse.duckdb_engine import Warehouse
from tests.mutations.mutation import Mutation, assert_caught
from tests.properties import test_drift_by_chance as by_chance
from tests.spec import test_outcomes_spec as spec
from tests.unit.churn import test_monitor as runs
from tests.unit.churn import test_performance as performance
from tests.unit.churn import test_stability as stability

OUTCOMES = "fancare.churn.outcomes:_SQL"


def a_moved_feature_is_caught() -> None:
    for kind in ("normal", "counts", "undefined"):
        by_chance.test_a_feature_that_moved_is_called_drifted(kind, 400)


def chance_is_not_drift() -> None:
    by_chance.test_at_most_one_draw_in_twenty_from_the_frozen_distribution_is_called_drifted("normal", 60)


def a_platforms_mean_is_not_drift() -> None:
    weeks = np.repeat(np.arange(13.0), 200)
    bins = FrozenBins.of(weeks, weeks)
    assert not Moved.of(7, bins, np.full(200, 6.0), 0.25).has_drifted


def outcomes_ripen_by_date_alone() -> None:
    everybody = {f"{name} 10": "x??" for name in ("bea", "cleo", "dora")}
    spec.test_an_outcome_counts_from_the_day_its_horizon_has_elapsed(16, {})
    spec.test_an_outcome_counts_from_the_day_its_horizon_has_elapsed(17, everybody | {"anna 10": ".??"})


def counting_is_over_runs(check: str) -> None:
    with Warehouse.in_memory() as made, TemporaryDirectory() as folder:
        getattr(runs, check)(made, Path(folder))


MUTATIONS = [
    # outcomes
    Mutation(
        "scores are joined with the labels of a week later",
        OUTCOMES,
        (("label.as_of = scored.as_of", "label.as_of = DATE_ADD(scored.as_of, INTERVAL 7 DAY)"),),
        spec.test_each_scored_day_is_joined_with_what_followed_it,
    ),
    Mutation(
        "any day's label will do",
        OUTCOMES,
        (("AND label.as_of = scored.as_of", ""),),
        spec.test_each_scored_day_is_joined_with_what_followed_it,
    ),
    Mutation(
        "silence so far counts as churn",
        "fancare.churn.outcomes:read_outcomes",
        (("k] = np.nan", "k] = 1.0"),),
        outcomes_ripen_by_date_alone,
    ),
    Mutation(
        "whatever is mature counts before its events have arrived",
        "fancare.churn.outcomes:is_ripe",
        (("timeline.is_usable(scored, horizon, timeline.data_through)", "timeline.is_mature(scored, horizon)"),),
        spec.test_where_events_come_late_an_outcome_waits_for_them_too,
    ),
    Mutation(
        "what is ripe is forgotten",
        "fancare.churn.outcomes:read_outcomes",
        (("churned[~np.isin(as_of, np.asarray(ripe", "churned[np.isin(as_of, np.asarray(ripe"),),
        outcomes_ripen_by_date_alone,
    ),
    Mutation(
        "labels know what came after the monitored day",
        "fancare.churn.outcomes:read_outcomes",
        (('"data_through": timeline.data_through,', '"data_through": timeline.data_through.replace(year=2099),'),),
        spec.test_what_became_known_later_was_not_known_then,
    ),
    Mutation(
        "only those in today's cohort are looked at",
        OUTCOMES,
        (("FROM scored\n  WHERE is_drawn OR rank <= @capacity", "FROM scored\n  WHERE rank > @capacity"),),
        spec.test_nobody_who_was_scored_is_lost_whatever_the_cohort_holds_today,
    ),
    # drift
    Mutation(
        "bins are fitted again on today's values",
        "fancare.churn.stability:FrozenBins.index_of",
        (("bin_counts(values, self.edges)", "bin_counts(values, bin_edges(values))[: len(self.counts)]"),),
        a_moved_feature_is_caught,
    ),
    Mutation(
        "today is compared with itself",
        "fancare.churn.stability:FrozenBins.index_of",
        (("np.array(self.counts)", "bin_counts(values, self.edges)"),),
        a_moved_feature_is_caught,
    ),
    Mutation(
        "undefined values are dropped",
        "fancare.churn.stability:bin_counts",
        (("undefined.sum()", "0"),),
        stability.test_undefined_values_have_a_bin_of_their_own,
    ),
    Mutation(
        "chance on few rows is drift",
        "fancare.churn.monitored:Moved.of",
        (("max(at_most, by_chance, bins.largest_week)", "at_most"),),
        chance_is_not_drift,
    ),
    Mutation(
        "each week of the same entities counts as new rows",
        "fancare.churn.stability:FrozenBins.by_chance",
        (("sum(self.counts) / self.weeks", "sum(self.counts)"),),
        stability.test_the_weeks_of_the_same_entities_count_as_one_for_chance,
    ),
    Mutation(
        "what is the same for all on a day is drift",
        "fancare.churn.monitored:Moved.of",
        (("max(at_most, by_chance, bins.largest_week)", "max(at_most, by_chance)"),),
        a_platforms_mean_is_not_drift,
    ),
    Mutation(
        "a reference looks past its origin",
        "fancare.churn.stability:Reference.of",
        (("days = np.unique(panel.as_of[until])[-weeks:]", "days = np.unique(panel.as_of)[-weeks:]"),),
        stability.test_nothing_after_the_origin_is_in_a_reference,
    ),
    # promises
    Mutation(
        "any overlap of the point is enough",
        "fancare.churn.performance:ranking_verdict",
        (("auc.high < promise.auc.low", "auc.high < 0.5"),),
        performance.test_risks_that_no_longer_tell_who_churns_break_the_ranking_alone,
    ),
    Mutation(
        "only risks that are too high are off",
        "fancare.churn.performance:level_verdict",
        ((" or gap.high < -tolerated", ""),),
        lambda: performance.test_risks_that_are_all_too_high_or_too_low_break_the_level_alone(-0.2),
    ),
    Mutation(
        "rows are redrawn, not entities",
        "fancare.churn.performance:_draws",
        (("cluster_weights(rows.clusters,", "cluster_weights([np.arange(len(rows))],"),),
        performance.test_intervals_are_clustered_by_entity,
    ),
    # runs in a row
    Mutation(
        "later days count for an earlier one",
        "fancare.churn.monitor:_runs",
        (('"as_of": as_of}', '"as_of": date(2099, 1, 1)}'),),
        lambda: counting_is_over_runs("test_a_backfill_does_not_see_later_days"),
    ),
    Mutation(
        "another version's finding is counted on",
        "fancare.churn.monitor:findings",
        (("other != version or ", ""),),
        lambda: counting_is_over_runs("test_a_new_version_starts_the_count_anew"),
    ),
    Mutation(
        "a good day in between is passed over",
        "fancare.churn.monitor:findings",
        (("break", "continue"),),
        lambda: counting_is_over_runs("test_a_good_day_in_between_starts_the_count_anew"),
    ),
    Mutation(
        "once is enough for an alarm",
        "fancare.churn.monitor:findings",
        (("in_a_row >= spec.runs_in_a_row", "in_a_row"),),
        lambda: counting_is_over_runs("test_seen_once_is_amber_and_again_is_red"),
    ),
]


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.defect)
def test_the_defect_is_caught(mutation: Mutation, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_caught(mutation, monkeypatch)
