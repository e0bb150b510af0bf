"""Two answers of the gate as they lie beside their versions: one that let in, one that refused."""

from __future__ import annotations

from fancare.churn.gate_record import Answer, SaidCheck


def check(name: str, passed: bool | None, ko: str, en: str, keeps_out: bool = False) -> SaidCheck:
    """A check that was told in these words."""
    return SaidCheck(name, {"ko": f"{ko} 제목", "en": f"{name} title"}, passed, keeps_out, {"ko": ko, "en": en})


LET_IN = Answer("20260601-aaaaaaaa", "20260501-cccccccc", "2026-06-01T20:30:00+00:00", True, True, (
    check("certificate", True, "누출 검사 인증서를 통과함", "its leakage certificate passed"),
    check("turnover", None, "명단이 얼마나 바뀌는지 알 수 없음", "turnover is not known"),
))  # fmt: skip
REFUSED = Answer("20260608-bbbbbbbb", "20260601-aaaaaaaa", "2026-06-09T00:00:00+00:00", True, False, (
    check("not_worse", False, "허용보다 크게 나빠짐", "more than the loss allowed", keeps_out=True),
    check("reasons", True, "이유가 <b>안정적</b>임", "stable\u202e reasons"),
))  # fmt: skip
