"""`fancare cycles` as a user runs it: on a log before anything else ran, into files of one's own, on a log too short."""

from __future__ import annotations

import json

from tests.functional.conftest import Platform, said


def test_it_brings_in_the_log_and_writes_what_it_is_asked_for(fresh: Platform) -> None:
    figures, page = fresh.folder / "a" / "figures.json", fresh.folder / "b" / "page.html"
    done = fresh.fancare("cycles", "--json", figures, "--out", page)
    assert done.code == 0, done.err
    assert f"cycles page  {page}" in done.out
    assert f"figures: {figures}" in done.out
    told = json.loads(figures.read_text(encoding="utf-8"))
    assert (told["entity"], told["as_of"]) == ("creator", "2026-06-29")
    assert "<title>크리에이터 활동 주기 · 2026-06-29</title>" in page.read_text(encoding="utf-8")
    ((n, called),) = fresh.rows("SELECT COUNT(*), COUNTIF(is_called_churned) FROM own_rhythm")
    assert (n, called) == (told["n_judged"], told["n_called"])
    assert n == sum(band["n_entities"] for band in told["by_history"])
    assert fresh.fancare("cycles", "--json", figures).code == 0
    assert json.loads(figures.read_text(encoding="utf-8")) == told


def test_a_day_of_the_past_is_told_as_if_nothing_after_it_were_known(fresh: Platform) -> None:
    assert fresh.fancare("cycles", "--as-of", "2026-06-20").code == 0
    before = fresh.rows("SELECT * FROM own_rhythm ORDER BY creator_id")
    assert fresh.fancare("cycles").code == 0
    assert fresh.rows("SELECT * FROM own_rhythm WHERE as_of = DATE '2026-06-20' ORDER BY creator_id") == before
    late = fresh.rows("SELECT COUNT(*) FROM own_rhythm_labels WHERE as_of = DATE '2026-06-20' AND churned_own_rhythm IS NULL")
    assert late[0][0] < len(before)


def test_a_log_too_short_says_which_day_will_do_and_leaves_nothing(fresh: Platform) -> None:
    done = fresh.fancare("cycles", "--as-of", "2026-05-01")
    assert done.code == 12
    assert said(done) == (
        "Activity is known from 2026-01-01 to 2026-05-01; a return rate out of time needs 84 days to learn from, 28 of calls "
        "and 56 to see who comes back, so data through 2026-06-17: bring more history, or wait until then."
    )
    assert fresh.results() == {}
