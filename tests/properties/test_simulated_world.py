"""What is true of the simulated worlds: rhythms, heavy tails, signal in one, none in the other.

Bounds are several standard errors wide for the sizes drawn, and the seeds are fixed.
"""

from __future__ import annotations

import gzip
from collections import defaultdict
from datetime import date, timedelta

import numpy as np
import orjson
import pyarrow.parquet as pq
import pytest

from fancare.events.simulator import WORLDS, simulate
from fancare.events.simulator.life import ENDED, Life
from fancare.events.simulator.two_sided import live
from fancare.events.simulator.world import CREATOR_ACTS, MOODS
from fancare.progress import Progress

KST = 9 * 3600
DAY = 86_400
MONDAY = 4  # 1970-01-05


class Log:
    """A simulated log as arrays, one entry per event (copies dropped), and its truth."""

    def __init__(self, report) -> None:
        events = {}
        self.lines = 0
        for path in report.files:
            for line in gzip.decompress(path.read_bytes()).splitlines():
                event = orjson.loads(line)
                self.lines += 1
                events.setdefault(event["properties"]["$insert_id"], (event["event"], event["properties"]))
        self.name = np.array([name for name, _ in events.values()])
        self.properties = [properties for _, properties in events.values()]
        self.time = np.array([p["time"] for p in self.properties])
        self.arrived = np.array([p["mp_processing_time_ms"] for p in self.properties]) / 1000
        self.day = (self.time + KST) // DAY
        self.report = report
        self.truth = pq.read_table(report.truth).to_pylist()
        self.truth_days = pq.read_table(report.truth_days).to_pylist()

    def where(self, *names: str) -> np.ndarray:
        return np.flatnonzero(np.isin(self.name, names))

    def active_days(self, key: str, *names: str) -> dict[str, set[int]]:
        days = defaultdict(set)
        for at in self.where(*names):
            days[self.properties[at][key]].add(int(self.day[at]))
        return days


@pytest.fixture(scope="module")
def lively(tmp_path_factory):
    return Log(simulate("lively", seed=11, out=tmp_path_factory.mktemp("lively"), creators=50, days=180))


@pytest.fixture(scope="module")
def noise(tmp_path_factory):
    return Log(simulate("noise", seed=11, out=tmp_path_factory.mktemp("noise"), creators=150, days=200))


def test_truth_agrees_with_the_log(lively):
    """Every true active day that had time to arrive is in the log, and no other; the counts too."""
    settled = lively.report.last_day - timedelta(3)
    epoch = lively.report.first_day - timedelta(int(lively.day.min()))
    logged = defaultdict(int)
    for at in lively.where(*CREATOR_ACTS):
        day = epoch + timedelta(int(lively.day[at]))
        if day <= settled:
            logged[lively.properties[at]["creator_id"], day, str(lively.name[at])] += 1
    true = {
        (row["creator_id"], row["day"], name): row[name]
        for row in lively.truth_days
        for name in CREATOR_ACTS
        if row[name] and row["day"] <= settled
    }
    assert logged == true
    assert all(row["active"] == bool(row["creator_message"] or row["broadcast"]) for row in lively.truth_days)


def test_no_act_outside_a_creators_time(lively):
    lives = {row["creator_id"]: row for row in lively.truth}
    assert any(row["ended"] for row in lively.truth)
    assert any(row["joined"] > lively.report.first_day for row in lively.truth)
    epoch = lively.report.first_day - timedelta(int(lively.day.min()))
    for creator, days in lively.active_days("creator_id", *CREATOR_ACTS).items():
        assert epoch + timedelta(min(days)) >= lives[creator]["joined"]
        if lives[creator]["ended"]:
            assert epoch + timedelta(max(days)) < lives[creator]["ended"]


def test_creators_who_pause_come_back(lively):
    phases = defaultdict(list)
    for row in lively.truth_days:
        phases[row["creator_id"]].append((row["phase"], row["active"]))
    paused = [days for days in phases.values() if any(phase == "vacation" for phase, _ in days)]
    assert paused
    assert not any(active for days in phases.values() for phase, active in days if phase in ("vacation", "long_break"))
    came_back = [
        days for days in paused
        if any(active for _, active in days[max(i for i, (phase, _) in enumerate(days) if phase == "vacation") :])
    ]  # fmt: skip
    assert len(came_back) > len(paused) / 2


def test_rhythms_differ_between_creators(lively):
    """Short and long usual gaps show in the share of days a steady creator is active."""
    share = defaultdict(list)
    usual = {row["creator_id"]: row["usual_gap_days"] for row in lively.truth}
    for row in lively.truth_days:
        if row["phase"] == "usual":
            share[row["creator_id"]].append(row["active"])
    settled = [(usual[creator], np.mean(days)) for creator, days in share.items() if len(days) >= 40]
    gap, active = np.array(settled).T
    assert np.corrcoef(np.log(gap), active)[0, 1] < -0.8
    assert gap.max() / gap.min() > 8


def test_most_creators_fade_before_they_end(lively):
    mood = {(row["creator_id"], row["day"]): row["phase"] for row in lively.truth_days}
    ended = [row for row in lively.truth if row["ended"] and row["ended"] > lively.report.first_day]
    before = [mood[row["creator_id"], row["ended"] - timedelta(1)] for row in ended]
    assert 0.5 < np.mean([phase == "fading" for phase in before]) < 1
    assert np.mean([phase == "fading" for phase in mood.values()]) < 0.15


def test_fans_follow_the_creators(lively):
    """A creator's acts bring messages the same day: the two sides are not independent."""
    messages = defaultdict(int)
    for at in lively.where("message"):
        messages[lively.properties[at]["creator_id"], int(lively.day[at])] += 1
    epoch = lively.report.first_day - timedelta(int(lively.day.min()))
    with_act, without = [], []
    for row in lively.truth_days:
        if row["phase"] in MOODS:
            count = messages[row["creator_id"], (row["day"] - epoch).days]
            (with_act if row["active"] else without).append(count)
    assert np.mean(with_act) > 1.3 * np.mean(without)


def test_donations_have_a_heavy_tail(lively):
    amounts = np.sort([lively.properties[at]["amount"] for at in lively.where("donation")])[::-1]
    assert amounts[: len(amounts) // 10].sum() > 0.35 * amounts.sum()
    assert amounts.max() > 30 * np.median(amounts)


def test_evenings_and_weekends_are_busier(lively):
    fans = lively.where("room_enter", "message", "donation")
    hour = ((lively.time[fans] + KST) % DAY) // 3600
    by_hour = np.bincount(hour, minlength=24)
    assert by_hour[19:23].min() > 4 * by_hour[2:6].max()
    weekday = (lively.day[fans] - MONDAY) % 7
    by_weekday = np.bincount(weekday, minlength=7)
    assert by_weekday[[5, 6]].mean() > 1.1 * by_weekday[:4].mean()


def test_fans_have_several_rooms(lively):
    rooms = defaultdict(set)
    for at in lively.where("room_enter"):
        rooms[lively.properties[at]["distinct_id"]].add(lively.properties[at]["creator_id"])
    sizes = np.array([len(creators) for creators in rooms.values()])
    assert 1.5 < sizes.mean() < 5
    assert (sizes == 1).any()


def test_a_few_events_are_late_and_none_by_more_than_three_days(lively):
    delay = lively.arrived - lively.time
    late = delay > 3600
    assert 0.02 < late.mean() < 0.035
    assert 24 * 3600 < delay.max() < 3 * DAY
    assert 0.001 < 1 - len(lively.time) / lively.lines < 0.01


@pytest.fixture(scope="module")
def lives():
    """Five lively worlds of full size, as they were lived; nothing is written."""
    world = WORLDS["lively"]
    fans = round(world.creators * world.fans_per_creator)
    return [
        live(world.life, world.creators, fans, world.days, date(2025, 6, 2), np.random.default_rng(seed), Progress())
        for seed in range(5)
    ]


def wrote(life: Life, start: int, stop: int) -> np.ndarray:
    return (life.session_day >= start) & (life.session_day < stop) & (life.session_messages > 0)


def messages(life: Life, start: int, stop: int) -> int:
    return int(life.session_messages[wrote(life, start, stop)].sum())


def active_fans(life: Life, start: int, stop: int) -> int:
    return len(np.unique(life.room_fan[life.session_room[wrote(life, start, stop)]]))


def creators_there(life: Life, start: int, stop: int) -> int:
    return int((life.phase[:, start:stop] < ENDED).sum())


def creators_active_days(life: Life, start: int, stop: int) -> int:
    return int(life.creator_active[:, start:stop].sum())


@pytest.mark.parametrize(
    ("count", "within"),
    # Messages follow the fashions of a few large rooms: over five worlds their ratio has a standard error of 8 %.
    [(messages, 0.25), (active_fans, 0.1), (creators_there, 0.1), (creators_active_days, 0.12)],
)
def test_the_lively_log_begins_as_it_goes_on(lives, count, within):
    quarter = lives[0].days // 4
    first = sum(count(life, 0, quarter) for life in lives)
    last = sum(count(life, life.days - quarter, life.days) for life in lives)
    assert first / last == pytest.approx(1, abs=within)


def test_no_month_of_the_lively_log_has_far_more_fans_than_another(lives):
    months = [sum(active_fans(life, day, day + 28) for life in lives) for day in range(0, lives[0].days - 27, 28)]
    assert max(months) < 1.15 * min(months)


def test_as_many_creators_join_as_end(lives):
    """Some 185 of each in a world: were the lifetime that sets the inflow untrue, they would differ."""
    joined = sum(int((life.joined >= 0).sum()) for life in lives)
    ended = sum(int((life.ended < life.days).sum()) for life in lives)
    assert ended == pytest.approx(joined, rel=0.15)


def test_whoever_is_there_at_the_start_came_at_any_time_before(lives):
    """The log's first day finds newcomers as well as old hands, about as many as its last day does."""
    for day in (0, lives[0].days - 1):
        there = np.concatenate([day - life.joined[life.phase[:, day] < ENDED] for life in lives])
        assert 0.08 < (there < 60).mean() < 0.25
        assert 0.40 < (there > 200).mean() < 0.65


def test_noise_creators_have_one_rate(noise):
    """Active days per creator are binomial: one probability for all, so their variance is n p (1 − p)."""
    days, p = 200, 0.06
    active = noise.active_days("creator_id", "creator_message", "broadcast")
    counts = np.array([row["active_days"] for row in noise.truth])
    assert len(active) == len(counts) == 150
    assert counts.mean() == pytest.approx(days * p, abs=4 * np.sqrt(days * p * (1 - p) / len(counts)))
    # The variance of 150 draws has a standard error of about var · sqrt(2/149) = 12 %.
    assert 0.6 < counts.var() / (days * p * (1 - p)) < 1.5


def test_noise_days_do_not_depend_on_the_day_before(noise):
    active = np.zeros((150, 200), bool)
    row = {creator["creator_id"]: at for at, creator in enumerate(noise.truth)}
    for at, day in enumerate(noise.truth_days):
        active[row[day["creator_id"]], at % 200] = day["active"]
    for lag in (1, 2, 7, 14):
        together = (active[:, lag:] & active[:, :-lag]).mean()
        assert together == pytest.approx(active.mean() ** 2, abs=4 * active.mean() / np.sqrt(active.size))


def test_noise_fans_have_one_rate_and_as_many_rooms(noise):
    active = noise.active_days("distinct_id", "message", "donation")
    counts = np.array([len(days) for days in active.values()])
    p = counts.mean() / 200
    assert len(counts) == 450
    assert 0.8 < counts.var() / (200 * p * (1 - p)) < 1.25
    rooms = defaultdict(set)
    fans_of = defaultdict(set)
    for at in noise.where("room_enter"):
        rooms[noise.properties[at]["distinct_id"]].add(noise.properties[at]["creator_id"])
        fans_of[noise.properties[at]["creator_id"]].add(noise.properties[at]["distinct_id"])
    assert max(len(creators) for creators in rooms.values()) == 3
    assert max(len(fans) for fans in fans_of.values()) == 9


def test_noise_has_no_entrants_ends_or_unknown_devices(noise):
    assert all(row["ended"] is None and row["joined"] == noise.report.first_day for row in noise.truth)
    assert {row["phase"] for row in noise.truth_days} == {"usual"}
    assert noise.report.before_identify == 0
    assert all(p["distinct_id"] == p["$user_id"] for p in noise.properties)


def test_noise_weekdays_are_equal(noise):
    at = noise.where("creator_message", "message")
    by_weekday = np.bincount((noise.day[at] - MONDAY) % 7, minlength=7)
    days = np.bincount((np.unique(noise.day) - MONDAY) % 7, minlength=7)
    per_day = by_weekday / days
    assert per_day.max() / per_day.min() < 1.25


LOOKS = {
    "recency": lambda past, as_of: as_of - max(past),
    "tenure": lambda past, as_of: min(past) - as_of,
    "level": lambda past, as_of: -sum(as_of - day < 28 for day in past),
    "amount of late": lambda past, as_of: -sum(as_of - day < 7 for day in past),
}
"""What an honest observer may look at on a day; larger should mean: quieter soon."""


def separation(log: Log, look: str, key: str, *names: str) -> float:
    """AUC of a look for the silence of 14 days that follows, over who was active in the last 28 days, every week."""
    first, last = int(log.day.min()), int(log.day.max())
    active = log.active_days(key, *names)
    gone, stays = [], []
    for as_of in range(last - 17, first + 28, -7):
        for days in active.values():
            past = [day for day in days if day <= as_of]
            if past and as_of - max(past) < 28:
                quiet = not any(as_of < day <= as_of + 14 for day in days)
                (gone if quiet else stays).append(LOOKS[look](past, as_of))
    gone, stays = np.array(gone), np.sort(stays)
    below, not_above = np.searchsorted(stays, gone, "left"), np.searchsorted(stays, gone, "right")
    return float((below + not_above).mean() / 2 / len(stays))


CREATOR, FAN = ("creator_id", "creator_message", "broadcast"), ("distinct_id", "message", "donation")


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("whose", [CREATOR, FAN], ids=["creator", "fan"])
def test_in_the_noise_nothing_foretells_silence(noise, look, whose):
    assert separation(noise, look, *whose) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("whose", [CREATOR, FAN], ids=["creator", "fan"])
def test_in_the_lively_world_silence_and_few_days_foretell_more(lively, whose):
    assert separation(lively, "recency", *whose) > 0.65
    assert separation(lively, "level", *whose) > 0.6
