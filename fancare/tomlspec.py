"""TOML into frozen dataclasses: every key is checked, and a wrong one is answered with the nearest right one."""

from __future__ import annotations

import difflib
import tomllib
import types
import typing
from dataclasses import fields, is_dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from fancare.errors import ConfigError

T = TypeVar("T")


def load_toml(path: Path) -> dict[str, Any]:
    """The file's tables; `ConfigError` when it is missing or not TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(
            f"{path} does not exist; give a config with --config, or write one with `fancare init LOG`."
        ) from None
    except IsADirectoryError:
        raise ConfigError(f"{path} is a folder; give the TOML file itself.") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not UTF-8 text; a config is a TOML file.") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML ({error}); correct it there.") from None


def read_table(cls: type[T], table: Any, where: str, **given: Any) -> T:
    """An instance of the frozen dataclass ``cls`` from a TOML table; nested dataclasses come from nested tables.

    ``where`` names the place for messages, such as ``fancare.toml [churn]``. ``given`` are fields the caller supplies;
    they are not keys of the file. A field without default is a required key.
    """
    if not isinstance(table, dict):
        raise ConfigError(f"{where} is {table!r}; a table of keys is needed there.")
    hints = typing.get_type_hints(cls)
    known = {f.name: f for f in fields(cls) if f.name not in given}  # type: ignore[arg-type]
    values: dict[str, Any] = dict(given)
    for key, value in table.items():
        if key not in known:
            raise ConfigError(f"{where} has an unknown key {key!r}; {nearest(key, known)}")
        hint = hints[key]
        if is_dataclass(hint):
            values[key] = read_table(hint, value, _inside(where, key))  # type: ignore[arg-type]
        else:
            values[key] = _value(value, hint, f"{where} {key}")
    for name, field in known.items():
        if name in values:
            continue
        hint = hints[name]
        if is_dataclass(hint) and not _has_default(field):
            values[name] = read_table(hint, {}, _inside(where, name))  # type: ignore[arg-type]
        elif not _has_default(field):
            raise ConfigError(f"{where} lacks the key {name!r}; add it (see README, 'Bring your own log').")
    return cls(**values)


def _inside(where: str, key: str) -> str:
    """``fancare.toml [source]`` and ``columns`` give ``fancare.toml [source.columns]``."""
    return f"{where[:-1]}.{key}]" if where.endswith("]") else f"{where} [{key}]"


def nearest(given: str, valid: typing.Iterable[str]) -> str:
    """The end of a sentence that proposes the nearest valid name, or lists them all; with its full stop."""
    valid = sorted(valid)
    close = difflib.get_close_matches(given, valid, n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else f"valid are {', '.join(valid)}."


def _has_default(field: Any) -> bool:
    from dataclasses import MISSING

    return field.default is not MISSING or field.default_factory is not MISSING


def _value(value: Any, hint: Any, where: str) -> Any:
    """``value`` as ``hint`` asks; ints pass for floats, lists become tuples."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return _value(value, next(a for a in args if a is not type(None)), where)
    if origin is typing.Literal:
        if value not in args:
            offer = nearest(value, args) if isinstance(value, str) else f"valid are {', '.join(map(str, args))}."
            raise ConfigError(f"{where} = {value!r} is not valid; {offer}")
        return value
    if origin is tuple:
        if not isinstance(value, list):
            raise ConfigError(f"{where} = {value!r} must be a list, such as [{value!r}].")
        return tuple(_value(item, args[0], where) for item in value)
    if origin is dict:
        if not isinstance(value, dict):
            raise ConfigError(f"{where} = {value!r} must be a table.")
        return {key: _value(item, args[1], f"{where}.{key}") for key, item in value.items()}
    if hint is date and isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise ConfigError(f"{where} = {value!r} is not a day; write it as 2026-01-31.") from None
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool):
        raise ConfigError(f"{where} = {value!r} must be of type {hint.__name__}.")
    return value
