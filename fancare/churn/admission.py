"""Why the model that scores was let in, and who asked for its place since and was refused: as the gate said it then."""

from __future__ import annotations

from dataclasses import dataclass

from fancare.churn import gate_record
from fancare.churn.gate_record import Answer
from fancare.churn.registry import Registry
from fancare.errors import Refused


@dataclass(frozen=True)
class Admission:
    """``let_in``: the last answer that let ``version`` in; ``refused``: the newest challenger's that was refused for it.

    None where nothing is on record.
    """

    version: str
    let_in: Answer | None
    refused: Answer | None


def admission(registry: Registry, name: str, version: str) -> Admission:
    """What is on record about a version that scores and those it was the yardstick of; a damaged record counts as none."""
    own = [answer for answer in _answers(registry, name, version) if answer.let_in]
    held_against_it = (
        answer
        for other in reversed(registry.versions(name))
        for answer in _answers(registry, name, other)
        if answer.champion == version
    )
    newest = next(held_against_it, None)
    return Admission(version, own[-1] if own else None, None if newest is None or newest.let_in else newest)


def _answers(registry: Registry, name: str, version: str) -> tuple[Answer, ...]:
    try:
        return gate_record.read(registry.root / name / version)
    except Refused:
        return ()
