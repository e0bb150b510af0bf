"""A TOML table becomes a dataclass, or one sentence says what is wrong with it and what would be right."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import pytest

from fancare.errors import ConfigError
from fancare.tomlspec import load_toml, nearest, read_table


@dataclass(frozen=True)
class Inner:
    weight: float = 1.0
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outer:
    kind: Literal["fast", "slow"]
    count: int = 3
    day: date | None = None
    on: bool = False
    inner: Inner = field(default_factory=Inner)
    limits: dict[str, int] = field(default_factory=dict)


def test_what_is_given_is_read_and_the_rest_is_default():
    assert read_table(Outer, {"kind": "fast"}, "x.toml") == Outer("fast")
    given = {"kind": "slow", "count": 0, "day": date(2026, 1, 1), "on": True, "inner": {"weight": 2, "names": ["a", "b"]}}
    assert read_table(Outer, given, "x.toml") == Outer("slow", 0, date(2026, 1, 1), True, Inner(2.0, ("a", "b")))
    assert read_table(Outer, {"kind": "fast", "limits": {"a": 1}}, "x.toml").limits == {"a": 1}


def test_a_whole_number_passes_for_a_float_and_a_day_may_be_text():
    assert isinstance(read_table(Inner, {"weight": 2}, "x").weight, float)
    assert read_table(Outer, {"kind": "fast", "day": "2026-02-28"}, "x").day == date(2026, 2, 28)


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ({}, "x.toml lacks the key 'kind'; add it (see README, 'Bring your own log')."),
        ({"kind": "fast", "cuont": 1}, "x.toml has an unknown key 'cuont'; did you mean 'count'?"),
        ({"kind": "fast", "zzz": 1}, "x.toml has an unknown key 'zzz'; valid are count, day, inner, kind, limits, on."),
        ({"kind": "fsat"}, "x.toml kind = 'fsat' is not valid; did you mean 'fast'?"),
        ({"kind": 3}, "x.toml kind = 3 is not valid; valid are fast, slow."),
        ({"kind": "fast", "count": "3"}, "x.toml count = '3' must be of type int."),
        ({"kind": "fast", "count": 3.0}, "x.toml count = 3.0 must be of type int."),
        ({"kind": "fast", "count": True}, "x.toml count = True must be of type int."),
        ({"kind": "fast", "on": 1}, "x.toml on = 1 must be of type bool."),
        ({"kind": "fast", "day": "30.6.2026"}, "x.toml day = '30.6.2026' is not a day; write it as 2026-01-31."),
        ({"kind": "fast", "inner": 3}, "x.toml [inner] is 3; a table of keys is needed there."),
        ({"kind": "fast", "inner": {"wieght": 1}}, "x.toml [inner] has an unknown key 'wieght'; did you mean 'weight'?"),
        ({"kind": "fast", "inner": {"weight": "heavy"}}, "x.toml [inner] weight = 'heavy' must be of type float."),
        ({"kind": "fast", "inner": {"weight": True}}, "x.toml [inner] weight = True must be of type float."),
        ({"kind": "fast", "inner": {"names": "a"}}, "x.toml [inner] names = 'a' must be a list, such as ['a']."),
        ({"kind": "fast", "inner": {"names": [1]}}, "x.toml [inner] names = 1 must be of type str."),
        ({"kind": "fast", "limits": 1}, "x.toml limits = 1 must be a table."),
    ],
)  # fmt: skip
def test_each_mistake_has_its_sentence(table, sentence):
    with pytest.raises(ConfigError) as stop:
        read_table(Outer, table, "x.toml")
    assert str(stop.value) == sentence


def test_tables_inside_tables_are_named_as_in_toml():
    with pytest.raises(ConfigError, match=r"x\.toml \[outer\.inner\] has an unknown key 'wieght'"):
        read_table(Nested, {"outer": {"kind": "fast", "inner": {"wieght": 1}}}, "x.toml")


@dataclass(frozen=True)
class Nested:
    outer: Outer


def test_a_table_that_is_left_out_is_read_as_empty():
    with pytest.raises(ConfigError, match=r"x\.toml \[outer\] lacks the key 'kind'"):
        read_table(Nested, {}, "x.toml")


def test_nearest_proposes_one_or_lists_all():
    assert nearest("creater_id", ["creator_id", "fan_id"]) == "did you mean 'creator_id'?"
    assert nearest("zz", ["b", "a"]) == "valid are a, b."


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "does not exist; give a config with --config, or write one with `fancare init LOG`."),
        (b"a = ", "is not valid TOML (Invalid value (at end of document)); correct it there."),
        (b"a = 1\na = 2\n", "is not valid TOML (Cannot overwrite a value (at line 2, column 6)); correct it there."),
        (b"\xff", "is not UTF-8 text; a config is a TOML file."),
    ],
)
def test_a_file_that_cannot_be_read(tmp_path, content, said):
    path = tmp_path / "x.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError) as stop:
        load_toml(path)
    assert str(stop.value) == f"{path} {said}"


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(ConfigError, match="is a folder; give the TOML file itself"):
        load_toml(tmp_path)
