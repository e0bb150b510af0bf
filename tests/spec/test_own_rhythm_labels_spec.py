"""Who stayed silent past the own rhythm: drawn logs and thresholds in, drawn labels out."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from fancare.panel.cycles.own_rhythm_labels import write_own_rhythm_labels
from fancare.warehouse.duckdb_engine import Warehouse
from fancare.warehouse.schema import OWN_RHYTHM
from tests.drawn_log import config, day, events, table, warehouse


def judge(made: Warehouse, drawn: Iterable[dict], entity: str = "creator") -> None:
    """`own_rhythm` rows from ``id, as_of, last, threshold``."""
    id_column = "creator_id" if entity == "creator" else "fan_id"
    rows = [
        {
            "entity": entity, "creator_id": None, "fan_id": None, "as_of": day(row["as_of"]),
            "last_active_date": day(row["last"]), "silence_days": row["as_of"] - row["last"], "n_gaps": 3,
            "gap_p50_days": 1, "gap_p95_days": row["threshold"], "gap_p95_low_days": 1, "gap_p95_high_days": 99,
            "threshold_days": row["threshold"], "is_called_churned": row["as_of"] - row["last"] >= row["threshold"],
        } | {id_column: row["id"]}
        for row in drawn
    ]  # fmt: skip
    text = pa.field("creator_id", pa.string()), pa.field("fan_id", pa.string())
    schema = pa.schema([field if field.name not in ("creator_id", "fan_id") else text[field.name == "fan_id"]
                        for field in pa.Table.from_pylist(rows).schema])  # fmt: skip
    made.append(OWN_RHYTHM, pa.Table.from_pylist(rows, schema=schema))


def labels(rows: list[dict], judged: str, through: int, links: list = (), entity: str = "creator") -> list[dict]:
    made = warehouse(rows, links)
    judge(made, table(judged), entity)
    write_own_rhythm_labels(made, config(entity=entity), day(through))
    id_column = "creator_id" if entity == "creator" else "fan_id"
    found = made.rows(
        f"SELECT {id_column}, as_of, churned_own_rhythm FROM own_rhythm_labels ORDER BY as_of, {id_column}"
    )
    return [{"id": i, "as_of": (a - day(0)).days, "churned": churned} for i, a, churned in found]


def test_the_wait_ends_on_the_last_active_day_plus_the_threshold_ends_included():
    rows = [
        #            last  as_of      5 days later
        *events("a", "x     ..        ..."),
        *events("b", "x     ..        ..x"),  # day 5: the last that counts
        *events("c", "x     ..        ...x"),  # day 6: too late
        *events("d", "x     ..        x.."),
    ]
    judged = """
        id as_of last threshold
        a  2     0    5
        b  2     0    5
        c  2     0    5
        d  2     0    5
    """
    assert labels(rows, judged, through=20) == table("""
        id as_of churned
        a  2     yes
        b  2     no
        c  2     yes
        d  2     no
    """)


def test_a_label_is_null_until_that_day_is_complete_and_an_early_return_is_not_kept():
    rows = [*events("a", "x"), *events("b", "x..x"), *events("c", "x")]
    judged = """
        id as_of last threshold
        a  2     0    9
        b  2     0    9
        c  2     0    8
    """
    assert labels(rows, judged, through=8) == table("""
        id as_of churned
        a  2     -
        b  2     -
        c  2     yes
    """)
    assert labels(rows, judged, through=9) == table("""
        id as_of churned
        a  2     yes
        b  2     no
        c  2     yes
    """)


def test_who_is_past_the_threshold_already_has_churned_and_a_later_return_is_another_story():
    rows = events("a", "x.........x")
    assert labels(rows, "id as_of last threshold\na 8 0 7", through=12) == table("id as_of churned\na 8 yes")


def test_each_as_of_is_judged_by_its_own_threshold():
    rows = events("a", "x......x...........x")
    judged = """
        id as_of last threshold
        a  3     0    7
        a  9     7    8
        a  10    7    13
    """
    assert labels(rows, judged, through=40) == table("""
        id as_of churned
        a  3     no
        a  9     yes
        a  10    no
    """)


def test_activity_up_to_as_of_that_became_known_later_is_no_return():
    rows = [*events("a", "x"), *events("a", ".x", known=10)]
    assert labels(rows, "id as_of last threshold\na 3 0 7", through=20) == table("id as_of churned\na 3 yes")


def test_an_id_that_was_linked_later_returns_when_its_person_does():
    rows = [
        {"day": 0, "creator": "a", "fan": "$device:1", "event": "message", "until": 4},
        {"day": 0, "creator": "a", "fan": "f", "event": "message", "known": 4},
        {"day": 5, "creator": "a", "fan": "f", "event": "message"},
    ]
    found = labels(rows, "id as_of last threshold\n$device:1 2 0 7", 20, [("$device:1", "f", 4)], entity="fan")
    assert found == [{"id": "$device:1", "as_of": 2, "churned": False}]


def test_partitions_after_data_through_are_left_alone():
    rows = events("a", "x")
    assert labels(rows, "id as_of last threshold\na 3 0 7\na 9 0 7", through=8) == table("id as_of churned\na 3 yes")
