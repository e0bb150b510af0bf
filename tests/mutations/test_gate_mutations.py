"""Slips of promotion gates and of figures at capacity, put back one at a time: each is noticed by a check."""

from __future__ import annotations

import pytest

from tests.mutations.mutation import Mutation, assert_caught
from tests.unit.churn import test_at_capacity as capacity
from tests.unit.churn import test_backtest_rows as rows
from tests.unit.churn import test_comparison as comparison
from tests.unit.churn import test_turnover as turnover

MUTATIONS = (
    Mutation(
        "the interval is not paired: each model's draws are of another resample",
        "fancare.churn.comparison:paired_difference",
        (('(draws["mine"] - draws["theirs"])', '(draws["mine"] - draws["theirs"][::-1])'),),
        comparison.test_risks_that_rank_alike_differ_by_nothing_at_all,
    ),
    Mutation(
        "rows are taken as independent, not entities",
        "fancare.churn.comparison:paired_difference",
        (("mine.clusters, DRAWS", "[np.arange(len(mine)).astype(str).astype(object)], DRAWS"),),
        comparison.test_the_interval_is_paired_and_by_whole_entities,
    ),
    Mutation(
        "each model is judged on its own rows, not on the common ones",
        "fancare.churn.comparison:compare",
        (("mine, theirs = common_rows(challenger, champion)",
          "n = np.arange(min(len(challenger), len(champion)))\n    mine, theirs = challenger.at(n), champion.at(n)"),),
        comparison.test_only_rows_of_both_are_compared,
    ),
    Mutation(
        "common rows are of the same entity, on whichever day",
        "fancare.churn.backtest_rows:_keys",
        (("*ids, rows.as_of.tolist()", "*ids, [0] * len(rows)"),),
        rows.test_other_horizons_or_other_days_have_nothing_in_common,
    ),
    Mutation(
        "common rows of rooms are of the same creator, whoever the fan",
        "fancare.churn.backtest_rows:_keys",
        (("(rows.creator_id, rows.fan_id)", "(rows.creator_id, None)"),),
        rows.test_common_rows_are_pairs_of_one_entity_on_one_day,
    ),
    Mutation(
        "the estimate alone refuses: on a small platform noise decides",
        "fancare.churn.comparison:Comparison.outcome",
        (("self.difference.high < 0 and ", ""),),
        lambda: comparison.test_an_equal_challenger_is_hardly_ever_refused_however_small_the_platform(40, 40),
    ),
    Mutation(
        "the interval alone refuses: a loss that is sure but does not matter",
        "fancare.churn.comparison:Comparison.outcome",
        ((" and self.difference.estimate < -margin", ""),),
        lambda: comparison.test_refused_is_what_is_shown_and_matters(-0.004, -0.003, -0.001, "not_worse"),
    ),
    Mutation(
        "each version is judged by the labels it knew",
        "fancare.churn.backtest_rows:common_rows",
        (("there.as_of, there.risks, churned)", "there.as_of, there.risks, there.churned)"),),
        rows.test_both_are_judged_by_the_same_outcomes_those_of_the_later_look,
    ),
    Mutation(
        "ties at the list's edge go to whoever comes first",
        "fancare.churn.at_capacity:PrecisionAtCapacity.__init__",
        (("new_day | np.r_[True, risk[1:] != risk[:-1]]", "np.ones(len(day), dtype=bool)"),),
        lambda: capacity.test_a_tie_at_the_edge_counts_with_its_mean_whatever_the_order_of_the_rows([0, 1, 2, 3]),
    ),
    Mutation(
        "one list over all days",
        "fancare.churn.at_capacity:PrecisionAtCapacity.__init__",
        (("new_day = np.r_[True, day[1:] != day[:-1]]", "new_day = np.arange(len(day)) == 0"),
         ("np.lexsort((-risk[known], day[known]))", "np.argsort(-risk[known])")),
        capacity.test_each_day_has_places_of_its_own,
    ),
    Mutation(
        "another order of the same list counts as turnover",
        "fancare.churn.turnover:count_new",
        (("listed & ~before", "listed & (challenger_ranks != champion_ranks)"),),
        lambda: turnover.test_new_is_who_was_not_on_the_champions_list([2, 1, 3, 4, 5], [1, 2, 3, 4, 5], 2, 2, 0),
    ),
)  # fmt: skip


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.defect)
def test_a_slip_is_caught(mutation: Mutation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fancare.churn.comparison.DRAWS", 60)
    assert_caught(mutation, monkeypatch)
