"""What ``models/README.md`` and the shipped specs say is what `fancare.modelspec` does."""

from __future__ import annotations

import re
import tomllib
from dataclasses import asdict
from pathlib import Path

import pytest

from fancare.config import SHIPPED_MODELS, load_model, shipped_models
from fancare.errors import ConfigError
from fancare.modelspec import ModelSpec

README = Path(__file__).resolve().parents[2] / "models" / "README.md"


def drawn_spec(text: str) -> str:
    (block,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    return block


def test_the_readme_shows_every_key_with_its_default(tmp_path):
    block = drawn_spec(README.read_text(encoding="utf-8"))
    (tmp_path / "my.toml").write_text(block, encoding="utf-8")
    assert load_model(tmp_path / "my.toml") == ModelSpec("my_creators", "creator")
    shown, defaults = tomllib.loads(block), asdict(ModelSpec("my_creators", "creator"))
    assert set(shown) == set(defaults)
    for table in (key for key, value in defaults.items() if isinstance(value, dict)):
        assert set(shown[table]) == set(defaults[table]), table


def test_the_readme_names_every_shipped_model():
    text = README.read_text(encoding="utf-8")
    assert {path.name for path in shipped_models().glob("*.toml")} == set(re.findall(r"\| `(\w+\.toml)` \|", text))


@pytest.mark.parametrize(("entity", "file"), SHIPPED_MODELS.items())
def test_a_shipped_model_is_for_its_entity(entity, file):
    spec = load_model(shipped_models() / file)
    assert (spec.entity, spec.name) == (entity, file.removesuffix(".toml"))


@pytest.mark.parametrize(
    ("table", "key", "least"),
    [("train", "calibration_weeks", 1), ("tabnet", "epochs", 1), ("tabnet", "batch_size", 2), ("backtest", "test_weeks", 1)],
)
def test_a_number_that_cannot_work_is_told_before_any_work(tmp_path, table, key, least):
    for given, works in ((least - 1, False), (least, True)):
        (tmp_path / "my.toml").write_text(f'name = "my"\nentity = "fan"\n[{table}]\n{key} = {given}\n', encoding="utf-8")
        if works:
            assert getattr(getattr(load_model(tmp_path / "my.toml"), table), key) == least
            continue
        with pytest.raises(ConfigError, match=rf"\[{table}\] {key} = {given} of model 'my' must be at least {least}: raise it"):
            load_model(tmp_path / "my.toml")
