"""How events reach the log: some late, some twice, and those not yet arrived at the end not at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fancare.events.simulator.devices import Devices
from fancare.events.simulator.world import Delivery

HOUR_MS = 3_600_000
LATEST_MS = 72 * HOUR_MS


@dataclass(frozen=True)
class Lines:
    """The log's lines in order of arrival; every array has shape (lines,). ``event`` is the event each line reports,
    ``known`` whether it carries the user id, ``insert_id`` what a copy shares with its original."""

    event: np.ndarray
    arrived_ms: np.ndarray
    known: np.ndarray
    insert_id: np.ndarray
    late: np.ndarray
    copy: np.ndarray
    not_yet_arrived: int


def deliver(time: np.ndarray, devices: Devices, until_ms: int, how: Delivery, rng: np.random.Generator) -> Lines:
    """The lines that arrived before ``until_ms`` for events that happened at ``time`` (Unix seconds)."""
    k = len(time)
    insert_id = rng.integers(0, 2**63, k)
    late = rng.random(k) < how.late
    hours = np.minimum(rng.lognormal(np.log(6.0), 1.1, k) * HOUR_MS, LATEST_MS - 1)
    arrived = time * 1000 + np.where(late, hours, rng.integers(200, 4000, k)).astype(np.int64)

    doubled = np.flatnonzero(rng.random(k) < how.doubled)
    # Half of the copies are the same line again, half a retry that is processed some minutes later.
    doubled_at = arrived[doubled] + rng.integers(0, 2, len(doubled)) * rng.integers(1_000, 600_000, len(doubled))

    # At identify some SDKs send again what is still in their queue, now with the user id.
    identified_ms = devices.identified[devices.device] * 1000
    queued = ~devices.known & (identified_ms - time * 1000 < LATEST_MS - HOUR_MS)
    resent = np.flatnonzero(queued & (rng.random(k) < how.doubled_at_identify))
    resent_at = np.maximum(identified_ms[resent], arrived[resent]) + rng.integers(500, 5_000, len(resent))

    event = np.concatenate([np.arange(k), doubled, resent])
    arrived_ms = np.concatenate([arrived, doubled_at, resent_at])
    known = np.concatenate([devices.known, devices.known[doubled], np.ones(len(resent), bool)])
    copy = np.concatenate([np.zeros(k, bool), np.ones(len(doubled) + len(resent), bool)])
    here = np.flatnonzero(arrived_ms < until_ms)
    order = here[np.argsort(arrived_ms[here], kind="stable")]
    return Lines(
        event=event[order],
        arrived_ms=arrived_ms[order],
        known=known[order],
        insert_id=insert_id[event[order]],
        late=late[event[order]],
        copy=copy[order],
        not_yet_arrived=int((arrived >= until_ms).sum()),
    )
