"""How events reach the log: some late, some twice, and those not yet arrived at the end not at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fancare.events.simulator.devices import Devices
from fancare.events.simulator.world import Delivery

HOUR_MS = 3_600_000
LATEST_MS = 72 * HOUR_MS

LINE_KINDS = ("original", "doubled", "retried", "resent", "broken", "wrong_clock", "merge")
"""An event's own line; the same line again; a retry that was processed later; sent again at identify with the user id;
cut in its middle; under a time 40 years ahead; and a line that only tells which accounts are one person."""

ORIGINAL, DOUBLED, RETRIED, RESENT, BROKEN, WRONG_CLOCK, MERGE = range(len(LINE_KINDS))


@dataclass(frozen=True)
class Lines:
    """The log's lines in order of arrival; every array has shape (lines,). ``event`` is the event each line reports, or the
    merge; ``kind`` indexes LINE_KINDS, ``known`` is whether the line carries the user id, ``insert_id`` what it shares with
    the others of its event, ``milliseconds`` whether its time is written so."""

    event: np.ndarray
    kind: np.ndarray
    arrived_ms: np.ndarray
    known: np.ndarray
    insert_id: np.ndarray
    late: np.ndarray
    milliseconds: np.ndarray
    not_yet_arrived: int


def deliver(time: np.ndarray, devices: Devices, until_ms: int, how: Delivery, rng: np.random.Generator) -> Lines:
    """The lines that arrived before ``until_ms`` for events that happened at ``time`` (Unix seconds), and for merges."""
    k = len(time)
    insert_id = rng.integers(0, 2**63, k)
    late = rng.random(k) < how.late
    hours = np.minimum(rng.lognormal(np.log(6.0), 1.1, k) * HOUR_MS, LATEST_MS - 1)
    arrived = time * 1000 + np.where(late, hours, rng.integers(200, 4000, k)).astype(np.int64)

    doubled = np.flatnonzero(rng.random(k) < how.doubled)
    # Half of the copies are the same line again, half a retry that is processed some minutes later.
    retried = rng.integers(0, 2, len(doubled))
    doubled_at = arrived[doubled] + retried * rng.integers(1_000, 600_000, len(doubled))

    # At identify some SDKs send again what is still in their queue, now with the user id.
    identified_ms = devices.identified[devices.device] * 1000
    queued = ~devices.known & (identified_ms - time * 1000 < LATEST_MS - HOUR_MS)
    resent = np.flatnonzero(queued & (rng.random(k) < how.doubled_at_identify))
    resent_at = np.maximum(identified_ms[resent], arrived[resent]) + rng.integers(500, 5_000, len(resent))

    # Whatever is broken comes on top of the event's own line: what a pipeline must find is the same with and without.
    cut = _some(how.broken, k, rng)
    off = _some(how.wrong_clock, k, rng)
    merges = np.flatnonzero(devices.second.merged < until_ms // 1000)

    parts = [
        (ORIGINAL, np.arange(k), arrived, devices.known),
        (DOUBLED, doubled[retried == 0], doubled_at[retried == 0], devices.known[doubled[retried == 0]]),
        (RETRIED, doubled[retried == 1], doubled_at[retried == 1], devices.known[doubled[retried == 1]]),
        (RESENT, resent, resent_at, np.ones(len(resent), bool)),
        (BROKEN, cut, arrived[cut] + 100, devices.known[cut]),
        (WRONG_CLOCK, off, arrived[off] + 200, devices.known[off]),
        (MERGE, merges, devices.second.merged[merges] * 1000 + 500, np.ones(len(merges), bool)),
    ]
    kind = np.repeat([part[0] for part in parts], [len(part[1]) for part in parts]).astype(np.int8)
    event, arrived_ms, known = (np.concatenate([part[at] for part in parts]) for at in (1, 2, 3))
    ids = np.concatenate([insert_id, rng.integers(0, 2**63, len(merges))])
    ids = ids[np.where(kind == MERGE, k + np.searchsorted(merges, event), event)]
    here = np.flatnonzero(arrived_ms < until_ms)
    order = here[np.argsort(arrived_ms[here], kind="stable")]
    of_event = (kind != MERGE)[order]
    return Lines(
        event=event[order],
        kind=kind[order],
        arrived_ms=arrived_ms[order],
        known=known[order],
        insert_id=ids[order],
        late=late[np.where(of_event, event[order], 0)] & of_event,
        milliseconds=(rng.random(len(order)) < how.milliseconds) & of_event & (kind[order] == ORIGINAL),
        not_yet_arrived=int((arrived >= until_ms).sum()),
    )


def _some(share: float, k: int, rng: np.random.Generator) -> np.ndarray:
    """A share of ``k``, by index; at least one where the share is above 0."""
    return np.sort(rng.choice(k, size=max(round(share * k), int(share > 0)), replace=False))
