"""The gate's answers as the page tells them: one line what was decided, and a line a check."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fancare.reports.hostile import visible
from fancare.reports.wording import Words, both, moment

if TYPE_CHECKING:  # words need no model
    from fancare.churn.admission import Admission
    from fancare.churn.gate_record import Answer, SaidCheck


@dataclass(frozen=True)
class CheckWords:
    """A check: its title, whether it passed, and what was found; ``state`` is good, alarm (it bars) or cannot_say."""

    title: Words
    verdict: Words
    sentence: Words
    state: str


@dataclass(frozen=True)
class AnswerWords:
    """What was decided and every check behind it."""

    decided: Words
    let_in: bool
    checks: tuple[CheckWords, ...]


@dataclass(frozen=True)
class GateWords:
    """Why the model scores, and why the newest that wanted its place does not; None where nothing is on record."""

    let_in: AnswerWords | None
    refused: AnswerWords | None


def read(admission: Admission, timezone: str) -> GateWords:
    """The words of what is on record; moments as a clock in ``timezone`` shows them."""
    return GateWords(
        None if admission.let_in is None else _answer(admission.let_in, timezone),
        None if admission.refused is None else _answer(admission.refused, timezone),
    )


def _answer(answer: Answer, timezone: str) -> AnswerWords:
    code = "refused" if not answer.let_in else "let_in" if answer.binding else "let_in_unopposed"
    at = moment(datetime.fromisoformat(answer.at).astimezone(UTC).replace(tzinfo=None), timezone)
    decided = both(f"page.gate.{code}", at=at, version=answer.version, champion=answer.champion or "–")
    return AnswerWords(decided, answer.let_in, tuple(_check(check) for check in answer.checks))


def _check(check: SaidCheck) -> CheckWords:
    told = both("gate.verdict." + {True: "passed", False: "failed", None: "unknown"}[check.passed])
    if check.passed is False and not check.keeps_out:
        ko, en = both("gate.not_needed")
        told = (f"{told[0]} ({ko})", f"{told[1]} ({en})")
    state = "alarm" if check.keeps_out else "good" if check.passed else "cannot_say"
    return CheckWords(_words(check.title), told, _words(check.sentence), state)


def _words(said: dict[str, str]) -> Words:
    return visible(said["ko"]), visible(said["en"])
