"""Leaks and slips of popular feature code, put back into ours one at a time: each is noticed by a check."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from fancare.panel.build import build
from tests.drawn_features import AS_OF, ago, features
from tests.drawn_log import config, day, warehouse
from tests.mutations.mutation import Mutation, assert_caught
from tests.spec import test_features_activity_spec as activity
from tests.spec import test_features_names_spec as names
from tests.spec import test_features_rhythm_spec as rhythm
from tests.spec import test_features_tenure_spec as tenure
from tests.unit.panel import test_build as building

PAST = [
    *ago("a", None, {0: 1, 3: 2, 40: 1}),
    *ago("b", None, {9: 1}),
    *ago("a", "f", {1: 1, 30: 2}, "message"),
    *ago("b", "g", {2: 1}, "donation", amount=5),
]
FUTURE = [  # what happens later, and what happened and arrives later
    *ago("a", None, {-1: 3, -9: 1}),
    *ago("b", None, {-2: 1}),
    *ago("a", "g", {-3: 1}, "message"),
    *ago("b", "g", {-3: 1}, "donation", amount=9),
    *ago("a", None, {5: 1}, known=AS_OF + 3),
    *ago("b", None, {70: 1}, known=AS_OF + 3),
    *ago("b", "g", {60: 1}, "donation", amount=7, known=AS_OF + 3),
]


def nothing_later_changes_a_feature() -> None:
    """A day built among later ones has the features it had on the day itself."""
    for entity in ("creator", "room"):
        alone = features(PAST, entity)
        with warehouse([*PAST, *FUTURE]) as made:
            build(made, config(entity), [day(AS_OF + 7 * k) for k in range(3)], day(AS_OF + 14), known_on=day(AS_OF))
            found = made.arrow(f"SELECT * FROM features_{entity} WHERE as_of = @day", {"day": day(AS_OF)}).to_pylist()
        among = {"/".join(filter(None, (row.pop("creator_id"), row.pop("fan_id")))): row for row in found}
        assert among == alone


def no_feature_knows_whose_it_is() -> None:
    """Ids under other names, longer and in another order, and every cell is the same."""
    other = {"a": "zz", "b": "yyy", "f": "h", "g": "eeee"}
    for entity in ("creator", "room"):
        known = features(PAST, entity)
        renamed = features(
            [row | {"creator": other[row["creator"]], "fan": other.get(row["fan"])} for row in PAST], entity
        )
        assert renamed == {_renamed(who, other): cells for who, cells in known.items()}


def _renamed(who: str, other: Mapping[str, str]) -> str:
    return "/".join(other[part] for part in who.split("/"))


def everybody_at_risk_has_features() -> None:
    """Those without a fan, a gap or an event of some name too."""
    assert set(features(PAST)) == {"a", "b"}
    assert set(features(ago("lonely", None, {20: 1}))) == {"lonely"}


def late_rows_are_built_when_they_are_known() -> None:
    with warehouse([]) as held:
        building.test_what_arrives_late_counts_from_the_day_it_is_known_though_it_lay_there_before(held)


SEEN, RHYTHM, TENURE = (f"fancare.panel.blocks:{name}" for name in ("seen_sql", "rhythm_sql", "tenure_sql"))

MUTATIONS = [
    # (f) taken from each user's last event ever
    Mutation(
        "counts, days and amounts are of the last weeks there are",
        SEEN,
        (
            ("bucket.week <= snapshot.week AND ", ""),
            ("bucket.known_week <= snapshot.week AND ", ""),
            ("snapshot.week - bucket.week AS age", "GREATEST(snapshot.week - bucket.week, 0) AS age"),
        ),
        nothing_later_changes_a_feature,
    ),
    Mutation(
        "gaps are of the last days there are",
        RHYTHM,
        (("active.activity_date <= snapshot.as_of AND ", ""), ("active.known_from <= snapshot.as_of AND ", "")),
        nothing_later_changes_a_feature,
    ),
    Mutation(
        "what arrives later is counted already",
        SEEN,
        (("bucket.known_week <= snapshot.week AND ", ""),),
        nothing_later_changes_a_feature,
    ),
    Mutation(
        "gaps know what arrives later",
        RHYTHM,
        (("active.known_from <= snapshot.as_of AND ", ""),),
        nothing_later_changes_a_feature,
    ),
    Mutation(
        "tenure knows what arrives later",
        TENURE,
        (("first.known_from <= snapshot.as_of AND ", ""),),
        nothing_later_changes_a_feature,
    ),
    Mutation(
        "event names of tomorrow have columns today",
        "fancare.panel.event_slots:_NAMES",
        (("known_from <= @as_of", "(known_from <= @as_of OR TRUE)"),),
        names.test_a_name_known_only_tomorrow_is_no_column,
    ),
    Mutation(
        "what counts as somebody else's by now is counted twice",
        SEEN,
        ((" AND (bucket.until_week IS NULL OR snapshot.week < bucket.until_week)", ""),),
        lambda: activity.test_counts(features(activity.ROWS)),
    ),
    Mutation(
        "a partition stays as it was though more is known",
        "fancare.panel.build:_data_versions",
        (('"activity_date", data_through)', '"activity_date", date.max)'),),
        late_rows_are_built_when_they_are_known,
    ),
    Mutation(
        "ranks are among all days that are built together",
        "fancare.panel.features.standing:standing_sql",
        (("OVER (PARTITION BY as_of ORDER BY {m}) AS {m}_rank", "OVER (ORDER BY {m}) AS {m}_rank"),),
        nothing_later_changes_a_feature,
    ),
    Mutation(
        "the silence counts as a gap",
        RHYTHM,
        (("age - LAG(age) OVER ({of_one} ORDER BY age) AS gap", "age - LAG(age, 1, 0) OVER ({of_one} ORDER BY age) AS gap"),),
        lambda: rhythm.test_quantiles_of_gaps_are_gaps(features(rhythm.ROWS)),
    ),
    # (g) raw ids
    Mutation(
        "the id is a feature",
        "fancare.panel.features.tenure:tenure_and_weekday",
        (
            (
                "return [",
                'return [record("code", "counts", "id", "번호", "id", "LENGTH(snapshot.creator_id)"), ',
            ),
        ),
        no_feature_knows_whose_it_is,
    ),
    # (h) empty windows are dropped
    Mutation(
        "who lacks a block is dropped",
        "fancare.panel.feature_query:FeatureQuery.sql",
        (("LEFT JOIN {name}", "INNER JOIN {name}"),),
        everybody_at_risk_has_features,
    ),
    # off by one
    Mutation(
        "windows of active days are a day too long",
        "fancare.panel.bits:active_days",
        (("(1 << window_days) - 1", "(1 << (window_days + 1)) - 1"),),
        lambda: activity.test_active_days_by_window(features(activity.ROWS)),
    ),
    Mutation(
        "windows of counts are a week too long",
        SEEN,
        (("age < {days // 7}, {m.alias}_n,", "age <= {days // 7}, {m.alias}_n,"),),
        lambda: activity.test_counts(features(activity.ROWS)),
    ),
    Mutation(
        "as_of begins a week instead of ending it",
        "fancare.panel.build:prepare",
        (("timedelta(7 * weeks - 1)", "timedelta(7 * weeks)"),),
        lambda: activity.test_counts(features(activity.ROWS)),
    ),
    Mutation(
        "the days of a week are counted from the wrong end",
        "fancare.panel.blocks:bucket_sql",
        (("1 << (6 - MOD(", "1 << (0 + MOD("),),
        lambda: activity.test_recency(features(activity.ROWS)),
    ),
    Mutation(
        "gaps look a day too far back",
        RHYTHM,
        (("activity_date > DATE_SUB", "activity_date >= DATE_SUB"),),
        lambda: rhythm.test_usual_and_longest_gap(features(rhythm.ROWS)),
    ),
    Mutation(
        "weekends are Sundays and Mondays",
        "fancare.panel.bits:weekend_masks",
        (("as_of_isoweekday - 1 - back", "as_of_isoweekday - 2 - back"),),
        lambda: tenure.test_share_of_active_days_on_weekends(features(tenure.ROWS)),
    ),
]  # fmt: skip


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.defect)
def test_the_defect_is_caught(mutation: Mutation, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_caught(mutation, monkeypatch)
