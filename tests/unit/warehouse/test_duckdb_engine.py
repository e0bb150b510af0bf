"""The embedded warehouse: what is written is there as a whole or not at all, whatever the values hold."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from fancare.errors import WarehouseError
from fancare.warehouse.duckdb_engine import Warehouse, open_existing, open_url
from fancare.warehouse.schema import Column, Table

NOTES = Table(
    "notes",
    "Notes per day.",
    (Column("day", "DATE", "the day"), Column("n", "INT64", "how many"), Column("note", "STRING", "what", nullable=True)),
    key=("day", "note"),
    partition=("day",),
)
DAY_1, DAY_2, DAY_3 = (date(2026, 6, n) for n in (1, 2, 3))


@pytest.fixture
def warehouse():
    with Warehouse.in_memory() as made:
        made.append(NOTES, notes([(DAY_1, 1, "a"), (DAY_2, 2, "b")]))
        yield made


def notes(rows: list[tuple]) -> pa.Table:
    return pa.table({"day": [r[0] for r in rows], "n": [r[1] for r in rows], "note": pa.array([r[2] for r in rows], pa.string())})


def held(warehouse: Warehouse) -> list[tuple]:
    return warehouse.rows("SELECT day, n, note FROM notes ORDER BY day, n")


# --- transactions


def test_an_error_inside_leaves_every_table_as_it_was(warehouse):
    def go_wrong() -> None:
        with warehouse.transaction():
            warehouse.execute("DELETE FROM notes WHERE TRUE")
            warehouse.append(NOTES, notes([(DAY_3, 3, "c")]))
            raise KeyError

    before = held(warehouse)
    with pytest.raises(KeyError):
        go_wrong()
    assert held(warehouse) == before
    warehouse.append(NOTES, notes([(DAY_3, 3, "c")]))  # and the warehouse goes on
    assert len(held(warehouse)) == 3


def test_an_error_in_a_nested_transaction_undoes_the_outer_one(warehouse):
    def go_wrong() -> None:
        with warehouse.transaction():
            warehouse.execute("DELETE FROM notes WHERE TRUE")
            with warehouse.transaction():
                raise KeyError

    before = held(warehouse)
    with pytest.raises(KeyError):
        go_wrong()
    assert held(warehouse) == before


def test_a_process_that_dies_leaves_the_last_state(tmp_path):
    warehouse = Warehouse.open(tmp_path / "w.duckdb")
    warehouse.append(NOTES, notes([(DAY_1, 1, "a")]))
    warehouse._connection.begin()
    warehouse.execute("DELETE FROM notes WHERE TRUE")
    warehouse.close()  # without a commit
    with Warehouse.open(tmp_path / "w.duckdb") as again:
        assert held(again) == [(DAY_1, 1, "a")]


# --- partitions


def test_a_partition_is_replaced_as_a_whole_and_no_other(warehouse):
    n = warehouse.replace_partition(NOTES, {"day": DAY_2}, "SELECT @d AS day, 9 AS n, 'x' AS note UNION ALL SELECT @d, 8, NULL",
                                    {"d": DAY_2})  # fmt: skip
    assert n == 2
    assert held(warehouse) == [(DAY_1, 1, "a"), (DAY_2, 8, None), (DAY_2, 9, "x")]


def test_a_partition_can_be_emptied(warehouse):
    assert warehouse.replace_partition(NOTES, {"day": DAY_2}, "SELECT * FROM notes WHERE FALSE") == 0
    assert held(warehouse) == [(DAY_1, 1, "a")]


def test_columns_are_taken_by_name_not_by_position(warehouse):
    warehouse.replace_partition(NOTES, {"day": DAY_3}, "SELECT 'z' AS note, 3 AS n, @d AS day", {"d": DAY_3})
    assert held(warehouse)[-1] == (DAY_3, 3, "z")


def test_a_query_that_fails_leaves_the_partition(warehouse):
    before = held(warehouse)
    with pytest.raises(Exception, match="NOT NULL"):
        warehouse.replace_partition(NOTES, {"day": DAY_2}, "SELECT @d AS day, NULL AS n, 'x' AS note", {"d": DAY_2})
    assert held(warehouse) == before


def test_a_partition_must_be_named_as_the_schema_does(warehouse):
    with pytest.raises(ValueError, match="notes is partitioned by"):
        warehouse.replace_partition(NOTES, {"n": 1}, "SELECT * FROM notes")


def test_several_partitions_at_once(warehouse):
    sql = "SELECT d AS day, 5 AS n, CAST(NULL AS STRING) AS note FROM UNNEST(@days) AS d"
    warehouse.replace_partitions(NOTES, {}, "day", [DAY_2, DAY_3], sql, {"days": [DAY_2, DAY_3]})
    assert held(warehouse) == [(DAY_1, 1, "a"), (DAY_2, 5, None), (DAY_3, 5, None)]


# --- tables


def test_a_table_of_other_columns_is_made_anew(warehouse):
    wider = Table("notes", "Wider.", (*NOTES.columns, Column("extra", "FLOAT64", "more", nullable=True)), key=("day",))
    warehouse.create(NOTES)
    assert len(held(warehouse)) == 2
    warehouse.create(wider)
    assert warehouse.columns_of("notes") == ("day", "n", "note", "extra")
    assert held(warehouse) == []


def test_what_is_not_nullable_is_refused(warehouse):
    with pytest.raises(Exception, match="NOT NULL"):
        warehouse.append(NOTES, notes([(None, 1, "a")]))


def test_has_table(warehouse):
    assert warehouse.has_table("notes")
    assert not warehouse.has_table("'; DROP TABLE notes; --")


# --- values


@pytest.mark.parametrize("value", ["x'; DROP TABLE notes; --", "방송 💜", "$note", "@d", "a" * 10_000, ""])
def test_values_are_parameters_and_come_back_as_they_were(warehouse, value):
    assert warehouse.value("SELECT @v", {"v": value}) == value
    assert warehouse.rows("SELECT n FROM notes WHERE note = @v", {"v": value}) == []
    assert warehouse.rows("SELECT x FROM UNNEST(@list) AS x", {"list": [value, "b"]}) == [(value,), ("b",)]


def test_lists_of_days_and_an_empty_list(warehouse):
    in_list = "SELECT COUNT(*) FROM notes WHERE day IN UNNEST(@days)"
    assert warehouse.value(in_list, {"days": [DAY_1, DAY_3]}) == 1
    assert warehouse.value(in_list, {"days": []}) == 0


def test_a_table_name_never_means_a_python_variable(warehouse):
    secret = pa.table({"x": [1]})  # noqa: F841
    with pytest.raises(Exception, match="secret does not exist"):
        warehouse.rows("SELECT * FROM secret")


def test_batches_give_every_row_once(warehouse):
    sql = "SELECT n FROM UNNEST(GENERATE_ARRAY(1, 50000)) AS n"
    batches = [batch.num_rows for batch in warehouse.batches(sql, batch_rows=20_000)]
    assert sum(batches) == 50_000
    assert max(batches) <= 20_480
    assert warehouse.arrow(sql).num_rows == 50_000


# --- opening


def test_a_url_starts_at_the_configs_folder_and_folders_are_made(tmp_path):
    with open_url("duckdb:///deep/er/w.duckdb", tmp_path, "100MB", 1) as warehouse:
        assert warehouse.location == str(tmp_path / "deep/er/w.duckdb")
        assert warehouse.raw("SELECT current_setting('threads')").fetchall() == [(1,)]
    assert (tmp_path / "deep/er/w.duckdb").exists()
    with open_existing("duckdb:///deep/er/w.duckdb", tmp_path, "100MB", 1) as again:
        assert again.rows("SELECT 1") == [(1,)]


def test_what_is_only_read_is_not_made(tmp_path):
    with pytest.raises(WarehouseError, match=r"There is no warehouse .*w.duckdb yet; run `fancare ingest` first."):
        open_existing("duckdb:///w.duckdb", tmp_path, "100MB", 1)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("url", ["bigquery://p/d", "w.duckdb", "duckdb://w.duckdb"])
def test_another_kind_of_url(tmp_path, url):
    with pytest.raises(WarehouseError, match=r"this engine opens duckdb:///path; give such a URL\."):
        open_url(url, tmp_path, "100MB", 1)


@pytest.mark.parametrize(("memory", "threads"), [("much", 1), ("1GB'; DROP", 1), ("100MB", 0)])
def test_settings_that_cannot_be(tmp_path: Path, memory: str, threads: int):
    with pytest.raises(WarehouseError, match="use such as '1200MB' and 2"):
        open_url("duckdb:///w.duckdb", tmp_path, memory, threads)


# --- what goes wrong below


def test_memory_that_runs_out_is_told(tmp_path):
    def ask_for_much() -> None:
        with open_url("duckdb:///w.duckdb", tmp_path, "20MB", 1) as warehouse:
            warehouse.raw("SET max_temp_directory_size = '1MB'")
            warehouse.rows("SELECT COUNT(DISTINCT CAST(a AS STRING)) FROM UNNEST(GENERATE_ARRAY(1, 10000000)) AS a")

    with pytest.raises(WarehouseError, match=r"ran out of memory .*raise \[warehouse\] memory_limit"):
        ask_for_much()


def test_a_mistake_in_a_query_stays_what_it_is(tmp_path):
    with pytest.raises(Exception, match="nowhere"), open_url("duckdb:///w.duckdb", tmp_path, "100MB", 1) as warehouse:
        warehouse.rows("SELECT nowhere")


def test_writing_to_what_was_opened_to_read_is_told(tmp_path):
    with open_url("duckdb:///w.duckdb", tmp_path, "100MB", 1) as warehouse:
        warehouse.append(NOTES, notes([(DAY_1, 1, "a")]))
    with (
        pytest.raises(Exception, match="read-only"),
        open_existing("duckdb:///w.duckdb", tmp_path, "100MB", 1) as warehouse,
    ):
        warehouse.execute("DELETE FROM notes WHERE TRUE")
