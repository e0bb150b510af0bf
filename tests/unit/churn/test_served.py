"""Served is what was known then: a late backfill that changed a score is caught, what has another cause is told as such."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from fancare.churn import served
from fancare.churn.certificate import Check
from fancare.churn.registry import Registry
from fancare.churn.scoring import score_day
from fancare.churn.training import promote
from fancare.events.altered_log import copy_as_arrived
from fancare.events.daily import rebuild_days
from fancare.events.extent import timeline_of
from fancare.panel.build import build
from fancare.progress import Progress
from fancare.warehouse.duckdb_engine import Warehouse
from tests import arriving_platform
from tests.arriving_platform import NOW, Version
from tests.drawn_certificate import NUMBERS, certify

LATE = "arrived_at = CAST(activity_date AS TIMESTAMP) + INTERVAL 2 DAY"


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Version]:
    """A version that has scored its origin; each test changes the log or the scores and puts them back."""
    path = arriving_platform.write_platform(tmp_path_factory.mktemp("platform"))
    arriving_platform.bring_in(path)
    with arriving_platform.version_of(path, tmp_path_factory.mktemp("version")) as made:
        registry = Registry.of(made.config)
        certify(registry.root / made.bundle.name / registry.register(made.bundle), made.bundle)
        promote(made.config, None, None, NOW)
        scored_again(made)
        yield made


@pytest.fixture
def log(version: Version) -> Iterator[Warehouse]:
    """Its warehouse, whose scores, events and files are afterwards what they were."""
    kept = ("events", "activity_daily", "risk_scores", "ingested_files")
    for name in kept:
        version.warehouse.raw(f"CREATE OR REPLACE TABLE kept_{name} AS SELECT * FROM {name}")
    yield version.warehouse
    for name in kept:
        version.warehouse.raw(f"DELETE FROM {name}")
        version.warehouse.raw(f"INSERT INTO {name} SELECT * FROM kept_{name}")
    built_again(version)


def built_again(version: Version) -> None:
    """Daily activity and features from the log as it is now."""
    log, config, origin = version.warehouse, version.config, version.bundle.interval.origin
    rebuild_days(log, config, tuple(day for (day,) in log.rows("SELECT DISTINCT activity_date FROM events ORDER BY 1")))
    build(log, config, timeline_of(log, config, origin).weekly_as_ofs(), origin)


def scored_again(version: Version) -> None:
    score_day(version.warehouse, version.config, version.bundle.interval.origin, NOW, Progress())


def backfill(version: Version) -> None:
    """Every creator turns out to have broadcast on the origin, which nobody hears of for two days."""
    version.warehouse.raw(
        "INSERT INTO events BY NAME SELECT * REPLACE ('backfilled ' || actor_id AS event_id, $day AS activity_date, "
        "CAST($day AS TIMESTAMP) + INTERVAL 3 HOUR AS event_time, CAST($day AS TIMESTAMP) + INTERVAL 2 DAY AS arrived_at) "
        "FROM (SELECT DISTINCT ON (actor_id) * FROM events WHERE event_name = 'broadcast')",
        {"day": version.bundle.interval.origin},
    )


def checked(version: Version) -> Check:
    return version.certification.as_known_then()


def held(version: Version) -> served.Held:
    """The origin's scores held against what had arrived by then."""
    origin = version.bundle.interval.origin
    (day,) = served.served_days(version.warehouse, version.config, [origin])
    with Warehouse.in_memory() as arrived:
        copy_as_arrived(version.warehouse, arrived, version.config, origin)
        return served.held_against(version.warehouse, arrived, version.config, day, version.bundle)


def changed(log: Warehouse) -> None:
    log.raw("UPDATE risk_scores SET risk_7d = risk_7d * 0.9")


def test_what_an_honest_log_served_is_what_was_known_then(version: Version) -> None:
    found = checked(version)
    n = version.warehouse.value("SELECT COUNT(*) FROM risk_scores")
    assert (found.status, found.worst) == ("passed", None)
    assert {name: found.numbers[name] for name in found.numbers if name.startswith("served")} == {
        "served_days": 1, "served_days_compared": 1, "served_risks": n, "served_strangers": 0,
    }  # fmt: skip
    assert n > 10
    assert found.numbers["largest_served_difference"] <= served.SERVED_TOLERANCE
    assert f"실제로 내보낸 1일 중 1일, 위험도 {n}개" in found.told("ko")[2]


def test_a_rerun_after_a_late_backfill_serves_what_was_known_then(version: Version, log: Warehouse) -> None:
    before = log.rows("SELECT creator_id, risk_7d FROM risk_scores ORDER BY 1")
    backfill(version)
    built_again(version)
    scored_again(version)
    assert checked(version).status == "passed"
    assert log.rows("SELECT creator_id, risk_7d FROM risk_scores ORDER BY 1") == before


def test_a_late_backfill_that_changed_a_served_score_is_caught(version: Version, log: Warehouse) -> None:
    backfill(version)
    log.raw("UPDATE events SET arrived_at = NULL WHERE event_id LIKE 'backfilled %'")  # a run to which late is on time
    built_again(version)
    scored_again(version)
    log.raw(f"UPDATE events SET {LATE} WHERE event_id LIKE 'backfilled %'")
    built_again(version)  # the features are as they should be again: only what was served tells of it
    found = checked(version)
    assert (found.status, found.worst) == ("failed", f"served risks of {version.bundle.interval.origin}")
    assert found.numbers["differing"] == 0
    assert found.numbers["largest_served_difference"] > 10 * served.SERVED_TOLERANCE


def test_an_entity_that_was_served_and_not_known_then_is_caught(version: Version, log: Warehouse) -> None:
    log.raw("UPDATE risk_scores SET creator_id = 'nobody' WHERE creator_id = (SELECT MIN(creator_id) FROM risk_scores)")
    one = held(version)
    assert (one.strangers, one.equal, one.why) == (2, False, None)


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ("UPDATE risk_scores SET model_version = '20200101-00000000'", "gone"),
        ("UPDATE risk_scores SET spec_hash = 'other'", "definition"),
        ("UPDATE risk_scores SET scored_at = CAST(as_of AS TIMESTAMP)", "too_early"),
        ("UPDATE ingested_files SET ingested_at = ingested_at + INTERVAL 1 DAY, last_time = first_time", "read_since"),
        (
            "UPDATE ingested_files SET ingested_at = ingested_at + INTERVAL 1 DAY, n_late = n_events, n_identity_duplicates = 1",
            "merged",
        ),
        # a late backfill says itself that it is late: no excuse
        ("UPDATE ingested_files SET ingested_at = ingested_at + INTERVAL 1 DAY, n_late = n_events", None),
        # nor is a file of later days
        ("UPDATE ingested_files SET ingested_at = ingested_at + INTERVAL 1 DAY, first_time = last_time", None),
        ("UPDATE ingested_files SET n_events = n_events", None),
    ],
)
def test_a_difference_with_another_cause_is_told_and_not_compared(
    version: Version, log: Warehouse, what: str, why: str | None
) -> None:
    changed(log)
    log.raw(what)
    one = held(version)
    assert one.why == why
    told = served.told([one])
    assert told["served_days_compared"] == (1 if why is None else 0)
    if why is None:
        assert one.risks
        assert not one.equal
    else:
        assert told[f"served_not_compared_{why}"] == 1
        told_in_words = Check("as_known_then", "passed", {**NUMBERS["as_known_then"], **told}).told("en")[2]
        assert "1 days not compared" in told_in_words


def test_a_feature_declared_otherwise_now_is_no_leak(version: Version, log: Warehouse, monkeypatch) -> None:
    changed(log)
    assert held(version).why is None
    monkeypatch.setattr(served, "plan", lambda *_: type("Plan", (), {"features": ()}))
    assert held(version).why == "declared"


def test_the_newest_day_is_held_and_the_one_scored_longest_after(version: Version, log: Warehouse) -> None:
    origin = version.bundle.interval.origin
    for back, days_after in ((30, 3), (20, 40), (10, 3)):
        log.raw(
            "INSERT INTO risk_scores SELECT * REPLACE ($day AS as_of, $at AS scored_at) FROM kept_risk_scores",
            {
                "day": origin - timedelta(back),
                "at": datetime.combine(origin, datetime.min.time()) - timedelta(back - days_after),
            },
        )
    days = [one.as_of for one in served.served_days(log, version.config, [])]
    assert days == [origin - timedelta(20), origin]
    always = [origin - timedelta(30), origin - timedelta(1)]
    assert [one.as_of for one in served.served_days(log, version.config, always)] == [always[0], *days]


def test_before_anything_was_served_nothing_is_said() -> None:
    with Warehouse.in_memory() as empty:
        assert served.told([]) == {}
        assert not empty.has_table("risk_scores")
    assert "served" not in Check("as_known_then", "passed", NUMBERS["as_known_then"]).told("en")[2]
