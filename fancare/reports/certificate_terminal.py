"""A leakage certificate on a terminal: one line a check, and one sentence."""

from __future__ import annotations

import sys

from fancare.churn.certificate import Certificate

WIDTH = 150  # where nobody looks at a terminal


def print_certificate(certificate: Certificate, lang: str) -> None:
    """The checks as a table, then what they say as a whole; a feature's name is never read as markup."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=f"{certificate.name} {certificate.version}", show_header=False)
    for check in certificate.checks:
        name, status, found = check.told(lang)
        table.add_row(name, status, Text(found if check.worst is None else f"{found} – {check.worst}"))
    Console(width=None if sys.stdout.isatty() else WIDTH).print(table)
    print(certificate.sentence(lang))
