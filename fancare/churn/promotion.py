"""Which model may score, and whether its scores may be spoken of.

A first champion is always taken, so that there is something to watch; but unless its backtest shows it above the recency
rule (interval included), above chance, and calibrated, it *cannot say*: bands are ``unknown`` and no ranks are given. After
that, a challenger must be able to say what the champion can, must not be shown to rank worse, must give reasons that do not
depend on the seed, and must not turn the watchlist over by itself. Without a leakage certificate nobody is promoted.

Ranking is compared on the rows that both backtests tested (`fancare.churn.comparison`). Where they have too few in common (the
usual case after a quarter, or a retrain on another weekday) both are compared by what they gain over the recency rule on their
own rows: a later month may be easier for every model. There a loss must also be beyond the noise of the two gains, or small
platforms would keep their first model for ever.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fancare import messages
from fancare.churn.backtest_rows import BacktestRows
from fancare.churn.bundle import Bundle
from fancare.churn.comparison import compare
from fancare.churn.metrics import ece_by_chance
from fancare.churn.turnover import MOST, Turnover
from fancare.errors import Refused

CERTIFICATE, TURNOVER = "certificate", "turnover"


@dataclass(frozen=True)
class Verdict:
    """Whether a model's scores may be spoken of; ``code`` and ``facts`` give the sentence (catalogue, ``gate.*``)."""

    can_say: bool
    code: str
    facts: Mapping[str, float] = field(default_factory=dict)

    def text(self, lang: str = "ko") -> str:
        return messages.text(self.code, lang, **self.facts)


@dataclass(frozen=True)
class Check:
    """One check of the gate: ``passed`` is None where it cannot be told, which keeps nobody out.

    ``found`` and ``limit`` are figures for a table; ``code`` and ``facts`` give the sentence of what was found (catalogue,
    ``gate.*``), and ``detail`` replaces it for the operator where there is more to say than figures.
    """

    name: str
    passed: bool | None
    found: str
    limit: str
    code: str = ""
    facts: Mapping[str, float] = field(default_factory=dict)
    detail: str = ""

    def title(self, lang: str = "ko") -> str:
        return messages.text(f"gate.check.{self.name}", lang)

    def text(self, lang: str = "ko") -> str:
        return messages.text(self.code, lang, **self.facts) if self.code else ""


@dataclass(frozen=True)
class Gate:
    """All checks of one challenger at once. Not ``binding``: there is no champion whose place it would have to earn.

    ``champion`` is the version it was held against, None where there is none or it is no yardstick.
    """

    name: str
    challenger: str
    champion: str | None
    verdict: Verdict
    checks: tuple[Check, ...]
    binding: bool

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that keep the challenger out."""
        return tuple(c for c in self.checks if c.passed is False and (self.binding or c.name == CERTIFICATE))

    def enforce(self) -> Verdict:
        """The challenger's verdict, or `Refused` with every reason at once."""
        if not self.failed:
            return self.verdict
        reasons = "; ".join(check.detail.rstrip(".") or check.text("en") for check in self.failed)
        stays = "nothing was promoted" if self.champion is None else f"the champion {self.champion} keeps scoring"
        raise Refused(
            f"The challenger {self.challenger} of {self.name} is refused: {reasons}; {stays}.{self._advice()}"
        )

    def _advice(self) -> str:
        names = {check.name for check in self.failed}
        if names == {CERTIFICATE}:  # its own sentence says what to do
            return ""
        if names == {TURNOVER}:
            return (
                f" Look at both lists, and if the new one is to be worked with, promote it with `fancare promote --version "
                f"{self.challenger} --accept-turnover`."
            )
        return " Train again with more history, or change the model spec."


def verdict(bundle: Bundle) -> Verdict:
    """What this model's own backtest allows."""
    checks = _own_checks(bundle)
    failed = next((check for check in checks if check.passed is False), None)
    if failed is not None:
        return Verdict(False, failed.code, failed.facts)
    return Verdict(True, "gate.passed", {"gain": _over_recency(bundle.backtest or {})[0]})


def judge(
    challenger: Bundle,
    champion: Bundle | None,
    turnover: Turnover | None = None,
    accept_turnover: bool = False,
    uncertified: str | None = None,
) -> Gate:
    """The gate's whole answer on a challenger.

    A champion of another definition of churn (events, horizons, entity) is no yardstick: the challenger is then a first one.
    So is one that follows a champion that cannot say. ``turnover`` is the watchlist's between these two on one day (None: not
    measured), ``accept_turnover`` a person's word for it. ``uncertified`` says why there is no passing certificate (None:
    there is).
    """
    code = "gate.certified" if uncertified is None else "gate.not_certified"
    found = "–" if uncertified else "✓"
    checks = [Check(CERTIFICATE, uncertified is None, found, "✓", code, detail=uncertified or "")]
    checks += _own_checks(challenger)
    same = champion is not None and champion.churn.data_spec_hash == challenger.churn.data_spec_hash
    checks.append(_reasons_are_stable(challenger))
    speaks = champion is not None and same and verdict(champion).can_say
    if champion is not None and speaks:
        if verdict(challenger).can_say:
            checks.append(_not_worse(challenger, champion))
        checks.append(_turnover_is_small(turnover, challenger.spec.gate.max_watchlist_turnover, accept_turnover))
    return Gate(
        name=challenger.name,
        challenger=challenger.version,
        champion=champion.version if champion is not None else None,
        verdict=verdict(challenger),
        checks=tuple(checks),
        binding=speaks,
    )


def _own_checks(bundle: Bundle) -> list[Check]:
    """What the model's backtest says of it alone; the first failing one is why it cannot say."""
    backtest, gate = bundle.backtest, bundle.spec.gate
    if backtest is None:
        return [Check("backtest", False, "–", "✓", "gate.no_backtest")]
    tabnet, recency, gain, low = _mean_auc(backtest, "tabnet"), _mean_auc(backtest, "recency"), *_over_recency(backtest)
    if not all(map(math.isfinite, (tabnet, recency, gain))):  # a horizon had one outcome only
        return [Check("backtest", False, "–", "✓", "gate.no_figures")]
    lows = [_number(by_model["tabnet"]["auc_low"]) for by_model in backtest["horizons"].values()]
    above_chance = all(low > 0.5 for low in lows)  # one without an interval is not
    above_recency = gain > gate.min_auc_gain_over_recency and low > 0
    facts = {"tabnet": tabnet, "recency": recency, "gain": gain, "low": low}
    horizon = bundle.spec.bands.horizon
    figures = backtest["horizons"][str(horizon)]["tabnet"]
    ece, allowed = _number(figures["ece"]), gate.max_ece + ece_by_chance(_number(figures["brier"]), figures["n"])
    lowest = min((low for low in lows if math.isfinite(low)), default=math.nan)
    return [
        Check("above_chance", above_chance, f"{tabnet:.3f} (≥ {_shown(lowest, '.3f')})", "> 0.5",
              "gate.above_chance" if above_chance else "gate.not_above_chance", {"tabnet": tabnet}),
        Check("above_recency", above_recency, f"{gain:+.4f} (≥ {_shown(low, '+.4f')})",
              f"> {gate.min_auc_gain_over_recency:g} (> 0)",
              "gate.above_recency" if above_recency else "gate.not_above_recency",
              {k: v for k, v in facts.items() if math.isfinite(v)}),
        Check("calibrated", ece <= allowed, f"{ece:.3f}", f"≤ {allowed:.3f}",
              "gate.calibrated" if ece <= allowed else "gate.not_calibrated",
              {"horizon": horizon, "ece": ece, "max_ece": allowed}),
    ]  # fmt: skip


def _not_worse(challenger: Bundle, champion: Bundle) -> Check:
    """The challenger must not be shown to rank worse: on common rows, or by what both gain over the recency rule."""
    margin = challenger.spec.gate.max_auc_loss_to_champion
    found = compare(BacktestRows.from_parquet(challenger.rows), BacktestRows.from_parquet(champion.rows))
    limit = f"≥ {-margin:g}"
    if found is not None:
        gap = found.difference
        facts = {"estimate": gap.estimate, "low": gap.low, "high": gap.high, "n_rows": found.n_rows, "margin": margin}
        told = f"{gap.estimate:+.4f} ({gap.low:+.4f}…{gap.high:+.4f}), n = {found.n_rows:,}"
        outcome = found.outcome(margin)
        return Check("not_worse", outcome != "worse", told, limit, f"gate.{outcome}_on_common_rows", facts)
    (mine, my_low), (theirs, their_low) = (
        _over_recency(challenger.backtest or {}),
        _over_recency(champion.backtest or {}),
    )
    noise = math.hypot(mine - my_low, theirs - their_low)  # half widths of two independent 95 % intervals
    noise = noise if math.isfinite(noise) else 0.0
    told = f"{mine:+.4f} − {theirs:+.4f} ± {noise:.4f}"
    facts = {"mine": mine, "theirs": theirs, "noise": noise, "margin": margin}
    passed = theirs - mine - noise <= margin
    code = "gate.not_worse_over_recency" if passed else "gate.worse_over_recency"
    return Check("not_worse", passed, told, limit, code, facts)


def _reasons_are_stable(challenger: Bundle) -> Check:
    """The seeds must agree on what a row's risk rests on, or its reasons are those of a throw of dice."""
    floor, found = challenger.spec.gate.min_reason_stability, challenger.contributions
    if found is None or found.row_overlap is None or found.overlap_by_chance is None:
        return Check("reasons", None, "–", f"≥ {floor:g}", "gate.reasons_unknown")
    facts = {"overlap": found.row_overlap, "chance": found.overlap_by_chance, "floor": floor}
    told = f"{found.row_overlap:.2f} (chance {found.overlap_by_chance:.2f})"
    stable = found.row_overlap >= floor
    code = "gate.stable_reasons" if stable else "gate.unstable_reasons"
    return Check("reasons", stable, told, f"≥ {floor:g}", code, facts)


def _turnover_is_small(turnover: Turnover | None, ceiling: float, accepted: bool) -> Check:
    """On one day, of one cohort, by one set of data: what differs between the two lists is the models' doing alone."""
    limit = f"≤ {ceiling:.0%}"
    if turnover is None:
        return Check(TURNOVER, None, "–", limit, "gate.turnover_unknown", {"most": MOST})
    facts = {"n_new": turnover.n_new, "listed": turnover.n_listed, "share": turnover.share, "ceiling": ceiling}
    told = f"{turnover.n_new} / {turnover.n_listed} ({turnover.share:.0%}), {turnover.as_of}"
    if accepted and turnover.share > ceiling:
        return Check(TURNOVER, True, told, f"{limit}, --accept-turnover", "gate.turnover_accepted", facts)
    small = turnover.share <= ceiling
    return Check(TURNOVER, small, told, limit, "gate.turnover_small" if small else "gate.turnover", facts)


def _mean_auc(backtest: Mapping[str, Any], model: str) -> float:
    values = [_number(by_model[model]["auc"]) for by_model in backtest["horizons"].values()]
    return sum(values) / len(values) if values else math.nan


def _over_recency(backtest: Mapping[str, Any]) -> tuple[float, float]:
    """TabNet's mean AUC minus the recency rule's, and the lower end of the paired interval."""
    paired = backtest["tabnet_minus"]["recency"]
    return _number(paired["estimate"]), _number(paired["low"])


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _shown(value: float, form: str) -> str:
    return format(value, form) if math.isfinite(value) else "–"
