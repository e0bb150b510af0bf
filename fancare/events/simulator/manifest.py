"""What a world was made with, as TOML beside its truth: name, seed, planted effect, and every constant."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from datetime import date

from fancare.events.simulator.conditional_risk import HORIZONS
from fancare.events.simulator.life import Life
from fancare.events.simulator.world import Memoryless, World


def manifest(world: World, seed: int, life: Life, first_day: date) -> str:
    """The text of ``truth.toml``. ``creator_effect`` is the planted effect of a creator's acts on the fans, a log rate
    ratio (`fancare.events.simulator.world.FanSide`); ``confounded`` says whether seasons move both."""
    confounded = not isinstance(world.life, Memoryless) and world.life.outside.seasons is not None
    facts = {
        "world": world.name,
        "meaning": world.meaning,
        "seed": seed,
        "first_day": first_day,
        "days": life.days,
        "creators": len(life.joined),
        "fans": len(life.fan_joined),
        "creator_effect": 0.0 if isinstance(world.life, Memoryless) else world.life.fans.creator_effect,
        "confounded": confounded,
        "horizons": HORIZONS,
    }
    tables = [(part.name, getattr(world, part.name)) for part in fields(world)]
    said = "".join(f"{name} = {_value(value)}\n" for name, value in facts.items())
    return said + "".join(_table(f"constants.{name}", value) for name, value in tables if is_dataclass(value))


def _table(name: str, record: object) -> str:
    """A record as a TOML table, the records in it after its own values; what is None is left out."""
    values = {field.name: getattr(record, field.name) for field in fields(record)}  # type: ignore[arg-type]
    own = "".join(f"{key} = {_value(value)}\n" for key, value in values.items() if not _is_table(value))
    below = "".join(_table(f"{name}.{key}", value) for key, value in values.items() if is_dataclass(value))
    return f"\n[{name}]\n{own}{below}"


def _is_table(value: object) -> bool:
    return value is None or is_dataclass(value)


def _value(value: object) -> str:
    """One TOML value.

    >>> _value((0.5, "팬", True)), _value(date(2026, 6, 30))
    ('[0.5, "팬", true]', '2026-06-30')
    """
    if is_dataclass(value):
        return "{ " + ", ".join(f"{f.name} = {_value(getattr(value, f.name))}" for f in fields(value)) + " }"
    if isinstance(value, tuple):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False)
