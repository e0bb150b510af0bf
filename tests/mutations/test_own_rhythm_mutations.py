"""The own-rhythm label and its promise with the field's usual mistakes put back in: each is noticed by a check."""

from __future__ import annotations

import pytest

from tests.mutations.mutation import Mutation, assert_caught
from tests.spec import test_active_days_spec as days_spec
from tests.spec import test_own_rhythm_labels_spec as labels_spec
from tests.unit.panel.cycles import test_active_days as days_unit
from tests.unit.panel.cycles import test_promise as promise_unit
from tests.unit.panel.cycles import test_returns as returns_unit

DAYS = "fancare.panel.cycles.active_days:SQL"
LABELS = "fancare.panel.cycles.own_rhythm_labels:SQL"

MUTATIONS = [
    Mutation(
        "gaps are made from what became known later",
        DAYS,
        (("AND known_from <= @as_of", ""),),
        days_spec.test_nothing_after_as_of_and_nothing_that_was_not_known_then,
    ),
    Mutation(
        "gaps reach into the future",
        DAYS,
        (("activity_date <= @as_of", "TRUE"), ("known_from <= @as_of", "TRUE")),  # either alone would keep it out
        days_spec.test_nothing_after_as_of_and_nothing_that_was_not_known_then,
    ),
    Mutation(
        "an id counts beside the person it turned out to be",
        DAYS,
        (("(known_until IS NULL OR @as_of < known_until)", "TRUE"),),
        days_spec.test_an_id_counts_until_its_link_is_known_and_the_person_from_then_on,
    ),
    Mutation(
        "who never comes back is dropped",
        LABELS,
        (("LEFT JOIN returned", "INNER JOIN returned"),),
        labels_spec.test_the_wait_ends_on_the_last_active_day_plus_the_threshold_ends_included,
    ),
    Mutation(
        "a return on the last day comes too late",
        LABELS,
        (("AND activity.activity_date <= DATE_ADD", "AND activity.activity_date < DATE_ADD"),),
        labels_spec.test_the_wait_ends_on_the_last_active_day_plus_the_threshold_ends_included,
    ),
    Mutation(
        "an early return is kept while the wait goes on",
        LABELS,
        (("THEN returned.in_time IS NULL", "THEN returned.in_time IS NULL WHEN returned.in_time THEN FALSE"),),
        labels_spec.test_a_label_is_null_until_that_day_is_complete_and_an_early_return_is_not_kept,
    ),
    Mutation(
        "what is immature has churned",
        LABELS,
        (("<= @data_through\n    THEN", "<= DATE_ADD(@data_through, INTERVAL 99 DAY)\n    THEN"),),
        labels_spec.test_a_label_is_null_until_that_day_is_complete_and_an_early_return_is_not_kept,
    ),
    Mutation(
        "the past decides the label",
        LABELS,
        (("activity.activity_date > mine.as_of", "activity.activity_date > mine.last_active_date"),),
        labels_spec.test_activity_up_to_as_of_that_became_known_later_is_no_return,
    ),
    Mutation(
        "a return counts for every as_of",
        LABELS,
        (("\n  AND returned.as_of = judged.as_of", ""),),
        labels_spec.test_each_as_of_is_judged_by_its_own_threshold,
    ),
    Mutation(
        "a silence of k days is over on its k-th day",
        "fancare.panel.cycles.active_days:ActiveDays.reached",
        (("silence_days + ~self.is_open", "silence_days"),),
        days_unit.test_a_silence_of_k_days_is_reached_when_k_days_without_activity_have_passed,
    ),
    Mutation(
        "the lost count as silent for good",
        "fancare.panel.cycles.returns:returned_within",
        (
            (
                "np.cumsum(np.bincount(day, minlength=longest + 2))",
                "np.cumsum(np.bincount(day[returned], minlength=longest + 2))",
            ),
        ),
        returns_unit.test_what_is_followed_for_less_counts_as_far_as_it_goes,
    ),
    Mutation(
        "beyond what anybody is followed for the last share is repeated",
        "fancare.panel.cycles.returns:returned_within",
        (("if at_risk[h] == 0 and", "if False and"),),
        returns_unit.test_beyond_what_anybody_is_followed_for_nothing_is_said_unless_as_far_as_followed_is_asked_for,
    ),
    Mutation(
        "a share is promised where one slow silence was followed",
        "fancare.panel.cycles.promise:_Watch.calls",
        (("self.begin + h <= last_begin", "True"),),
        lambda: promise_unit.test_what_nobody_was_followed_for_is_not_promised_and_what_is_promised_comes(
            258, [False, False]
        ),
    ),
    Mutation(
        "calls are counted that cannot be followed to the end",
        "fancare.panel.cycles.promise:_Watch.calls",
        (("& (called_on <= self.end)", ""),),
        promise_unit.test_calls_are_made_after_the_split_and_each_can_be_followed_to_the_end,
    ),
    Mutation(
        "calls are counted on days that the rhythms were learnt from",
        "fancare.panel.cycles.promise:_Watch.calls",
        (("(self.begin <= called_on) & ", ""),),
        promise_unit.test_calls_are_made_after_the_split_and_each_can_be_followed_to_the_end,
    ),
    Mutation(
        "the promise knows what came after it was made",
        "fancare.panel.cycles.promise:measure_with",
        (("_watch(pooled, known_then, first_before", "_watch(pooled, days, first_before"),),
        promise_unit.test_what_is_promised_rests_on_what_was_known_on_the_split_day,
    ),
]


@pytest.mark.parametrize("mutation", MUTATIONS, ids=[mutation.defect for mutation in MUTATIONS])
def test_the_mutation_is_caught(mutation: Mutation, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_caught(mutation, monkeypatch)
