"""`fancare init`: a commented configuration, written by looking at a log."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from fancare.config import SHIPPED_MODELS, load, load_model, shipped_models
from fancare.dates import TimeLine
from fancare.errors import ConfigError, DataQualityError
from fancare.messages import shown

if TYPE_CHECKING:
    from fancare.events.guess import Guess
    from fancare.events.meaning import EventLook, Meaning, TimeLook
    from fancare.events.sample import Sample

HORIZONS = (7, 14, 28)
LATE_DAYS = {"parquet": 0, "mixpanel-export": 2}
MIXPANEL_FIXES = {"event_time": "time", "event_name": "event", "event_id": "$insert_id",
                  "arrived_at": "mp_processing_time_ms"}  # fmt: skip


@dataclass(frozen=True)
class SniffReport:
    """What `fancare init` wrote, and what of it deserves a second look."""

    out: Path
    kind: str
    n_files: int
    n_rows: int
    is_whole: bool
    first_time: datetime | None
    last_time: datetime | None
    entity: str
    guesses: tuple[Guess, ...]
    problem: str | None

    def lines(self) -> list[str]:
        """The closing summary: what was seen, each guess, and what to do next."""
        rows = f"{self.n_rows:,} rows" if self.is_whole else f"the first {self.n_rows:,} rows"
        span = f", {self.first_time:%Y-%m-%d} to {self.last_time:%Y-%m-%d}" if self.first_time and self.last_time else ""
        lines = [f"Looked at {rows} in {self.n_files:,} {self.kind} file{'s' if self.n_files != 1 else ''}{span}."]
        for guess in self.guesses:
            if guess.column is not None:
                mark = "" if guess.is_sure else "   (check this)"
                lines.append(f"  {guess.role:<11} = {shown(guess.column)}{mark}")
        if not any(guess.role == "creator_id" and guess.column for guess in self.guesses):
            lines.append("  creator_id  : no column looks like it; if one names creators, name it in [source.columns]")
        lines.append(f"  entity      = {self.entity}   (check this)")
        if self.problem:
            lines.append(f"{self.out} needs an edit first: {self.problem}")
        else:
            lines.append(f"Wrote {self.out}. Read it, then: fancare check --config {self.out}")
        return lines


def write_config(log: Path, out: Path, now: datetime, force: bool = False) -> SniffReport:
    """Look at ``log`` (a parquet or JSONL file, gzip too, a folder or a pattern) and write a configuration to ``out``.

    An existing file is kept unless ``force``. Raises `ConfigError` where there is no log or ``out`` exists,
    `DataQualityError` where the log is empty or cannot be read. The file loads as it is unless no column could be
    found for something that is needed; `SniffReport.problem` says what.
    """
    from fancare.events import guess, meaning, sample
    from fancare.warehouse.duckdb_engine import Warehouse

    sample.find_log(log)
    if out.exists() and not force:
        raise ConfigError(f"{out} exists already; give another name with --out, or replace it with --force.")
    with Warehouse.in_memory() as warehouse:
        seen = sample.take(warehouse, log)
        guesses = _as_kind_fixes(guess.guess_columns(seen), seen)
        time_column = guesses["event_time"].column
        when = meaning.look_at_time(warehouse, seen, time_column) if time_column else None
        events = meaning.look_at_events(warehouse, seen, guesses)
        if not events:
            raise DataQualityError(f"{log} names no event in any row; give a log in which each row says what happened.")
        means = meaning.propose(seen, guesses, events)
    text = _render(log, out, now, seen, guesses, when, means)
    _write(out, text)
    try:
        load(out)
        problem = _unmapped(seen, guesses)
    except ConfigError as error:
        problem = str(error)
    return SniffReport(
        out=out,
        kind=seen.kind,
        n_files=len(seen.files),
        n_rows=seen.n_rows,
        is_whole=seen.is_whole,
        first_time=when.first if when else None,
        last_time=when.last if when else None,
        entity=means.entity,
        guesses=tuple(guesses.values()),
        problem=problem,
    )


def toml_text(value: str) -> str:
    """``value`` as a TOML string; names from a log may hold quotes, newlines or anything else.

    >>> print(toml_text('say "hi"\\x7f'))
    "say \\"hi\\"\\u007f"
    """
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def toml_list(values: Sequence[str]) -> str:
    """A TOML list of strings, over several lines where one would be too long.

    >>> toml_list(["message", "donation"])
    '["message", "donation"]'
    """
    items = [toml_text(value) for value in values]
    line = "[" + ", ".join(items) + "]"
    return line if len(line) <= 100 else "[\n" + "".join(f"    {item},\n" for item in items) + "]"


def _as_kind_fixes(guesses: dict[str, Guess], seen: Sample) -> dict[str, Guess]:
    """What the kind of log itself says about columns: Mixpanel fixes most of them."""
    from fancare.events.guess import Guess, describe

    fixed = dict(guesses)
    if seen.kind == "mixpanel-export":
        for role, name in MIXPANEL_FIXES.items():
            if name in seen.names:
                fixed[role] = Guess(role, name, describe(seen.column(name)), is_sure=True)
        if {"$user_id", "$device_id", "distinct_id"} & set(seen.names):
            fixed["fan_id"] = Guess("fan_id", None, "Mixpanel's own ids are resolved: $user_id, $device_id, distinct_id")
    elif fixed["event_time"].column is None and fixed["arrived_at"].column is not None:
        arrival = fixed["arrived_at"]
        fixed["event_time"] = Guess("event_time", arrival.column, f"the only time there is; {arrival.ground}")
        fixed["arrived_at"] = Guess("arrived_at", None, "no column looks like it")
    return fixed


def _unmapped(seen: Sample, guesses: Mapping[str, Guess]) -> str | None:
    """What JSONL must name though no property looks like it; of parquet the config itself says so."""
    if seen.kind == "parquet":
        return None
    for role in ("event_name", "event_time"):
        if guesses[role].column is None:
            return f"no property looks like {role}; name it in [source.columns]."
    has_ids = {"$user_id", "$device_id", "distinct_id"} & set(seen.names)
    if guesses["fan_id"].column is None and not has_ids:
        return "no property looks like the id of who acts; name it as fan_id in [source.columns]."
    return None


def _render(
    log: Path, out: Path, now: datetime, seen: Sample, guesses: Mapping[str, Guess], when: TimeLook | None, means: Meaning
) -> str:
    import jinja2

    template = Path(__file__).with_name("config_file.toml.j2").read_text(encoding="utf-8")
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    environment.filters.update(toml=toml_text, toml_list=toml_list)
    zone, zone_ground = when.zone() if when else ("Asia/Seoul", "the default")
    last_day = when.last.date() if when else now.date()
    rows = f"{seen.n_rows:,} rows" if seen.is_whole else f"the first {seen.n_rows:,} rows"
    files = f"{len(seen.files):,} file{'s' if len(seen.files) != 1 else ''}"
    others = ""
    if seen.other_files:
        lie = "file of another kind lies there and is" if seen.other_files == 1 else "files of another kind lie there and are"
        others = f"; {seen.other_files:,} {lie} left out"
    span = f", {when.first:%Y-%m-%d %H:%M} to {when.last:%Y-%m-%d %H:%M} by the log's clock" if when else ""
    return environment.from_string(template).render(
        log=_comment(log.name or log.resolve().name),
        today=now.date(),
        seen=f"{rows} in {files}{span}",
        zone=zone,
        zone_ground=zone_ground,
        kind=seen.kind,
        kind_ground=f"{files}, {seen.bytes / 1e6:,.1f} MB{others}",
        path=_path_from(out, log),
        source_zone_ground=(
            "every time in this log carries its own" if when and when.is_zoned else
            "check this: the log's times do not say theirs; name it if they are local"
        ),
        late_days=LATE_DAYS[seen.kind],
        last_day=last_day,
        mixpanel=seen.kind == "mixpanel-export",
        columns=[_column_line(guesses[role], seen) for role in guesses],
        event_count=f"{means.n_names:,} event name{'s' if means.n_names != 1 else ''}",
        event_share_note=", with their counts" + ("" if seen.is_whole else " in the sample"),
        events=[
            {"n_text": f"{event.n:>12,}", "name": _comment(event.name), "note": _note(event)}
            for event in means.events
        ],
        more_events=means.n_names - len(means.events),
        creator_acts=means.creator_acts,
        acts_ground=" (in at least 95% of them the acting id is the room's creator, or no fan is named)" if means.creator_acts
        else
        "; leave empty where the log names the creator as the one who acts",
        creator_activity=means.creator_activity,
        activity_ground=means.activity_ground,
        fan_activity=means.fan_activity,
        revenue=means.revenue,
        revenue_ground=" (most of them carry an amount)" if means.revenue else "; none of the events carries an amount",
        entity=means.entity,
        entity_ground=means.entity_ground,
        history_note=_history_note(when, seen, means.entity),
        model=f"models/{SHIPPED_MODELS[means.entity]}",
    )  # fmt: skip


def _column_line(guess: Guess, seen: Sample) -> str:
    """One line of [source.columns]: the key, or why there is none."""
    others = f"; or {', '.join(_comment(name) for name in guess.alternatives)}" if guess.alternatives else ""
    ground = _comment(guess.ground, 160)
    if guess.column is None:
        return f"# {guess.role}: {ground}{others}"
    is_fixed = seen.kind == "mixpanel-export" and MIXPANEL_FIXES.get(guess.role) == guess.column
    check = "" if guess.is_sure and not guess.alternatives else "check this: "
    line = f"{guess.role} = {toml_text(guess.column)}  # {check}{ground}{others}"
    return f"# {guess.role} is Mixpanel's {guess.column}: {ground}" if is_fixed else line


def _note(event: EventLook) -> str:
    notes = []
    if event.share_amount >= 0.005:
        notes.append(f"{event.share_amount:.0%} with an amount")
    if event.share_own >= 0.005:
        notes.append(f"{event.share_own:.0%} by the creator")
    if event.share_nobody >= 0.005:
        notes.append(f"{event.share_nobody:.0%} name nobody who acts: dropped")
    if event.is_passive:
        notes.append("a visit or the system's")
    return f"  ({', '.join(notes)})" if notes else ""


def _history_note(when: TimeLook | None, seen: Sample, entity: str) -> str:
    """What the length of the log allows, in a half sentence."""
    if when is None or not seen.is_whole:
        return ""
    last = when.last.date() - timedelta(1 + LATE_DAYS[seen.kind])
    spec = load_model(shipped_models() / SHIPPED_MODELS[entity])
    line = TimeLine(when.first.date(), last, LATE_DAYS[seen.kind], HORIZONS)
    earliest = line.earliest_origin(spec.train.calibration_weeks)
    covers = f"; the log covers {when.days:,} days"
    if earliest <= last:
        return covers
    return f"{covers}, and these horizons need it to reach {earliest}: bring more, or take shorter ones (the band's stays)"


def _path_from(out: Path, log: Path) -> str:
    """``log`` as the configuration should name it: from its own folder where the log lies below, else in full."""
    folder, log = out.resolve().parent, Path(os.path.abspath(log))
    return (log.relative_to(folder) if log.is_relative_to(folder) else log).as_posix()


def _comment(text: str, length: int = 60) -> str:
    """Text from a log inside a comment: one line, no control characters."""
    line = "".join(letter if letter.isprintable() else " " for letter in text)
    return line if len(line) <= length else line[: length - 1] + "…"


def _write(out: Path, text: str) -> None:
    half = out.with_name(out.name + ".part")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        half.write_text(text, encoding="utf-8")
        os.replace(half, out)
    except OSError as error:
        raise ConfigError(f"{out} cannot be written ({error.strerror}); give another place with --out.") from None
