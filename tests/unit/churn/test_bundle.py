"""A bundle gives back the same bits, and is refused when anything about it is not as it was written."""

from __future__ import annotations

import hashlib
import json
import pickle
from dataclasses import replace

import numpy as np
import pytest

from fancare.churn import bundle as bundles
from fancare.churn.backtest_rows import BacktestRows
from fancare.churn.bundle import CARD, MANIFEST, ROWS, SUMS, WEIGHTS, Bundle
from fancare.errors import FancareError, Refused
from fancare.panel.feature import feature_hash
from tests.drawn_model import drawn_backtest, drawn_bundle

FILES = (WEIGHTS, ROWS, MANIFEST, CARD, SUMS)


@pytest.fixture
def bundle(churn_model, panel) -> Bundle:
    index = np.flatnonzero(~np.isnan(panel.churned).any(axis=1))
    rows = BacktestRows.of(panel, index, churn_model.risks_of(panel, index))
    return drawn_bundle(churn_model, backtest=drawn_backtest(), rows=rows)


@pytest.fixture
def folder(bundle, tmp_path):
    bundle.write(tmp_path / "one", card="# card\n")
    return tmp_path / "one"


def rewrite(folder, change):
    """Change the manifest by ``change`` and put all hashes right again, as a careful forger would."""
    manifest = json.loads((folder / MANIFEST).read_bytes())
    change(manifest)
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n")
    reseal(folder)


def reseal(folder):
    names = sorted((CARD, MANIFEST, ROWS, WEIGHTS))
    lines = [f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
    (folder / SUMS).write_text("".join(lines))


def test_risks_after_reading_are_the_same_bits(bundle, folder, panel):
    again = bundles.read(folder)
    assert np.array_equal(again.model.risks_of(panel), bundle.model.risks_of(panel))
    assert again.model.reference.tobytes() == bundle.model.reference.tobytes()


def test_all_that_is_known_comes_back(bundle, folder):
    again = bundles.read(folder)
    compared = ("spec", "features", "churn", "interval", "backtest", "rows", "versions", "threads", "probe", "version")
    for name in compared:
        assert getattr(again, name) == getattr(bundle, name), name


def test_writing_twice_gives_the_same_bytes(bundle, folder, tmp_path):
    bundles.read(folder).write(tmp_path / "two", card="# card\n")
    for name in FILES:
        assert (tmp_path / "two" / name).read_bytes() == (folder / name).read_bytes(), name


def test_manifest_says_what_the_bundle_is(bundle, folder):
    manifest = json.loads((folder / MANIFEST).read_bytes())
    assert manifest["format"] == bundles.FORMAT
    assert [record["name"] for record in manifest["features"]] == list(bundle.feature_names)
    assert manifest["feature_hash"] == feature_hash(bundle.feature_names)
    assert set(manifest["versions"]) >= {"python", "torch", "pytorch-tabnet", "numpy", "fancare"}
    assert manifest["sha256"] == {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in (WEIGHTS, ROWS)
    }
    assert manifest["backtest"]["horizons"]["14"]["tabnet"]["auc"] == 0.8


def test_the_backtests_rows_are_part_of_the_content(churn_model, bundle):
    assert drawn_bundle(churn_model, backtest=drawn_backtest()).version != bundle.version


def test_rows_of_another_version_are_refused_whatever_the_list_of_hashes_says(folder, bundle):
    (folder / ROWS).write_bytes(BacktestRows.none(bundle.horizons).to_parquet())
    reseal(folder)
    with pytest.raises(Refused, match="the weights or the backtest's rows are not the manifest's"):
        bundles.read(folder)


def test_timings_are_no_part_of_the_content(churn_model):
    slow = drawn_backtest() | {"fit_cpu_seconds": {"tabnet": 99.0}}
    assert (
        drawn_bundle(churn_model, backtest=slow).version == drawn_bundle(churn_model, backtest=drawn_backtest()).version
    )


def test_version_is_origin_and_content(bundle, churn_model):
    origin, digest = bundle.version.split("-")
    assert origin == f"{churn_model.origin:%Y%m%d}"
    assert bundle.content_hash.startswith(digest)
    assert drawn_bundle(churn_model, backtest=None).version != bundle.version


def test_shell_users_can_check_the_hashes(folder):
    for line in (folder / SUMS).read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("where", [0.0, 0.5, 0.999])
@pytest.mark.parametrize("bit", [0, 7])
def test_one_flipped_bit_anywhere_is_refused(folder, name, where, bit):
    data = bytearray((folder / name).read_bytes())
    data[int(where * len(data))] ^= 1 << bit
    (folder / name).write_bytes(bytes(data))
    with pytest.raises(Refused, match=r"is damaged: .*; roll back to an earlier version or train again"):
        bundles.read(folder)


@pytest.mark.parametrize("name", FILES)
def test_truncated_empty_or_missing_is_refused(folder, name):
    data = (folder / name).read_bytes()
    for content in (data[:-1], data[: len(data) // 2], b""):
        (folder / name).write_bytes(content)
        with pytest.raises(Refused, match="is damaged"):
            bundles.read(folder)
    (folder / name).unlink()
    with pytest.raises(Refused, match=f"is damaged: {name} is missing"):
        bundles.read(folder)


def test_a_list_of_hashes_with_one_more_is_refused(folder):
    with (folder / SUMS).open("a") as file:
        file.write(f"{'0' * 64}  another.bin\n")
    with pytest.raises(Refused, match="SHA256SUMS is not the list of hashes that was written"):
        bundles.read(folder)


class Explodes:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was executed",))


@pytest.mark.parametrize("name", [WEIGHTS, MANIFEST])
def test_a_pickle_is_refused_and_never_executed(folder, name):
    (folder / name).write_bytes(pickle.dumps(Explodes()))
    reseal(folder)
    with pytest.raises(Refused, match="is damaged"):
        bundles.read(folder)


def test_a_pickle_whose_every_hash_is_right_is_refused(folder):
    payload = pickle.dumps(Explodes())
    (folder / WEIGHTS).write_bytes(payload)
    rewrite(folder, lambda m: m["sha256"].update({WEIGHTS: hashlib.sha256(payload).hexdigest()}))
    with pytest.raises(Refused, match="do not make a model"):
        bundles.read(folder)


@pytest.mark.parametrize("found", [0, 2, "3", None])
def test_another_format_is_refused_by_name(folder, found):
    rewrite(folder, lambda m: m.update(format=found))
    with pytest.raises(
        Refused, match=f"has format {found!r}, this fancare reads format 3; use the fancare that wrote it"
    ):
        bundles.read(folder)


def test_a_bundle_of_an_earlier_format_lacks_files_and_is_not_called_damaged(folder):
    (folder / ROWS).unlink()
    manifest = json.loads((folder / MANIFEST).read_bytes()) | {"format": 2}
    (folder / MANIFEST).write_text(json.dumps(manifest))
    lines = [
        f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in (CARD, MANIFEST, WEIGHTS)
    ]
    (folder / SUMS).write_text("".join(lines))
    with pytest.raises(Refused, match=r"has format 2, this fancare reads format 3; .* or train again with --retrain"):
        bundles.read(folder)


def _swap_features(m):
    m["features"][:2] = m["features"][1::-1]


@pytest.mark.parametrize(
    "change",
    [
        _swap_features,
        lambda m: m["features"].pop(),
        lambda m: m["features"][0].update(name="another"),
        lambda m: m.update(feature_hash="0" * 64),
        lambda m: m["features"][0].update(surprise=1),
        lambda m: m["encoder"].clear() if "encoder" in m else m["model"]["encoder"].clear(),
        lambda m: m["model"]["encoder"]["mean"].pop(),
        lambda m: m["model"]["horizons"].pop(),
        lambda m: m["spec"].update(surprise=1),
        lambda m: m["spec"].pop("name"),
        lambda m: m.pop("interval"),
        lambda m: m["interval"].update(cut="yesterday"),
        lambda m: m.update(sha256={}),
        lambda m: m.update(model=[]),
        lambda m: m.update(probe="x"),
        lambda m: m.update(threads=float("inf")),
        lambda m: m["model"]["chain"].update(n_features=-1),
        lambda m: m["model"]["chain"]["spec"].update(width=-1),
        lambda m: m["model"]["chain"]["spec"].update(seeds=["x"]),
    ],
)
def test_a_manifest_that_does_not_fit_the_weights_is_refused(folder, change):
    rewrite(folder, change)
    with pytest.raises(Refused, match="do not make a model"):
        bundles.read(folder)


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m["model"]["calibration"]["shifts"].__setitem__(0, 3.0),
        lambda m: m["model"]["encoder"]["mean"].__setitem__(0, 30.0),
        lambda m: m["probe"][0].__setitem__(0, m["probe"][0][0] + 0.01),
    ],
)
def test_other_risks_than_where_it_was_made_are_refused(folder, change):
    rewrite(folder, change)
    with pytest.raises(Refused, match=r"gives other risks here than where it was made \(then torch .*, now torch"):
        bundles.read(folder)


def test_a_message_is_one_sentence_for_an_operator(folder):
    (folder / WEIGHTS).write_bytes(b"x")
    with pytest.raises(FancareError) as error:
        bundles.read(folder)
    assert error.value.exit_code == 13
    assert str(error.value) == (
        f"The model {folder} is damaged: {WEIGHTS} does not match its SHA-256 in {SUMS}; "
        f"roll back to an earlier version or train again with --retrain."
    )


def test_a_feature_without_a_record_cannot_be_bundled(churn_model, panel):
    with pytest.raises(ValueError, match="No record was given for the model's feature 'recency_days'"):
        drawn_bundle(churn_model, panel.columns(panel.feature_names[1:]))


def test_a_model_that_gives_no_numbers_is_not_bundled(churn_model, panel):
    bent = replace(churn_model.calibration, shifts=(float("nan"), 0.0, 0.0))
    with pytest.raises(Refused, match=r"gives risks that are no numbers .*; lower \[tabnet\] learning_rate"):
        drawn_bundle(replace(churn_model, calibration=bent), panel)
