"""What a monitored day found in words, Korean and English: what moved, from how much to how much, and what to do."""

from __future__ import annotations

import math

from fancare import messages
from fancare.churn.monitored import AMBER, RED, Finding, Monitoring, Moved
from fancare.churn.performance import Performance
from fancare.reports.wording import Words, both

NAMED = 5  # features, and events, that a sentence names
ABOUT_THE_SAME = 0.1  # a mean that moved by less, measured by itself, is not what moved


def verdict(found: Monitoring) -> Words:
    """The day's verdict in a word or two."""
    runs = max((finding.in_a_row for finding in found.findings if finding.state == RED), default=1)
    return both(f"monitor.{found.verdict}", n=runs)


def summary(found: Monitoring) -> list[Words]:
    """What was measured: the drift, then the outcomes horizon by horizon."""
    return [drift(found), *outcomes(found), *left_out(found)]


def drift(found: Monitoring) -> Words:
    """How many features and whether the risks have drifted; too few features for a finding are named here."""
    features = [moved for moved in found.moved if moved.kind == "feature"]
    if not features:
        return both("monitor.no_reference")
    score = both(f"monitor.score_{'drifted' if found.drifted('score') else 'stable'}")
    drifted = found.drifted("feature")
    said = both("monitor.drift", n=len(drifted), of=len(features), score=score)
    if not drifted or any(finding.code == "features" for finding in found.findings):
        return said
    return _listed(said, drifted)


def outcomes(found: Monitoring) -> list[Words]:
    """The window's realised figures beside the promised, for each horizon that the version was to speak of."""
    told = []
    for horizon in found.horizons:
        pooled = found.pooled(horizon)
        if pooled is None:
            told.append(both("monitor.unripe", h=horizon))
        else:
            days = {"first": pooled.first_scored, "last": pooled.last_scored}
            told.append(both("monitor.realised", n=f"{pooled.figures.n:,}", **days, **_figures(pooled)))
    return told


def left_out(found: Monitoring) -> list[Words]:
    """The versions of the window of which nothing could be judged, and why."""
    return [both(f"monitor.left_out.{one.code}", version=one.version) for one in found.left_out]


def findings(found: Monitoring) -> list[tuple[str, Words]]:
    """(state, sentence) of every finding, the alarms first: what, how sure, which variables, and what to do."""
    ordered = sorted(found.findings, key=lambda finding: (finding.state != RED, finding.code, finding.horizon))
    return [(finding.state, _sentence(found, finding)) for finding in ordered]


def moved_words(moved: Moved) -> Words:
    """What moved, from how much to how much."""
    meaning = (messages.shown(moved.meaning_ko), messages.shown(moved.meaning_en))
    gap = moved.undefined_now - moved.undefined_before
    if moved.mean_before is None or moved.mean_now is None or abs(gap) >= 0.2:
        return both("monitor.moved_undefined", meaning=meaning, before=moved.undefined_before, now=moved.undefined_now)
    size = max(abs(moved.mean_before), abs(moved.mean_now))
    if abs(moved.mean_now - moved.mean_before) < ABOUT_THE_SAME * size:
        return both("monitor.moved_shape", meaning=meaning, now=moved.mean_now)
    return both("monitor.moved_mean", meaning=meaning, before=moved.mean_before, now=moved.mean_now)


def lines(found: Monitoring) -> list[str]:
    """All that was found and measured, for a terminal: Korean, then English."""
    return [*closing_lines(found), *_both_languages(summary(found))]


def closing_lines(found: Monitoring) -> list[str]:
    """The verdict and, where there are any, the findings: what a job says at its end."""
    korean, english = verdict(found)
    told = f"{messages.text('monitor.title', 'ko')}: {korean} · {messages.text('monitor.title', 'en')}: {english}"
    return [told, *_both_languages([sentence for _, sentence in findings(found)])]


def _both_languages(sentences: list[Words]) -> list[str]:
    return [line for korean, english in sentences for line in (korean, f"  {english}")]


def _sentence(found: Monitoring, finding: Finding) -> Words:
    state = both(f"monitor.{finding.state}", n=finding.in_a_row)
    pooled = found.pooled(finding.horizon)
    facts = {} if pooled is None else _figures(pooled)
    drifted: list[Moved] = []
    if finding.code in ("features", "score"):
        drifted = found.drifted("feature" if finding.code == "features" else "score")
        facts = {"n": len(drifted), "of": sum(moved.kind == "feature" for moved in found.moved)}
    said, advice = _listed(both(f"monitor.finding.{finding.code}", **facts), drifted), _advice(found, finding)
    korean, english = (f"{state[lang]}: {said[lang]}. {advice[lang]}." for lang in (0, 1))
    return korean, english


def _listed(said: Words, drifted: list[Moved]) -> Words:
    """A sentence, and after a dash what moved furthest."""
    if not drifted:
        return said
    what = [moved_words(moved) for moved in drifted[:NAMED]]
    korean, english = (f"{said[lang].rstrip('.')} – {' / '.join(words[lang] for words in what)}" for lang in (0, 1))
    return korean, english


def _advice(found: Monitoring, finding: Finding) -> Words:
    parts = []
    drifted = found.drifted("feature")
    gone = _events([moved for moved in drifted if moved.mean_now in (None, 0) and moved.mean_before])
    if gone:
        parts.append(both("monitor.advice.vanished", names=", ".join(gone)))
    elif _events(drifted):
        parts.append(both("monitor.advice.event", names=", ".join(_events(drifted))))
    parts.append(both("monitor.advice.retrain" if finding.state != AMBER else "monitor.advice.wait"))
    korean, english = (". ".join(part[lang] for part in parts) for lang in (0, 1))
    return korean, english


def _events(drifted: list[Moved]) -> list[str]:
    """The event names behind these features, in quotes, most moved first."""
    names = dict.fromkeys(moved.event_name for moved in drifted if moved.event_name)
    return [f"'{messages.shown(name)}'" for name in list(names)[:NAMED]]


def _figures(pooled: Performance) -> dict[str, object]:
    promise = pooled.promise
    promised = (math.nan,) * 3 if promise is None else (promise.auc.estimate, promise.auc.low, promise.auc.high)
    names = ("auc", "low", "high", "promised", "plow", "phigh")
    values = (pooled.auc.estimate, pooled.auc.low, pooled.auc.high, *promised)
    shown = {name: "–" if math.isnan(value) else f"{value:.3f}" for name, value in zip(names, values, strict=True)}
    return shown | {"h": pooled.horizon, "risk": pooled.mean_risk, "rate": pooled.figures.churn_rate}
