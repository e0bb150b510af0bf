"""The configuration of one model over one log: a TOML file, read into frozen dataclasses.

Relative paths start at the config file's folder, the three-slash DuckDB URL included.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from dataclasses import asdict, dataclass, field, fields
from datetime import date
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from fancare.errors import ConfigError
from fancare.modelspec import ModelSpec
from fancare.tomlspec import load_toml, nearest, read_table

Entity = Literal["creator", "room", "fan"]

SHIPPED_MODELS = {"creator": "creator_churn.toml", "room": "room_churn.toml", "fan": "fan_churn.toml"}


@dataclass(frozen=True)
class PlatformConfig:
    """Where a day begins and ends."""

    timezone: str = "Asia/Seoul"


@dataclass(frozen=True)
class WarehouseConfig:
    """Where the tables live."""

    url: str = "duckdb:///data/fancare.duckdb"
    memory_limit: str = "1200MB"
    threads: int = 2


@dataclass(frozen=True)
class SourceColumns:
    """Canonical name = the source's column (or Mixpanel property); None where the source has none."""

    event_time: str | None = None
    event_name: str | None = None
    creator_id: str | None = None
    fan_id: str | None = None
    amount: str | None = None
    event_id: str | None = None
    arrived_at: str | None = None


@dataclass(frozen=True)
class SourceConfig:
    """Where the log comes from. ``late_days`` defaults to 2 for the Mixpanel kinds and to 0 for parquet."""

    kind: Literal["parquet", "mixpanel-export", "mixpanel-bigquery"]
    path: str
    timezone: str = "UTC"
    late_days: int | None = None
    data_through: date | None = None
    columns: SourceColumns = field(default_factory=SourceColumns)

    @property
    def late_days_in_force(self) -> int:
        if self.late_days is not None:
            return self.late_days
        return 0 if self.kind == "parquet" else 2


@dataclass(frozen=True)
class EventsConfig:
    """Which events mean what. Names not listed here (page visits and the like) still become features."""

    creator_acts: tuple[str, ...] = ()
    creator_activity: tuple[str, ...] = ()
    fan_activity: tuple[str, ...] = ()
    revenue: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for key in fields(self):  # as the front door writes names: a Korean name typed on a Mac may come in parts (NFD)
            names = tuple(unicodedata.normalize("NFC", name) for name in getattr(self, key.name))
            object.__setattr__(self, key.name, names)


@dataclass(frozen=True)
class ChurnConfig:
    """Whose churn, over which horizons (days), among whom."""

    entity: Entity = "creator"
    horizons: tuple[int, ...] = (7, 14, 28)
    active_within_days: int = 28
    model: str | None = None


@dataclass(frozen=True)
class CyclesConfig:
    """Own-rhythm churn: silence past the gap that holds a share ``quantile`` of an entity's gaps, between these bounds."""

    quantile: float = 0.95
    floor_days: int = 7
    ceiling_days: int = 84


@dataclass(frozen=True)
class RegistryConfig:
    """Where trained models are kept."""

    url: str = "models/registry"


@dataclass(frozen=True)
class OpsConfig:
    """``capacity``: rows a day that people can act on; ``output``: where the watchlist and the report page are written."""

    capacity: int = 20
    output: str = "out"


@dataclass(frozen=True)
class QualityConfig:
    """``known_outages``: days on which few or no events are explained (a holiday, an outage); they are judged green."""

    known_outages: tuple[date, ...] = ()


@dataclass(frozen=True)
class _File:
    platform: PlatformConfig
    warehouse: WarehouseConfig
    source: SourceConfig
    events: EventsConfig
    churn: ChurnConfig
    registry: RegistryConfig
    ops: OpsConfig
    quality: QualityConfig
    cycles: CyclesConfig


@dataclass(frozen=True)
class Config:
    """Everything a command needs to know; ``path`` is the file it was read from."""

    path: Path
    platform: PlatformConfig
    warehouse: WarehouseConfig
    source: SourceConfig
    events: EventsConfig
    churn: ChurnConfig
    registry: RegistryConfig
    ops: OpsConfig
    quality: QualityConfig
    model: ModelSpec
    cycles: CyclesConfig = field(default_factory=CyclesConfig)

    def resolve(self, path: str) -> Path:
        """``path`` seen from the config file's folder."""
        return (self.path.parent / path).resolve()

    @property
    def activity(self) -> tuple[str, ...]:
        """The event names that keep this config's entity from being churned."""
        return self.events.creator_activity if self.churn.entity == "creator" else self.events.fan_activity

    @property
    def data_spec_hash(self) -> str:
        """Hash of what cohort, labels and features are made from; a build with another hash is stale."""
        parts = {
            "timezone": self.platform.timezone,
            "events": asdict(self.events),
            "entity": self.churn.entity,
            "horizons": self.churn.horizons,
            "active_within_days": self.churn.active_within_days,
        }
        return _hash(parts)

    @property
    def ingest_spec_hash(self) -> str:
        """Hash of what `events` is made from: a changed mapping or time zone needs a fresh ingest."""
        source = {k: v for k, v in asdict(self.source).items() if k not in ("late_days", "data_through", "path")}
        return _hash({"timezone": self.platform.timezone, "source": source, "acts": self.events.creator_acts})

    @property
    def spec_hash(self) -> str:
        """Hash of data spec and model spec together: what `risk_scores.spec_hash` holds."""
        return _hash({"data": self.data_spec_hash, "model": self.model.spec_hash})


def load(path: Path | str) -> Config:
    """The configuration in ``path``, checked; `ConfigError` says what is wrong and what would be right."""
    path = Path(path).resolve()
    file = read_table(_File, load_toml(path), path.name)
    _check(file, path)
    return Config(path=path, model=_model(file.churn, path), **{f.name: getattr(file, f.name) for f in fields(file)})


def load_model(path: Path) -> ModelSpec:
    """The model spec in one of ``models/*.toml``."""
    return read_table(ModelSpec, load_toml(path), path.name)


def shipped_models() -> Path:
    """The folder of the model specs that come with fancare (inside the wheel, or beside the package in a checkout)."""
    package = Path(__file__).resolve().parent
    inside = package / "models"
    return inside if inside.is_dir() else package.parent / "models"


def _model(churn: ChurnConfig, config_path: Path) -> ModelSpec:
    if churn.model is None:
        spec = load_model(shipped_models() / SHIPPED_MODELS[churn.entity])
    else:
        own = (config_path.parent / churn.model).resolve()
        shipped = shipped_models() / Path(churn.model).name
        if not own.exists() and not shipped.exists():
            offered = sorted(p.name for p in shipped_models().glob("*.toml"))
            raise ConfigError(
                f"[churn] model = {churn.model!r} is neither a file beside {config_path.name} nor a shipped model; "
                f"shipped are {', '.join(offered)}."
            )
        spec = load_model(own if own.exists() else shipped)
    if spec.entity != churn.entity:
        raise ConfigError(
            f"[churn] entity = {churn.entity!r} but the model {spec.name!r} is for entity {spec.entity!r}: "
            f"choose the model {SHIPPED_MODELS[churn.entity]!r} or leave `model` out."
        )
    if spec.bands.horizon not in churn.horizons:
        raise ConfigError(
            f"The model {spec.name!r} bands by the {spec.bands.horizon}-day risk, but [churn] horizons = "
            f"{list(churn.horizons)}: add {spec.bands.horizon}, or give a model whose [bands] horizon is one of them."
        )
    return spec


def _check(file: _File, path: Path) -> None:
    for table, name in (("platform", file.platform.timezone), ("source", file.source.timezone)):
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise ConfigError(
                f"[{table}] timezone = {name!r} is not a known time zone; use a name such as 'Asia/Seoul' or 'UTC'."
            ) from None
    if file.source.late_days_in_force < 0:
        raise ConfigError(f"[source] late_days = {file.source.late_days} must be 0 or more days.")
    horizons = file.churn.horizons
    if not horizons or list(horizons) != sorted(set(horizons)) or horizons[0] < 1:
        raise ConfigError(f"[churn] horizons = {list(horizons)} must be rising whole days, such as [7, 14, 28].")
    if file.churn.active_within_days < 1:
        raise ConfigError(f"[churn] active_within_days = {file.churn.active_within_days} must be at least 1.")
    activity = "creator_activity" if file.churn.entity == "creator" else "fan_activity"
    if not getattr(file.events, activity):
        raise ConfigError(
            f"[churn] entity = {file.churn.entity!r} needs [events] {activity}: list the event names that mean "
            f"'still here'; `fancare init LOG` shows which names the log has."
        )
    if file.source.kind == "parquet":
        needed = ["event_time", "creator_id" if file.churn.entity == "creator" else "fan_id"]
        if file.churn.entity == "room":
            needed.append("creator_id")
        for name in needed:
            if getattr(file.source.columns, name) is None:
                raise ConfigError(
                    f"[source.columns] of {path.name} lacks {name}: name the parquet column that holds it."
                )
    if not file.warehouse.url.startswith(("duckdb:///", "bigquery://")):
        scheme = file.warehouse.url.split(":")[0]
        raise ConfigError(
            f"[warehouse] url = {file.warehouse.url!r}: {nearest(scheme, ['duckdb', 'bigquery'])} "
            f"A URL looks like duckdb:///data/fancare.duckdb."
        )
    cycles = file.cycles
    if not 0.5 < cycles.quantile < 1:
        raise ConfigError(f"[cycles] quantile = {cycles.quantile} must lie between 0.5 and 1, such as 0.95.")
    if not 1 <= cycles.floor_days <= cycles.ceiling_days <= 84:
        raise ConfigError(
            f"[cycles] floor_days = {cycles.floor_days}, ceiling_days = {cycles.ceiling_days}: give whole days that rise "
            f"between 1 and 84, such as 7 and 84."
        )
    if file.ops.capacity < 1:
        raise ConfigError(f"[ops] capacity = {file.ops.capacity} must be at least 1.")


def _hash(parts: dict) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()
