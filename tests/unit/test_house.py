"""What every file of the house keeps to; import contracts are `lint-imports`'s, run here too."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from fancare import config

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted((ROOT / "fancare").rglob("*.py"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
NOT_IMPORTED = {
    "pytz",      # DuckDB looks for it when it hands out times with a zone
    "pandas",    # pytorch-tabnet imports it without declaring it
    "tzdata",    # zoneinfo falls back on it
    "scipy",     # bounded for pytorch-tabnet's sake
}  # fmt: skip


def test_import_contracts_are_kept():
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_third_party_import_is_declared_and_every_dependency_is_imported():
    declared = {canonicalize_name(Requirement(line).name) for line in PROJECT["dependencies"]}
    distributions = packages_distributions()
    imported = {
        canonicalize_name(distribution)
        for path in MODULES
        for name in third_party_imports(path)
        for distribution in distributions[name][:1]
    }
    assert imported - declared == set()
    assert declared - imported - NOT_IMPORTED == set()


def test_torch_and_tabnet_are_pinned_exactly():
    pinned = {Requirement(line).name: str(Requirement(line).specifier) for line in PROJECT["dependencies"]}
    assert (pinned["torch"], pinned["pytorch-tabnet"]) == ("==2.13.0", "==4.1.0")


@pytest.mark.parametrize("lock", ["runtime.txt", "dev.txt"])
def test_locks_satisfy_pyproject(lock):
    wanted = list(PROJECT["dependencies"])
    if lock == "dev.txt":
        wanted += PROJECT["optional-dependencies"]["dev"]
    pins = locked(lock)
    for line in wanted:
        requirement = Requirement(line)
        assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)]), line


def test_locks_agree_and_pin_exactly():
    runtime, dev = locked("runtime.txt"), locked("dev.txt")
    assert runtime.items() <= dev.items()
    assert not {"pytest", "ruff", "mypy"} & runtime.keys()


def test_files_are_about_one_concept():
    long = {str(path.relative_to(ROOT)): n for path in MODULES if (n := len(path.read_text().splitlines())) > 400}
    assert long == {}
    vague = {"utils", "util", "helpers", "helper", "core", "base", "common", "misc", "manager"}
    assert [path for path in MODULES if path.stem in vague or path.parent.name in vague] == []


def test_every_module_says_what_it_is_for():
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in MODULES}
    assert [str(path.relative_to(ROOT)) for path, tree in trees.items() if not ast.get_docstring(tree)] == []


def test_no_module_reads_the_clock_or_seeds_globally():
    """"Now" comes from the command line only, randomness is passed in."""
    forbidden = re.compile(r"np\.random\.seed|random\.seed\(|datetime\.now\(|date\.today\(|datetime\.utcnow|time\.time\(")
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in MODULES
        if path.name not in ("cli.py", "command.py", "job.py")  # job: when a run ended, for its manifest
        for line in path.read_text(encoding="utf-8").splitlines()
        if forbidden.search(line)
    ]
    assert found == []


def test_shipped_models_load_and_fit_their_entity():
    specs = {entity: config.load_model(config.shipped_models() / name) for entity, name in config.SHIPPED_MODELS.items()}
    assert {entity: spec.entity for entity, spec in specs.items()} == {e: e for e in config.SHIPPED_MODELS}
    on_disk = {path.name for path in (ROOT / "models").glob("*.toml")}
    assert on_disk == set(config.SHIPPED_MODELS.values())


def test_every_model_goes_into_the_wheel():
    hatch = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]
    included = hatch["build"]["targets"]["wheel"]["force-include"]
    expected = {f"models/{path.name}": f"fancare/models/{path.name}" for path in (ROOT / "models").glob("*.toml")}
    assert included == expected


def locked(name: str) -> dict[str, str]:
    lines = (ROOT / "infra" / "locks" / name).read_text(encoding="utf-8").splitlines()
    requirements = [Requirement(line) for line in lines if line and not line.startswith("#")]
    assert all(re.fullmatch(r"==[\w.]+", str(requirement.specifier)) for requirement in requirements)
    return {canonicalize_name(r.name): str(r.specifier).removeprefix("==") for r in requirements}


def third_party_imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found - set(sys.stdlib_module_names) - {"fancare"}
