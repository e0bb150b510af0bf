"""The model card: what one version is for, what it was made of, how good it is, and when not to believe it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2

from fancare import messages
from fancare.churn.bundle import Bundle
from fancare.churn.metrics import ece_by_chance
from fancare.churn.promotion import verdict
from fancare.churn.themes import label
from fancare.panel.feature import feature_hash

TOP_THEMES = 12
FEW_ENTITY_ROWS = 1_000
STEADY = 0.7  # below this rank correlation the seeds tell different stories


def render(bundle: Bundle) -> str:
    """The card as Markdown; the same bundle gives the same text."""
    judged = verdict(bundle)
    contributions = bundle.contributions
    return _template().render(
        b=bundle,
        entity_ko=messages.text(f"entity.{bundle.spec.entity}", "ko"),
        entity_en=messages.text(f"entity.{bundle.spec.entity}", "en"),
        verdict_ko=_spoken(judged.can_say, judged.text("ko"), "ko"),
        verdict_en=_spoken(judged.can_say, judged.text("en"), "en"),
        families=sorted(Counter(feature.family for feature in bundle.features).items()),
        figures=_figures(bundle.backtest),
        themes=[(c, label(c.kind, c.actor, c.event_name, bundle.spec.entity, "en"))
                for c in contributions.themes[:TOP_THEMES]] if contributions else [],
        caveats=_caveats(bundle),
        by_chance=_by_chance,
        feature_hash=feature_hash(bundle.feature_names),
    )  # fmt: skip


def _spoken(can_say: bool, why: str, lang: str) -> str:
    return why if can_say else f"{messages.text('band.unknown', lang)}: {why}"


def _figures(backtest: Mapping[str, Any] | None) -> list[tuple[int, str, Mapping[str, Any]]]:
    """(horizon, model, figures), horizons ascending, the model before its baselines."""
    if backtest is None:
        return []
    ordered = sorted(backtest["horizons"].items(), key=lambda item: int(item[0]))
    return [
        (int(horizon), name, by_model[name])
        for horizon, by_model in ordered
        for name in sorted(by_model, key=lambda name: (name != "tabnet", name))
    ]


def _caveats(bundle: Bundle) -> list[str]:
    found = [
        "Effects and reasons describe the model, not causes: changing a fact need not change what a person does.",
        "Calibrated anew for each scored day, on the last weeks whose outcome is known by then; when habits change overnight (a "
        "holiday, a new feature of the app), risks are off until such weeks have passed.",
        "An event name first seen after the origin has no influence until the next training.",
    ]
    backtest = bundle.backtest
    if backtest is None:
        return [*found, "There is no backtest behind this version: how good it is is not known."]
    if backtest.get("alarm"):
        found.append(str(backtest["alarm"]))
    if backtest.get("cannot_say"):
        found.append(str(backtest["cannot_say"]))
    rows = min((fold["n_test"] for fold in backtest["folds"]), default=0)
    if rows < FEW_ENTITY_ROWS:
        found.append(f"A fold was tested on as few as {rows:,} rows: read the intervals before the figures.")
    limit = bundle.spec.gate.max_ece
    for horizon, ece in sorted(backtest.get("off_weekday_ece", {}).items(), key=lambda item: int(item[0])):
        if ece is not None and ece > limit:
            found.append(f"On weekdays other than the training's the {horizon}-day calibration error is {ece:.3f}.")
    contributions = bundle.contributions
    if contributions and contributions.rank_correlation is not None and contributions.rank_correlation < STEADY:
        found.append(
            "The seeds disagree on what matters: take reasons as hints, the score as the average of all seeds."
        )
    return found


def _figure(value: float | None, digits: int = 3) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _signed(value: float | None) -> str:
    return "–" if value is None else f"{value:+.4f}"


def _sort_by_horizon(items: Iterable[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Entries by horizon as a number: as text, 28 comes before 7."""
    return sorted(items, key=lambda item: int(item[0]))


def _plain(name: str) -> str:
    """A name from data inside Markdown: no table bars, code marks or HTML of its own."""
    return messages.shown(name).replace("`", "'").replace("|", "¦").replace("<", "‹").replace(">", "›")


@lru_cache(maxsize=1)
def _template() -> jinja2.Template:
    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined,
                                     keep_trailing_newline=True, autoescape=False)  # fmt: skip
    environment.filters |= {"figure": _figure, "signed": _signed, "plain": _plain, "message": _message,
                            "sort_by_horizon": _sort_by_horizon}
    return environment.from_string(Path(__file__).with_name("card.md.j2").read_text(encoding="utf-8"))


def _by_chance(figures: Mapping[str, Any]) -> float | None:
    """The ECE that perfect probabilities would show on so few rows."""
    return None if figures["brier"] is None else ece_by_chance(figures["brier"], figures["n"])


def _message(code: str) -> str:
    return messages.text(code, "en")
