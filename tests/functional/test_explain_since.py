"""`fancare explain ID --since DATE` as a user meets it, on a platform that was scored on two days."""

from __future__ import annotations

import json
import shutil
from fractions import Fraction
from pathlib import Path

import pytest

from fancare.churn.change import ALL
from tests.functional.conftest import FirstRun, Platform

pytestmark = pytest.mark.slow
SINCE, LAST = "2026-06-29", "2026-06-30"


@pytest.fixture(scope="module")
def twice(first_run: FirstRun, tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """The platform scored on the day after as well, by the same version."""
    folder = tmp_path_factory.mktemp("twice") / "platform"
    platform = Platform(Path(shutil.copytree(first_run.platform.folder, folder)))
    platform.edit("[source]\n", f"[source]\ndata_through = {LAST}\n")
    done = platform.fancare("score")
    assert done.code == 0, done.err
    return platform


def scored_twice(platform: Platform) -> str:
    """A creator with a score on both days, the one whose 14-day risk moved most."""
    ((creator,),) = platform.rows(
        f"SELECT earlier.creator_id FROM risk_scores AS earlier INNER JOIN risk_scores AS later USING (creator_id) "
        f"WHERE earlier.as_of = DATE '{SINCE}' AND later.as_of = DATE '{LAST}' "
        f"ORDER BY ABS(later.risk_14d - earlier.risk_14d) DESC, creator_id LIMIT 1"
    )
    return creator


def test_why_a_risk_changed(twice: Platform, tmp_path: Path) -> None:
    creator, out = scored_twice(twice), tmp_path / "new" / "change.json"
    scores = twice.scores()
    done = twice.fancare("explain", creator, "--since", SINCE, "--json", out, "--lang", "en")
    assert done.code == 0, done.err
    assert done.out.startswith(f"creator {creator} · Mon 29 Jun 2026 → Tue 30 Jun 2026\n14-day risk ")
    assert "Note:" not in done.out  # both days' scores are those recomputed
    assert f"figures: {out}" in done.out
    assert "counterfactual days: done" in done.err
    told = json.loads(out.read_text(encoding="utf-8"))
    stood = {str(as_of): risks for name, as_of, *risks in scores if name == creator}
    for k, (horizon, found) in enumerate(told["horizons"].items()):
        values = [Fraction(value) for value in told["values"][horizon]]
        assert float(values[ALL] - values[0]) == found["difference"]
        assert sum(found["parts"].values()) == pytest.approx(found["difference"], abs=1e-12)
        assert (
            found["parts"]["definition"] == found["parts"]["late_data"] == 0
        )  # this log does not say when events arrived
        assert found["parts"]["clock"] != 0
        assert found["risk_since"] == pytest.approx(stood[SINCE][k], abs=1e-6)
        assert found["risk_as_of"] == pytest.approx(stood[LAST][k], abs=1e-6)
    assert told["unlike_stored"] == []
    assert told["model_version"]["since"] == told["model_version"]["as_of"]
    assert twice.scores() == scores
    assert [path.name for path in (twice.folder / "warehouse").iterdir()] == ["fancare.duckdb"]


@pytest.mark.parametrize(
    ("since", "as_of", "code", "sentence"),
    [
        (
            "2026-06-20",
            LAST,
            13,
            f"weekly00 has no score on 2026-06-20; the days that have one: {SINCE}, {LAST}; give two of those",
        ),
        (SINCE, "2026-07-05", 13, "weekly00 has no score on 2026-07-05"),
        (LAST, LAST, 10, f"--since {LAST} was given for {LAST}; give a day before it that was scored."),
        ("2026-07-01", None, 10, f"--since 2026-07-01 was given for {LAST}"),
    ],
)
def test_days_that_will_not_do(twice: Platform, since: str, as_of: str | None, code: int, sentence: str) -> None:
    done = twice.fancare("explain", "weekly00", "--since", since, *(("--as-of", as_of) if as_of else ()))
    assert done.code == code
    assert done.sentence.startswith(sentence)


def test_an_unknown_id_is_told_as_ever(twice: Platform) -> None:
    done = twice.fancare("explain", "weekly0", "--since", SINCE)
    assert done.code == 10
    assert "such as weekly00" in done.sentence


def test_figures_of_no_change_are_a_usage_error(twice: Platform, tmp_path: Path) -> None:
    done = twice.fancare("explain", "weekly00", "--json", tmp_path / "none.json")
    assert done.code == 2
    assert "--since" in done.err
    assert not (tmp_path / "none.json").exists()
