"""The one message catalogue: everything people read, Korean first, kept in ``messages.toml``.

A sentence is a template that holds raw facts. Facts come from data, so they are shown safely: control and direction
marks are dropped, long names are cut, and nothing in a fact is ever read as a template.
"""

from __future__ import annotations

import math
import string
import tomllib
import unicodedata
from datetime import date
from functools import lru_cache
from importlib.resources import files
from typing import Any

LANGUAGES = ("ko", "en")
LONGEST_NAME = 80


class MessageError(ValueError):
    """The catalogue has no such code, or the sentence lacks a fact: a mistake in the code that asked."""


def text(code: str, lang: str = "ko", **facts: Any) -> str:
    """The sentence behind ``code`` in ``lang`` with the facts filled in; facts it does not need are left out.

    Whole numbers are grouped by thousands, others rounded to one decimal (to two significant digits below 1). A format
    in the template wins: ``{risk:.0%}``.

    >>> text("band.high")
    '높음'
    >>> text("reason.silence_vs_usual", "en", silence_days=12, usual_gap_days=2.0, ratio=6.0)
    'last activity 12 d ago – 6 times the usual gap (2 d)'
    """
    template = _template(code, lang)
    missing = [name for name in placeholders(code, lang) if name not in facts]
    if missing:
        raise MessageError(
            f"The message {code!r} was asked for without {', '.join(missing)}; pass each as a keyword to text()."
        )
    return _FORMAT.vformat(template, (), facts)


def codes(prefix: str = "") -> tuple[str, ...]:
    """All codes that start with ``prefix``, in the catalogue's order."""
    return tuple(code for code in _catalogue() if code.startswith(prefix))


def placeholders(code: str, lang: str = "ko") -> tuple[str, ...]:
    """The facts that a sentence needs, sorted."""
    return tuple(sorted({name for _, name, _, _ in _FORMAT.parse(_template(code, lang)) if name}))


def shown(value: Any) -> str:
    """A fact as people read it.

    >>> shown(1234), shown(0.0312), shown(6.25), shown(True), shown("a\\u202eb\\n")
    ('1,234', '0.031', '6.2', 'True', 'ab')
    """
    if value is None:
        return "–"
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return value.isoformat() if isinstance(value, date) else str(value)
    if isinstance(value, str):
        return _safe(value)
    if not math.isfinite(value):
        return "–"
    if float(value).is_integer():
        return f"{int(value):,}"
    if abs(value) < 1:
        return f"{value:.2g}" if abs(value) >= 1e-4 else "0"
    rounded = f"{value:,.1f}"
    return rounded.removesuffix(".0")


def _safe(name: str) -> str:
    # categories C*: control, format (zero-width, direction overrides), surrogate, private use, unassigned
    kept = "".join(char for char in name if unicodedata.category(char)[0] != "C")
    return kept if len(kept) <= LONGEST_NAME else kept[: LONGEST_NAME - 1] + "…"


class _Format(string.Formatter):
    """``str.format`` without attribute and index access, and with facts shown by `shown`."""

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> tuple[Any, str]:
        return kwargs[field_name], field_name

    def format_field(self, value: Any, format_spec: str) -> str:
        return format(value, format_spec) if format_spec else shown(value)


_FORMAT = _Format()


@lru_cache(maxsize=1)
def _catalogue() -> dict[str, dict[str, str]]:
    tables = tomllib.loads(files("fancare").joinpath("messages.toml").read_text(encoding="utf-8"))
    flat: dict[str, dict[str, str]] = {}
    _flatten(tables, "", flat)
    return flat


def _flatten(table: dict[str, Any], prefix: str, into: dict[str, dict[str, str]]) -> None:
    for key, value in table.items():
        code = f"{prefix}.{key}" if prefix else key
        if set(value) == set(LANGUAGES) and all(isinstance(sentence, str) for sentence in value.values()):
            into[code] = value
        elif all(isinstance(inner, dict) for inner in value.values()):
            _flatten(value, code, into)
        else:
            raise MessageError(f"messages.toml [{code}] must hold one sentence for each of {', '.join(LANGUAGES)}.")


def _template(code: str, lang: str) -> str:
    if lang not in LANGUAGES:
        raise MessageError(f"The catalogue has no language {lang!r}; ask for one of {', '.join(LANGUAGES)}.")
    try:
        return _catalogue()[code][lang]
    except KeyError:
        from fancare.tomlspec import nearest

        raise MessageError(f"The catalogue has no message {code!r}; {nearest(code, _catalogue())}") from None
