"""A model as a folder: weights without pickle, a manifest that says all about them, and hashes that must match.

    weights.safetensors   arrays of the network and the reference values
    manifest.json         canonical JSON: spec, features in order, encoder, calibration, data interval, versions, figures
    backtest_rows.parquet what the backtest said row by row, and what came (`fancare.churn.backtest_rows`)
    card.md               the model card, for people
    SHA256SUMS            one line per file; `sha256sum -c SHA256SUMS` checks it by hand

The same model, figures and environment give the same bytes. Reading trusts nothing: a file that does not match its hash,
another format, weights that do not fit the manifest, or risks that differ from those noted when it was made are `Refused`.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

import fancare
from fancare.churn.backtest_rows import BacktestRows
from fancare.churn.model import ChurnModel
from fancare.churn.occlusion import Contributions
from fancare.churn.stability import Reference
from fancare.churn.threads import thread_count
from fancare.config import Config, EventsConfig
from fancare.errors import ConfigError, Refused, WarehouseError
from fancare.modelspec import ModelSpec
from fancare.panel.feature import Feature, feature_hash
from fancare.tomlspec import read_table

FORMAT = 3  # 3: the backtest's rows, kept so that versions can be compared pair by pair; bins that drift is measured on
WEIGHTS, MANIFEST, CARD, SUMS = "weights.safetensors", "manifest.json", "card.md", "SHA256SUMS"
ROWS = "backtest_rows.parquet"
RECORDED_PACKAGES = ("torch", "pytorch-tabnet", "numpy", "safetensors")
PROBE_TOLERANCE = 1e-4  # other processors round differently; other code is off by more
# what building a model of parts that do not fit may end in, torch's RuntimeError among them
_MISFITS = (
    ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RuntimeError, ConfigError, safetensors.SafetensorError
)  # fmt: skip


@dataclass(frozen=True)
class DataInterval:
    """The days behind a model: the log's first day, the day training labels end, and the day it was made as of."""

    first_day: date
    cut: date
    origin: date


@dataclass(frozen=True)
class ChurnDefinition:
    """What churned means: none of ``activity`` within the horizon, among those active within ``active_within_days``.

    ``events`` are all of the configuration's lists, ``activity`` one of them. ``data_spec_hash`` covers this and all else that
    cohort, labels and features are made from.
    """

    activity: tuple[str, ...]
    active_within_days: int
    data_spec_hash: str
    events: EventsConfig

    @classmethod
    def of(cls, config: Config) -> ChurnDefinition:
        """The definition of a configuration."""
        return cls(config.activity, config.churn.active_within_days, config.data_spec_hash, config.events)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ChurnDefinition:
        """The definition whose ``asdict`` this is."""
        return cls(**{**data, "activity": tuple(data["activity"]), "events": EventsConfig(**data["events"])})


@dataclass(frozen=True)
class Bundle:
    """A model with everything that is known about it.

    ``features`` are the records of the model's features in its order, ``facts`` those of the candidates that it does not read but
    that its reasons may quote; ``churn`` is the definition it was trained on.
    ``backtest`` is the JSON form of the backtest, without timings (None: there was none), ``rows`` its rows as the bytes of their
    file. ``contributions`` say which themes move its risks, ``reference`` what its days are compared with. ``versions`` and
    ``threads`` describe the environment it was trained in, ``probe`` the risks it gave there to a few made-up rows.
    ``stored_hash`` is the hash of the manifest it was read from, None before it is kept.
    """

    model: ChurnModel
    spec: ModelSpec
    features: tuple[Feature, ...]
    facts: tuple[Feature, ...]
    churn: ChurnDefinition
    interval: DataInterval
    backtest: Mapping[str, Any] | None
    contributions: Contributions | None
    versions: Mapping[str, str]
    threads: int
    probe: tuple[tuple[float, ...], ...]
    rows: bytes
    reference: Reference | None = None
    stored_hash: str | None = field(default=None, compare=False)

    @classmethod
    def of(
        cls,
        model: ChurnModel,
        features: Sequence[Feature],
        config: Config,
        first_day: date,
        cut: date,
        backtest: Mapping[str, Any] | None = None,
        contributions: Contributions | None = None,
        reference: Reference | None = None,
        threads: int | None = None,
        rows: BacktestRows | None = None,
    ) -> Bundle:
        """A bundle of a model just trained; ``features`` may hold more records than the model uses."""
        by_name = {feature.name: feature for feature in features}
        missing = [name for name in model.feature_names if name not in by_name]
        if missing:
            raise ValueError(f"No record was given for the model's feature {missing[0]!r}; pass the panel's features.")
        with np.errstate(invalid="ignore"):
            probed = probe_risks(model)
        if not np.isfinite(probed).all():
            raise Refused(
                f"The model just trained gives risks that are no numbers ({probed[0].tolist()} for a typical row); lower "
                f"[tabnet] learning_rate in the model spec, or look at the features for huge values, and train again."
            )
        return cls(
            model=model,
            spec=config.model,
            features=tuple(by_name[name] for name in model.feature_names),
            facts=tuple(by_name[dropped.feature] for dropped in model.pruning.dropped),
            churn=ChurnDefinition.of(config),
            interval=DataInterval(first_day, cut, model.origin),
            backtest=None
            if backtest is None
            else _plain({k: v for k, v in backtest.items() if k != "fit_cpu_seconds"}),
            versions=installed_versions(),
            contributions=contributions,
            reference=reference,
            threads=thread_count(threads),
            probe=_rows(probed),
            rows=(rows or BacktestRows.none(model.horizons)).to_parquet(),
        )

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def feature_names(self) -> tuple[str, ...]:
        return self.model.feature_names

    @property
    def horizons(self) -> tuple[int, ...]:
        return self.model.horizons

    @property
    def content_hash(self) -> str:
        """SHA-256 of the manifest, which holds the weights' hash: equal content, equal hash."""
        return self.stored_hash or _sha256(self._serialised()[MANIFEST])

    @property
    def version(self) -> str:
        """The origin and the first eight digits of the content hash, such as ``20260630-3f2a1c9b``."""
        return f"{self.interval.origin:%Y%m%d}-{self.content_hash[:8]}"

    @property
    def weights_hash(self) -> str:
        return _sha256(self._serialised()[WEIGHTS])

    def write(self, folder: Path, card: str = "") -> None:
        """Write the files into ``folder`` (made if missing) and see them onto the disk."""
        contents = self._serialised() | {CARD: card.encode()}
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in (contents | {SUMS: _sums_of(contents)}).items():
            with open(folder / name, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())

    def _serialised(self) -> dict[str, bytes]:
        meta, arrays = self.model.to_parts()
        weights = safetensors.numpy.save({name: np.ascontiguousarray(array) for name, array in arrays.items()})
        manifest = {
            "format": FORMAT,
            "name": self.spec.name,
            "entity": self.spec.entity,
            "spec": asdict(self.spec),
            "spec_hash": self.spec.spec_hash,
            "churn": asdict(self.churn),
            "features": [_record(feature) for feature in self.features],
            "facts": [_record(feature) for feature in self.facts],
            "feature_hash": feature_hash(self.feature_names),
            "horizons": list(self.horizons),
            "interval": {name: _iso(day) for name, day in asdict(self.interval).items()},
            "model": meta,
            "probe": [list(row) for row in self.probe],
            "backtest": self.backtest,
            "contributions": None if self.contributions is None else asdict(self.contributions),
            "reference": None if self.reference is None else self.reference.to_dict(),
            "versions": dict(self.versions),
            "threads": self.threads,
            "sha256": {WEIGHTS: _sha256(weights), ROWS: _sha256(self.rows)},
        }
        text = json.dumps(manifest, indent=1, sort_keys=True, allow_nan=False) + "\n"
        return {WEIGHTS: weights, MANIFEST: text.encode(), ROWS: self.rows}


def read(folder: Path) -> Bundle:
    """The bundle in ``folder``, every file checked against its hash before any of it is used."""
    _refuse_another_format(folder)
    try:
        data = {name: (folder / name).read_bytes() for name in (SUMS, MANIFEST, WEIGHTS, ROWS, CARD)}
    except FileNotFoundError as error:
        raise _refused(folder, f"{Path(error.filename).name} is missing") from None
    except OSError as error:
        raise WarehouseError(f"The model {folder} cannot be read ({error.strerror}); check its permissions.") from None
    sums = data.pop(SUMS)
    for name, content in sorted(data.items()):
        if f"{_sha256(content)}  {name}\n".encode() not in sums:
            raise _refused(folder, f"{name} does not match its SHA-256 in {SUMS}")
    if sums != _sums_of(data):
        raise _refused(folder, f"{SUMS} is not the list of hashes that was written")
    try:
        manifest = json.loads(data[MANIFEST])
        found = manifest["format"]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise _refused(folder, f"{MANIFEST} is not a manifest") from None
    if found != FORMAT:
        raise _other_format(folder, manifest)
    try:
        bundle = _from(manifest, data[MANIFEST], data[WEIGHTS], data[ROWS])
        expected, given = np.array(bundle.probe), probe_risks(bundle.model)
    except _MISFITS as error:
        first_line = (str(error).splitlines() or [type(error).__name__])[0]
        raise _refused(folder, f"{MANIFEST} and {WEIGHTS} do not make a model ({first_line[:120]})") from None
    if expected.shape != given.shape or not np.allclose(expected, given, rtol=0, atol=PROBE_TOLERANCE):
        raise Refused(
            f"The model {folder} gives other risks here than where it was made (then {_versions(bundle.versions)}, now "
            f"{_versions(installed_versions())}); install those versions or train again with --retrain."
        )
    return bundle


def probe_risks(model: ChurnModel) -> np.ndarray:
    """(3, H) risks of three rows made up from the model itself: a typical one, all zeros, and ten times typical."""
    typical = np.nan_to_num(model.reference, nan=0.0)
    return model.risks(np.stack([typical, np.zeros_like(typical), 10 * typical]).astype(np.float32))


def installed_versions() -> dict[str, str]:
    """The versions a model depends on, as they are here."""
    found = {"python": platform.python_version(), "fancare": fancare.__version__}
    for package in RECORDED_PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "absent"
    return found


def _from(manifest: Mapping[str, Any], data: bytes, weights: bytes, rows: bytes) -> Bundle:
    """The bundle these parts make; any of several errors where they do not fit."""
    if manifest["sha256"] != {WEIGHTS: _sha256(weights), ROWS: _sha256(rows)}:
        raise ValueError("the weights or the backtest's rows are not the manifest's")
    arrays = safetensors.numpy.load(weights)
    model = ChurnModel.from_parts(manifest["model"], arrays)
    features, facts = _records(manifest["features"]), _records(manifest["facts"])
    names = tuple(feature.name for feature in features)
    if names != model.feature_names or feature_hash(names) != manifest["feature_hash"]:
        raise ValueError("the features are not the model's")
    if len(model.reference) != len(names) or len(model.encoder.mean) != len(names):
        raise ValueError("the features are not as many as the weights need")
    gone = [dropped.feature for dropped in model.pruning.dropped]
    if [fact.name for fact in facts] != gone or len(gone) != len(model.typical_facts):
        raise ValueError("the facts are not those that were pruned")
    interval = DataInterval(**{name: date.fromisoformat(day) for name, day in manifest["interval"].items()})
    return Bundle(
        model=model,
        spec=read_table(ModelSpec, manifest["spec"], "spec "),
        features=features,
        facts=facts,
        churn=ChurnDefinition.from_dict(manifest["churn"]),
        interval=interval,
        backtest=manifest["backtest"],
        contributions=None if manifest["contributions"] is None else Contributions.from_dict(manifest["contributions"]),
        reference=None if manifest["reference"] is None else Reference.of_model(manifest["reference"], model),
        versions=dict(manifest["versions"]),
        threads=int(manifest["threads"]),
        probe=_rows(manifest["probe"]),
        rows=rows,
        stored_hash=_sha256(data),
    )


def _rows(table: Iterable[Iterable[float]]) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(float(value) for value in row) for row in table)


def _sums_of(contents: Mapping[str, bytes]) -> bytes:
    return "".join(f"{_sha256(data)}  {name}\n" for name, data in sorted(contents.items())).encode()


def _refuse_another_format(folder: Path) -> None:
    """`Refused` where a whole manifest names another format: such a bundle lacks files of this one, and is not damaged."""
    try:
        manifest = (folder / MANIFEST).read_bytes()
        listed = f"{_sha256(manifest)}  {MANIFEST}\n".encode() in (folder / SUMS).read_bytes()
        told = json.loads(manifest) if listed else {"format": FORMAT}
        if told["format"] != FORMAT:
            raise _other_format(folder, told)
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return  # what is wrong with it is said file by file


def _other_format(folder: Path, manifest: Mapping[str, Any]) -> Refused:
    return Refused(
        f"The model {folder} has format {manifest['format']!r}, this fancare reads format {FORMAT}; use the fancare that wrote "
        f"it ({manifest.get('versions', {}).get('fancare', 'unknown')}) or train again with --retrain."
    )


def _refused(folder: Path, what: str) -> Refused:
    return Refused(
        f"The model {folder} is damaged: {what}; roll back to an earlier version or train again with --retrain."
    )


def _plain(value: Any) -> Any:
    """JSON-able: tuples as lists, numpy scalars as numbers, what is not finite as None."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _versions(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {versions.get(name, 'unknown')}" for name in ("torch", "pytorch-tabnet", "numpy"))


def _records(records: Iterable[Mapping[str, Any]]) -> tuple[Feature, ...]:
    return tuple(Feature(**{**record, "first_known": _day(record["first_known"])}) for record in records)


def _record(feature: Feature) -> dict[str, Any]:
    return asdict(feature) | {"first_known": _iso(feature.first_known)}


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
