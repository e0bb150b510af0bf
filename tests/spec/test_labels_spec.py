"""What happened next: drawn logs in, drawn labels out."""

from __future__ import annotations

from fancare.panel.cohort import build_cohort
from fancare.panel.labels import build_labels
from tests.drawn_log import config, day, events, table, warehouse


def labels(rows: list[dict], as_ofs: list[int], through: int, links: list = (), **settings: object) -> list[dict]:
    chosen = config(**settings)  # type: ignore[arg-type]
    made = warehouse(rows, links)
    days = [day(n) for n in as_ofs]
    build_cohort(made, chosen, days)
    build_labels(made, chosen, days, day(through))
    columns = ", ".join(f"churned_{h}d" for h in chosen.churn.horizons)
    id_column = "creator_id" if chosen.churn.entity == "creator" else "fan_id"
    found = made.rows(
        f"SELECT {id_column}, as_of, days_until_return, {columns} FROM labels ORDER BY as_of, {id_column}"
    )
    return [
        dict(
            zip(
                ("id", "as_of", "days", *(str(h) for h in chosen.churn.horizons)),
                (i, (a - day(0)).days, *rest),
                strict=True,
            )
        )
        for i, a, *rest in found
    ]


def test_the_horizon_begins_the_day_after_and_its_last_day_counts():
    rows = [
        #            as_of 0       7       14
        *events("a", "x .......  ....... ....... ......."),
        *events("b", "x x......  ....... ....... ......."),
        *events("c", "x ......x  ....... ....... ......."),
        *events("d", "x .......  x...... ....... ......."),
        *events("e", "x .......  ....... x...... ......."),
    ]
    assert labels(rows, [0], through=28) == table("""
        id as_of days 7   14  28
        a  0     -    yes yes yes
        b  0     1    no  no  no
        c  0     7    no  no  no
        d  0     8    yes no  no
        e  0     15   yes yes no
    """)


def test_a_label_is_null_until_its_horizon_has_elapsed_and_an_early_return_is_not_kept():
    rows = [*events("a", "x........x"), *events("b", "x..x"), *events("c", "x")]
    assert labels(rows, [0], through=13) == table("""
        id as_of days 7   14 28
        a  0     -    yes -  -
        b  0     3    no  -  -
        c  0     -    yes -  -
    """)


def test_the_last_day_of_the_last_mature_horizon_counts():
    rows = [*events("a", "x......x"), *events("b", "x" + "." * 27 + "x"), *events("c", "x" + "." * 28 + "x")]
    assert labels(rows, [0], through=7) == table("""
        id as_of days 7   14 28
        a  0     7    no  -  -
        b  0     -    yes -  -
        c  0     -    yes -  -
    """)
    assert [row["days"] for row in labels(rows, [0], through=40)] == [7, 28, None]


def test_nothing_is_known_before_the_first_horizon_is_over():
    assert labels(events("a", "x.x"), [0], through=6) == table("""
        id as_of days 7 14 28
        a  0     -    - -  -
    """)


def test_those_who_never_return_keep_their_row():
    rows = [*events("gone", "x"), *events("here", "x" * 40)]
    assert labels(rows, [0, 7], through=35) == table("""
        id   as_of days 7   14  28
        gone 0     -    yes yes yes
        here 0     1    no  no  no
        gone 7     -    yes yes yes
        here 7     1    no  no  no
    """)


def test_only_activity_brings_someone_back():
    rows = [*events("a", "x"), *events("a", ".xxxxxxx", event="dashboard_visit")]
    assert labels(rows, [0], through=28) == table("""
        id as_of days 7   14  28
        a  0     -    yes yes yes
    """)


def test_a_device_that_became_a_person_returns_as_that_person():
    rows = [
        {"day": 0, "creator": "a", "fan": "$device:1", "event": "message", "until": 3},
        {"day": 0, "creator": "a", "fan": "f", "event": "message", "known": 3},
        {"day": 3, "creator": "a", "fan": "f", "event": "message"},
    ]
    assert labels(rows, [0], 28, links=[("$device:1", "f", 3)], entity="fan") == table("""
        id        as_of days 7  14 28
        $device:1 0     3    no no no
    """)


def test_a_creator_id_that_was_merged_returns_as_that_creator_or_when_its_room_is_used_under_the_old_name():
    rows = [
        {"day": 0, "creator": "old", "event": "broadcast", "until": 3},
        {"day": 0, "creator": "new", "event": "broadcast", "known": 3},
        {"day": 5, "creator": "new", "event": "broadcast"},
        {"day": 1, "creator": "old2", "event": "broadcast", "until": 3},
        {"day": 1, "creator": "gone", "event": "broadcast", "known": 3},
        {"day": 9, "creator": "old2", "event": "broadcast"},
    ]
    assert labels(rows, [2], 30, links=[("old", "new", 3), ("old2", "gone", 3)]) == table("""
        id   as_of days 7  14 28
        old  2     3    no no no
        old2 2     7    no no no
    """)


def test_a_link_counts_for_labels_once_it_is_known_and_no_longer_than_it_holds():
    rows = [
        {"day": 0, "creator": "a", "fan": "$device:1", "event": "message", "until": 9},
        {"day": 3, "creator": "a", "fan": "f", "event": "message"},
        {"day": 5, "creator": "a", "fan": "g", "event": "message"},
    ]
    links = [("$device:1", "f", 9, 12), ("$device:1", "g", 12)]

    def through(n: int) -> list[dict]:
        return labels(rows, [0], n, links=links, entity="fan", horizons=(7,))

    assert [through(n)[0]["days"] for n in (8, 9, 11, 12)] == [None, 3, 3, 5]


def test_what_arrives_after_data_through_is_not_known_yet():
    rows = [*events("a", "x"), *events("a", "...x", known=9)]
    assert labels(rows, [0], through=8, horizons=(7,)) == table("""
        id as_of days 7
        a  0     -    yes
    """)
    assert labels(rows, [0], through=9, horizons=(7,)) == table("""
        id as_of days 7
        a  0     3    no
    """)


def test_other_horizons_make_other_columns():
    assert labels(events("a", "x...x"), [0], through=10, horizons=(3, 10)) == table("""
        id as_of days 3   10
        a  0     4    yes no
    """)
