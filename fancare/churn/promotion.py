"""Which model may score, and whether its scores may be spoken of.

A first champion is always taken, so that there is something to watch; but unless its backtest shows it above the recency
rule (interval included), above chance, and calibrated, it *cannot say*: bands are ``unknown`` and no ranks are given. After
that, a challenger must be able to say what the champion can, and must not rank worse.

Two backtests on the same test rows are compared by their mean AUC. On other rows (the usual case, a month later) both are
compared by what they gain over the recency rule on their own rows: a later month may be easier for every model. There a loss
must also be beyond the noise of the two gains, or small platforms would keep their first model for ever.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fancare import messages
from fancare.churn.bundle import Bundle
from fancare.churn.metrics import ece_by_chance
from fancare.errors import Refused


@dataclass(frozen=True)
class Verdict:
    """Whether a model's scores may be spoken of; ``code`` and ``facts`` give the sentence (catalogue, ``gate.*``)."""

    can_say: bool
    code: str
    facts: Mapping[str, float] = field(default_factory=dict)

    def text(self, lang: str = "ko") -> str:
        return messages.text(self.code, lang, **self.facts)


def verdict(bundle: Bundle) -> Verdict:
    """What this model's own backtest allows."""
    backtest, gate = bundle.backtest, bundle.spec.gate
    if backtest is None:
        return Verdict(False, "gate.no_backtest")
    tabnet, recency, gain, low = _mean_auc(backtest, "tabnet"), _mean_auc(backtest, "recency"), *_over_recency(backtest)
    if not all(map(math.isfinite, (tabnet, recency, gain))):  # a horizon had one outcome only
        return Verdict(False, "gate.no_figures")
    if not _chance_excluded(backtest):
        return Verdict(False, "gate.not_above_chance", {"tabnet": tabnet})
    if not (gain > gate.min_auc_gain_over_recency and low > 0):
        facts = {"tabnet": tabnet, "recency": recency, "gain": gain, "low": low}
        return Verdict(False, "gate.not_above_recency", {k: v for k, v in facts.items() if math.isfinite(v)})
    horizon = bundle.spec.bands.horizon
    figures = backtest["horizons"][str(horizon)]["tabnet"]
    ece, allowed = _number(figures["ece"]), gate.max_ece + ece_by_chance(_number(figures["brier"]), figures["n"])
    if not ece <= allowed:
        return Verdict(False, "gate.not_calibrated", {"horizon": horizon, "ece": ece, "max_ece": allowed})
    return Verdict(True, "gate.passed", {"gain": gain})


def judge(challenger: Bundle, champion: Bundle | None) -> Verdict:
    """The challenger's verdict, or `Refused` when the champion should stay.

    A champion of another definition of churn (events, horizons, entity) is no yardstick: the challenger is then a first one.
    """
    own = verdict(challenger)
    if champion is None or champion.churn.data_spec_hash != challenger.churn.data_spec_hash:
        return own
    current = verdict(champion)
    if current.can_say and not own.can_say:
        raise _refused(challenger, champion, own.text("en"))
    if current.can_say and own.can_say:
        loss, what = _loss(challenger.backtest or {}, champion.backtest or {})
        if loss > challenger.spec.gate.max_auc_loss_to_champion:
            raise _refused(challenger, champion, what)
    return own


def same_rows(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """True when two backtests were tested on the same days and as many rows."""
    days = ("origin", "first_test_as_of", "last_test_as_of", "n_test")
    return [[fold[day] for day in days] for fold in one["folds"]] == [[f[day] for day in days] for f in other["folds"]]


def _loss(challenger: Mapping[str, Any], champion: Mapping[str, Any]) -> tuple[float, str]:
    """How much worse the challenger is shown to rank (mean AUC), and the sentence about it."""
    if same_rows(challenger, champion):
        mine, theirs = _mean_auc(challenger, "tabnet"), _mean_auc(champion, "tabnet")
        return theirs - mine, f"its mean AUC is {mine:.4f}, the champion's {theirs:.4f} on the same rows"
    (mine, my_low), (theirs, their_low) = _over_recency(challenger), _over_recency(champion)
    noise = math.hypot(mine - my_low, theirs - their_low)  # half widths of two independent 95 % intervals
    told = f"its mean AUC is {mine:+.4f} over the recency rule, the champion's was {theirs:+.4f}, and chance makes {noise:.4f}"
    return theirs - mine - (noise if math.isfinite(noise) else 0.0), told


def _refused(challenger: Bundle, champion: Bundle, why: str) -> Refused:
    return Refused(
        f"The challenger {challenger.version} of {challenger.name} is refused: {why}; the champion {champion.version} keeps "
        f"scoring. Train again with more history, or change the model spec."
    )


def _mean_auc(backtest: Mapping[str, Any], model: str) -> float:
    values = [_number(by_model[model]["auc"]) for by_model in backtest["horizons"].values()]
    return sum(values) / len(values) if values else math.nan


def _over_recency(backtest: Mapping[str, Any]) -> tuple[float, float]:
    """TabNet's mean AUC minus the recency rule's, and the lower end of the paired interval."""
    paired = backtest["tabnet_minus"]["recency"]
    return _number(paired["estimate"]), _number(paired["low"])


def _chance_excluded(backtest: Mapping[str, Any]) -> bool:
    """True when the AUC's interval lies above one half at every horizon; one without an interval does not."""
    lows = [_number(by_model["tabnet"]["auc_low"]) for by_model in backtest["horizons"].values()]
    return bool(lows) and all(low > 0.5 for low in lows)


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)
