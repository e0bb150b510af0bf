"""What a world is made of: records of numbers, so that what is true of one can be read off before it runs.

Rates are per day, times in days, unless a line says otherwise. `fancare.events.simulator.worlds` holds the worlds.
"""

from __future__ import annotations

from dataclasses import dataclass

CREATOR_ACTS = ("creator_message", "broadcast", "photo_post", "reply")
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

MOODS = ("thriving", "usual", "tired", "fading")
"""What a creator who is there may feel; every tuple of four below is in this order."""

RESPONSES = ("cold", "usual", "warm")
"""How the fans' answer looks to a creator beside what it usually is; every tuple of three is in this order."""

ROOM_CLASSES = ("true", "prospective", "casual", "dormant")
"""What a room is to its fan; every tuple of four on the fans' side is in this order."""


@dataclass(frozen=True)
class Rhythm:
    """How a kind of creator spaces active days: gaps are Weibull distributed, about ``mean_gap`` days, the larger
    ``shape`` the more regular; ``share`` of the creators are of this kind."""

    name: str
    share: float
    mean_gap: float
    shape: float


@dataclass(frozen=True)
class CreatorSide:
    """The law of the creators' hidden lives: traits that stay, moods that move, and what each shows."""

    rhythms: tuple[Rhythm, ...] = (
        Rhythm("daily", 0.16, 1.4, 1.8),
        Rhythm("several_a_week", 0.24, 2.8, 1.6),
        Rhythm("weekly", 0.22, 7.0, 5.0),
        Rhythm("bursty", 0.18, 6.5, 0.55),
        Rhythm("sparse", 0.20, 12.0, 1.3),
    )
    paces: tuple[tuple[float, float], ...] = ((0.3, 0.7), (0.4, 1.0), (0.3, 1.45))  # (share, factor on the gap)
    looks: tuple[tuple[float, float], ...] = ((0.5, 0.08), (0.5, 0.40))  # (share, dashboard visits a day)
    # (share, further messages on an active day, probability of a broadcast on it)
    voices: tuple[tuple[float, float, float], ...] = ((0.5, 1.4, 0.15), (0.5, 0.4, 0.5))
    speed: tuple[float, ...] = (1.25, 1.0, 0.65, 0.35)  # how fast the own clock runs, by mood
    talk: tuple[float, ...] = (1.4, 1.0, 0.6, 0.35)  # factor on messages, broadcasts, photos
    look: tuple[float, ...] = (1.6, 1.0, 0.5, 0.2)  # factor on dashboard visits
    payouts: tuple[float, ...] = (0.02, 0.03, 0.09, 0.28)  # visits of the payout page: money is taken out before an end
    photos: float = 0.25  # probability on an active day
    falls: tuple[float, float, float] = (0.020, 0.013, 0.034)  # thriving → usual → tired → fading
    rises: tuple[float, float, float] = (0.006, 0.018, 0.010)  # usual → thriving, tired → usual, fading → tired
    ends: tuple[float, ...] = (0.0003, 0.0006, 0.0030, 0.042)  # by mood; the first ones without a warning
    breaks: tuple[float, ...] = (0.0003, 0.0006, 0.0025, 0.033)  # long breaks, from which all come back
    vacations: tuple[float, ...] = (0.005, 0.006, 0.006, 0.002)
    vacation_stages: tuple[float, ...] = (4.0, 4.0, 4.0)  # mean days of each; announced by some in the first
    break_stages: tuple[float, ...] = (22.0, 22.0)
    lurking: float = 25.0  # after an end the creator's own page visits die away
    falls_by_response: tuple[float, float, float] = (2.4, 1.0, 0.5)  # what a creator reads on an active day
    rises_by_response: tuple[float, float, float] = (0.5, 1.0, 1.8)


@dataclass(frozen=True)
class FanSide:
    """The law of fans and rooms. ``creator_effect`` is the planted effect of creators on their fans: the log rate ratio
    of a room's visits on a day on which the creator acts; a creator's absence moves rooms down, and presence up,
    between the classes by the same number (see `fancare.events.simulator.fans`). 0: fans do not mind creators."""

    creator_effect: float = 0.7
    fan_lifetime: float = 210.0
    rooms_per_fan: float = 2.8
    visits: tuple[float, ...] = (0.23, 0.10, 0.03, 0.0015)  # of a room on a day without acts, by class
    talk: tuple[float, ...] = (1.6, 1.1, 0.8, 0.6)  # messages a visit, by class
    pays: tuple[float, ...] = (1.6, 0.9, 0.4, 0.3)  # factor on a fan's own donations a visit
    begins: tuple[float, ...] = (0.05, 0.25, 0.70, 0.0)  # classes of new rooms
    ups: tuple[float, float, float] = (0.012, 0.014, 0.009)  # true ← prospective ← casual ← dormant
    downs: tuple[float, float, float] = (0.009, 0.015, 0.020)  # true → prospective → casual → dormant
    sleeps: tuple[float, float] = (0.003, 0.006)  # true, prospective → dormant at once
    leaves: tuple[float, ...] = (0.0004, 0.001, 0.004, 0.010)  # by class
    replies_a_day: int = 4  # the cap: a creator answers so many fans on an active day, whoever else wrote
    reply_warmth: float = 0.12  # what an answer adds to a room's warmth
    idle_opens: float = 0.02  # app opened on a day without any room
    creators_as_fans: float = 0.04  # share of the creators who are also fans of others


@dataclass(frozen=True)
class Seasons:
    """A hidden common cause: every genre is in one of several states, which move creators and fans alike."""

    genres: int = 4
    days: float = 24.0  # mean length of a state
    creator_pace: tuple[float, ...] = (1.0,)  # factor on the creators' daily hazards of acting, by state
    creator_falls: tuple[float, ...] = (1.0,)  # factor on how readily moods fall, by state
    fan_pace: tuple[float, ...] = (1.0,)  # factor on visits, by state


@dataclass(frozen=True)
class OutsideSide:
    """What moves everybody from outside. Drift goes evenly from 1 on the log's first day to the factor on its last."""

    holiday_creators: float = 1.0  # factor on a holiday
    holiday_fans: float = 1.0
    drift_creators: float = 1.0
    drift_falls: float = 1.0
    drift_fans: float = 1.0
    seasons: Seasons | None = None


@dataclass(frozen=True)
class TwoSided:
    """A world in which creators and fans move each other."""

    creators: CreatorSide = CreatorSide()
    fans: FanSide = FanSide()
    outside: OutsideSide = OutsideSide()
    burn_in: int = 300  # days lived before the log begins, so that it begins as it goes on


@dataclass(frozen=True)
class Memoryless:
    """The constants of a world without signal: nobody differs, nobody comes or goes, no day depends on another."""

    creator_active: float = 0.06
    rooms_per_fan: int = 3
    room_visits: float = 0.03
    replies_a_day: int = 4
    idle_opens: float = 0.02


@dataclass(frozen=True)
class Delivery:
    """What the way to the log does to events. Shares of all events unless said otherwise."""

    late: float = 0.03  # arrive hours to three days after they happened
    doubled: float = 0.003
    identified_late: float = 0.25  # share of new devices whose first events carry no user id
    doubled_at_identify: float = 0.05  # share of those events that are sent again with the user id
    from_server: float = 0.2  # share of the donations reported by the payment server, without a device
    milliseconds: float = 0.0  # the time is written in milliseconds
    broken: float = 0.0  # a further line that was cut in its middle: no JSON
    wrong_clock: float = 0.0  # a further line whose time lies 40 years ahead


@dataclass(frozen=True)
class Accounts:
    """People with two accounts: ``share`` of the fans with several devices use a second one on the second device, until
    a merge says that both are one."""

    share: float = 0.0


@dataclass(frozen=True)
class Bots:
    """Accounts that write in one room at a constant rate, day and night, for some days."""

    per_hundred_fans: float = 0.0
    days: tuple[int, int] = (3, 12)
    messages_a_day: tuple[int, int] = (100, 400)


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
    accounts: Accounts = Accounts()
    bots: Bots = Bots()
    timezone: str = "Asia/Seoul"
