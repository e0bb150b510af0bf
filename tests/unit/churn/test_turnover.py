"""How much of a list is new, and what is kept of it beside a version."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import pytest

from fancare.churn.turnover import FILE, Turnover, against, count_new, keep
from fancare.errors import Refused, WarehouseError

MINE, THEIRS = "a" * 64, "b" * 64
FOUND = Turnover("20260601-bbbbbbbb", THEIRS, date(2026, 6, 30), n_cohort=161, n_listed=20, n_new=3)


@pytest.mark.parametrize(
    ("challenger", "champion", "capacity", "listed", "new"),
    [
        ([1, 2, 3, 4, 5], [1, 2, 3, 4, 5], 2, 2, 0),
        ([2, 1, 3, 4, 5], [1, 2, 3, 4, 5], 2, 2, 0),  # another order of the same list is no turnover
        ([1, 2, 3, 4, 5], [5, 4, 3, 2, 1], 2, 2, 2),
        ([1, 2, 3, 4, 5], [5, 4, 3, 2, 1], 3, 3, 2),
        ([1, 2, 3], [3, 2, 1], 20, 3, 0),  # everybody is on both lists
        ([], [], 20, 0, 0),
    ],
)
def test_new_is_who_was_not_on_the_champions_list(challenger, champion, capacity, listed, new):
    assert count_new(np.array(challenger), np.array(champion), capacity) == (listed, new)


def test_ranks_of_another_cohort_are_no_comparison():
    with pytest.raises(ValueError, match="3 ranks of the challenger and 2 of the champion were given"):
        count_new(np.arange(3), np.arange(2), 2)


def test_it_is_found_again_by_both_contents(tmp_path):
    keep(tmp_path, MINE, [FOUND])
    assert against(tmp_path, MINE, THEIRS) == FOUND
    assert against(tmp_path, MINE, "c" * 64) is None, "never measured against that one"
    assert (FOUND.share, Turnover("v", THEIRS, date(2026, 6, 30), 0, 0, 0).share) == (0.15, 0.0)


def test_what_was_never_measured_is_none(tmp_path):
    assert against(tmp_path, MINE, THEIRS) is None


def test_measured_anew_replaces_what_was_there(tmp_path):
    keep(tmp_path, MINE, [FOUND])
    keep(tmp_path, MINE, [])
    assert against(tmp_path, MINE, THEIRS) is None
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def _other_share(told):
    told["against"][0]["n_new"] = 0


@pytest.mark.parametrize(
    "change", [_other_share, lambda t: t.pop("sha256"), lambda t: t.update(format=9), lambda t: t.clear()]
)
def test_a_changed_file_is_refused(tmp_path, change):
    keep(tmp_path, MINE, [FOUND])
    told = json.loads((tmp_path / FILE).read_text())
    change(told)
    (tmp_path / FILE).write_text(json.dumps(told))
    with pytest.raises(Refused, match=r"turnover.json is damaged or another version's; train again with --retrain"):
        against(tmp_path, MINE, THEIRS)


def test_of_another_version_or_no_json_at_all_is_refused(tmp_path):
    keep(tmp_path, "d" * 64, [FOUND])
    with pytest.raises(Refused, match="another version's"):
        against(tmp_path, MINE, THEIRS)
    (tmp_path / FILE).write_text("[]")
    with pytest.raises(Refused, match="is damaged"):
        against(tmp_path, MINE, THEIRS)


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path):
    with pytest.raises(WarehouseError, match=r"turnover.json cannot be written .*; check disk space and permissions"):
        keep(tmp_path / "gone", MINE, [FOUND])
