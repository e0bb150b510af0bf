"""The worlds that can be simulated, each a record of numbers and its meaning in one line."""

from __future__ import annotations

from fancare.events.simulator.world import (
    Accounts,
    Bots,
    Delivery,
    FanSide,
    Memoryless,
    OutsideSide,
    Seasons,
    TwoSided,
    World,
)

WORLDS: dict[str, World] = {
    world.name: world
    for world in (
        World(
            name="lively",
            meaning="creators with their own rhythms tire, pause, end and join; fans and creators move each other",
            creators=360,
            fans_per_creator=19.0,
            days=400,
            life=TwoSided(),
        ),
        World(
            name="noise",
            meaning="no signal: the same constant rates for everybody on every day, nobody comes or goes",
            creators=1000,
            fans_per_creator=3.0,
            days=365,
            life=Memoryless(),
            # A device that is linked late would be an entity of its own that always ends: a signal.
            delivery=Delivery(identified_late=0.0),
        ),
        World(
            name="confounded",
            meaning="hidden seasons of a genre move creators and fans alike; creators themselves do nothing to fans",
            creators=360,
            fans_per_creator=19.0,
            days=400,
            life=TwoSided(
                fans=FanSide(creator_effect=0.0),
                outside=OutsideSide(
                    seasons=Seasons(creator_pace=(0.6, 1.6), creator_falls=(1.7, 0.6), fan_pace=(0.55, 1.6))
                ),
            ),
        ),
        World(
            name="drifting",
            meaning="creators slow down and tire more from month to month, and holidays come between",
            creators=360,
            fans_per_creator=19.0,
            days=400,
            life=TwoSided(
                outside=OutsideSide(
                    holiday_creators=0.55, holiday_fans=1.2, drift_creators=0.65, drift_falls=2.2, drift_fans=0.85
                )
            ),
        ),
        World(
            name="messy",
            meaning="lively, but the log has bots, people with two accounts, more late and doubled lines, and broken ones",
            creators=360,
            fans_per_creator=19.0,
            days=400,
            life=TwoSided(),
            delivery=Delivery(
                late=0.07,
                doubled=0.02,
                identified_late=0.5,
                doubled_at_identify=0.15,
                milliseconds=0.001,
                broken=0.00003,
                wrong_clock=0.0002,
            ),
            accounts=Accounts(share=0.15),
            bots=Bots(per_hundred_fans=0.25),
        ),
    )
}
