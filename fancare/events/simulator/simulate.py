"""One call from a world and a seed to a log on disk."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from fancare.errors import ConfigError
from fancare.events.simulator import memoryless, names, two_sided
from fancare.events.simulator.bots import BotAccounts, draw_bots
from fancare.events.simulator.delivery import BROKEN, MERGE, ORIGINAL, RESENT, WRONG_CLOCK, Lines, deliver
from fancare.events.simulator.devices import Devices, assign
from fancare.events.simulator.faults import fault_table
from fancare.events.simulator.happenings import NOBODY, Events, happen
from fancare.events.simulator.life import Life
from fancare.events.simulator.report import SimulationReport
from fancare.events.simulator.truth import write_truth
from fancare.events.simulator.world import EVENT_NAMES, Memoryless, World
from fancare.events.simulator.worlds import WORLDS
from fancare.events.simulator.writer import write_log
from fancare.progress import Progress

FEWEST_CREATORS = 3
QUIET = Progress()


def simulate(
    world: World | str,
    seed: int,
    out: Path,
    creators: int | None = None,
    days: int | None = None,
    end: date = date(2026, 6, 30),
    progress: Progress = QUIET,
) -> SimulationReport:
    """The report on a log of ``days`` days up to and including ``end``, written into the folder ``out``.

    ``creators`` counts all who are ever there; fans come in proportion. The same arguments give the same bytes. The log
    ends as an export made at the midnight after ``end`` does: what arrives later is not in it.

    >>> import tempfile
    >>> report = simulate("lively", seed=0, out=Path(tempfile.mkdtemp()), creators=10, days=40)
    >>> report.first_day.isoformat(), report.counts["creator_message"] > 0
    ('2026-05-22', True)
    """
    world = _known(world)
    creators = world.creators if creators is None else creators
    days = world.days if days is None else days
    if creators < FEWEST_CREATORS or days < 1:
        raise ConfigError(
            f"A world of {creators} creators and {days} days was asked for; it needs at least {FEWEST_CREATORS} creators "
            f"and 1 day: give larger numbers or leave them out for {world.creators} and {world.days}."
        )
    if seed < 0:
        raise ConfigError(f"The seed {seed} is negative; it must be 0 or larger: give another one.")
    out.mkdir(parents=True, exist_ok=True)
    if (out / "truth.parquet").exists():  # an earlier, longer log must not mix with this one
        for stale in sorted(out.glob("events-*.jsonl.gz")):
            stale.unlink()
    first_day = end - timedelta(days - 1)
    fans = max(round(creators * world.fans_per_creator), 1)
    streams = [np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(6)]

    life = _live(world, creators, fans, days, first_day, streams[0], progress)
    bots = draw_bots(world.bots, life, streams[5])
    events = happen(life, bots, streams[1])
    time = events.epoch_seconds(first_day, world.timezone)
    fan_joined = np.concatenate([life.fan_joined, bots.first_day])
    devices = assign(events, time, fan_joined, creators, world.delivery, world.accounts, streams[2])
    midnight = datetime.combine(end + timedelta(1), datetime.min.time(), ZoneInfo(world.timezone))
    lines = deliver(time, devices, int(midnight.timestamp()) * 1000, world.delivery, streams[3])

    creator_of_fan = np.concatenate([life.creator_of_fan, np.full(len(bots.creator), NOBODY)])
    people = [names.fan_id(fan, creator) for fan, creator in enumerate(creator_of_fan.tolist())]
    users = [
        names.creator_id(creator) if fan == NOBODY else people[fan]
        for fan, creator in zip(devices.fan.tolist(), devices.creator.tolist(), strict=True)
    ]
    for device in devices.second.device.tolist():
        users[device] = names.second_account(users[device])
    device_ids = names.device_ids(len(users), streams[4])
    files = write_log(lines, events, time, devices, people, users, device_ids, world.timezone, out, progress)
    faults = fault_table(lines, files, events, time, len(life.fan_joined), np.datetime64(first_day), world.timezone)
    truth = write_truth(world, seed, life, bots, devices, people, users, device_ids, faults, first_day, out, progress)
    return _report(world, seed, first_day, end, files.paths, truth, life, events, devices, lines, bots)


def _known(world: World | str) -> World:
    if isinstance(world, World):
        return world
    if world not in WORLDS:
        near = get_close_matches(world, WORLDS, n=1)
        meant = f" (did you mean {near[0]!r}?)" if near else ""
        raise ConfigError(f"There is no world {world!r}{meant}; choose one of {', '.join(WORLDS)}.")
    return WORLDS[world]


def _live(
    world: World, creators: int, fans: int, days: int, first_day: date, rng: np.random.Generator, progress: Progress
) -> Life:
    if isinstance(world.life, Memoryless):
        return memoryless.live(world.life, creators, fans, days, rng)
    return two_sided.live(world.life, creators, fans, days, first_day, rng, progress)


def _report(
    world: World,
    seed: int,
    first_day: date,
    end: date,
    files: tuple[Path, ...],
    truth: dict[str, Path],
    life: Life,
    events: Events,
    devices: Devices,
    lines: Lines,
    bots: BotAccounts,
) -> SimulationReport:
    original = lines.kind == ORIGINAL
    counts = np.bincount(events.code[lines.event[original]], minlength=len(EVENT_NAMES))
    of_event = lines.kind < BROKEN  # what can be read, and tells of an event
    device, known = devices.device[lines.event[of_event]], lines.known[of_event]
    anonymous = np.unique(device[~known])
    linked = np.intersect1d(anonymous, device[known])
    return SimulationReport(
        world=world.name,
        seed=seed,
        first_day=first_day,
        last_day=end,
        files=files,
        truth=truth["creators"],
        truth_days=truth["days"],
        truth_devices=truth["devices"],
        truth_risk=truth["risk"],
        truth_rooms=truth["rooms"],
        truth_fans=truth["fans"],
        truth_faults=truth["faults"],
        manifest=truth["manifest"],
        creators=len(life.joined),
        creators_ended=int((life.ended < life.days).sum()),
        fans=len(np.unique(events.fan[events.fan != NOBODY])),
        counts={name: int(count) for name, count in zip(EVENT_NAMES, counts, strict=True)},
        lines=len(lines.event),
        late=int(lines.late[original].sum()),
        duplicates=int(((lines.kind > ORIGINAL) & (lines.kind <= RESENT)).sum()),
        before_identify=int((~known).sum()),
        devices_linked=len(linked),
        devices_never_linked=len(anonymous) - len(linked),
        broken=int((lines.kind == BROKEN).sum()),
        wrong_clocks=int((lines.kind == WRONG_CLOCK).sum()),
        merges=int((lines.kind == MERGE).sum()),
        bots=len(bots.creator),
        not_yet_arrived=lines.not_yet_arrived,
    )
