"""The catalogue is complete in both languages, and facts from hostile data stay facts."""

from __future__ import annotations

from datetime import date

import pytest

from fancare.messages import LANGUAGES, LONGEST_NAME, MessageError, codes, placeholders, shown, text
from fancare.panel.feature import Family
from fancare.warehouse.key_columns import ENTITIES
from fancare.warehouse.schema import BANDS

ONLY_FACTS = {"subject.event", "unit.share", "unit.currency", "unit.plain"}


@pytest.mark.parametrize("code", codes())
def test_every_code_has_both_languages_with_the_same_facts(code):
    assert placeholders(code, "ko") == placeholders(code, "en")
    for lang in LANGUAGES:
        assert text(code, lang, **dict.fromkeys(placeholders(code, lang), 1)).strip()


@pytest.mark.parametrize("code", codes())
def test_korean_is_korean(code):
    bare = text(code, "ko", **dict.fromkeys(placeholders(code), 1))
    if code in ONLY_FACTS:
        return
    assert any("가" <= char <= "힣" for char in bare), bare


def test_every_band_entity_and_family_has_a_name():
    from typing import get_args

    wanted = [f"band.{b}" for b in BANDS] + [f"entity.{e}" for e in ENTITIES]
    wanted += [f"family.{f}" for f in get_args(Family)]
    assert set(wanted) <= set(codes())


def test_a_reason_reads_well_in_korean():
    sentence = text("reason.silence_vs_usual", silence_days=12, usual_gap_days=2.0, ratio=6.04)
    assert sentence == "마지막 활동 후 12일 – 평소 간격(2일)의 6배"


def test_unknown_code_proposes_the_nearest():
    with pytest.raises(MessageError, match=r"no message 'band.hihg'; did you mean 'band.high'\?"):
        text("band.hihg")


def test_unknown_language_is_an_error():
    with pytest.raises(MessageError, match="no language 'fr'; ask for one of ko, en"):
        text("band.high", "fr")


def test_missing_fact_is_named():
    with pytest.raises(MessageError, match="without ratio, usual_gap_days"):
        text("reason.silence_vs_usual", silence_days=12)


def test_a_fact_is_never_read_as_a_template():
    sentence = text("subject.fan_event", "en", event_name="{lang}{0}%s{event_name.__class__}")
    assert sentence == "fans' '{lang}{0}%s{event_name.__class__}'"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (0, "0"), (1234567, "1,234,567"), (3.0, "3"), (2.96, "3"), (12.34, "12.3"), (0.5, "0.5"), (0.123, "0.12"),
        (-0.25, "-0.25"), (1e-9, "0"), (float("nan"), "–"), (None, "–"), (date(2026, 6, 30), "2026-06-30"),
        ("a\u202eb\u200b\x00\nc", "abc"), ("\ud800x", "x"), ("<img onerror>", "<img onerror>"),
    ],
)  # fmt: skip
def test_facts_are_shown_for_reading(given, expected):
    assert shown(given) == expected


def test_long_names_are_cut():
    assert len(shown("x" * 10_000)) == LONGEST_NAME
    assert shown("x" * 10_000).endswith("…")
