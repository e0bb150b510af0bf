"""The command starts light, everywhere, and knows its version."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("torch", "pytorch_tabnet", "duckdb", "pandas", "pyarrow", "sklearn", "scipy", "numpy", "sqlglot", "hypothesis", "pytest")

PROBE = f"""
import sys
from fancare.cli import main
sys.argv[0] = "fancare"
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print("heavy:", [name for name in {HEAVY!r} if name in sys.modules])
"""


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["run", "--help"], ["report", "--help"], ["sql", "--help"]])
def test_help_starts_without_what_only_work_needs(arguments):
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, done.stderr
    assert "heavy: []" in done.stdout


def test_an_unknown_command_is_a_usage_error():
    done = subprocess.run([Path(sys.executable).with_name("fancare"), "rum"], capture_output=True, text=True)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
