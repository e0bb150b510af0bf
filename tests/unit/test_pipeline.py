"""The main job is one readable list: what each stage reads was written by one before it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fancare.errors import DataQualityError
from fancare.job import Job
from fancare.pipeline import MAIN_JOB, Stage, run
from fancare.warehouse.duckdb_engine import Warehouse
from fancare.warehouse.schema import all_tables
from tests.drawn_log import config

OUTSIDE = {"source files"}
NO_TABLES = {"registry", "CSV", "HTML", "features"}


def test_what_a_stage_reads_was_written_before():
    written = set(OUTSIDE)
    for stage in MAIN_JOB:
        assert set(stage.reads) <= written | set(stage.writes), stage.name
        written |= set(stage.writes)


def test_stages_speak_of_tables_of_the_schema():
    known = {table.name for table in all_tables((7, 14, 28))} | NO_TABLES | OUTSIDE
    assert {name for stage in MAIN_JOB for name in (*stage.reads, *stage.writes)} <= known


def test_names_are_unique_and_each_stage_says_what_it_does():
    assert len({stage.name for stage in MAIN_JOB}) == len(MAIN_JOB)
    assert all(stage.run.__doc__ for stage in MAIN_JOB)


def test_stages_run_in_order_and_their_words_are_kept_by_stage():
    with Warehouse.in_memory() as warehouse:
        job = Job(config(), warehouse, datetime(2026, 7, 1, tzinfo=UTC))
        run(job, [Stage("one", (), (), lambda _: ("first",)), Stage("two", (), (), lambda j: [*j.told["one"], "second"])])
        assert job.told == {"one": ["first"], "two": ["first", "second"]}


def test_a_stage_that_stops_is_the_last():
    def stop(_: Job) -> list[str]:
        raise DataQualityError("red")

    with Warehouse.in_memory() as warehouse:
        job = Job(config(), warehouse, datetime(2026, 7, 1, tzinfo=UTC))
        stages = [Stage("one", (), (), lambda _: ("first",)), Stage("two", (), (), stop), Stage("three", (), (), lambda _: ())]
        with pytest.raises(DataQualityError):
            run(job, stages)
        assert job.told == {"one": ["first"]}
