"""The wheel holds what a run needs besides modules: queries, catalogues, templates, model specs."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def names(tmp_path_factory) -> set[str]:
    out = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-index"]
    done = subprocess.run(
        [*pip, "--no-deps", "--no-build-isolation", "--wheel-dir", out, ROOT], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = out.glob("fancare-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_every_file_of_the_package_is_in_the_wheel(names):
    here = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "fancare").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert here - names == set()


def test_shipped_models_are_in_the_wheel(names):
    specs = {f"fancare/models/{path.name}" for path in (ROOT / "models").glob("*.toml")}
    assert specs
    assert specs <= names


def test_nothing_else_is_in_the_wheel(names):
    assert {name for name in names if not name.startswith(("fancare/", "fancare-"))} == set()
