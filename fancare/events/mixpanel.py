"""One line of a Mixpanel raw export becomes one row: what happened, when, who did it, in whose room, for how much.

    {"event": "donation", "properties": {"time": 1602611311, "$insert_id": "5d9b", "$device_id": "d1", "$user_id": "u7",
     "creator": "c3", "amount": 1000}}

Flat objects are read as well, and `time` as epoch seconds, milliseconds, microseconds or ISO text (naive: in `[source]
timezone`). Identity is Mixpanel's simplified merge: the actor is `$user_id`, else ``$device:`` and the device; logs of the
original merge carry only `distinct_id`. A line that shows two ids to be one person says so in ``links``; one that names a
room says so by a link of the room's id with itself.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import orjson

from fancare.config import Config
from fancare.events.staging import EARLIEST, LARGEST_AMOUNT, composed

DEVICE = "$device:"
LINK_EVENTS = ("$identify", "$create_alias", "$merge")
SURROGATE = "sha256:"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_QUARTER_HOUR = 900_000_000  # microseconds; no time zone's day begins off a quarter hour
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_EXACT = 2**53  # from here on a float skips whole numbers, and two ids may look the same
_MICROSECOND = timedelta(microseconds=1)
_YEAR_1, _YEAR_9999 = -62_000_000_000_000_000, 253_000_000_000_000_000  # microseconds: what a datetime can show


class Link(NamedTuple):
    """Two ids that are one person. ``explicit``: said by an event made to say so, which may join two known people."""

    alias_id: str
    canonical_id: str
    explicit: bool


class Row(NamedTuple):
    """A line, read. Times are microseconds since 1970 in UTC; ``kind`` and ``reason`` as in `fancare.events.staging`."""

    kind: str
    reason: str | None = None
    cleaned: bool = False
    event_id: str | None = None
    event_time: int | None = None
    activity_date: date | None = None
    arrived_at: int | None = None
    event_name: str | None = None
    actor_id: str | None = None
    creator_id: str | None = None
    amount: float | None = None
    properties: str | None = None
    links: tuple[Link, ...] = ()


class NotJson(ValueError):
    """The line is no JSON at all; at the end of a file that means it was cut off."""


class _Against(ValueError):
    """A value breaks the contract; the text names the property."""


class LineReader:
    """Reads lines by one configuration; ``latest`` is the last moment an event may bear (naive UTC).

    ``properties_seen`` gathers the names of all properties, so that a wrong name in the config can be told.
    """

    def __init__(self, config: Config, latest: datetime) -> None:
        columns = config.source.columns
        self._time = columns.event_time or "time"
        self._event = columns.event_name or "event"
        self._insert_id = columns.event_id or "$insert_id"
        self._arrived = columns.arrived_at or "mp_processing_time_ms"
        self._user = columns.fan_id if columns.fan_id not in (None, "distinct_id") else "$user_id"
        self._creator, self._amount = columns.creator_id, columns.amount
        self._creator_acts = frozenset(map(composed, config.events.creator_acts))
        self._source_zone, self._zone = ZoneInfo(config.source.timezone), ZoneInfo(config.platform.timezone)
        self._earliest, self._latest = _micros(EARLIEST.replace(tzinfo=UTC)), _micros(latest.replace(tzinfo=UTC))
        self._canonical = {self._time, "distinct_id", self._user, self._insert_id, self._creator, self._amount}
        self._days: dict[int, date] = {}
        self.properties_seen: set[str] = set()

    def read(self, line: bytes) -> Row:
        """The line as a row of any kind; `NotJson` when it is no JSON (the caller knows where it lies)."""
        cleaned = False
        if b"\\u" in line or b"\x00" in line:
            value, cleaned = _load_suspicious(line)
        else:
            try:
                value = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise NotJson(f"not JSON, from character {error.pos + 1:,} on") from None
        if not isinstance(value, dict):
            return Row("dead", f"a JSON {_kind(value)}, where one object per line is needed", cleaned)
        properties = value.get("properties")
        if properties is None:
            properties = {key: item for key, item in value.items() if key != self._event}
        elif not isinstance(properties, dict):
            return Row("dead", f"properties is {_kind(properties)}, an object is needed", cleaned)
        elif len(value) > 2:  # some tools write time or ids beside the properties
            beside = {key: item for key, item in value.items() if key not in (self._event, "properties")}
            properties = beside | properties
        try:
            return self._row(value.get(self._event), properties, cleaned)
        except _Against as error:
            return Row("dead", str(error), cleaned)

    def _row(self, name: Any, properties: dict[str, Any], cleaned: bool) -> Row:
        if not isinstance(name, str) or not name:
            raise _Against(f"{self._event} is {_kind(name)}, an event name is needed")
        name = composed(name)
        self.properties_seen.update(properties)
        event_time = self._micros_of(properties.get(self._time), self._time)
        actor, links = self._actor(name, properties)
        creator = _id(properties.get(self._creator), self._creator) if self._creator else None
        amount = _amount(properties.get(self._amount), self._amount) if self._amount else None
        if creator is not None:
            links = (*links, Link(creator, creator, False))
            if actor is None and name in self._creator_acts:
                actor = creator
        if name in LINK_EVENTS:
            kind, reason = "link", None
        elif actor is None:
            kind, reason = "no actor", None
        else:
            kind, reason = "event", None
        if event_time > self._latest:
            kind, reason = "quarantined", "in the future"
        elif event_time < self._earliest:
            kind, reason = "quarantined", "before 2005"
        if kind == "quarantined":
            shown = event_time if _YEAR_1 <= event_time <= _YEAR_9999 else None
            return Row(kind, reason, cleaned, event_time=shown, event_name=name, actor_id=actor)
        arrived = self._arrival(properties.get(self._arrived))
        event_id = _id(properties.get(self._insert_id), self._insert_id) or self._surrogate(name, properties)
        canonical = self._canonical
        rest = {key: item for key, item in properties.items() if key not in canonical and not key.startswith("mp_")}
        return Row(
            kind, reason, cleaned, event_id, event_time, self._day(event_time), arrived, name, actor, creator, amount,
            orjson.dumps(rest).decode() if rest else None, links,
        )  # fmt: skip

    def _actor(self, name: str, properties: dict[str, Any]) -> tuple[str | None, tuple[Link, ...]]:
        """Who acted, and which ids the line shows to be one person."""
        user = _id(properties.get(self._user), self._user)
        device = _id(properties.get("$device_id"), "$device_id")
        distinct = _id(properties.get("distinct_id"), "distinct_id")
        device_id = None if device is None else device if device.startswith(DEVICE) else DEVICE + device
        if distinct is not None and distinct in (device, device_id):
            distinct = device_id
        actor = user or distinct or device_id
        links = []
        if actor is not None:
            links += [Link(other, actor, False) for other in (device_id, distinct) if other and other != actor]
        if name in LINK_EVENTS:
            links += self._said(name, properties, actor)
        return actor, tuple(dict.fromkeys(links))

    def _said(self, name: str, properties: dict[str, Any], actor: str | None) -> list[Link]:
        """What an event made to link ids says beyond the ids that it carries itself."""
        if name == "$identify":  # the HTTP API names both ids, the SDKs only the anonymous one
            anonymous = _id(properties.get("$anon_id"), "$anon_id")
            anonymous = anonymous or _id(properties.get("$anon_distinct_id"), "$anon_distinct_id")
            identified = _id(properties.get("$identified_id"), "$identified_id") or actor
            if not anonymous or not identified:
                return []
            forms = (anonymous,) if anonymous.startswith(DEVICE) else (anonymous, DEVICE + anonymous)
            return [Link(form, identified, False) for form in forms if form != identified]
        if name == "$create_alias":
            alias = _id(properties.get("alias"), "alias")
            return [Link(alias, actor, True)] if alias and actor else []
        merged = properties.get("$distinct_ids")
        ids = [_id(item, "$distinct_ids") for item in merged] if isinstance(merged, list) else []
        return [Link(other, ids[0], True) for other in ids[1:] if other and ids[0]]

    def _micros_of(self, value: Any, name: str) -> int:
        if isinstance(value, str):
            text = value.strip()
            if _NUMBER.fullmatch(text):
                value = float(text)
            else:
                try:
                    moment = datetime.fromisoformat(text.removesuffix(" UTC") + "Z" if text.endswith(" UTC") else text)
                except ValueError:
                    raise _Against(f"{name} is {_shown(value)}, epoch seconds or ISO text is needed") from None
                if moment.tzinfo is None and 1 < moment.year < 9999:  # else impossible in any zone
                    # of the two offsets around a clock change the smaller one: a gap is read as the clock an hour later
                    offsets = (self._source_zone.utcoffset(moment.replace(fold=fold)) for fold in (0, 1))
                    return _micros((moment - min(o for o in offsets if o is not None)).replace(tzinfo=UTC))
                return _micros(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise _Against(f"{name} is {_shown(value)}, epoch seconds or ISO text is needed")
        return _epoch_micros(value)

    def _arrival(self, value: Any) -> int | None:
        """When it arrived, or None where that is missing, unreadable or impossible."""
        if value is None:
            return None
        try:
            moment = self._micros_of(value, self._arrived)
        except _Against:
            return None
        return moment if self._earliest <= moment <= self._latest else None

    def _day(self, moment: int) -> date:
        quarter = moment // _QUARTER_HOUR
        day = self._days.get(quarter)
        if day is None:
            started = _EPOCH + timedelta(microseconds=quarter * _QUARTER_HOUR)
            day = self._days[quarter] = started.astimezone(self._zone).date()
        return day

    def _surrogate(self, name: str, properties: dict[str, Any]) -> str:
        """A hash of the canonical JSON. What the export adds on its way (`mp_…`) is left out: it differs between exports."""
        said = {key: item for key, item in properties.items() if not key.startswith("mp_")}
        text = orjson.dumps([name, said], option=orjson.OPT_SORT_KEYS)
        return SURROGATE + hashlib.sha256(text).hexdigest()[:32]


def _load_suspicious(line: bytes) -> tuple[Any, bool]:
    """A line with escapes or NUL bytes in it: NULs are stripped, lone surrogates replaced; True when there were any."""
    raw = line.replace(b"\x00", b"")
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        try:
            value = json.loads(raw, parse_constant=_no_constant)  # the standard library lets lone surrogates through
        except (ValueError, RecursionError):
            raise NotJson("not JSON") from None
    clean = _scrub(value)
    return clean, raw != line or clean != value


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _scrub(value: Any) -> Any:
    if isinstance(value, str):
        if "\x00" in value:
            value = value.replace("\x00", "")
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_scrub(key): _scrub(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_scrub(item) for item in value]
    return value


def _id(value: Any, name: str | None) -> str | None:
    """An id as text: 1416 and 1416.0 are "1416", empty text is none, letters are composed."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return composed(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _Against(f"{name} is {_kind(value)}, an id is needed")
    if isinstance(value, float) and abs(value) >= _EXACT:
        raise _Against(f"{name} is {value!r}, a number that has lost its last digits; text is needed")
    return str(int(value)) if value == int(value) else str(value)


def _amount(value: Any, name: str | None) -> float | None:
    if value is None:
        return None
    if isinstance(value, str):
        if not _NUMBER.fullmatch(value.strip()):
            raise _Against(f"{name} is {_shown(value)}, a plain number is needed")
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Against(f"{name} is {_kind(value)}, a plain number is needed")
    if not abs(value) < LARGEST_AMOUNT:
        raise _Against(f"{name} is {_shown(value)}, a number below 1e12 is needed")
    return float(value)


def _epoch_micros(number: float) -> int:
    """Seconds, milliseconds, microseconds or nanoseconds, told by magnitude (seconds end in the year 5138)."""
    size = abs(number)
    if size < 1e11:
        return round(number * 1_000_000)
    if size < 1e14:
        return round(number * 1_000)
    return round(number) if size < 1e17 else round(number / 1_000)


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def _kind(value: Any) -> str:
    names = {dict: "object", list: "list", bool: "true or false", int: "number", float: "number", str: "text"}
    return "missing" if value is None else names.get(type(value), type(value).__name__)


def _shown(value: Any) -> str:
    return "missing" if value is None else repr(value)[:80] if isinstance(value, str | float | int) else _kind(value)
