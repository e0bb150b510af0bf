"""Which definition of churn an earlier score was made under: a configuration that differs from today's in that alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from fancare.churn.bundle import Bundle
from fancare.config import Config
from fancare.errors import Refused


def definition_of(bundle: Bundle, config: Config, scored: date) -> Config:
    """``config`` with the activity list and days at risk that ``bundle`` was trained on, and so its score of ``scored`` made.

    The bundle's hash covers every part of a definition. Where it says that another part changed too, one that no bundle
    records, the old definition is gone: `Refused`, rather than a split that is partly invented.
    """
    if bundle.churn.data_spec_hash == config.data_spec_hash:
        return config
    lists = "creator_activity" if bundle.spec.entity == "creator" else "fan_activity"
    then = replace(
        config,
        events=replace(config.events, **{lists: bundle.churn.activity}),
        churn=replace(config.churn, horizons=bundle.horizons, active_within_days=bundle.churn.active_within_days),
    )
    if then.data_spec_hash != bundle.churn.data_spec_hash:
        raise Refused(
            f"The score of {scored} by {bundle.version} was made under another definition of which only {lists} "
            f"({', '.join(bundle.churn.activity)}) and active_within_days ({bundle.churn.active_within_days}) are on record: the "
            f"time zone or another list of [events] changed since; undo that change, or give --since a day scored after it."
        )
    return then
