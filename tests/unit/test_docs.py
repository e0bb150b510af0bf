"""The docs cannot lie: what is generated is compared, the configuration is loaded, commands and targets exist.

Run as a script (`make docs`) it rewrites the generated blocks.
"""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import get_type_hints

import pytest

from fancare import config, errors
from fancare.warehouse import schema

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("README.md", "CONTRIBUTING.md")
BLOCK = re.compile(r"(<!-- generated: ([\w ]+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
HORIZONS = (7, 14, 28)


def test_generated_blocks_are_up_to_date():
    for name in PAGES:
        page = (ROOT / name).read_text(encoding="utf-8")
        assert refreshed(page) == page, f"{name} differs from what is generated: run `make docs`"


def test_the_configuration_in_the_readme_loads_and_lacks_no_key(tmp_path):
    text = fenced("README.md", "toml")[0]
    path = tmp_path / "fancare.toml"
    path.write_text(text, encoding="utf-8")
    assert config.load(path).churn.horizons == HORIZONS
    assert set(keys(tomllib.loads(text))) == set(keys_of(config._File))


def test_exit_codes_in_the_docstring_are_those_of_the_classes():
    classes = {error.exit_code: error.__name__ for error in errors.FancareError.__subclasses__()}
    assert {code: name for code, name, _ in exit_code_rows()} == classes


def test_commands_in_the_docs_exist_with_their_options():
    known = commands()
    for name in PAGES:
        for line in shell_lines(name):
            words = shlex.split(line, comments=True)
            if not words or words[0] != "fancare":
                continue
            assert words[1] in known, f"{name}: {line}"
            options = {option for parameter in known[words[1]].params for option in parameter.opts}
            assert {word for word in words if word.startswith("--")} <= options, f"{name}: {line}"


def test_every_command_is_in_the_readme():
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in commands() if f"`fancare {name}" not in page] == []


def test_make_targets_in_the_docs_exist():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for name in (*PAGES, "CHANGELOG.md"):
        page = (ROOT / name).read_text(encoding="utf-8")
        assert set(re.findall(r"(?:`|^)make ([a-z]+)", page, re.MULTILINE)) <= targets, name


@pytest.mark.parametrize("name", [*PAGES, "CHANGELOG.md"])
def test_links_and_places_in_the_docs_exist(name):
    page = (ROOT / name).read_text(encoding="utf-8")
    linked = {target.split("#")[0] for target in re.findall(r"\]\(([^)]+)\)", page) if "://" not in target}
    named = set(re.findall(r"`((?:fancare|models|tests|infra|pipelines)/[\w./]*)`", page))
    assert [place for place in sorted(linked | named) if not (ROOT / place).exists()] == []


# --- what is generated


def refreshed(page: str) -> str:
    """The page with every generated block as it should be."""
    return BLOCK.sub(lambda block: block[1] + GENERATED[block[2]]() + block[4], page)


def command_table() -> str:
    lines = ["| command | what it does |", "|---|---|"]
    for name, command in commands().items():
        lines.append(f"| `fancare {name}` | {first_sentence(command.help)} |")
    return "\n".join(lines) + "\n"


def exit_code_table() -> str:
    rows = [("0", "done"), ("1", "a defect of fancare itself"), ("2", "usage: an unknown command or option")]
    rows += [(str(code), reason) for code, _, reason in exit_code_rows()]
    rows += [("130", "interrupted (Ctrl-C); what was finished is kept")]
    return "\n".join(["| code | reason |", "|---|---|", *(f"| {code} | {reason} |" for code, reason in rows)]) + "\n"


def exit_code_rows() -> list[tuple[int, str, str]]:
    return [
        (int(code), name, reason)
        for code, name, reason in re.findall(r"^\| (\d+) \| `(\w+)` \| (.+) \|$", errors.__doc__ or "", re.MULTILINE)
    ]


def table_reference(table: schema.Table) -> str:
    lines = [f"**`{table.name}`** — {table.meaning}", "", "| column | type | meaning |", "|---|---|---|"]
    for column in table.columns:
        meaning = column.meaning + (f" ({' / '.join(column.values)})" if column.values else "")
        lines.append(f"| `{column.name}` | {column.type}{', null' if column.nullable else ''} | {meaning} |")
    return "\n".join(lines) + "\n"


def all_tables() -> str:
    return "\n".join(table_reference(table) for table in schema.all_tables(HORIZONS))


GENERATED: dict[str, Callable[[], str]] = {
    "commands": command_table,
    "exit codes": exit_code_table,
    "table risk_scores": lambda: table_reference(schema.risk_scores_table(HORIZONS)),
    "table watchlist": lambda: table_reference(schema.watchlist_table(HORIZONS)),
    "all tables": all_tables,
}


# --- reading pages, configuration and commands


def commands() -> dict:
    from typer.main import get_command

    from fancare.cli import app

    return get_command(app).commands


def first_sentence(text: str | None) -> str:
    paragraph = " ".join((text or "").split("\n\n")[0].split())
    return re.split(r"(?<=\.) ", paragraph)[0].rstrip(".")


def fenced(name: str, language: str) -> list[str]:
    page = (ROOT / name).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.DOTALL | re.MULTILINE)


def shell_lines(name: str) -> list[str]:
    return [line for block in fenced(name, "bash") for line in block.splitlines()]


def keys(table: dict, prefix: str = "") -> Iterator[str]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from keys(value, f"{prefix}{key}.")
        else:
            yield prefix + key


def keys_of(cls: type, prefix: str = "") -> Iterator[str]:
    hints = get_type_hints(cls)
    for field in fields(cls):
        if is_dataclass(hints[field.name]):
            yield from keys_of(hints[field.name], f"{prefix}{field.name}.")
        else:
            yield prefix + field.name


if __name__ == "__main__":
    for page_name in PAGES:
        path = ROOT / page_name
        path.write_text(refreshed(path.read_text(encoding="utf-8")), encoding="utf-8")
        print(f"{page_name}: generated blocks written")
