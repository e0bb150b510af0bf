"""The gate as a table: one line a check, and what keeps the challenger out told from what is only weak."""

from __future__ import annotations

import pytest

from fancare.churn.promotion import Check, Gate, Verdict
from fancare.reports.gate_terminal import print_gate

CHECKS = (
    Check("certificate", True, "✓", "✓", "gate.not_certified"),
    Check(
        "reasons",
        False,
        "0.42 (chance 0.35)",
        "≥ 0.5",
        "gate.unstable_reasons",
        {"overlap": 0.42, "chance": 0.35, "floor": 0.5},
    ),
    Check("turnover", None, "–", "≤ 50%"),
)


def gate(binding: bool) -> Gate:
    champion = "20260601-aaaaaaaa" if binding else None
    return Gate("creators", "20260608-bbbbbbbb", champion, Verdict(True, "gate.passed", {"gain": 0.1}), CHECKS, binding)


def told(capsys: pytest.CaptureFixture[str], binding: bool, lang: str = "en") -> tuple[str, list[list[str]]]:
    print_gate(gate(binding), lang)
    said = capsys.readouterr().out
    rows = [[cell.strip() for cell in line.strip("│").split("│")] for line in said.splitlines() if line.startswith("│")]
    return said, rows


def test_every_check_with_what_was_found_what_is_needed_and_the_verdict(capsys):
    said, rows = told(capsys, binding=True)
    assert "creators 20260608-bbbbbbbb against 20260601-aaaaaaaa" in said
    assert rows == [
        ["leakage certificate", "✓", "✓", "passed"],
        ["stable reasons (top five between seeds)", "0.42 (chance 0.35)", "≥ 0.5", "failed"],
        ["watchlist turnover by the model alone", "–", "≤ 50%", "cannot be told"],
    ]


def test_what_keeps_nobody_out_is_told_all_the_same(capsys):
    said, rows = told(capsys, binding=False)
    assert "against" not in said
    assert rows[1][-1] == "failed (no bar: no champion can say)"


def test_in_korean(capsys):
    _, rows = told(capsys, binding=True, lang="ko")
    assert rows[0] == ["누출 검사 인증서", "✓", "✓", "통과"]
