"""TabNet beside tuned LightGBM and CatBoost on the final quarter of simulated platforms; `final_quarter` takes one's own logs."""

from __future__ import annotations

import subprocess

import pytest

from tests.benchmarks.final_quarter import HEAD, TABNET, built, compare
from tests.command import FANCARE

pytestmark = [pytest.mark.benchmark, pytest.mark.filterwarnings("ignore")]


@pytest.mark.parametrize("world", ["lively", "drifting"])
def test_final_quarter(world, tmp_path, capsys):
    config = tmp_path / "p" / "fancare.toml"
    for words in (["simulate", tmp_path / "p", "--world", world, "--seed", "11", "--creators", "1200"],
                  ["features", "--config", config]):  # fmt: skip
        subprocess.run([FANCARE, *map(str, words), "-q"], check=True, capture_output=True)
    found = compare(*built(config))
    with capsys.disabled():
        print(f"\n{world}\n\n{HEAD}", *(one.line() for one in found), sep="\n")
    assert found[0].name == TABNET
    assert all(one.mean_auc > 0.7 for one in found)
