"""How risk moved, and what came true: drawn scores and labels in, the trend out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from fancare.config import Config
from fancare.reports.risk_trend import PastWeek, past_churn, previous_risks, read
from fancare.warehouse.duckdb_engine import Warehouse
from fancare.warehouse.schema import labels_table, risk_scores_table, watchlist_table
from tests import drawn_log
from tests.report_tables import AS_OF, HORIZONS, put, score

CONFIG = drawn_log.config()


def ago(days: int) -> date:
    return AS_OF - timedelta(days)


@pytest.fixture
def warehouse():
    with Warehouse.in_memory() as made:
        yield made


def scores(warehouse: Warehouse, *rows: dict) -> None:
    put(warehouse, risk_scores_table(HORIZONS), list(rows))


def test_a_drawn_day(warehouse):
    scores(
        warehouse,
        score(AS_OF, 1, (0.9, 0.8, 0.6), "a", band="high"),
        score(AS_OF, 2, (0.5, 0.4, 0.2), "b", band="medium"),
        score(AS_OF, 3, (0.1, 0.0, 0.1), "c", band="low"),
        score(AS_OF, 1, (1.0, 1.0, 1.0), fan="f", entity="fan"),  # another entity's
    )
    (today,) = read(warehouse, CONFIG, AS_OF)
    assert today.as_of == today.data_through == AS_OF
    assert (today.n, today.n_high, today.n_medium, today.n_low, today.n_unknown) == (3, 1, 1, 1, 0)
    assert [today.mean(h) for h in HORIZONS] == pytest.approx([0.5, 0.4, 0.3])
    assert today.is_banded
    assert (today.model_name, today.model_version) == ("creator_churn", "20260630-1a2b3c")
    assert today.scored_at == datetime(2026, 6, 30, 21, 5)


def test_days_are_oldest_first_up_to_the_day_and_no_more_than_asked(warehouse):
    scores(warehouse, *(score(ago(n), 1, (0.5, 0.4, 0.3), "a") for n in (0, 3, 1, 40)))
    assert [day.as_of for day in read(warehouse, CONFIG, ago(1))] == [ago(40), ago(3), ago(1)]
    assert [day.as_of for day in read(warehouse, CONFIG, AS_OF, days=2)] == [ago(1), AS_OF]
    assert read(warehouse, CONFIG, ago(41)) == ()


def test_a_day_without_bands(warehouse):
    scores(warehouse, *(score(AS_OF, None, (0.5, 0.4, 0.3), name, band="unknown") for name in "ab"))
    (today,) = read(warehouse, CONFIG, AS_OF)
    assert not today.is_banded
    assert (today.n, today.n_unknown) == (2, 2)


def test_nothing_scored_yet(warehouse):
    assert read(warehouse, CONFIG, AS_OF) == ()
    assert previous_risks(warehouse, CONFIG, AS_OF, 14) == (None, {})
    assert past_churn(warehouse, CONFIG, AS_OF, 14) == ()


def test_the_day_before_of_those_on_the_list(warehouse):
    scores(
        warehouse,
        *(score(AS_OF, n, (0.9, 0.8, 0.7), name) for n, name in enumerate("abc", start=1)),
        score(ago(2), 1, (0.6, 0.5, 0.4), "a"),
        score(ago(2), 2, (0.5, 0.3, 0.2), "z"),  # not on today's list
        score(ago(9), 1, (0.2, 0.1, 0.1), "b"),  # an older day's
    )
    listed = {"entity": "creator", "as_of": AS_OF, "band": "high", "last_active_date": AS_OF, "silence_days": 0,
              "reasons_ko": "", "reasons_en": "", "model_version": "v", **{f"risk_{h}d": 0.9 for h in HORIZONS}}  # fmt: skip
    put(warehouse, watchlist_table(HORIZONS), [listed | {"creator_id": name, "rank": n} for n, name in enumerate("ab", start=1)])
    assert previous_risks(warehouse, CONFIG, AS_OF, 14) == (ago(2), {("a", None): 0.5})
    assert previous_risks(warehouse, CONFIG, AS_OF, 28)[1] == {("a", None): 0.4}


# --- what came true


def labels(warehouse: Warehouse, drawn: dict[int, str], horizons: tuple[int, ...] = HORIZONS, entity: str = "creator") -> None:
    """Per day (days before AS_OF) a mark per creator: x churned, o came back, ? not known yet."""
    known = {"x": True, "o": False, "?": None}
    put(warehouse, labels_table(horizons), [
        {"entity": entity, "creator_id": f"c{n}", "as_of": ago(back), **{f"churned_{h}d": known[mark] for h in horizons}}
        for back, marks in drawn.items() for n, mark in enumerate(marks)
    ])  # fmt: skip


def test_shares_of_drawn_weeks(warehouse):
    labels(warehouse, {28: "xxoo", 21: "xooo", 14: "xoo", 7: "????"})
    labels(warehouse, {28: "xxxx"}, entity="fan")
    assert past_churn(warehouse, CONFIG, AS_OF, 14) == (
        PastWeek(ago(28), 0.5, 4), PastWeek(ago(21), 0.25, 4), PastWeek(ago(14), pytest.approx(1 / 3), 3)
    )  # fmt: skip
    assert past_churn(warehouse, CONFIG, AS_OF, 14, weeks=1) == (PastWeek(ago(14), pytest.approx(1 / 3), 3),)


def test_a_report_of_a_past_day_knows_no_later_outcome(warehouse):
    """The labels were made with the whole log; the report of an earlier day shows what had elapsed by then."""
    labels(warehouse, {35: "xo", 28: "xo", 21: "xo"})
    assert [week.as_of for week in past_churn(warehouse, CONFIG, ago(14), 14)] == [ago(35), ago(28)]
    assert [week.as_of for week in past_churn(warehouse, CONFIG, ago(15), 14)] == [ago(35)]


def test_one_weekday_so_that_weeks_are_equally_far_apart(warehouse):
    labels(warehouse, {42: "xo", 38: "xx", 35: "xo", 28: "xo", 24: "xx"})
    assert [week.as_of for week in past_churn(warehouse, CONFIG, AS_OF, 14)] == [ago(42), ago(35), ago(28)]


def test_labels_of_other_horizons_have_nothing_to_say(warehouse):
    labels(warehouse, {42: "xo"}, horizons=(7, 28))
    assert past_churn(warehouse, CONFIG, AS_OF, 14) == ()


def test_horizons_follow_the_configuration(warehouse):
    config: Config = replace(CONFIG, churn=replace(CONFIG.churn, horizons=(7, 28)))
    scores(warehouse, score(AS_OF, 1, (0.9, 0.8, 0.6), "a"))
    (today,) = read(warehouse, config, AS_OF)
    assert today.mean_risk == ((7, 0.9), (28, 0.6))
