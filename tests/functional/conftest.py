"""A platform on which everything has run once; a test that changes it takes a copy."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from fancare.config import load
from fancare.warehouse.duckdb_engine import open_url
from tests.command import Done, in_process
from tests.small_platform import NOW, write_platform


@dataclass(frozen=True)
class Platform:
    """A folder with a log, a configuration and, once something ran, a warehouse, a registry and results."""

    folder: Path

    @property
    def config(self) -> Path:
        return self.folder / "fancare.toml"

    def fancare(self, command: str, *arguments: object) -> Done:
        """A command on this platform, on the morning after the log's last day."""
        now = ("--now", NOW.isoformat()) if command not in ("explain", "sql") else ()
        return in_process(command, "--config", self.config, *now, *arguments)

    def rows(self, sql: str) -> list[tuple]:
        """What a query (GoogleSQL) finds in the warehouse."""
        settings = load(self.config).warehouse
        with open_url(settings.url, self.folder, settings.memory_limit, settings.threads, read_only=True) as warehouse:
            return warehouse.rows(sql)

    def scores(self) -> list[tuple]:
        """All that was ever scored, but for when; nothing where nothing was."""
        if not self.rows("SELECT 1 FROM duckdb_tables() WHERE table_name = 'risk_scores'"):
            return []
        return self.rows(
            "SELECT creator_id, as_of, risk_7d, risk_14d, risk_28d, band, rank, model_version FROM risk_scores ORDER BY 2, 1"
        )

    def results(self) -> dict[str, bytes]:
        """Every file in the results' folder."""
        return {path.name: path.read_bytes() for path in sorted((self.folder / "results").glob("*"))}

    def edit(self, old: str, new: str) -> None:
        """Replace text that must be in the configuration."""
        text = self.config.read_text(encoding="utf-8")
        assert old in text
        self.config.write_text(text.replace(old, new), encoding="utf-8")


@dataclass(frozen=True)
class FirstRun:
    """The platform after its first `fancare run`, and what that said."""

    platform: Platform
    done: Done


@pytest.fixture(scope="session")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> FirstRun:
    platform = Platform(tmp_path_factory.mktemp("first_run"))
    write_platform(platform.folder)
    done = platform.fancare("run")
    assert done.code == 0, done.err
    return FirstRun(platform, done)


@pytest.fixture
def platform(first_run: FirstRun, tmp_path: Path) -> Platform:
    """A copy on which everything has run, the log's last day ended this morning."""
    return Platform(Path(shutil.copytree(first_run.platform.folder, tmp_path / "platform")))


@pytest.fixture
def fresh(tmp_path: Path) -> Platform:
    """The same platform before anything ran."""
    made = Platform(tmp_path / "fresh")
    write_platform(made.folder)
    return made


def refused(platform: Platform, code: int, command: str = "run", *arguments: object) -> str:
    """The sentence with which a command ends; what was there before must be there still, and nothing else."""
    warehouse = platform.folder / "warehouse" / "fancare.duckdb"
    scores = platform.scores() if warehouse.exists() else None
    results, registry = platform.results(), sorted((platform.folder / "registry").rglob("*"))
    done = platform.fancare(command, *arguments)
    assert done.code == code, done
    assert "results:" not in done.out  # what the stages before had to say may stand there
    assert platform.results() == results
    assert sorted((platform.folder / "registry").rglob("*")) == registry
    assert not list(platform.folder.rglob("*.staging"))
    if scores is not None:
        assert platform.scores() == scores
    return said(done)


def said(done: Done) -> str:
    """The sentence; a good one ends, and is short enough to be read."""
    assert done.sentence.endswith(".")
    assert len(done.sentence) < 450
    return done.sentence
