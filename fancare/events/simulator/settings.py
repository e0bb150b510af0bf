"""The configuration that fits a simulated log."""

from __future__ import annotations

import shutil
from pathlib import Path


def write_settings(folder: Path) -> Path:
    """``folder/fancare.toml`` for a log in ``folder/log``; one that exists already, perhaps edited, is kept."""
    path = folder / "fancare.toml"
    if not path.exists():
        shutil.copyfile(Path(__file__).with_name("settings.toml"), path)
    return path
