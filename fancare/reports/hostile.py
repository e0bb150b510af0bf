"""Text from the log made harmless: ids and nicknames are hostile input in every report.

HTML is escaped by the template; what escaping does not stop (an override that turns the reading direction, a lone
surrogate that no file can hold) is spelled out here, and a CSV cell that a spreadsheet would run is disarmed.
"""

from __future__ import annotations

import math
import unicodedata
from datetime import date

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_SPELLED_OUT = {"Cc", "Cs", "Zl", "Zp"}  # controls, lone surrogates, line and paragraph separators
_JOINERS = "\u200c\u200d"  # needed inside emoji and some scripts; they turn nothing


def visible(text: str) -> str:
    r"""The text with controls, direction overrides and lone surrogates spelled out, all else untouched.

    >>> visible("별" + chr(0x202E) + "gnp.exe")
    '별\\u202egnp.exe'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(f"\\u{ord(char):04x}" if _is_invisible(char) else char for char in text)


def csv_cell(value: object) -> str:
    """One CSV cell: numbers stay numbers, missing is empty, text that a spreadsheet would run gets an apostrophe.

    >>> csv_cell(-0.25), csv_cell("=1+1"), csv_cell(None)
    ('-0.25', "'=1+1", '')
    """
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    if isinstance(value, float):
        return f"{value:.6f}".rstrip("0").rstrip(".")
    if isinstance(value, int | date):
        return str(value)
    text = str(value)
    shown = visible(text)
    # a cell that begins with blanks is trimmed by some programs before they look at its first sign
    return f"'{shown}" if text.lstrip(" \u00a0\u3000").startswith(FORMULA_STARTS) or text.startswith("'") else shown


def _is_invisible(char: str) -> bool:
    category = unicodedata.category(char)
    return category in _SPELLED_OUT or (category == "Cf" and char not in _JOINERS)
