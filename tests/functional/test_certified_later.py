"""A job that is killed between training and certifying: the next one certifies what it left, and goes on."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.command import in_process
from tests.functional.conftest import FirstRun, Platform
from tests.small_platform import LAST_DAY, NOW, rows_of_the_log, write_log

pytestmark = pytest.mark.slow
KILLED = """
import os, signal
from fancare import cli, pipeline
pipeline.certificate = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
cli.main()
"""


@pytest.fixture(scope="module")
def killed(first_run: FirstRun, tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """A platform with a champion whose challenger is in the registry, and nothing came after."""
    platform = Platform(Path(shutil.copytree(first_run.platform.folder, tmp_path_factory.mktemp("killed") / "platform")))
    spec = platform.folder / "quick.toml"
    lets_in = "[gate]\nmax_watchlist_turnover = 1.0\nmax_auc_loss_to_champion = 0.1\n"  # of five names chance turns over many
    spec.write_text(spec.read_text().replace("seeds = [0]", "seeds = [1]") + lets_in)
    words = ["run", "--retrain", "--config", platform.config, "--now", NOW.isoformat(), "-q"]
    done = subprocess.run([sys.executable, "-c", KILLED, *words], capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    return platform


@pytest.fixture
def left(killed: Platform, tmp_path: Path) -> Platform:
    return Platform(Path(shutil.copytree(killed.folder, tmp_path / "platform")))


def champion_and_challenger(platform: Platform) -> tuple[str, str]:
    """The version that scored, and the other one, which has no certificate."""
    ((champion,),) = platform.rows("SELECT DISTINCT model_version FROM risk_scores")
    home = platform.folder / "registry" / "quick"
    (challenger,) = {path.name for path in home.glob("2026*")} - {champion}
    assert not (home / challenger / "certificate.json").exists()
    return champion, challenger


def test_the_next_run_certifies_and_promotes_what_was_left(left: Platform) -> None:
    champion, challenger = champion_and_challenger(left)
    done = left.fancare("run")
    assert done.code == 0, done.err
    assert f"{challenger} was left without a certificate by a job that did not end: this one certifies it" in done.out
    assert f"champion: quick {challenger}. " in done.out
    assert left.rows("SELECT DISTINCT model_version FROM risk_scores") == [(challenger,)]
    page = left.results()["report_2026-06-29.html"].decode()
    assert f"모델 {challenger}이 심사를 통과해 {champion}의 자리를 이어받았습니다." in page
    assert "행동과 무관하게 바뀌는 명단은 5명 중 " in page
    again = left.fancare("run")
    assert again.code == 0, again.err
    assert "certify:" not in again.out
    assert left.fancare("promote", "--rollback").out == f"champion: quick {champion}\n"


def test_a_day_later_it_is_certified_on_its_own_day_and_scores_the_new_one(left: Platform) -> None:
    _, challenger = champion_and_challenger(left)
    last = [row for row in rows_of_the_log() if row["ts"].date() == LAST_DAY]
    later = [{**row, "ts": row["ts"] + timedelta(1), "id": f"{row['id']}/later"} for row in last]
    write_log(left.folder / "log" / "2026-07.parquet", later)
    now = ("--now", (NOW + timedelta(1)).isoformat())
    done = in_process("run", "--config", left.config, *now)
    assert done.code == 0, done.err
    assert f"champion: quick {challenger}. " in done.out
    scored = left.rows("SELECT DISTINCT as_of, model_version FROM risk_scores ORDER BY as_of")
    assert scored[-1] == (date(2026, 6, 30), challenger)
    again = in_process("run", "--config", left.config, *now)
    assert again.code == 0, again.err
    assert "(0 built, " in again.out, "the tables are those of the new day again"
