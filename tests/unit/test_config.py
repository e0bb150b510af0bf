"""A configuration is read with its defaults, and every check says what was given, what is needed, what to do."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest

from fancare import config
from fancare.config import Config, load
from fancare.errors import ConfigError
from fancare.modelspec import BandSpec, ModelSpec, TabNetSpec

SMALL = """
[source]
kind = "parquet"
path = "log"
[source.columns]
event_time = "ts"
creator_id = "creator"
fan_id = "fan"
[events]
creator_activity = ["broadcast"]
fan_activity = ["message"]
"""


def read(folder: Path, text: str = SMALL) -> Config:
    (folder / "fancare.toml").write_text(text, encoding="utf-8")
    return load(folder / "fancare.toml")


def test_defaults_are_those_of_the_design(tmp_path):
    settings = read(tmp_path)
    assert settings.platform.timezone == "Asia/Seoul"
    assert settings.warehouse.url == "duckdb:///data/fancare.duckdb"
    assert (settings.source.timezone, settings.source.late_days_in_force) == ("UTC", 0)
    assert (settings.churn.entity, settings.churn.horizons, settings.churn.active_within_days) == ("creator", (7, 14, 28), 28)
    assert settings.registry.url == "models/registry"
    assert settings.ops.capacity == 20
    assert (settings.cycles.quantile, settings.cycles.floor_days, settings.cycles.ceiling_days) == (0.95, 7, 84)
    assert settings.model.name == "creator_churn"
    assert settings.activity == ("broadcast",)


def test_a_korean_name_typed_in_parts_is_the_name_that_the_log_has(tmp_path):
    typed = unicodedata.normalize("NFD", "방송 시작")
    assert typed != "방송 시작"
    assert read(tmp_path, SMALL.replace('"broadcast"', f'"{typed}"')).activity == ("방송 시작",)


def test_late_days_default_by_kind_and_zero_is_zero(tmp_path):
    mixpanel = SMALL.replace('"parquet"', '"mixpanel-export"')
    assert read(tmp_path, mixpanel).source.late_days_in_force == 2
    assert read(tmp_path, mixpanel.replace('path = "log"', 'path = "log"\nlate_days = 0')).source.late_days_in_force == 0
    assert read(tmp_path, SMALL.replace('path = "log"', 'path = "log"\nlate_days = 3')).source.late_days_in_force == 3


def test_paths_start_at_the_configs_folder(tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    assert read(tmp_path).resolve("out/x.csv") == tmp_path / "out" / "x.csv"
    assert read(tmp_path).resolve("/abs") == Path("/abs")


@pytest.mark.parametrize(("entity", "model"), config.SHIPPED_MODELS.items())
def test_each_entity_has_a_model_and_its_own_activity(tmp_path, entity, model):
    settings = read(tmp_path, SMALL + f'[churn]\nentity = "{entity}"\n')
    assert settings.model.name == model.removesuffix(".toml")
    assert settings.activity == (("broadcast",) if entity == "creator" else ("message",))


def test_a_model_beside_the_config_goes_before_a_shipped_one(tmp_path):
    (tmp_path / "creator_churn.toml").write_text('name = "mine"\nentity = "creator"\n')
    assert read(tmp_path, SMALL + '[churn]\nmodel = "creator_churn.toml"\n').model.name == "mine"
    assert read(tmp_path, SMALL + '[churn]\nmodel = "models/creator_churn.toml"\n').model.name == "creator_churn"


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("[source]", '[platform]\ntimezone = "Mars/Base"\n[source]',
         "[platform] timezone = 'Mars/Base' is not a known time zone; use a name such as 'Asia/Seoul' or 'UTC'."),
        ('path = "log"', 'path = "log"\ntimezone = ""',
         "[source] timezone = '' is not a known time zone; use a name such as 'Asia/Seoul' or 'UTC'."),
        ('path = "log"', 'path = "log"\nlate_days = -1', "[source] late_days = -1 must be 0 or more days."),
        ("[events]", "[churn]\nhorizons = []\n[events]", "[churn] horizons = [] must be rising whole days, such as [7, 14, 28]."),
        ("[events]", "[churn]\nhorizons = [0, 7]\n[events]",
         "[churn] horizons = [0, 7] must be rising whole days, such as [7, 14, 28]."),
        ("[events]", "[churn]\nhorizons = [7, 7]\n[events]",
         "[churn] horizons = [7, 7] must be rising whole days, such as [7, 14, 28]."),
        ("[events]", "[churn]\nhorizons = [7, 28]\n[events]",
         "The model 'creator_churn' bands by the 14-day risk, but [churn] horizons = [7, 28]: add 14, or give a model whose "
         "[bands] horizon is one of them."),
        ("[events]", "[churn]\nactive_within_days = 0\n[events]", "[churn] active_within_days = 0 must be at least 1."),
        ('creator_activity = ["broadcast"]', "",
         "[churn] entity = 'creator' needs [events] creator_activity: list the event names that mean 'still here'; `fancare "
         "init LOG` shows which names the log has."),
        ('creator_id = "creator"', "",
         "[source.columns] of fancare.toml lacks creator_id: name the parquet column that holds it."),
        ('event_time = "ts"', "", "[source.columns] of fancare.toml lacks event_time: name the parquet column that holds it."),
        ("[source]", '[warehouse]\nurl = "sqlite:///x"\n[source]',
         "[warehouse] url = 'sqlite:///x': valid are bigquery, duckdb. A URL looks like duckdb:///data/fancare.duckdb."),
        ("[source]", '[warehouse]\nurl = "duckbd:///x"\n[source]',
         "[warehouse] url = 'duckbd:///x': did you mean 'duckdb'? A URL looks like duckdb:///data/fancare.duckdb."),
        ("[events]", "[ops]\ncapacity = 0\n[events]", "[ops] capacity = 0 must be at least 1."),
        ("[events]", "[cycles]\nquantile = 95\n[events]",
         "[cycles] quantile = 95.0 must lie between 0.5 and 1, such as 0.95."),
        ("[events]", "[cycles]\nfloor_days = 30\nceiling_days = 20\n[events]",
         "[cycles] floor_days = 30, ceiling_days = 20: give whole days that rise between 1 and 84, such as 7 and 84."),
        ("[events]", '[churn]\nmodel = "room_churn.toml"\n[events]',
         "[churn] entity = 'creator' but the model 'room_churn' is for entity 'room': choose the model 'creator_churn.toml' or "
         "leave `model` out."),
        ("[events]", '[churn]\nmodel = "none.toml"\n[events]',
         "[churn] model = 'none.toml' is neither a file beside fancare.toml nor a shipped model; shipped are creator_churn.toml, "
         "fan_churn.toml, room_churn.toml."),
    ],
)  # fmt: skip
def test_each_check_has_its_sentence(tmp_path, old, new, sentence):
    assert old in SMALL
    with pytest.raises(ConfigError) as stop:
        read(tmp_path, SMALL.replace(old, new))
    assert str(stop.value) == sentence


@pytest.mark.parametrize(("entity", "column"), [("fan", "fan_id"), ("room", "fan_id"), ("room", "creator_id")])
def test_an_entity_needs_its_own_columns(tmp_path, entity, column):
    text = SMALL + f'[churn]\nentity = "{entity}"\n'
    text = text.replace('fan_id = "fan"\n', "") if column == "fan_id" else text.replace('creator_id = "creator"\n', "")
    with pytest.raises(ConfigError, match=f"lacks {column}: name the parquet column"):
        read(tmp_path, text)


# --- hashes: what must be made again


def test_another_definition_of_churn_is_another_data_spec(tmp_path):
    first = read(tmp_path)
    for other in (
        replace(first, churn=replace(first.churn, active_within_days=14)),
        replace(first, churn=replace(first.churn, horizons=(7, 14))),
        replace(first, events=replace(first.events, creator_activity=("post",))),
        replace(first, platform=config.PlatformConfig("UTC")),
    ):
        assert other.data_spec_hash != first.data_spec_hash
        assert other.spec_hash != first.spec_hash
    for same in (
        replace(first, ops=config.OpsConfig(capacity=1)),
        replace(first, registry=config.RegistryConfig("elsewhere")),
        replace(first, warehouse=config.WarehouseConfig(threads=9)),
        replace(first, source=replace(first.source, path="other")),
    ):
        assert (same.data_spec_hash, same.spec_hash) == (first.data_spec_hash, first.spec_hash)


def test_only_what_rows_are_made_from_needs_a_fresh_ingest(tmp_path):
    first = read(tmp_path)
    columns = replace(first.source.columns, amount="money")
    assert replace(first, source=replace(first.source, columns=columns)).ingest_spec_hash != first.ingest_spec_hash
    assert replace(first, platform=config.PlatformConfig("UTC")).ingest_spec_hash != first.ingest_spec_hash
    for same in (
        replace(first, source=replace(first.source, path="more", late_days=4)),
        replace(first, events=replace(first.events, fan_activity=("gift",))),
        replace(first, churn=replace(first.churn, horizons=(7,))),
    ):
        assert same.ingest_spec_hash == first.ingest_spec_hash


# --- the model's own settings


def test_a_spec_is_its_content():
    spec = ModelSpec("m", "creator")
    assert spec.spec_hash == ModelSpec("m", "creator", tabnet=TabNetSpec()).spec_hash
    assert spec.spec_hash != ModelSpec("m", "creator", tabnet=TabNetSpec(seeds=(0,))).spec_hash


@pytest.mark.parametrize(("medium", "high"), [(0.6, 0.3), (0.3, 0.3), (0.0, 0.5), (0.3, 1.0)])
def test_bands_must_rise_within_zero_and_one(medium, high):
    with pytest.raises(ConfigError, match=r"must satisfy 0 < medium < high < 1: set them so\."):
        ModelSpec("m", "creator", bands=BandSpec(14, high, medium))


def test_a_model_needs_a_seed_and_zero_is_one():
    assert ModelSpec("m", "creator", tabnet=TabNetSpec(seeds=(0,))).tabnet.seeds == (0,)
    with pytest.raises(ConfigError, match=r"seeds of model 'm' is empty; give at least one, such as \[0\]\."):
        ModelSpec("m", "creator", tabnet=TabNetSpec(seeds=()))
