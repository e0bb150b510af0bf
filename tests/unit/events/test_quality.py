"""`fancare check` as a whole: event names, amounts, actors, what is written, and the words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fancare.config import QualityConfig
from fancare.errors import ConfigError
from fancare.events.quality import check
from fancare.messages import codes, placeholders
from fancare.tomlspec import read_table
from fancare.warehouse.duckdb_engine import Warehouse
from tests.drawn_days import FIRST, config_for, day, draw

DAYS = 63
STEADY = [200] * DAYS
NOW = datetime(FIRST.year, FIRST.month, FIRST.day, 12, tzinfo=UTC) + timedelta(days=DAYS + 1)  # the day after the last


@pytest.fixture
def warehouse():
    with Warehouse.in_memory() as opened:
        yield opened


def report_of(warehouse, config, log, amount=None, now=NOW, actors=40):
    extent = draw(warehouse, log, amount, actors)
    return check(warehouse, config, extent, now, tuple(day(i) for i in range(DAYS)))


def findings(report, name):
    return [(check.verdict, check.subject, check.day) for check in report.checks if check.name == name]


# --- names


def test_a_listed_name_that_never_occurs_is_red_and_the_nearest_ones_are_offered(warehouse, tmp_path):
    config = config_for(tmp_path, activity=["mesage", "donation"])
    report = report_of(warehouse, config, {"message": STEADY, "donation": STEADY, "room enter": STEADY})
    assert findings(report, "name_never_seen") == [("red", "mesage", None)]
    assert report.sentence == (
        "The event 'mesage', listed in [events] fan_activity, never occurs in the log; the nearest names there are "
        "'message': correct the name in the config."
    )


def test_a_name_that_matters_to_other_entities_only_is_amber(warehouse, tmp_path):
    config = config_for(tmp_path, events='creator_activity = ["broadcast"]')
    report = report_of(warehouse, config, {"message": STEADY})
    assert findings(report, "name_never_seen") == [("amber", "broadcast", None)]


@pytest.mark.parametrize(
    ("counts", "verdict", "on"),
    [
        pytest.param([30] * 62 + [0], "red", 62, id="a frequent name, missing for a day"),
        pytest.param([30] * 60 + [0, 30, 0], "red", 62, id="missing, back, missing again"),
        pytest.param([30] * 61 + [0, 30], None, None, id="missing for a day, back since"),
        pytest.param([1, 0, 0] * 21, None, None, id="a rare name"),
        pytest.param([1, 0, 0] * 15 + [0] * 18, "amber", 43, id="a rare name, silent since long"),
        pytest.param([1, 0] * 24 + [0] * 15, "amber", 47, id="silent for longer than fresh days reach"),
        pytest.param([30] * 50 + [0] * 13, "red", 56, id="gone for two weeks"),
        pytest.param([0] * 60 + [30] * 3, None, None, id="a new name"),
    ],
)
def test_a_name_that_vanished(warehouse, tmp_path, counts, verdict, on):
    config = config_for(tmp_path, activity=["message", "gift"])
    report = report_of(warehouse, config, {"message": STEADY, "gift": counts})
    expected = [] if verdict is None else [(verdict, "gift", day(on))]
    assert findings(report, "name_missing") == expected


def test_a_name_that_came_back_has_a_gap_and_is_not_missing(warehouse, tmp_path):
    config = config_for(tmp_path, activity=["message", "gift"])
    report = report_of(warehouse, config, {"message": STEADY, "gift": [30] * 60 + [0, 0, 30]})
    assert findings(report, "name_low") == [("amber", "gift", day(61)), ("amber", "gift", day(60))]
    assert findings(report, "name_missing") == []


def test_a_name_that_is_missing_was_last_seen_before(warehouse, tmp_path):
    config = config_for(tmp_path, activity=["message", "gift"])
    extent = draw(warehouse, {"message": [*STEADY, 90], "gift": [30] * 62 + [0, 12]})
    not_yet_whole = replace_last(extent, 62)
    report = check(warehouse, config, not_yet_whole, NOW, ())
    assert findings(report, "name_missing") == [("red", "gift", day(62))]
    assert f"is missing on {day(62)} (last seen {day(61)}; usual" in report.sentence


def test_a_renamed_event_is_red_and_the_new_name_is_offered(warehouse, tmp_path):
    config = config_for(tmp_path)
    report = report_of(warehouse, config, {
        "message": [200] * 61 + [0, 0], "message_sent": [0] * 61 + [200, 200], "open": STEADY,
    })  # fmt: skip
    assert findings(report, "name_missing") == [("red", "message", day(61))]
    assert "similar new names are 'message_sent'" in report.sentence
    assert findings(report, "name_new") == [("green", "message_sent", None)]


def test_an_unlisted_name_that_vanished_is_amber(warehouse, tmp_path):
    report = report_of(warehouse, config_for(tmp_path), {"message": STEADY, "visit": [90] * 62 + [0]})
    assert findings(report, "name_missing") == [("amber", "visit", day(62))]
    assert report.verdict == "amber"


def test_an_empty_day_is_one_finding_not_one_per_name(warehouse, tmp_path):
    gone = [200] * 62 + [0]
    report = report_of(warehouse, config_for(tmp_path), {"message": gone, "visit": gone})
    assert [(c.name, c.day) for c in report.red] == [("zero_day", day(62))]


def test_hostile_names_are_counted_and_shown_in_one_line(warehouse, tmp_path):
    names = ["x'; DROP TABLE activity_daily; --", "a\nb", "{0}", "n" * 10_000]
    log = {name: [50] * 62 + [0] for name in names} | {"message": STEADY}
    report = report_of(warehouse, config_for(tmp_path), log)
    assert {subject for _, subject, _ in findings(report, "name_missing")} == set(names)
    assert all("\n" not in line and len(line) < 400 for line in report.lines())
    assert warehouse.has_table("activity_daily")


# --- amounts


def test_revenue_that_loses_its_amounts_is_red(warehouse, tmp_path):
    config = config_for(tmp_path, activity=["donation"], events='revenue = ["donation"]')
    extent = draw(warehouse, {"donation": STEADY}, amount=5.0)
    warehouse.raw("UPDATE activity_daily SET amount_sum = NULL, amount_max = NULL WHERE activity_date = $d", {"d": day(62)})
    report = check(warehouse, config, extent, NOW)
    assert findings(report, "amount_missing") == [("red", "donation", day(62))]


def test_amounts_in_another_unit_are_amber(warehouse, tmp_path):
    config = config_for(tmp_path, activity=["donation"], events='revenue = ["donation"]')
    extent = draw(warehouse, {"donation": STEADY}, amount=5.0)
    warehouse.raw("UPDATE activity_daily SET amount_max = 5e6 WHERE activity_date = $d", {"d": day(61)})
    report = check(warehouse, config, extent, NOW)
    assert findings(report, "amount_jump") == [("amber", "donation", day(61))]


# --- actors


@pytest.mark.parametrize(
    ("entity", "actors", "name", "verdict"),
    [("creator", 1, "one_entity", "red"), ("fan", 1, "one_entity", "red"), ("creator", 12, "few_entities", "amber")],
)
def test_too_few_to_compare(warehouse, tmp_path, entity, actors, name, verdict):
    report = report_of(warehouse, config_for(tmp_path, entity), {"message": STEADY}, actors=actors)
    assert [v for v, _, _ in findings(report, name)] == [verdict]
    if (entity, actors) == ("creator", 1):
        assert report.sentence == (
            'The log has one creator only, so there are no creators to compare: set [churn] entity = "fan".'
        )


def test_a_bot_is_named(warehouse, tmp_path):
    report = report_of(warehouse, config_for(tmp_path), {"message": STEADY, "ping": [0] * 62 + [50_000]}, actors=1)
    assert ("amber", "fan f0", day(62)) in findings(report, "bot")


# --- outages, age, what is written


def test_a_declared_outage_is_green_with_a_note(warehouse, tmp_path):
    config = config_for(tmp_path, extra=f'[quality]\nknown_outages = ["{day(62)}"]')
    report = report_of(warehouse, config, {"message": [200] * 62 + [0], "visit": [100] * 62 + [0]})
    assert report.verdict == "green"
    assert f"{day(62)} has 0 events where about 300 are usual: a known outage" in "\n".join(report.lines())


def test_a_red_day_stays_red_until_it_is_declared_or_repaired(warehouse, tmp_path):
    config = config_for(tmp_path)
    draw(warehouse, {"message": [200] * 62 + [0]})
    extent = draw(warehouse, {"later": [0] * 62 + [0] + [200] * 30})
    late = [check(warehouse, config, replace_last(extent, 62), NOW, (day(62),))]
    late += [check(warehouse, config, extent, NOW + timedelta(days=i), ()) for i in (1, 2)]
    assert [("red", "activity_daily", day(62)) in findings(report, "zero_day") for report in late] == [True] * 3
    declared = config_for(tmp_path / "b", extra=f"[quality]\nknown_outages = [{day(62)}]")
    assert day(62) not in [c.day for c in check(warehouse, declared, extent, NOW + timedelta(days=3)).red]


def replace_last(extent, last):
    return type(extent)(extent.first_day, day(last + 1), day(last), day(last))


def aged(age):
    return datetime(FIRST.year, FIRST.month, FIRST.day, 12, tzinfo=UTC) + timedelta(days=DAYS + age)


@pytest.mark.parametrize(("age", "verdict"), [(2, "green"), (5, "amber"), (59, "amber"), (61, "amber"), (300, "amber")])
def test_a_log_that_fell_behind_is_amber(warehouse, tmp_path, age, verdict):
    report = report_of(warehouse, config_for(tmp_path), {"message": STEADY}, now=aged(age))
    assert findings(report, "age") == [(verdict, "events", None)]


def test_a_log_that_ended_long_ago_may_be_history(warehouse, tmp_path):
    config = config_for(tmp_path)
    report = report_of(warehouse, config, {"message": STEADY}, now=aged(147))
    (found,) = (c for c in report.checks if c.name == "age")
    assert found.message_ko.startswith(
        f"로그의 마지막 이벤트가 147일 전({day(DAYS)})입니다. 지난 로그를 시험하는 것이 아니라면 내보내기를 확인해 주세요"
    )
    meant = replace(config, source=replace(config.source, data_through=day(62)))
    assert findings(report_of(warehouse, meant, {"message": STEADY}, now=aged(147)), "age") == [("green", "events", None)]


def test_late_events_may_still_fill_a_low_day(warehouse, tmp_path):
    extent = draw(warehouse, {"message": [700] * 62 + [300]})
    waiting = type(extent)(extent.first_day, extent.last_day, extent.last_whole_day, day(60))
    report = check(warehouse, config_for(tmp_path), waiting, NOW, (day(62),))
    assert findings(report, "low_day") == [("amber", "activity_daily", day(62))]


def test_every_finding_is_written_once_and_a_second_check_of_the_moment_replaces_the_first(warehouse, tmp_path):
    config = config_for(tmp_path, activity=["message", "gift"])
    extent = draw(warehouse, {"message": [200] * 62 + [0]})
    reports = [check(warehouse, config, extent, NOW) for _ in range(2)]
    assert reports[0].checks == reports[1].checks
    written = warehouse.rows("SELECT check_name, subject, activity_date, message_ko FROM quality_checks")
    assert sorted(map(str, written)) == sorted(str((c.name, c.subject, c.day, c.message_ko)) for c in reports[1].checks)
    assert len({row[:3] for row in written}) == len(written)
    check(warehouse, config, extent, NOW + timedelta(hours=1))
    assert warehouse.value("SELECT COUNT(DISTINCT checked_at) FROM quality_checks") == 2


def test_an_empty_log_is_red(warehouse, tmp_path):
    extent = draw(warehouse, {"message": [1]})
    warehouse.raw("DELETE FROM activity_daily")
    report = check(warehouse, config_for(tmp_path), extent, NOW)
    assert report.sentence == "The log holds no event: check [source] path and [source.columns], then ingest again."


def test_lines_show_the_worst_first_and_no_more_than_five_of_a_kind(warehouse, tmp_path):
    counts = [700 if i % 12 else 100 for i in range(20, 144)]
    extent = draw(warehouse, {"message": [*counts, 0]})
    report = check(warehouse, config_for(tmp_path), extent, NOW)
    lines = report.lines()
    assert lines[0].split()[:2] == ["red", "zero_day"]
    assert sum("low_day" in line for line in lines) == 6
    assert any(line.endswith("more") for line in lines)
    assert lines[-1].startswith("Quality: red (1 red, ")
    assert "이벤트 0건" in report.lines("ko")[0]


def test_events_that_count_twice_are_red(warehouse, tmp_path):
    from fancare.warehouse.schema import EVENTS

    extent = draw(warehouse, {"message": STEADY})
    warehouse.create(EVENTS)
    report = check(warehouse, config_for(tmp_path), extent, NOW)
    assert ("red", "activity_daily", day(0)) in findings(report, "not_conserved")


# --- words and config


def test_both_languages_hold_the_same_facts():
    assert all(placeholders(code, "ko") == placeholders(code, "en") for code in codes("quality."))


def test_outages_are_days():
    assert read_table(QualityConfig, {"known_outages": ["2026-02-17"]}, "x").known_outages[0].isoformat() == "2026-02-17"
    with pytest.raises(ConfigError, match=r"known_outages = '17 Feb' is not a day; write it as 2026-01-31\."):
        read_table(QualityConfig, {"known_outages": ["17 Feb"]}, "fancare.toml [quality]")
