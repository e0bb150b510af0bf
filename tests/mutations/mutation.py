"""A defect put back into the code that runs, by changing its text; who reads it must notice.

A mutation whose text is not found exactly once has lost its meaning: that is an error, never a pass.
"""

from __future__ import annotations

import importlib
import inspect
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Mutation:
    """``edits`` (old, new) to one place, a function or a text such as a query: ``"fancare.panel.labels:labels_sql"``.

    ``caught_by`` is a check that passes on the real code and must fail on the mutated.
    """

    defect: str
    place: str
    edits: tuple[tuple[str, str], ...]
    caught_by: Callable[[], object]

    def apply(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Put the defect in until ``monkeypatch`` takes it out."""
        module_name, _, path = self.place.partition(":")
        module = importlib.import_module(module_name)
        *owners, name = path.split(".")
        owner = module if not owners else getattr(module, owners[0])
        real = getattr(owner, name)
        text = real if isinstance(real, str) else textwrap.dedent(inspect.getsource(real))
        for old, new in self.edits:
            if text.count(old) != 1:
                pytest.fail(
                    f"The mutation {self.defect!r} no longer applies to {self.place}: {text.count(old)} × {old!r} there."
                )
            text = text.replace(old, new)
        if isinstance(real, str):
            mutated: object = text
        else:
            scope = dict(vars(module))
            code = compile("from __future__ import annotations\n" + text, f"<mutated {self.place}>", "exec")
            exec(code, scope)  # noqa: S102
            mutated = scope[name]
        monkeypatch.setattr(owner, name, mutated)
        ours = ("fancare.", "tests.")  # whoever imported it by name
        for other in [m for key, m in sys.modules.items() if key.startswith(ours)]:
            for held in [key for key, value in vars(other).items() if value is real]:
                monkeypatch.setattr(other, held, mutated)


def assert_caught(mutation: Mutation, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check passes without the mutation and fails with it."""
    mutation.caught_by()
    mutation.apply(monkeypatch)
    with pytest.raises(AssertionError):
        mutation.caught_by()
