"""What became of earlier risks: drawn logs and scores in, outcomes out. Decided by date alone, by what was known on the day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from fancare.churn import outcomes as joined
from fancare.churn.outcomes import Outcomes
from fancare.dates import TimeLine
from fancare.warehouse.duckdb_engine import Warehouse
from fancare.warehouse.schema import risk_scores_table
from tests.drawn_log import config, day, events, warehouse
from tests.report_tables import put, score

HORIZONS = (7, 14, 28)
#         scored on day 10 ↓      7        14             28
#         0         1          2          3         4
#         01234567890 1234567 8901234 56789012345678
ANNA = "x.........x ....x.. ....... .............."
BEA = "..........x ....... ....... x............."  # day 25
CLEO = "........x.. ....... ....... ............x."  # day 37
DORA = "x.......... ....... ....... .............."
LOG = [row for who, drawn in zip(("anna", "bea", "cleo", "dora"), (ANNA, BEA, CLEO, DORA), strict=True)
       for row in events(who, drawn)]  # fmt: skip
EVERYBODY = ("anna", "bea", "cleo", "dora")


def scored(log: list[dict], *days: int, links: Sequence = (), who: Sequence[str] = EVERYBODY) -> Warehouse:
    """A warehouse with this log on whose days ``who`` were scored, each with a risk of its own, ranks in that order."""
    made = warehouse(log, links)
    rows = [
        score(day(n), rank, (0.9 - rank / 10, 0.8 - rank / 10, 0.7 - rank / 10), creator=name)
        for n in days for rank, name in enumerate(who, start=1)
    ]  # fmt: skip
    put(made, risk_scores_table(HORIZONS), rows)
    return made


def outcomes(made: Warehouse, monitored: int, late_days: int = 0, window_days: int = 28, capacity: int = 20) -> Outcomes:
    settings = config()
    settings = replace(settings, ops=replace(settings.ops, capacity=capacity))
    line = TimeLine(day(0), day(monitored), late_days, HORIZONS)
    return joined.read_outcomes(made, settings, line, window_days)


def drawn(found: Outcomes) -> dict[str, str]:
    """Per creator what happened over 7, 14 and 28 days: x churned, . came back, ? does not count."""
    marks = {1.0: "x", 0.0: "."}
    return {
        f"{name} {(as_of - np.datetime64(day(0), 'D')).astype(int)}": "".join(marks.get(value, "?") for value in row)
        for name, as_of, row in zip(found.creator_id, found.as_of, found.churned, strict=True)
    }


@pytest.mark.parametrize(
    ("monitored", "expected"),
    [
        (16, {}),
        (17, {"anna 10": ".??", "bea 10": "x??", "cleo 10": "x??", "dora 10": "x??"}),
        (23, {"anna 10": ".??", "bea 10": "x??", "cleo 10": "x??", "dora 10": "x??"}),
        (24, {"anna 10": "..?", "bea 10": "xx?", "cleo 10": "xx?", "dora 10": "xx?"}),
        (37, {"anna 10": "..?", "bea 10": "xx?", "cleo 10": "xx?", "dora 10": "xx?"}),
        (38, {"anna 10": "...", "bea 10": "xx.", "cleo 10": "xx.", "dora 10": "xxx"}),
    ],
)
def test_an_outcome_counts_from_the_day_its_horizon_has_elapsed(monitored: int, expected: dict[str, str]) -> None:
    with scored(LOG, 10) as made:
        assert drawn(outcomes(made, monitored)) == expected


def test_where_events_come_late_an_outcome_waits_for_them_too() -> None:
    with scored(LOG, 10) as made:
        assert drawn(outcomes(made, 18, late_days=2)) == {}
        assert drawn(outcomes(made, 19, late_days=2))["anna 10"] == ".??"


def test_each_scored_day_is_joined_with_what_followed_it() -> None:
    with scored(LOG, 3, 10, 11) as made:
        found = drawn(outcomes(made, 18))
    # anna comes back on day 10, which is 7 days after day 3, and again on day 15
    assert {key: value for key, value in found.items() if key.startswith("anna")} == {
        "anna 3": "..?", "anna 10": ".??", "anna 11": ".??"
    }  # fmt: skip
    assert {key: value for key, value in found.items() if key.startswith("cleo")} == {
        "cleo 3": "..?", "cleo 10": "x??", "cleo 11": "x??"
    }  # fmt: skip


def test_nothing_after_the_monitored_day_has_any_part() -> None:
    later = LOG + events("bea", "." * 18 + "x") + events("dora", "." * 20 + "xxx") + events("anna", "." * 15 + "5", known=18)
    scores_of_later = scored(later, 10, 18, 19)
    with scored(LOG, 10) as made, scores_of_later as other:
        assert drawn(outcomes(made, 17)) == drawn(outcomes(other, 17))
        assert np.array_equal(outcomes(made, 17).risks, outcomes(other, 17).risks)


def test_what_became_known_later_was_not_known_then() -> None:
    late = [row for row in LOG if row["creator"] != "anna" or row["day"] != 15] + events("anna", "." * 15 + "x", known=20)
    with scored(late, 10) as made:
        assert drawn(outcomes(made, 17))["anna 10"] == "x??"
        assert drawn(outcomes(made, 20))["anna 10"] == ".??"


def test_the_window_holds_what_became_ripe_in_it_horizon_by_horizon() -> None:
    with scored(LOG, 10) as made:
        assert drawn(outcomes(made, 24, window_days=8))["bea 10"] == "xx?"
        assert drawn(outcomes(made, 25, window_days=8))["bea 10"] == "?x?"
        assert drawn(outcomes(made, 32, window_days=8)) == {}


def test_nobody_who_was_scored_is_lost_whatever_the_cohort_holds_today() -> None:
    with scored([], 10) as made:  # not one event is left in the log, and there is no cohort
        assert drawn(outcomes(made, 17)) == dict.fromkeys([f"{name} 10" for name in EVERYBODY], "x??")


def test_risks_ranks_and_outcomes_stand_in_the_same_row() -> None:
    with scored(LOG, 10, who=("dora", "cleo", "anna", "bea")) as made:
        found = outcomes(made, 38)
    assert dict(zip(found.creator_id, found.rank, strict=True)) == {"dora": 1, "cleo": 2, "anna": 3, "bea": 4}
    assert found.risks[list(found.creator_id).index("anna")] == pytest.approx([0.6, 0.5, 0.4])


def test_an_id_that_became_a_person_comes_back_as_that_person() -> None:
    with scored(LOG, 10, who=("device", "dora"), links=[("device", "anna", 12)]) as made:
        assert drawn(outcomes(made, 17))["device 10"] == ".??"


def test_other_models_scores_are_not_this_models() -> None:
    with scored(LOG, 10) as made:
        put(made, risk_scores_table(HORIZONS), [score(day(9), 1, (0.5, 0.4, 0.3), creator="anna") | {"model_name": "other"}])
        assert set(drawn(outcomes(made, 17))) == {f"{name} 10" for name in EVERYBODY}
