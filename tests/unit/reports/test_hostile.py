"""Ids and names are hostile input: nothing turns, hides, or runs in a spreadsheet, and what is harmless stays as it is."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fancare.reports.hostile import csv_cell, visible

ANY_TEXT = st.text(st.characters(exclude_categories=()))  # lone surrogates too


@pytest.mark.parametrize("text", ["별빛_celeb", "c0088", "Zoë O'Neil", "👩‍👩‍👧 family", "a b", "می‌خواهم", ""])
def test_what_harms_nobody_stays_as_it_is(text):
    assert visible(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("별\u202egnp.exe", "별\\u202egnp.exe"),  # turns the reading direction
        ("a\u2066b\u2069", "a\\u2066b\\u2069"),
        ("two\nlines\t", "two\\u000alines\\u0009"),
        ("nul\x00", "nul\\u0000"),
        ("\ud83d", "\\ud83d"),  # no file can hold it
        ("sep\u2028\u2029", "sep\\u2028\\u2029"),
        ("\ufeffbom", "\\ufeffbom"),
        ("c1\x9b31m", "c1\\u009b31m"),  # a terminal's colour code
    ],
)
def test_what_turns_hides_or_breaks_is_spelled_out(text, shown):
    assert visible(text) == shown


@given(ANY_TEXT)
@example("\U000e0041tag")
def test_visible_text_fits_a_line_and_a_file_and_is_settled(text):
    shown = visible(text)
    assert len(shown.splitlines()) <= 1
    shown.encode("utf-8")
    assert visible(shown) == shown


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, ""), (float("nan"), ""), (float("inf"), ""), (0.1234567, "0.123457"), (12.0, "12"), (-0.25, "-0.25"),
        (7, "7"), (-7, "-7"), (date(2026, 6, 30), "2026-06-30"), ("c0088", "c0088"), ("별빛, 달빛", "별빛, 달빛"),
        ("=HYPERLINK(\"http://evil\")", "'=HYPERLINK(\"http://evil\")"), ("+1", "'+1"), ("-1", "'-1"), ("@SUM(A1)", "'@SUM(A1)"),
        ("  =1+1", "'  =1+1"), ("\u3000＝1", "'\u3000＝1"), ("\t=1", "'\\u0009=1"), ("'quoted", "''quoted"),
        ("two\nlines", "two\\u000alines"),
    ],
)  # fmt: skip
def test_cells(value, cell):
    assert csv_cell(value) == cell


@given(ANY_TEXT)
def test_no_text_cell_starts_what_a_spreadsheet_would_run(text):
    cell = csv_cell(text)
    assert not cell.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))
    ((read,),) = csv.reader(io.StringIO(f'"{cell.replace(chr(34), chr(34) * 2)}"'))
    assert read == cell, "one cell stays one cell"
