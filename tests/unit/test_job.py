"""A job knows its day, and leaves a row in `runs` whatever happens."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from fancare import __version__
from fancare.config import Config
from fancare.errors import DataQualityError, NotEnoughHistory, WarehouseError
from fancare.job import open_job
from fancare.warehouse.duckdb_engine import open_url
from tests.small_log import bring_in, event, write_config, write_jsonl

NOW = datetime(2026, 7, 1, 9, tzinfo=UTC)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    settings = write_config(tmp_path)
    days = [event("broadcast", f"2026-06-{d:02d} 03:00", id=str(d), user="c", creator="c") for d in range(1, 21)]
    write_jsonl(tmp_path / "log/a.jsonl", days)
    return settings


def runs(config: Config) -> list[tuple]:
    with open_url(config.warehouse.url, config.path.parent, "300MB", 1) as warehouse:
        return warehouse.rows(
            "SELECT command, status, started_at, finished_at IS NULL, code_version, spec_hash, data_from, data_through, "
            "CAST(detail AS STRING) FROM runs ORDER BY started_at"
        )


def test_a_run_that_is_done_is_on_record_with_its_data_and_its_words(config):
    with open_job(config, "ingest", NOW) as job:
        bring_in(job.warehouse, config, NOW)
        job.told["ingest"] = ["방송 20"]
    ((command, status, started, unfinished, version, spec, first, through, detail),) = runs(config)
    assert (command, status, unfinished) == ("ingest", "done", False)
    assert started == datetime(2026, 7, 1, 9)
    assert (version, spec) == (__version__, config.spec_hash)
    assert (first, through) == (date(2026, 6, 1), date(2026, 6, 17))  # the last day is not whole, then two for late events
    assert json.loads(detail) == {"ingest": ["방송 20"]}


@pytest.mark.parametrize("error", [KeyError, KeyboardInterrupt, SystemExit])
def test_a_run_that_fails_is_on_record_and_the_error_goes_on(config, error):
    with pytest.raises(error), open_job(config, "check", NOW):
        raise error
    assert [row[:2] for row in runs(config)] == [("check", "failed")]


def test_a_run_that_is_killed_stays_running(config):
    job = open_job(config, "train", NOW)
    job.__enter__().warehouse.close()
    assert [row[:2] for row in runs(config)] == [("train", "running")]
    assert not job.__exit__(KeyError, KeyError(), None)  # tidies up, hides nothing


def test_a_warehouse_that_fails_does_not_hide_the_reason(config):
    def fail() -> None:
        with open_job(config, "check", NOW) as job:
            job.warehouse.close()
            raise DataQualityError("the reason")

    with pytest.raises(DataQualityError, match="the reason"):
        fail()


def test_two_runs_at_the_same_moment_are_two_rows(config):
    for _ in range(2):
        with open_job(config, "ingest", NOW):
            pass
    assert len(runs(config)) == 2


def test_the_day_is_the_last_complete_one_or_as_asked(config):
    with open_job(config, "score", NOW) as job:
        bring_in(job.warehouse, config, NOW)
        assert job.as_of == date(2026, 6, 17)
        assert job.timeline.data_through == date(2026, 6, 17)
        assert job.timeline.late_days == 2
        job.asked_as_of = date(2026, 6, 10)
        assert (job.as_of, job.timeline.data_through) == (date(2026, 6, 10), date(2026, 6, 10))
        for outside in (date(2026, 5, 31), date(2026, 6, 18)):
            job.asked_as_of = outside
            with pytest.raises(NotEnoughHistory) as stop:
                _ = job.as_of
            assert str(stop.value) == (
                f"--as-of {outside} was given; the log is complete from 2026-06-01 through 2026-06-17: give a day in between, "
                f"or bring newer data."
            )


def test_a_warehouse_that_cannot_be_opened_leaves_no_job(config, tmp_path):
    (tmp_path / "fancare.duckdb").write_bytes(b"none" * 5000)
    with pytest.raises(WarehouseError), open_job(config, "check", NOW):
        raise AssertionError("not reached")
