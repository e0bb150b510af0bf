"""Which device an event came from, and whether the log already knew who was using it.

      first event on the device        the app calls identify
   ───────────┼──────────────────────────────┼─────────────────────────▶ time
              │  only $device_id             │  $device_id and $user_id
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fancare.events.simulator.accounts import SecondAccounts, draw_second_accounts
from fancare.events.simulator.happenings import CODE, NOBODY, Events
from fancare.events.simulator.world import Accounts, Delivery

PLATFORMS = ("android", "ios", "web")
MOST_DEVICES = 3
DAY = 86_400


@dataclass(frozen=True)
class Devices:
    """``device`` (k,) is each event's device or −1 (the payment server); ``known`` (k,) whether it carried the user id;
    ``identified`` (d,) the time of identify per device, Unix seconds; ``fan``, ``creator`` (d,) the true user (the other
    is −1); ``platform`` (d,) index into PLATFORMS; ``second`` which devices are used with a second account."""

    device: np.ndarray
    known: np.ndarray
    identified: np.ndarray
    fan: np.ndarray
    creator: np.ndarray
    platform: np.ndarray
    second: SecondAccounts


def assign(
    events: Events,
    time: np.ndarray,
    fan_joined: np.ndarray,
    creators: int,
    delivery: Delivery,
    accounts: Accounts,
    rng: np.random.Generator,
) -> Devices:
    """A device for every event: creators have one each, fans change theirs now and then and go on using the old one."""
    fans = len(fan_joined)
    days = int(events.day.max(initial=0)) + 1
    slots = rng.choice([1, 2, 3], size=fans, p=[0.65, 0.27, 0.08])
    starts = np.sort(rng.integers(0, days, (fans, MOST_DEVICES)), axis=1)
    starts[:, 0] = fan_joined
    starts[np.arange(MOST_DEVICES) >= slots[:, None]] = days  # no such device
    starts[:, 1:] = np.maximum(starts[:, 1:], starts[:, :1])

    device = np.empty(len(time), np.int64)
    by_fan = np.flatnonzero(events.fan != NOBODY)
    day_key, of = np.unique(events.fan[by_fan] * days + events.day[by_fan], return_inverse=True)
    owned = (starts[day_key // days] <= (day_key % days)[:, None]).sum(axis=1)
    newest = rng.random(len(day_key)) < 0.85
    slot = np.where(newest, owned - 1, rng.integers(0, np.maximum(owned, 1)))
    device[by_fan] = creators + events.fan[by_fan] * MOST_DEVICES + np.maximum(slot, 0)[of]
    by_creator = np.flatnonzero(events.creator != NOBODY)
    device[by_creator] = events.creator[by_creator]

    count = creators + fans * MOST_DEVICES
    first_seen = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(first_seen, device, time)
    delay = np.minimum(rng.exponential(1.5 * DAY, count), 14 * DAY).astype(np.int64)
    new = np.concatenate([np.zeros(creators, bool), (starts >= 0).ravel()])  # on others the user had logged in before
    late = new & (rng.random(count) < delivery.identified_late)
    identified = np.where(late & (first_seen < first_seen.max()), first_seen + delay, first_seen)

    known = time >= identified[device]
    server = (events.code == CODE["donation"]) & (rng.random(len(time)) < delivery.from_server)
    return Devices(
        device=np.where(server, NOBODY, device),
        known=known | server,
        identified=identified,
        fan=np.concatenate([np.full(creators, NOBODY), np.repeat(np.arange(fans), MOST_DEVICES)]),
        creator=np.concatenate([np.arange(creators), np.full(fans * MOST_DEVICES, NOBODY)]),
        platform=rng.choice(len(PLATFORMS), size=count, p=[0.5, 0.38, 0.12]),
        second=draw_second_accounts(accounts, creators, MOST_DEVICES, first_seen, rng),
    )
