"""The label defects of popular churn code, put back into ours one at a time: each is noticed by a check."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from fancare.churn.selection import training_rows
from fancare.events.quality import check as judge
from fancare.modelspec import TrainSpec
from fancare.warehouse.duckdb_engine import Warehouse
from tests import drawn_days
from tests.drawn_log import events, table
from tests.drawn_panel import HORIZONS, drawn_panel, drawn_timeline
from tests.mutations.mutation import Mutation, assert_caught
from tests.spec import test_cohort_spec as cohort_spec
from tests.spec import test_labels_spec as labels_spec

COHORT, LABELS, SQL = (
    "fancare.panel.cohort:SQL",
    "fancare.panel.labels:labels_sql",
    "fancare.panel.labels:DAYS_UNTIL_RETURN",
)


def active_users_are_no_churners() -> None:
    """Whoever is there every day, in a backfill of old days too."""
    found = labels_spec.labels(events("a", "x" * 90), [10, 17, 24, 31], through=89)
    assert len(found) == 4
    assert not any(row[h] for row in found for h in ("7", "14", "28"))


def a_configured_name_that_matches_nothing_stops_the_run() -> None:
    with Warehouse.in_memory() as warehouse, tempfile.TemporaryDirectory() as folder:
        config = drawn_days.config_for(Path(folder), activity=["mesage", "donation"])
        extent = drawn_days.draw(warehouse, {"message": [200] * 20, "donation": [200] * 20})
        report = judge(warehouse, config, extent, datetime(2027, 1, 1, tzinfo=UTC))
    assert report.verdict == "red"
    assert "mesage" in {check.subject for check in report.red}


def training_labels_end_before_calibration_begins() -> None:
    line, panel = drawn_timeline(18), drawn_panel(n_entities=12, weeks=18)
    split = line.split_at(line.weekly_as_ofs()[-2], 2)
    rows = training_rows(panel, split, TrainSpec(calibration_weeks=2))
    for k, h in enumerate(HORIZONS):
        used = panel.as_of[rows.index][~np.isnan(rows.churned[:, k])]
        assert used.max() + np.timedelta64(h, "D") <= np.datetime64(split.cut)


def what_is_immature_says_nothing() -> None:
    assert labels_spec.labels([*events("a", "x.........x"), *events("b", "x..x")], [0], through=13) == table("""
        id as_of days 7   14 28
        a  0     -    yes -  -
        b  0     3    no  -  -
    """)


MUTATIONS = [
    # (a) the backfill marks almost all active users churned
    Mutation(
        "only what happens today counts as a return",
        SQL,
        (("AND activity.activity_date > mine.as_of", "AND activity.activity_date >= @data_through"),),
        active_users_are_no_churners,
    ),
    # (b) users absent from the forward window
    Mutation(
        "who is absent from the horizon did not churn",
        LABELS,
        (("days_until_return IS NULL OR days_until_return > {h}", "IFNULL(days_until_return > {h}, FALSE)"),),
        labels_spec.test_those_who_never_return_keep_their_row,
    ),
    # (b, h) … or is lost by a join, as empty windows are in alteryx/compose
    Mutation(
        "who is absent from the horizon is dropped",
        SQL,
        (("LEFT JOIN returns", "INNER JOIN returns"),),
        labels_spec.test_those_who_never_return_keep_their_row,
    ),
    # (c) a join ignores the date
    Mutation(
        "a return counts for every as_of",
        SQL,
        (("\n  AND returns.as_of = at_risk.as_of", ""),),
        labels_spec.test_those_who_never_return_keep_their_row,
    ),
    Mutation(
        "activity counts whenever it was",
        SQL,
        (("\n    AND activity.activity_date > mine.as_of", ""),),
        labels_spec.test_the_horizon_begins_the_day_after_and_its_last_day_counts,
    ),
    Mutation(
        "the cohort of a day holds who comes later",
        COHORT,
        (("activity_date <= as_of", "TRUE"), ("known_from <= as_of", "TRUE")),  # either alone would keep the future out
        cohort_spec.test_active_within_28_days_ends_included,
    ),
    Mutation(
        "the cohort holds who was ever there",
        COHORT,
        (("INTERVAL @active_within_days DAY", "INTERVAL (@active_within_days + 3650) DAY"),),
        cohort_spec.test_active_within_28_days_ends_included,
    ),
    # (d) a configured event name matches nothing
    Mutation(
        "nobody looks whether the configured names occur",
        "fancare.events.volume:check_names",
        (("if name not in by_name:", "if name == 0:"),),
        a_configured_name_that_matches_nothing_stops_the_run,
    ),
    Mutation(
        "the cohort asks for a name of its own",
        COHORT,
        (("event_name IN UNNEST(@activity)", "event_name IN UNNEST(@activity) AND event_name = 'session_start'"),),
        cohort_spec.test_active_within_28_days_ends_included,
    ),
    Mutation(
        "any event brings somebody back",
        SQL,
        (("event_name IN UNNEST(@activity)", "(TRUE OR event_name IN UNNEST(@activity))"),),
        labels_spec.test_only_activity_brings_someone_back,
    ),
    # (e) users are hashed instead of cutting time
    Mutation(
        "training rows are drawn by entity, whatever their day",
        "fancare.churn.selection:_usable",
        (("churned[~np.isin(panel.as_of[index], _days(allowed[horizon])), k] = np.nan", "pass"),),
        training_labels_end_before_calibration_begins,
    ),
    Mutation(
        "training days are drawn, not cut",
        "fancare.dates:TimeLine.split_at",
        (("if day + timedelta(h) <= cut", "if day.toordinal() * 7919 % 5"),),
        training_labels_end_before_calibration_begins,
    ),
    # an early return in an immature horizon, and a label before its time
    Mutation(
        "an early return is kept in an immature horizon",
        LABELS,
        (("<= @data_through ", "<= @data_through OR days_until_return IS NOT NULL "),),
        what_is_immature_says_nothing,
    ),
    Mutation(
        "days until return reach beyond the last mature horizon",
        SQL,
        (("WHERE DATE_ADD(as_of, INTERVAL horizon DAY) <= @data_through", "WHERE TRUE"),),
        what_is_immature_says_nothing,
    ),
    Mutation(
        "silence so far counts as churn",
        LABELS,
        (("CASE WHEN DATE_ADD(as_of, INTERVAL {h} DAY) <= @data_through ", "CASE WHEN TRUE "),),
        labels_spec.test_a_label_is_null_until_its_horizon_has_elapsed_and_an_early_return_is_not_kept,
    ),
    # off by one
    Mutation(
        "the cohort leaves as_of out",
        COHORT,
        (("activity_date <= as_of", "activity_date < as_of"),),
        cohort_spec.test_active_within_28_days_ends_included,
    ),
    Mutation(
        "the cohort's window is a day too long",
        COHORT,
        (("activity_date > DATE_SUB", "activity_date >= DATE_SUB"),),
        cohort_spec.test_active_within_28_days_ends_included,
    ),
    Mutation(
        "the horizon begins on as_of",
        SQL,
        (("activity.activity_date > mine.as_of", "activity.activity_date >= mine.as_of"),),
        labels_spec.test_the_horizon_begins_the_day_after_and_its_last_day_counts,
    ),
    Mutation(
        "the horizon's last day is left out",
        LABELS,
        (("days_until_return > {h} END", "days_until_return >= {h} END"),),
        labels_spec.test_the_horizon_begins_the_day_after_and_its_last_day_counts,
    ),
    Mutation(
        "the last mature horizon ends a day early",
        SQL,
        (("activity.activity_date <= DATE_ADD", "activity.activity_date < DATE_ADD"),),
        labels_spec.test_the_last_day_of_the_last_mature_horizon_counts,
    ),
    Mutation(
        "a label is mature a day late",
        LABELS,
        (("DAY) <= @data_through", "DAY) < @data_through"),),
        labels_spec.test_the_horizon_begins_the_day_after_and_its_last_day_counts,
    ),
    # what was not known then
    Mutation(
        "the cohort knows what arrived later",
        COHORT,
        (("known_from <= as_of AND ", ""),),
        cohort_spec.test_what_arrived_later_was_not_known_then,
    ),
    Mutation(
        "the cohort counts a device beside its person",
        COHORT,
        ((" AND (known_until IS NULL OR as_of < known_until)", ""),),
        cohort_spec.test_an_id_counts_until_its_link_is_known_and_the_person_from_then_on,
    ),
    Mutation(
        "labels know what arrived after data_through",
        SQL,
        (("AND known_from <= @data_through", ""),),
        labels_spec.test_what_arrives_after_data_through_is_not_known_yet,
    ),
    Mutation(
        "labels know links of after data_through",
        SQL,
        (("link.known_from <= @data_through AND ", ""),),
        labels_spec.test_a_link_counts_for_labels_once_it_is_known_and_no_longer_than_it_holds,
    ),
    Mutation(
        "a device that became a person never comes back",
        SQL,
        (("WHERE link.known_from", "WHERE FALSE AND link.known_from"),),
        labels_spec.test_a_device_that_became_a_person_returns_as_that_person,
    ),
]


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.defect)
def test_the_defect_is_caught(mutation: Mutation, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_caught(mutation, monkeypatch)


def test_a_mutation_that_no_longer_applies_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = Mutation("gone", COHORT, (("a line that is not there", ""),), lambda: None)
    with pytest.raises(pytest.fail.Exception, match=r"no longer applies to fancare\.panel\.cohort:SQL: 0 ×"):
        assert_caught(gone, monkeypatch)
