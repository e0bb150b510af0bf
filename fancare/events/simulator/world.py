"""Worlds that can be simulated: each a record of numbers, so that what is true of one can be read off before it runs.

`lively` has signal: creators and fans move each other, creators fade before they end, and features that look further
than the last day see it coming. `noise` has none: whoever looks, the next day is drawn from the same constants for
everybody, so an honest evaluation finds an AUC of one half there and anything else is a leak.
"""

from __future__ import annotations

from dataclasses import dataclass

CREATOR_ACTS = ("creator_message", "broadcast", "photo_post")
"""Done by a creator in their own room. Every day with any of them has a message or a broadcast."""

CREATOR_VISITS = ("dashboard_visit", "payout_page_visit", "settings_visit", "ranking_visit", "app_open")
"""Pages a creator looks at, outside any room."""

ROOM_ACTS = ("message", "donation")
"""Done by a fan in a creator's room."""

ROOM_VISITS = ("room_enter", "profile_visit", "notification_open", "payment_page_visit")
"""Pages a fan looks at that belong to one creator."""

FAN_VISITS = (
    "app_open", "home_visit", "search", "ranking_visit", "shop_visit", "settings_visit", "membership_page_visit",
)  # fmt: skip
"""Pages a fan looks at outside any room."""

EVENT_NAMES = tuple(dict.fromkeys(CREATOR_ACTS + CREATOR_VISITS + ROOM_ACTS + ROOM_VISITS + FAN_VISITS))
"""Every event name a world writes, each once."""


@dataclass(frozen=True)
class Rhythm:
    """How a kind of creator spaces active days: gaps are gamma distributed, ``mean_gap`` days, the larger ``shape`` the
    more regular; ``share`` of the creators are of this kind."""

    name: str
    share: float
    mean_gap: float
    shape: float


RHYTHMS = (
    Rhythm("daily", 0.17, 1.4, 2.5),
    Rhythm("several_a_week", 0.24, 2.8, 1.5),
    Rhythm("weekly", 0.22, 6.8, 6.0),
    Rhythm("bursty", 0.18, 5.5, 0.45),
    Rhythm("sparse", 0.19, 11.0, 1.2),
)


@dataclass(frozen=True)
class TwoSided:
    """The constants of a world in which creators and fans move each other. Rates are per day, times in days."""

    rhythms: tuple[Rhythm, ...] = RHYTHMS
    creator_lifetime: float = 380.0  # what the rates below come to; sets how many are there on the first day
    burn_in: int = 400  # days lived before the log begins, so that it begins as it goes on
    clock: float = 0.45  # gaps grow by exp(−clock · enthusiasm)
    fade_onset: float = 0.0028
    fade_days: tuple[float, float] = (10.0, 40.0)  # a fading creator's enthusiasm falls with a time constant in here
    recovery: float = 0.010
    leave_calm: float = 0.0010  # leaving without a warning
    leave_faded: float = 0.04  # leaving with enthusiasm gone
    comes_back: float = 0.5  # share of the leavers who only take a long break
    long_break: tuple[int, int] = (25, 80)
    vacation: float = 0.0065
    lurking: float = 25.0  # after an end the creator's own page visits die away with this time constant
    vacation_days: tuple[int, int] = (7, 24)
    response_pull: float = 0.10  # what a change in the fans' response does to enthusiasm
    fan_lifetime: float = 210.0
    rooms_per_fan: float = 2.8
    room_visits: float = 0.13  # of a typical open room
    room_leave: float = 0.006
    idle_opens: float = 0.02  # app opened on a day without any room
    creators_as_fans: float = 0.04  # share of the creators who are also fans of others


@dataclass(frozen=True)
class Memoryless:
    """The constants of a world without signal: nobody differs, nobody comes or goes, no day depends on another."""

    creator_active: float = 0.06
    rooms_per_fan: int = 3
    room_visits: float = 0.03
    idle_opens: float = 0.02


@dataclass(frozen=True)
class Delivery:
    """What the way to the log does to events. Shares of all events unless said otherwise."""

    late: float = 0.03  # arrive hours to three days after they happened
    doubled: float = 0.003
    identified_late: float = 0.25  # share of new devices whose first events carry no user id
    doubled_at_identify: float = 0.05  # share of those events that are sent again with the user id
    from_server: float = 0.2  # share of the donations reported by the payment server, without a device


@dataclass(frozen=True)
class World:
    """One world: its size unless another is asked for, how it lives, and how its log is delivered."""

    name: str
    meaning: str
    creators: int
    fans_per_creator: float
    days: int
    life: TwoSided | Memoryless
    delivery: Delivery = Delivery()
    timezone: str = "Asia/Seoul"


WORLDS: dict[str, World] = {
    world.name: world
    for world in (
        World(
            name="lively",
            meaning="creators with their own rhythms fade, pause, end and join; fans and creators move each other",
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
    )
}
