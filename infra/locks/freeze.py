"""Writes runtime.txt, dev.txt and bench.txt: exact pins of what this interpreter's environment holds and pyproject.toml needs.

Run it by the interpreter of an environment that has passed the tests (`make lock` does). Only what is reachable from
pyproject's dependencies is pinned, so whatever else lies in the environment does not leak in.
"""

from __future__ import annotations

import tomllib
from importlib.metadata import distribution, version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

HERE = Path(__file__).parent
NOT_PINNED = {"fancare"}


def closure(requirements: list[str]) -> set[str]:
    """Canonical names of these requirements and of all that they need in turn, extras followed."""
    found: set[str] = set()
    seen: set[tuple[str, str]] = set()
    todo = [(Requirement(text), "") for text in requirements]
    while todo:
        requirement, extra = todo.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(requirement.name)
        found.add(name)
        for wanted in ("", *requirement.extras):
            if (name, wanted) not in seen:
                seen.add((name, wanted))
                todo += [(Requirement(text), wanted) for text in distribution(name).requires or []]
    return found


def pins(names: set[str]) -> list[str]:
    """``name==version`` lines in order; a local part such as torch's ``+cpu`` is left to who installs."""
    return [f"{name}=={version(name).split('+')[0]}" for name in sorted(names - NOT_PINNED)]


def main() -> None:
    project = tomllib.loads((HERE.parent.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    runtime = closure(project["dependencies"])
    dev = runtime | closure(project["optional-dependencies"]["dev"])
    bench = closure(project["optional-dependencies"]["bench"]) - dev
    files = {
        "runtime.txt": (runtime, "run"), "dev.txt": (dev, "run and to develop"), "bench.txt": (bench, "compare, beside dev.txt"),
    }  # fmt: skip
    for file_name, (names, what) in files.items():
        lines = [f"# All that fancare needs to {what}, exactly. Written by `make lock`; do not edit.", *pins(names)]
        (HERE / file_name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        print(f"{file_name}: {len(lines) - 1} packages")


if __name__ == "__main__":
    main()
