"""Versions are kept once and for all, and one rename decides who scores."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from fancare.churn import turnover
from fancare.churn.bundle import WEIGHTS
from fancare.churn.registry import CHAMPION, STAGING, Registry
from fancare.churn.turnover import Turnover
from fancare.errors import ConfigError, Refused, WarehouseError
from tests.drawn_model import drawn_backtest, drawn_bundle, drawn_config

NAME = "drawn"
NOW = datetime(2026, 7, 1, 9, tzinfo=UTC)
REPO = Path(__file__).parents[3]


@pytest.fixture
def registry(tmp_path):
    return Registry(tmp_path / "registry")


@pytest.fixture
def three(churn_model):
    """Three versions, of three days, each a little better than the one before."""
    return [
        drawn_bundle(churn_model, backtest=drawn_backtest(tabnet), origin=date(2026, month, 1))
        for month, tabnet in ((4, 0.80), (5, 0.81), (6, 0.82))
    ]


def damage(folder):
    data = bytearray((folder / WEIGHTS).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / WEIGHTS).write_bytes(bytes(data))


def test_an_empty_registry_has_no_champion(registry):
    assert registry.champion(NAME) is None
    assert registry.versions(NAME) == ()
    assert registry.history(NAME) == ()


def test_register_load_promote(registry, three):
    version = registry.register(three[0])
    assert registry.versions(NAME) == (version,) == (three[0].version,)
    assert registry.champion(NAME) is None, "registering makes no champion"
    verdict = registry.promote(NAME, version, NOW, by="ops")
    assert verdict.can_say
    champion = registry.champion(NAME)
    assert (champion.version, champion.can_say) == (version, True)
    assert champion.bundle.content_hash == three[0].content_hash
    assert (champion.folder / "card.md").read_text().startswith(f"# {NAME} {version}\n")


def test_the_same_content_twice_is_one_version(registry, three):
    folder = registry.root / NAME / registry.register(three[0])
    before = {p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in folder.iterdir()}
    assert registry.register(three[0]) == folder.name
    assert {p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in folder.iterdir()} == before
    assert registry.versions(NAME) == (folder.name,)


def test_a_damaged_version_can_be_registered_again(registry, three):
    version = registry.register(three[0])
    damage(registry.root / NAME / version)
    assert registry.register(three[0]) == version
    assert registry.load(NAME, version).bundle.version == version


def test_promoting_the_champion_again_changes_nothing(registry, three):
    version = registry.register(three[0])
    registry.promote(NAME, version, NOW)
    registry.promote(NAME, version, NOW)
    assert len(registry.history(NAME)) == 1


def test_history_says_who_when_and_after_whom(registry, three):
    for bundle in three:
        registry.promote(NAME, registry.register(bundle), NOW, by="mina")
    history = registry.history(NAME)
    assert [reign.version for reign in history] == [bundle.version for bundle in three]
    assert [(r.by, r.at, r.action) for r in history] == [("mina", "2026-07-01T09:00:00+00:00", "promote")] * 3
    assert [reign.before for reign in history] == [None, 0, 1]


def test_the_user_of_the_process_is_on_record_where_nobody_is_named(registry, three, monkeypatch):
    monkeypatch.setenv("LOGNAME", "mina")
    registry.promote(NAME, registry.register(three[0]), NOW)
    assert registry.history(NAME)[-1].by == "mina"


def test_champions_come_newest_reign_first_each_once_and_without_the_damaged(registry, three):
    assert registry.champions(NAME) == ()
    for bundle in three:
        registry.promote(NAME, registry.register(bundle), NOW)
    registry.rollback(NAME, NOW)
    april, may, june = (bundle.version for bundle in three)
    assert [found.version for found in registry.champions(NAME)] == [may, june, april]
    assert [found.version for found in registry.champions(NAME, most=2)] == [may, june]
    damage(registry.root / NAME / june)
    assert [found.version for found in registry.champions(NAME)] == [may, april]


def test_the_turnover_that_was_measured_is_the_gates_and_its_acceptance_is_on_record(registry, three):
    april, may = (registry.register(bundle) for bundle in three[:2])
    registry.promote(NAME, april, NOW)
    found = Turnover(april, three[0].content_hash, date(2026, 5, 1), n_cohort=100, n_listed=20, n_new=15)
    turnover.keep(registry.root / NAME / may, three[1].content_hash, [found])
    told = []
    with pytest.raises(Refused, match=r"it alone turns over 15 of the 20 .*; the champion 2026"):
        registry.promote(NAME, may, NOW, tell=told.append)
    assert registry.champion(NAME).version == april
    assert [check.name for check in told[0].failed] == ["turnover"], "told before it is refused"
    registry.promote(NAME, may, NOW, accept_turnover=True)
    assert [reign.action for reign in registry.history(NAME)] == ["promote", "promote, turnover accepted"]
    assert registry.rollback(NAME, NOW) == april


def test_a_turnover_against_another_champion_is_not_measured(registry, three):
    april, may, june = (registry.register(bundle) for bundle in three)
    for version in (april, may):
        registry.promote(NAME, version, NOW)
    found = Turnover(april, three[0].content_hash, date(2026, 6, 1), n_cohort=100, n_listed=20, n_new=20)
    turnover.keep(registry.root / NAME / june, three[2].content_hash, [found])
    told = []
    registry.promote(NAME, june, NOW, tell=told.append)
    assert next(check for check in told[0].checks if check.name == "turnover").passed is None


def test_who_may_become_champion_is_certified_known_by_the_day_and_no_champion(registry, churn_model, three):
    april, may, june = map(registry.register, three)
    registry.promote(NAME, april, NOW)
    same = three[0].churn.data_spec_hash

    def waiting(made_by: date, besides: str = "", **more) -> list[str]:
        return [found.version for found in registry.waiting(NAME, made_by, same, besides, **more)]

    assert waiting(date(2026, 6, 30)) == [june, may], "newest first"
    assert waiting(date(2026, 6, 30), besides=june) == [may]
    assert waiting(date(2026, 6, 30), most=1) == [june]
    assert waiting(date(2026, 5, 31)) == [may], "nobody is held against a model of the future"
    other = drawn_bundle(churn_model, config=drawn_config(active_within_days=14), origin=date(2026, 6, 2))
    registry.register(other)
    assert waiting(date(2026, 6, 30)) == [june, may], "another definition of churn is no yardstick"
    (registry.root / NAME / june / "certificate.json").unlink()
    assert waiting(date(2026, 6, 30)) == [may]
    damage(registry.root / NAME / may)
    assert waiting(date(2026, 6, 30)) == []


def test_rollback_goes_back_step_by_step(registry, three):
    for bundle in three:
        registry.promote(NAME, registry.register(bundle), NOW)
    assert registry.rollback(NAME, NOW) == three[1].version
    assert registry.champion(NAME).version == three[1].version
    assert registry.rollback(NAME, NOW) == three[0].version
    with pytest.raises(Refused, match="drawn has no earlier champion"):
        registry.rollback(NAME, NOW)
    assert registry.champion(NAME).version == three[0].version
    assert [reign.action for reign in registry.history(NAME)] == ["promote"] * 3 + ["rollback"] * 2


def test_rollback_to_a_damaged_version_is_refused_and_the_champion_stays(registry, three):
    for bundle in three[:2]:
        registry.promote(NAME, registry.register(bundle), NOW)
    damage(registry.root / NAME / three[0].version)
    with pytest.raises(Refused, match="is damaged"):
        registry.rollback(NAME, NOW)
    assert registry.champion(NAME).version == three[1].version


def test_a_damaged_champion_is_refused(registry, three):
    version = registry.register(three[0])
    registry.promote(NAME, version, NOW)
    damage(registry.root / NAME / version)
    with pytest.raises(Refused, match=f"{version} is damaged: {WEIGHTS} does not match"):
        registry.champion(NAME)


def test_a_damaged_champion_keeps_no_challenger_out(registry, three):
    registry.promote(NAME, registry.register(three[2]), NOW)
    damage(registry.root / NAME / three[2].version)
    registry.promote(NAME, registry.register(three[0]), NOW)
    assert registry.champion(NAME).version == three[0].version


def test_a_damaged_challenger_is_refused_and_the_champion_stays(registry, three):
    registry.promote(NAME, registry.register(three[0]), NOW)
    damage(registry.root / NAME / registry.register(three[1]))
    with pytest.raises(Refused, match="is damaged"):
        registry.promote(NAME, three[1].version, NOW)
    assert registry.champion(NAME).version == three[0].version


def test_a_version_under_another_name_is_refused(registry, three):
    version = registry.register(three[0])
    forged = registry.root / NAME / "20260401-00000000"
    (registry.root / NAME / version).rename(forged)
    with pytest.raises(Refused, match=f"holds drawn {version}, not what its name says"):
        registry.load(NAME, forged.name)


def test_a_champion_that_is_gone_is_refused(registry, three):
    version = registry.register(three[0])
    registry.promote(NAME, version, NOW)
    (registry.root / NAME / version).rename(registry.root / "elsewhere")
    with pytest.raises(Refused, match="The champion of drawn cannot be loaded"):
        registry.champion(NAME)


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"format": 9, "history": []}', '{"format": 1, "history": [{}]}'])
def test_a_damaged_champion_file_is_refused(registry, three, content):
    registry.promote(NAME, registry.register(three[0]), NOW)
    (registry.root / NAME / CHAMPION).write_text(content)
    with pytest.raises(Refused, match=r"champion.json is damaged \(.*\); restore it, or remove it and promote"):
        registry.champion(NAME)


def test_one_flipped_bit_in_the_champion_file_is_refused(registry, three):
    for bundle in three[:2]:
        registry.promote(NAME, registry.register(bundle), NOW, by="ops")
    path = registry.root / NAME / CHAMPION
    whole = path.read_bytes()
    for position in range(0, len(whole), 7):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :])
        with pytest.raises(Refused, match=r"champion.json is damaged"):
            registry.champion(NAME)
    path.write_bytes(whole)
    assert registry.champion(NAME).version == three[1].version


def test_a_folder_that_is_not_what_was_promoted_is_refused(registry, three):
    """Another model under the same eight digits: what counts is the whole hash on record."""
    version = registry.register(three[0])
    registry.promote(NAME, version, NOW)
    path = registry.root / NAME / CHAMPION
    content = json.loads(path.read_bytes())
    content["history"][0]["content_hash"] = three[0].content_hash[:8] + "0" * 56
    content["sha256"] = hashlib.sha256(json.dumps(content["history"], sort_keys=True).encode()).hexdigest()
    path.write_text(json.dumps(content))
    with pytest.raises(Refused, match=rf"{version} is not the one that was promoted \(its content hash differs\)"):
        registry.champion(NAME)


def test_others_may_read_what_was_kept(registry, three):
    folder = registry.root / NAME / registry.register(three[0])
    assert folder.stat().st_mode & 0o777 == 0o755


def test_champion_json_is_json_for_any_reader(registry, churn_model):
    """Whatever the backtest could not tell: NaN is no JSON."""
    backtest = drawn_backtest()
    backtest["tabnet_minus"]["recency"] |= {"low": None, "high": None}
    registry.promote(NAME, registry.register(drawn_bundle(churn_model, backtest=backtest)), NOW)

    def refuse(constant):
        raise ValueError(f"{constant} is no JSON")

    told = json.loads((registry.root / NAME / CHAMPION).read_bytes(), parse_constant=refuse)
    assert told["history"][0]["verdict"]["code"] == "gate.not_above_recency"


def test_unknown_version_names_those_there_are(registry, three):
    version = registry.register(three[0])
    with pytest.raises(WarehouseError, match=f"drawn has no version '20990101-00000000' in .*; there are {version}"):
        registry.load(NAME, "20990101-00000000")


@pytest.mark.parametrize("version", ["../../etc", "20260630-XYZ", "", ".", CHAMPION])
def test_a_version_is_never_a_path(registry, three, version):
    registry.register(three[0])
    with pytest.raises(WarehouseError, match="has no version"):
        registry.load(NAME, version)


@pytest.mark.parametrize("name", ["../x", "", ".hidden", "a/b", "x" * 65])
def test_a_model_name_is_never_a_path(registry, name):
    with pytest.raises(ConfigError, match="cannot name a folder"):
        registry.versions(name)


def test_a_day_is_not_scored_by_a_model_that_knew_its_future(registry, three):
    for bundle in three:
        registry.promote(NAME, registry.register(bundle), NOW)
    assert registry.champion(NAME, as_of=date(2026, 5, 1)).version == three[1].version
    assert registry.champion(NAME, as_of=date(2026, 4, 30)).version == three[0].version
    assert registry.champion(NAME, as_of=date(2026, 3, 31)) is None


def test_a_file_in_the_way_is_one_sentence(tmp_path, three):
    (tmp_path / "registry").write_text("not a folder")
    with pytest.raises(WarehouseError, match=r"cannot be written .*; check disk space and permissions"):
        Registry(tmp_path / "registry").register(three[0])


def test_a_bucket_is_not_supported_yet(tmp_path):
    from dataclasses import replace

    config = drawn_config(tmp_path)
    assert Registry.of(config).root == (tmp_path / "models/registry").resolve()
    with pytest.raises(WarehouseError, match="keeps models in a folder; give a path"):
        Registry.of(replace(config, registry=replace(config.registry, url="gs://bucket/path")))


# --- killed between staging and renaming

_KILLED = """
import os, sys
from datetime import UTC, date, datetime
from pathlib import Path
import fancare.churn.registry as registry
from fancare.churn import bundle
root, version, step = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
def die(*_, **__): os._exit(9)
setattr(registry.os, step, die)  # the process ends at the very rename, as kill -9 would have it
kept = registry.Registry(root)
if step == "rename":
    from dataclasses import replace
    loaded = kept.load("drawn", version).bundle
    kept.register(replace(loaded, backtest=None, stored_hash=None))
else:
    kept.promote("drawn", version, datetime(2026, 7, 2, tzinfo=UTC))
"""


@pytest.mark.parametrize("step", ["rename", "replace"])
def test_killed_before_the_rename_leaves_versions_and_champion(registry, three, step):
    registry.promote(NAME, registry.register(three[0]), NOW)
    registry.register(three[1])
    before = (registry.root / NAME / CHAMPION).read_bytes()
    command = [sys.executable, "-c", _KILLED, str(registry.root), three[1].version, step]
    done = subprocess.run(command, cwd=REPO, env={**os.environ, "OMP_NUM_THREADS": "1"}, check=False)
    assert done.returncode == 9
    assert (registry.root / NAME / CHAMPION).read_bytes() == before
    assert registry.versions(NAME) == (three[0].version, three[1].version)
    assert registry.champion(NAME).version == three[0].version
    registry.promote(NAME, registry.register(three[1]), NOW)
    assert registry.champion(NAME).version == three[1].version
    registry.register(three[2])
    assert not [path for path in (registry.root / NAME).iterdir() if path.name.startswith(STAGING)]


def test_promotions_at_once_lose_none(registry, three):
    versions = [registry.register(bundle) for bundle in three]

    def promote(version: str) -> bool:
        try:
            registry.promote(NAME, version, NOW)
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(3) as pool:
        promoted = [v for v, done in zip(versions, pool.map(promote, versions), strict=True) if done]
    assert {reign.version for reign in registry.history(NAME)} == set(promoted)
    assert len(registry.history(NAME)) == len(promoted) >= 1


def test_versions_of_one_day_come_in_the_order_they_were_kept(registry, churn_model):
    kept = [
        registry.register(drawn_bundle(churn_model, backtest=drawn_backtest(auc))) for auc in (0.7, 0.75, 0.8, 0.85)
    ]
    assert list(registry.versions(NAME)) == kept
