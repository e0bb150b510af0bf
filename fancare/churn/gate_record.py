"""What the gate answered on a version, in words, kept beside it in ``gate.json``: why it scores, or why it does not.

One answer for each champion it was held against; judged against the same one again, the newer answer takes the older's place.
Sentences are kept as they were said, in every language of the catalogue: a later fancare may word or weigh a check otherwise,
and what was decided then stays what it was.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from fancare import messages
from fancare.churn import sealed
from fancare.churn.promotion import Gate
from fancare.errors import Refused

FILE = "gate.json"
FORMAT = 1

Said = dict[str, str]  # language -> sentence


@dataclass(frozen=True)
class SaidCheck:
    """One check as it was told. ``passed`` None: cannot be told; ``keeps_out``: it failed where that bars the version."""

    name: str
    title: Said
    passed: bool | None
    keeps_out: bool
    sentence: Said


@dataclass(frozen=True)
class Answer:
    """The gate's answer on ``version`` at one moment (ISO, with its zone).

    ``champion`` is the version it was held against, None where there was none; not ``binding``: that one could not keep it out.
    """

    version: str
    champion: str | None
    at: str
    binding: bool
    let_in: bool
    checks: tuple[SaidCheck, ...]

    @classmethod
    def of(cls, gate: Gate, at: datetime) -> Answer:
        failed = gate.failed
        checks = tuple(SaidCheck(c.name, _said(c.title), c.passed, c in failed, _said(c.text)) for c in gate.checks)
        return cls(gate.challenger, gate.champion, at.isoformat(), gate.binding, not failed, checks)


def keep(folder: Path, answer: Answer) -> None:
    """Put the answer beside the version in ``folder``; when the version was registered stays when it was registered."""
    try:
        others = [one for one in read(folder) if one.champion != answer.champion]
    except Refused:  # damaged: what it said is lost, and no reason to keep quiet about what was answered now
        others = []
    sealed.put(folder, FILE, {"format": FORMAT, "answers": [asdict(one) for one in (*others, answer)]})


def read(folder: Path) -> tuple[Answer, ...]:
    """All answers on the version in ``folder``, the last one given last; none where nobody asked."""
    try:
        told = sealed.found(folder, FILE, FORMAT)
        if told is None:
            return ()
        answers = tuple(
            Answer(**{**one, "checks": tuple(SaidCheck(**check) for check in one["checks"])}) for one in told["answers"]
        )
        if any(one.version != folder.name for one in answers):
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Refused(
            f"{folder / FILE} is damaged or another version's; remove it, the next promotion writes it anew."
        ) from None
    return answers


def _said(of: Callable[[str], str]) -> Said:
    return {lang: of(lang) for lang in messages.LANGUAGES}
