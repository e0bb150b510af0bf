"""A file about a version that holds a hash of itself, beside the bundle but no part of it: certificate, gate, turnover."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fancare.errors import WarehouseError


def sealed(content: Mapping[str, Any]) -> bytes:
    """Canonical JSON of ``content`` and the hash of it."""
    whole = {**content, "sha256": _sha256_of(content)}
    return (json.dumps(whole, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def put(folder: Path, name: str, content: Mapping[str, Any]) -> Path:
    """Write it in place of an earlier one, all or nothing; when the version was registered stays when it was registered."""
    path, temporary = folder / name, folder.parent / f".{name}.{os.getpid()}"
    try:
        before = folder.stat()
        with open(temporary, "wb") as file:
            file.write(sealed(content))
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        os.utime(folder, ns=(before.st_atime_ns, before.st_mtime_ns))
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise WarehouseError(f"{path} cannot be written ({error.strerror}); check disk space and permissions.") from None
    return path


def found(folder: Path, name: str, format: int) -> dict[str, Any] | None:
    """What was put there; None where nothing was, ValueError, KeyError or TypeError where it is damaged or of another format."""
    path = folder / name
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise WarehouseError(f"{path} cannot be read ({error.strerror}); check its permissions.") from None
    if not isinstance(content, dict) or content.pop("sha256") != _sha256_of(content):
        raise ValueError("its SHA-256 does not match")
    if content["format"] != format:
        raise ValueError(f"format {content['format']!r}")
    return content


def _sha256_of(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
