"""Which definition of churn an earlier score was made under: a configuration that differs from today's in that alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from fancare.churn.bundle import Bundle
from fancare.config import Config
from fancare.errors import Refused


def definition_of(bundle: Bundle, config: Config, scored: date) -> Config:
    """``config`` with the lists of events and the days at risk under which ``bundle`` gave its score of ``scored``.

    What the log's days were made from is not a matter of definition: with another time zone, or another list of what creators
    do, events lie on other days or are other people's. `Refused`, rather than a split that
    is partly invented.
    """
    then = replace(
        config,
        events=bundle.churn.events,
        churn=replace(config.churn, horizons=bundle.horizons, active_within_days=bundle.churn.active_within_days),
    )
    made_anew = "[platform] timezone" if then.data_spec_hash != bundle.churn.data_spec_hash else None
    if made_anew is None and then.events.creator_acts != config.events.creator_acts:
        made_anew = "[events] creator_acts"
    if made_anew:
        raise Refused(
            f"The score of {scored} by {bundle.version} was made from a log read with another {made_anew} than the configuration "
            f"has now, so what it knew cannot be rebuilt; give --since a day scored after that change, or undo it."
        )
    return then
