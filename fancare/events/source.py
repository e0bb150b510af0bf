"""Which files a log consists of: `[source] path` may name a file, a folder or a glob.

A folder may hold the configuration too, and so what fancare itself writes beside it; that is not taken for log.
"""

from __future__ import annotations

import glob
import hashlib
from dataclasses import dataclass
from pathlib import Path

from fancare.config import Config
from fancare.errors import ConfigError
from fancare.progress import Task

ENDINGS = {
    "parquet": (".parquet", ".pq"),
    "mixpanel-export": (".jsonl", ".ndjson", ".json", ".jsonl.gz", ".ndjson.gz", ".json.gz", ".txt", ".txt.gz", ".gz"),
}
_READ_BYTES = 1 << 20


@dataclass(frozen=True)
class SourceFile:
    """One file of the log. ``name`` is its path as seen from the config's folder, where it lies below it."""

    path: Path
    name: str
    sha256: str
    bytes: int


def find(config: Config) -> list[Path]:
    """The log's files in the order of their paths; `ConfigError` when there is none."""
    given, kind = config.source.path, config.source.kind
    if kind == "mixpanel-bigquery":
        raise ConfigError(
            "[source] kind = 'mixpanel-bigquery' is read inside BigQuery, which this warehouse is not; export the log "
            "and use kind = 'mixpanel-export' or 'parquet'."
        )
    path = config.path.parent / given
    if path.is_file():
        return [path.resolve()]
    if path.is_dir():
        own = [place for place in _own_places(config) if place not in (path.resolve(), *path.resolve().parents)]
        found = sorted(
            p for p in path.rglob("*")
            if p.is_file() and p.name.lower().endswith(ENDINGS[kind]) and not any(o in p.resolve().parents for o in own)
        )  # fmt: skip
        if not found:
            raise ConfigError(
                f"[source] path = {given!r} is a folder without {' or '.join(ENDINGS[kind][:3])} files; "
                f"put the log there or correct the path."
            )
        return [p.resolve() for p in found]
    found = sorted(p for p in map(Path, glob.glob(str(path), recursive=True)) if p.is_file())
    if not found:
        what = "matches no file" if any(sign in given for sign in "*?[") else "does not exist"
        raise ConfigError(f"[source] path = {given!r} {what} (looked for {path}); correct it in {config.path.name}.")
    return [p.resolve() for p in found]


def _own_places(config: Config) -> tuple[Path, ...]:
    """The folders that fancare writes to."""
    warehouse = config.resolve(config.warehouse.url.partition(":///")[2])
    return (
        warehouse.parent / "dead_letters",
        warehouse.with_name(warehouse.name + ".staging"),
        config.resolve(config.registry.url),
        config.resolve(config.ops.output),
    )


def fingerprint(path: Path, config: Config, task: Task) -> SourceFile:
    """The file with the hash of its bytes; ``task`` advances by bytes."""
    digest = hashlib.sha256()
    size = 0
    try:
        with path.open("rb") as stream:
            while block := stream.read(_READ_BYTES):
                digest.update(block)
                size += len(block)
                task.advance(len(block), path.name)
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error.strerror}); check its permissions.") from None
    folder = config.path.parent
    name = str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)
    return SourceFile(path=path, name=name, sha256=digest.hexdigest(), bytes=size)
