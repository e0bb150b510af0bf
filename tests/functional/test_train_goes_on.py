"""A training that is killed with SIGKILL goes on, and ends with the bytes it would have had."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
import safetensors

from tests import small_platform
from tests.command import FANCARE, fancare

PATIENCE_SECONDS = 120
NOW = ("--now", "2026-11-24T06:00:00+00:00")  # else the certificates would say different times


def versions(folder: Path) -> dict[str, bytes]:
    """Every file of every version, by its path below the registry; nothing of unfinished trainings."""
    home = folder / "registry" / "quick"
    found = sorted(path for path in home.rglob("*") if path.is_file() and not path.relative_to(home).parts[0].startswith("."))
    return {str(path.relative_to(home)): path.read_bytes() for path in found}


def progress_of(path: Path) -> dict[str, int]:
    try:
        with safetensors.safe_open(path, framework="np") as file:
            return json.loads(file.metadata()["progress"])
    except (OSError, safetensors.SafetensorError):  # not there yet, or replaced this very moment
        return {"seeds": 0, "epochs": 0}


@pytest.fixture(scope="module")
def platform(tmp_path_factory) -> Path:
    """A small platform that is ingested and built: what is left is training."""
    folder = tmp_path_factory.mktemp("platform")
    small_platform.write_platform(folder)
    model = (folder / "quick.toml").read_text(encoding="utf-8")
    (folder / "quick.toml").write_text(model.replace("seeds = [0]", "seeds = [0, 1]"), encoding="utf-8")
    done = fancare("build", "--config", folder / "fancare.toml", "-q")
    assert done.code == 0, done.err
    return folder


def test_killed_in_its_second_network_it_ends_with_the_same_bundle(platform, tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    for folder in (whole, killed):
        shutil.copytree(platform, folder)
    assert fancare("train", "--config", whole / "fancare.toml", *NOW, "-q").code == 0
    unfinished = killed / "registry" / "quick" / ".unfinished"
    command = [FANCARE, "train", "--config", killed / "fancare.toml", *NOW, "-q"]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        give_up = time.monotonic() + PATIENCE_SECONDS
        while not any(progress_of(path)["seeds"] for path in unfinished.glob("*.safetensors")):
            assert running.poll() is None, "it ended before it could be killed"
            assert time.monotonic() < give_up
            time.sleep(0.02)
    finally:
        running.send_signal(signal.SIGKILL)
        running.wait()
    assert versions(killed) == {}
    again = fancare("train", "--config", killed / "fancare.toml", *NOW)
    assert again.code == 0, again.err
    assert versions(killed) == versions(whole) != {}
    assert not unfinished.exists()
