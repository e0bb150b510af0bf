"""Why a score is what it is: a few signed reasons per entity, each checked on the very risk that people see.

    themes ──▶ occlude each (typical values in its place) ──▶ worth telling? ──▶ in words ──▶ occlude all of one sign together

A reason is shown only if taking its facts away moves the calibrated, seed-averaged risk in the direction it claims, alone
and together with the other reasons of its sign.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from fancare.churn.bundle import Bundle
from fancare.churn.hazard import logit
from fancare.churn.model import columns_of
from fancare.churn.occlusion import effects, joint_effects
from fancare.churn.reason_words import Facts, Words, words
from fancare.churn.themes import Theme, themes_of
from fancare.panel.feature import Feature
from fancare.panel.gate import Panel
from fancare.warehouse.duckdb_engine import Warehouse
from fancare.warehouse.schema import RISK_REASONS

SMALLEST_EFFECT = 0.01  # of risk
SMALLEST_LOG_ODDS = 0.25  # of its log odds, where the risk is so near 0 or 1 that it can hardly move
SMALLEST_SHOWN = 0.0005  # of risk: what rounds to 0.0 percentage points is not told
MOST_REASONS = 5


@dataclass(frozen=True)
class Reason:
    """One reason: ``effect`` is the risk with the facts minus the risk with typical ones; positive raises the risk.

    ``joint_effect`` is the same for all shown reasons of its sign at once. ``features`` are those that were replaced.
    """

    theme: str
    words: Words
    effect: float
    joint_effect: float
    horizon: int
    features: tuple[str, ...]

    @property
    def raises(self) -> bool:
        return self.effect > 0

    def text(self, lang: str = "ko") -> str:
        return self.words.text[lang]


def explain_rows(panel: Panel, bundle: Bundle, horizon: int | None = None) -> list[tuple[Reason, ...]]:
    """For each row of the panel up to five reasons, largest effect first, at ``horizon`` (the bands' by default).

    Costs one pass of the model per theme and per feature of every row: ask for the rows that people will see.
    """
    horizon = bundle.spec.bands.horizon if horizon is None else horizon
    X = panel.X[:, columns_of(panel, bundle.feature_names)]
    d = X.shape[1]
    told, row_of, typical = _told(panel, bundle)
    themes = [theme for theme in themes_of(told, bundle.churn.activity) if _read(theme, d)]
    found = effects(bundle.model, X, [_read(theme, d) for theme in themes], horizon)
    alone = np.zeros((len(X), len(told)))
    alone[:, :d] = effects(bundle.model, X, [(j,) for j in range(d)], horizon)
    risk = bundle.model.risks(X)[:, bundle.model.horizons.index(horizon)]
    worded = [
        _worded(Facts(bundle.spec.entity, told, row_of[i], typical, d), found[i], alone[i], risk[i], themes)
        for i in range(len(X))
    ]
    joint = _verified(X, found, risk, worded, themes, bundle, horizon)
    return [
        tuple(
            Reason(
                theme=themes[g].key,
                words=own,
                effect=float(found[i, g]),
                joint_effect=joint[i, g],
                horizon=horizon,
                features=tuple(bundle.feature_names[j] for j in _read(themes[g], d)),
            )
            for g, own in worded[i].items()
            if (i, g) in joint
        )
        for i in range(len(X))
    ]


def _told(panel: Panel, bundle: Bundle) -> tuple[tuple[Feature, ...], np.ndarray, np.ndarray]:
    """What reasons may quote: the model's features, then facts that it does not read where the panel has them.

    Their records, their values (n, d + facts), and their typical values (d + facts,).
    """
    there = {name: j for j, name in enumerate(panel.feature_names)}
    facts = [j for j, fact in enumerate(bundle.facts) if fact.name in there]
    told = (*bundle.features, *(bundle.facts[j] for j in facts))
    values = panel.X[:, [there[feature.name] for feature in told]]
    return told, values, np.concatenate([bundle.model.reference, bundle.model.typical_facts[facts]])


def _read(theme: Theme, d: int) -> tuple[int, ...]:
    """The theme's columns that the model reads: the first ``d``."""
    return tuple(j for j in theme.columns if j < d)


def is_worth_telling(effect: float, risk: float) -> bool:
    """True when taking the facts away moves the risk by 0.01, or near 0 or 1 its log odds by 0.25.

    A risk of 0.998 that would be 0.994 without a fact says that the fact doubles the odds, and more it cannot move.

    >>> is_worth_telling(0.004, 0.998), is_worth_telling(0.004, 0.5)
    (True, False)
    """
    if abs(effect) >= SMALLEST_EFFECT:
        return True
    moved = float(logit(np.array(risk)) - logit(np.array(risk - effect)))
    return abs(effect) >= SMALLEST_SHOWN and abs(moved) >= SMALLEST_LOG_ODDS


def explain_top(warehouse: Warehouse, panel: Panel, bundle: Bundle, capacity: int) -> int:
    """Write the reasons of the ``capacity`` highest ranks of the panel's day, as `risk_scores` has them.

    Where no ranks are given there are no reasons: what was there before goes.
    """
    ranked = warehouse.rows(
        "SELECT creator_id, fan_id FROM risk_scores WHERE entity = @entity AND as_of = @as_of AND rank <= @capacity",
        {"entity": panel.entity, "as_of": panel.as_of[0].astype("datetime64[D]").item(), "capacity": capacity},
    )
    wanted = set(ranked)
    keys = zip(_or_none(panel.creator_id, len(panel)), _or_none(panel.fan_id, len(panel)), strict=True)
    top = panel.rows(np.array([key in wanted for key in keys], dtype=bool))
    return _write(warehouse, panel, top, explain_rows(top, bundle), bundle.version)


def explain_also(warehouse: Warehouse, panel: Panel, bundle: Bundle) -> int:
    """Write the reasons of these rows (of one day) beside those that are there; returns how many there are of them."""
    reasons = explain_rows(panel, bundle)
    with warehouse.transaction():
        warehouse.create(RISK_REASONS)
        for i in range(len(panel)):
            warehouse.execute(
                "DELETE FROM risk_reasons WHERE entity = @entity AND as_of = @as_of "
                "AND creator_id IS NOT DISTINCT FROM @creator_id AND fan_id IS NOT DISTINCT FROM @fan_id",
                {
                    "entity": panel.entity,
                    "as_of": panel.as_of[i].astype("datetime64[D]").item(),
                    "creator_id": None if panel.creator_id is None else str(panel.creator_id[i]),
                    "fan_id": None if panel.fan_id is None else str(panel.fan_id[i]),
                },
            )
        warehouse.append(RISK_REASONS, _table(panel, reasons, bundle.version))
    return sum(map(len, reasons))


def _write(
    warehouse: Warehouse, day: Panel, panel: Panel, reasons: Sequence[Sequence[Reason]], model_version: str
) -> int:
    as_of = day.as_of[0].astype("datetime64[D]").item()
    warehouse.register("_explained", _table(panel, reasons, model_version))
    try:
        return warehouse.replace_partition(
            RISK_REASONS, {"entity": panel.entity, "as_of": as_of}, "SELECT * FROM _explained"
        )
    finally:
        warehouse.unregister("_explained")


def _table(panel: Panel, reasons: Sequence[Sequence[Reason]], model_version: str) -> pa.Table:
    """Rows of `risk_reasons`."""
    rows = [
        {
            "entity": panel.entity,
            "creator_id": creator_id,
            "fan_id": fan_id,
            "as_of": as_of,
            "position": position,
            "code": reason.words.code,
            "effect": reason.effect,
            "joint_effect": reason.joint_effect,
            "horizon": reason.horizon,
            "features": ",".join(reason.features),
            "fact": json.dumps(reason.words.facts, ensure_ascii=False, sort_keys=True, allow_nan=False),
            "text_ko": reason.text("ko"),
            "text_en": reason.text("en"),
            "model_version": model_version,
        }
        for creator_id, fan_id, as_of, own in zip(
            _or_none(panel.creator_id, len(panel)),
            _or_none(panel.fan_id, len(panel)),
            panel.as_of.astype("datetime64[D]").tolist(),
            reasons,
            strict=True,
        )
        for position, reason in enumerate(own, start=1)
    ]
    return pa.Table.from_pylist(rows, schema=_SCHEMA)


def _worded(
    facts: Facts, found: np.ndarray, alone: np.ndarray, risk: float, themes: Sequence[Theme]
) -> dict[int, Words]:
    """By number of the theme, the strongest first: those that have an effect worth telling and something to say."""
    worded: dict[int, Words] = {}
    for g in np.argsort(-np.abs(found), kind="stable").tolist():
        if len(worded) == MOST_REASONS:
            break
        if not is_worth_telling(found[g], risk):
            continue
        own = words(themes[g], facts, np.sign(found[g]) * alone)
        if own is not None:
            worded[g] = own
    return worded


def _verified(
    X: np.ndarray, found: np.ndarray, risk: np.ndarray, worded: Sequence[Mapping[int, Words]], themes: Sequence[Theme],
    bundle: Bundle, horizon: int,
) -> dict[tuple[int, int], float]:  # fmt: skip
    """(row, theme) of the reasons that hold together with the others of their sign, and that joint effect.

    Where a row's reasons of one sign do not hold together, the weakest is left out until they do.
    """
    holding: dict[tuple[int, int], float] = {}
    open_groups = [
        (i, sign, same)
        for i, own in enumerate(worded)
        for sign in (1, -1)
        if (same := [g for g in own if found[i, g] * sign > 0])
    ]
    while open_groups:
        columns = [[j for g in same for j in _read(themes[g], X.shape[1])] for _, _, same in open_groups]
        together = joint_effects(bundle.model, X[[i for i, _, _ in open_groups]], columns, horizon)
        failed = []
        for (i, sign, same), joint in zip(open_groups, together.tolist(), strict=True):
            if joint * sign > 0 and is_worth_telling(joint, risk[i]):
                holding |= {(i, g): joint for g in same}
            elif len(same) > 1:
                failed.append((i, sign, same[:-1]))
        open_groups = failed
    return holding


def _or_none(ids: np.ndarray | None, n: int) -> list[str | None]:
    return [None] * n if ids is None else [str(one) for one in ids]


_SCHEMA = pa.schema(
    [
        ("entity", pa.string()), ("creator_id", pa.string()), ("fan_id", pa.string()), ("as_of", pa.date32()),
        ("position", pa.int64()), ("code", pa.string()), ("effect", pa.float64()), ("joint_effect", pa.float64()),
        ("horizon", pa.int64()), ("features", pa.string()), ("fact", pa.string()), ("text_ko", pa.string()),
        ("text_en", pa.string()), ("model_version", pa.string()),
    ]
)  # fmt: skip
