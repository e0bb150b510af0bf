"""Every command on a small platform: what it says, what it leaves, and that the next one builds on it."""

from __future__ import annotations

import csv
import io
import json
from datetime import date

import pytest

from fancare.churn.baselines import BASELINES
from tests.command import fancare, in_process
from tests.functional.conftest import FirstRun, Platform
from tests.unit.test_docs import commands

pytestmark = pytest.mark.slow
LAST = date(2026, 6, 29)  # the log ends on the 30th, which may not be whole

# every command of the README with what it says on a platform where everything is current
SAYS = {
    "run": "report page",
    "ingest": "Nothing new.",
    "check": "Quality: green",
    "build": "(0 built, 23 current)",
    "cycles": "called churned by their own rhythm",
    "train": "trained 20260629-",
    "backtest": "TabNet",
    "features": "candidate features kept",
    "audit": "Write what you find into the column verdict of the CSV.",
    "monitor": "모델이 아직 맞나: 이상 없음",
    "certify": "누출 검사 5개를 통과했습니다",
    "promote": "champion: quick 20260629-",
    "score": "59 scored as of 2026-06-29",
    "report": "report page",
}
OTHERWISE = {"init", "simulate", "explain", "sql", "learning-curve"}  # need an argument, or take long without; below


@pytest.mark.parametrize("command", SAYS)
def test_a_command_says_what_it_did(platform: Platform, command: str) -> None:
    before = platform.scores()
    done = platform.fancare(command)
    assert done.code == 0, done.err
    assert SAYS[command] in done.out
    assert platform.scores() == before
    if command != "promote":
        assert platform.rows(f"SELECT status FROM runs WHERE command = '{command}'")[-1] == ("done",)


def test_every_command_is_tested() -> None:
    assert set(SAYS) | OTHERWISE == set(commands())


def test_the_first_run_ends_by_naming_what_it_made(first_run: FirstRun) -> None:
    results = first_run.done.out.split("results:\n")[1].splitlines()
    folder = first_run.platform.folder
    assert results == [
        f"  risk table   {folder}/warehouse/fancare.duckdb, table risk_scores, as_of {LAST}",
        f"  monitoring   {folder}/warehouse/fancare.duckdb, tables drift and performance, as_of {LAST}",
        f"  watchlist    {folder}/results/watchlist_{LAST}.csv",
        f"  report page  {folder}/results/report_{LAST}.html",
    ]
    stages = [line for line in first_run.done.out.splitlines() if not line.startswith(" ")]
    assert " ".join(stages) == "ingest: check: build: cohort: train: certify: promote: score: monitor: watchlist: results:"
    assert len(first_run.done.out.splitlines()) < 35


def test_the_first_run_makes_scores_reasons_watchlist_and_page(first_run: FirstRun) -> None:
    platform = first_run.platform
    ranks = platform.rows("SELECT rank, band FROM risk_scores ORDER BY rank")
    assert [rank for rank, _ in ranks] == list(range(1, len(ranks) + 1))
    assert ranks[0][1] == "high"
    assert platform.rows("SELECT COUNT(*) FROM risk_reasons") != [(0,)]
    rows = list(csv.DictReader(io.StringIO(platform.results()[f"watchlist_{LAST}.csv"].decode("utf-8-sig"))))
    in_table = platform.rows("SELECT creator_id, rank FROM watchlist ORDER BY rank")
    assert [(row["creator_id"], int(row["rank"])) for row in rows] == in_table
    assert len(rows) == 5
    assert b"<svg" in platform.results()[f"report_{LAST}.html"]
    ((spec_hash, first, through),) = platform.rows("SELECT spec_hash, data_from, data_through FROM runs")
    assert (first, through) == (date(2026, 1, 1), LAST)
    assert platform.rows("SELECT DISTINCT spec_hash FROM risk_scores") == [(spec_hash,)]


def test_a_second_run_reads_nothing_trains_nothing_and_gives_the_same(platform: Platform) -> None:
    scores, results, versions = platform.scores(), platform.results(), sorted((platform.folder / "registry/quick").iterdir())
    done = platform.fancare("run")
    assert done.code == 0
    assert "6 files are known already and were not read again." in done.out
    assert "(0 built, " in done.out
    assert "a model is there" in done.out
    assert platform.scores() == scores
    assert platform.results().keys() == results.keys()
    assert platform.results()[f"watchlist_{LAST}.csv"] == results[f"watchlist_{LAST}.csv"]
    assert sorted((platform.folder / "registry/quick").iterdir()) == versions


def test_a_day_in_the_past_is_scored_as_if_it_were_today(platform: Platform) -> None:
    today = platform.scores()
    champion = (platform.folder / "registry/quick/champion.json").read_bytes()
    done = platform.fancare("run", "--as-of", "2026-06-15")
    assert done.code == 0, done.err
    past = platform.rows("SELECT DISTINCT model_version, data_through FROM risk_scores WHERE as_of = '2026-06-15'")
    assert [(version[:8], through) for version, through in past] == [("20260615", date(2026, 6, 15))]
    assert [row for row in platform.scores() if row[1] == LAST] == today
    assert (platform.folder / "registry/quick/champion.json").read_bytes() == champion
    assert {"report_2026-06-15.html", "watchlist_2026-06-15.csv"} <= platform.results().keys()


def test_backtest_writes_figures_of_the_promised_shape(platform: Platform) -> None:
    out = platform.folder / "figures" / "backtest.json"
    done = platform.fancare("backtest", "--json", out)
    assert done.code == 0, done.err
    assert f"figures: {out}" in done.out
    figures = json.loads(out.read_text())
    assert {"entity", "folds", "horizons", "order_violations", "fit_cpu_seconds"} <= figures.keys()
    assert (figures["entity"], figures["order_violations"], len(figures["folds"])) == ("creator", 0, 1)
    assert list(figures["horizons"]) == ["7", "14", "28"]
    for by_model in figures["horizons"].values():
        assert set(by_model) == {"tabnet", *BASELINES}
        for one in by_model.values():
            assert {"auc", "auc_low", "auc_high", "average_precision", "log_loss", "brier", "ece", "lift_at_10pct", "n",
                    "churn_rate"} <= one.keys()  # fmt: skip
            assert one["auc_low"] <= one["auc"] <= one["auc_high"]
    assert set(figures["fit_cpu_seconds"]) <= {"tabnet", *BASELINES}
    assert figures["horizons"]["7"]["tabnet"]["auc"] > figures["horizons"]["7"]["recency"]["auc"]


def test_a_learning_curve_is_told_written_and_drawn(platform: Platform) -> None:
    out, page = platform.folder / "figures" / "curve.json", platform.folder / "pages" / "curve.html"
    done = platform.fancare("learning-curve", "--repeats", 1, "--json", out, "--out", page)
    assert done.code == 0, done.err
    assert f"curve page   {page}" in done.out
    assert "test rows of" in done.out
    assert "weeks of history changed the mean AUC by" in done.out
    figures = json.loads(out.read_text())
    assert [point["weeks"] for point in figures["by_weeks"]][-1] == figures["by_entities"][-1]["weeks"]
    assert figures["n_test"] > 0
    assert "학습 곡선" in page.read_text(encoding="utf-8")


def test_an_audit_is_written_for_a_person_and_asks_for_a_horizon_that_is_there(platform: Platform) -> None:
    out = platform.folder / "looked" / "audit.csv"
    done = platform.fancare("audit", "--rows", 6, "--horizon", 7, "--out", out)
    assert done.code == 0, done.err
    assert f"label audit  {out}" in done.out
    assert "test rows model and label disagree on" in done.out
    rows = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8-sig"))))
    assert 0 < len(rows) <= 6
    assert {row["horizon_days"] for row in rows} == {"7"}
    assert {row["verdict"] for row in rows} == {""}
    assert [float(row["loss"]) for row in rows] == sorted((float(row["loss"]) for row in rows), reverse=True)
    refused = platform.fancare("audit", "--horizon", 10)
    assert refused.code == 10
    assert refused.sentence == "--horizon 10 was given; [churn] horizons are 7, 14, 28: give one of them."


def test_explain_tells_about_one_creator_in_both_languages(platform: Platform) -> None:
    ((first,), *_) = platform.rows("SELECT creator_id FROM risk_scores ORDER BY rank")
    korean, english = platform.fancare("explain", first), platform.fancare("explain", first, "--lang", "en")
    assert (korean.code, english.code) == (0, 0)
    assert korean.out.startswith(f"크리에이터 {first} · 2026년 6월 29일")
    assert english.out.startswith(f"creator {first} · Mon 29 Jun 2026")
    assert "14-day risk" in english.out
    assert "↑" in english.out


def test_explain_proposes_ids_that_are_near(platform: Platform) -> None:
    done = platform.fancare("explain", "weekly0")
    assert done.code == 10
    assert "'weekly0' was not found among the creators of " in done.sentence
    assert "such as weekly00" in done.sentence


def test_a_new_model_is_promoted_and_rolled_back(platform: Platform) -> None:
    ((old,),) = platform.rows("SELECT DISTINCT model_version FROM risk_scores")
    spec = platform.folder / "quick.toml"
    any_list = "[gate]\nmax_watchlist_turnover = 1.0\n"  # of five names chance alone turns over many
    spec.write_text(spec.read_text().replace("seeds = [0]", "seeds = [1]") + any_list)
    assert platform.fancare("train").code == 0
    (new,) = {path.name for path in (platform.folder / "registry/quick").glob("2026*")} - {old}
    assert f"champion: quick {new}" in platform.fancare("promote").out
    assert f"by quick {new}" in platform.fancare("score").out
    assert platform.fancare("promote", "--rollback").out == f"champion: quick {old}\n"
    assert platform.rows("SELECT DISTINCT model_version FROM risk_scores") == [(new,)]
    again = platform.fancare("promote", "--rollback")
    assert again.code == 13
    assert again.sentence.startswith("quick has no earlier champion in ")
    assert f"champion: quick {new}" in platform.fancare("promote", "--version", new).out


def test_a_refused_challenger_is_a_warning_in_run_and_an_error_in_promote(platform: Platform) -> None:
    ((old,),) = platform.rows("SELECT DISTINCT model_version FROM risk_scores")
    with (platform.folder / "quick.toml").open("a") as spec:
        spec.write("[gate]\nmin_auc_gain_over_recency = 0.9\n")
    done = platform.fancare("run", "--retrain")
    assert done.code == 0, done.err
    (warning,) = (line.strip() for line in done.out.splitlines() if line.startswith("  warning: "))
    assert "warning" not in done.err
    assert "of quick is refused: " in warning
    assert f"the champion {old} keeps scoring" in warning
    assert platform.rows("SELECT DISTINCT model_version FROM risk_scores") == [(old,)]
    alone = platform.fancare("promote")
    assert alone.code == 13
    assert alone.sentence == warning.removeprefix("warning: ")
    table = {line.split("│")[1].strip(): line for line in alone.out.splitlines() if line.startswith("│")}
    assert "failed" in table["above the recency rule (mean AUC)"]
    assert "passed" in table["leakage certificate"]
    again = platform.fancare("run")
    assert again.code == 0, again.err
    assert "warning" not in again.out + again.err, "what was refused once is not judged every day"


def test_a_watchlist_turned_over_by_the_model_alone_waits_for_a_person_and_is_rolled_back(platform: Platform) -> None:
    ((old,),) = platform.rows("SELECT DISTINCT model_version FROM risk_scores")
    spec = platform.folder / "quick.toml"
    spec.write_text(spec.read_text().replace("seeds = [0]", "seeds = [1]") + "[gate]\nmax_watchlist_turnover = 0.0\n")
    assert platform.fancare("train").code == 0
    (new,) = {path.name for path in (platform.folder / "registry/quick").glob("2026*")} - {old}
    done = platform.fancare("promote")
    assert done.code == 13, done.out
    assert "it alone turns over " in done.sentence
    assert f"the champion {old} keeps scoring" in done.sentence
    assert f"`fancare promote --version {new} --accept-turnover`" in done.sentence
    assert platform.fancare("promote", "--accept-turnover").code == 2, "a person's word is for one named version"
    accepted = platform.fancare("promote", "--version", new, "--accept-turnover")
    assert f"champion: quick {new}" in accepted.out
    assert "--accept-turnover" in accepted.out
    for version in (old, new):
        (platform.folder / "registry/quick" / version / "certificate.json").unlink()
    assert platform.fancare("promote", "--rollback").out == f"champion: quick {old}\n", "back at once, whatever is missing"
    assert platform.fancare("score").code == 0


def test_promote_without_a_version_to_promote(fresh: Platform) -> None:
    done = fresh.fancare("promote")
    assert done.code == 13
    assert "has no version in " in done.sentence
    assert "train one with `fancare train`" in done.sentence
    unknown = fresh.fancare("promote", "--version", "20260101-00000000")
    assert unknown.code == 14
    assert "there are none" in unknown.sentence


def test_a_score_that_is_refused_leaves_the_last_good_ones(platform: Platform) -> None:
    scores, results = platform.scores(), platform.results()
    platform.edit('creator_activity = ["broadcast"]', 'creator_activity = ["broadcast", "message"]')
    for command in ("score", "run", "report"):
        done = platform.fancare(command)
        assert done.code == 13, done.out
        assert "was trained on another definition of churn" in done.sentence
        assert "--retrain" in done.sentence
    assert (platform.scores(), platform.results()) == (scores, results)
    assert platform.rows("SELECT command, status FROM runs ORDER BY started_at, finished_at")[1:] == [
        ("score", "failed"), ("run", "failed"), ("report", "failed")
    ]  # fmt: skip


@pytest.mark.parametrize("file", ["weights", "champion.json"])
def test_a_damaged_model_is_refused_and_the_scores_stay(platform: Platform, file: str) -> None:
    scores, results = platform.scores(), platform.results()
    home = platform.folder / "registry/quick"
    path = home / file if file.endswith(".json") else max(home.glob("2026*/*"), key=lambda p: p.stat().st_size)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    done = platform.fancare("run")
    assert done.code == 13
    assert str(path.name) in done.sentence or str(path.parent) in done.sentence
    assert (platform.scores(), platform.results()) == (scores, results)


def test_commands_make_what_they_need_or_say_what_to_do(fresh: Platform) -> None:
    done = fresh.fancare("explain", "weekly00")
    assert done.code == 14
    assert "run `fancare ingest` first" in done.sentence
    assert not (fresh.folder / "warehouse").exists()
    assert fresh.fancare("check").code == 0
    assert "weekly00" in fresh.fancare("explain", "weekly00").out
    assert "59 scored as of 2026-06-29" in fresh.fancare("score").out
    assert "report page" in fresh.fancare("report").out


def test_new_days_are_read_and_scored_without_the_rest(platform: Platform) -> None:
    log = platform.folder / "log"
    (log / "2026-06.parquet").rename(platform.folder / "june.parquet")
    again = Platform(platform.folder)
    assert again.fancare("ingest").code == 0  # a file that is gone is no reason to forget it
    (platform.folder / "june.parquet").rename(log / "june.parquet")
    done = again.fancare("ingest")
    assert "6 files are known already" in done.out


def test_init_on_a_simulated_platform_gives_a_config_that_check_accepts(tmp_path) -> None:
    simulated = in_process("simulate", tmp_path / "s", "--creators", 12, "--days", 30, "--seed", 1, "--quiet")
    assert simulated.code == 0, simulated.err
    assert f"next: fancare run --config {tmp_path / 's' / 'fancare.toml'}" in simulated.out
    made = in_process("init", tmp_path / "s" / "log", "--out", tmp_path / "own.toml")
    assert made.code == 0, made.err
    checked = in_process("check", "--config", tmp_path / "own.toml", "--quiet", "--now", "2026-07-01")
    assert checked.code == 0, checked.err
    assert "Quality: " in checked.out
    again = in_process("init", tmp_path / "s" / "log", "--out", tmp_path / "own.toml")
    assert again.code == 10
    assert "--force" in again.sentence


def test_what_is_not_a_day_or_a_time_is_a_usage_error() -> None:
    for option, wrong in (("--as-of", "yesterday"), ("--now", "soon")):
        done = fancare("run", option, wrong)
        assert done.code == 2
        assert f"'{wrong}' is not a" in done.err
        assert "Traceback" not in done.err


def test_a_day_outside_of_the_log_says_which_days_there_are(platform: Platform) -> None:
    done = platform.fancare("run", "--as-of", "2027-01-01")
    assert done.code == 12
    assert done.sentence == (
        "--as-of 2027-01-01 was given; the log is complete from 2026-01-01 through 2026-06-29: give a day in between, or "
        "bring newer data."
    )
