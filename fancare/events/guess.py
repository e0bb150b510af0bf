"""Which column is which: a guess from names and contents, always with its ground and the runners-up.

A role is given to the column with the most points. Names are compared word by word (`receivedAt` = received at), so that
`fan_id`, `FanId` and `fan` score alike; what the column holds can only confirm or rule out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from fancare.events.sample import ColumnLook, Sample

ROLES = ("event_time", "event_name", "creator_id", "fan_id", "amount", "event_id", "arrived_at")
MAX_EVENT_NAMES = 5_000
EPOCH_2005, EPOCH_2100 = 1_104_537_600, 4_102_444_800
EPOCH_UNITS = {"seconds": 1.0, "milliseconds": 1e3, "microseconds": 1e6, "nanoseconds": 1e9}
NEEDED_POINTS = 3

# Points per word of a column's name; the word that names the role itself weighs most.
WORDS: dict[str, dict[str, int]] = {
    "event_time": {"ts": 6, "time": 5, "timestamp": 6, "datetime": 5, "date": 3, "when": 4, "at": 2, "occurred": 4,
                   "created": 3, "event": 2, "utc": 1, "day": 1, "시각": 6, "시간": 5, "일시": 6, "날짜": 3,
                   "일자": 3, "시점": 4, "수신": -6, "도착": -6, "적재": -6, "수정": -4, "가입": -6, "생년": -8,
                   "received": -6, "arrived": -6, "ingested": -6, "processed": -6, "processing": -6, "updated": -4,
                   "modified": -4, "loaded": -6, "exported": -6, "expires": -6, "birth": -8, "joined": -4, "signup": -4},
    "arrived_at": {"received": 6, "arrived": 6, "arrival": 6, "ingested": 6, "ingestion": 6, "processed": 4,
                   "processing": 5, "loaded": 4, "server": 2, "at": 1, "time": 1, "수신": 6, "도착": 6, "적재": 6},
    "event_name": {"event": 6, "action": 5, "activity": 4, "verb": 4, "name": 2, "type": 2, "kind": 3, "what": 2,
                   "이벤트": 6, "행동": 4, "활동": 4, "유형": 3, "종류": 3, "구분": 3, "아이디": -6, "시각": -6, "시간": -6,
                   "일시": -6, "팬": -3, "회원": -3, "유저": -3, "스타": -3, "크리에이터": -3,
                   "id": -6, "time": -6, "user": -3, "creator": -3, "fan": -3, "device": -4},
    "creator_id": {"creator": 8, "celeb": 8, "celebrity": 8, "artist": 7, "streamer": 7, "host": 5, "broadcaster": 7,
                   "idol": 7, "star": 4, "influencer": 7, "channel": 5, "receiver": 6, "recipient": 6, "payee": 5,
                   "room": 4, "to": 3, "target": 3, "seller": 4, "author": 3, "owner": 3, "id": 2, "크리에이터": 8,
                   "셀럽": 8, "스타": 7, "스트리머": 8, "bj": 7, "비제이": 7, "아티스트": 7, "아이돌": 7, "방송인": 7, "채널": 5,
                   "인플루언서": 7, "유튜버": 7, "호스트": 5, "진행자": 5, "가수": 5, "배우": 5, "방장": 5, "방": 4, "아이디": 2,
                   "스타일": -6, "유입": -6, "제목": -6, "시각": -6, "시간": -6, "일시": -6, "금액": -6,
                   "name": -2, "registered": -6, "type": -5, "count": -6, "at": -5},
    "fan_id": {"fan": 8, "user": 6, "giver": 6, "donor": 6, "supporter": 6, "subscriber": 5, "sender": 5, "from": 3,
               "member": 5, "customer": 5, "viewer": 6, "player": 4, "chatter": 6, "payer": 5, "account": 3, "actor": 4,
               "person": 4, "uid": 5, "distinct": 4, "id": 2, "팬": 8, "회원": 6, "사용자": 6, "유저": 6,
               "이용자": 6, "시청자": 6, "구독자": 6, "후원자": 7, "고객": 5, "구매자": 5, "결제자": 5, "닉": 4, "아이디": 2,
               "nick": 3, "nickname": 3, "자수": -6, "팬수": -6, "회원수": -6, "유저수": -6, "시각": -6, "시간": -6, "일시": -6,
               "금액": -6, "크리에이터": -6, "스타": -6, "스트리머": -6, "아티스트": -6, "방송인": -6, "bj": -6,
               "agent": -6, "name": -2,
               "type": -5, "count": -6, "at": -5, "age": -6},
    "amount": {"amount": 7, "price": 5, "revenue": 6, "paid": 4, "payment": 4, "value": 3, "total": 2, "krw": 5, "won": 4,
               "usd": 4, "coins": 4, "coin": 4, "points": 3, "donation": 4, "tip": 3, "gross": 3, "금액": 7, "결제": 4,
               "가격": 5, "매출": 6, "후원": 4, "코인": 4, "캐시": 4, "별풍선": 5, "포인트": 3,
               "후원자": -6, "결제자": -6, "일시": -8, "시각": -8, "시간": -8, "아이디": -8, "횟수": -6, "건수": -6,
               "id": -8, "len": -8, "length": -8, "count": -6, "at": -8, "time": -8, "duration": -8, "currency": -4},
    "event_id": {"insert": 6, "event": 4, "id": 2, "uuid": 5, "guid": 5, "message": 2, "transaction": 3, "user": -8,
                 "fan": -8, "creator": -8, "device": -8, "session": -8, "room": -6},
}  # fmt: skip


@dataclass(frozen=True)
class Guess:
    """A column for a role. ``column`` is None where none will do; ``is_sure`` where name and content agree."""

    role: str
    column: str | None
    ground: str
    alternatives: tuple[str, ...] = ()
    is_sure: bool = False


def guess_columns(sample: Sample) -> dict[str, Guess]:
    """A guess for each role; a column serves one role only, the plainest roles choosing first."""
    taken: set[str] = set()
    guesses = {}
    for role in ("event_time", "arrived_at", "event_id", "event_name", "creator_id", "fan_id", "amount"):
        guess = _guess(role, [look for look in sample.columns if look.name not in taken], sample)
        guesses[role] = guess
        if guess.column is not None:
            taken.add(guess.column)
    return {role: guesses[role] for role in ROLES}


def words_of(name: str) -> tuple[str, ...]:
    """The words of a column's name, small.

    >>> words_of("$insert_id"), words_of("eventTime"), words_of("TOTAL_KRW")
    (('insert', 'id'), ('event', 'time'), ('total', 'krw'))
    """
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return tuple(word for word in re.split(r"[\W_]+", apart.lower()) if word)


def epoch_unit(low: float | None, high: float | None) -> str | None:
    """The unit in which numbers between ``low`` and ``high`` are times since 1970, or None.

    >>> epoch_unit(1_700_000_000, 1_710_000_000), epoch_unit(1_700_000_000_000, 1_710_000_000_000), epoch_unit(1, 900)
    ('seconds', 'milliseconds', None)
    """
    if low is None or high is None:
        return None
    for unit, per_second in EPOCH_UNITS.items():
        if EPOCH_2005 * per_second <= low and high <= EPOCH_2100 * per_second:
            return unit
    return None


def _guess(role: str, looks: list[ColumnLook], sample: Sample) -> Guess:
    suits = _SUITS[role]
    ranked = []
    for look in looks:
        named = _points(look.name, WORDS[role])
        held = suits(look)
        if held is not None:
            ranked.append((named + held, named, look))
    ranked.sort(key=lambda entry: -entry[0])
    good = [entry for entry in ranked if entry[0] >= NEEDED_POINTS]
    if not good:
        others = tuple(look.name for _, named, look in ranked if named > 0)[:3]
        return Guess(role, None, _unfit(looks) if role == "amount" else "no column looks like it", others)
    points, named, look = good[0]
    others = tuple(entry[2].name for entry in good[1:4])
    margin = points - good[1][0] if len(good) > 1 else points
    return Guess(role, look.name, describe(look), others, is_sure=named >= 5 and margin >= 2)


def _points(name: str, words: dict[str, int]) -> int:
    """Points for a name; one that says nothing about the role loses a little per word, so `fan_id` precedes `fan_tag_id`."""
    points = 0
    for word in words_of(name):
        if word.isascii():
            points += words.get(word, -1)
        else:  # Korean writes compounds as one word; what rules a role out weighs more than what names it
            worths = [worth for part, worth in words.items() if part in word and not part.isascii()]
            points += -1 if not worths else min(worths) if min(worths) < 0 else max(worths)
    return points


def _unfit(looks: list[ColumnLook]) -> str:
    """Why there is no amount: a column may be called one and yet hold what is no plain number."""
    for look in sorted(looks, key=lambda look: -_points(look.name, WORDS["amount"])):
        if look.is_text and look.share_digits >= 0.5 and _points(look.name, WORDS["amount"]) >= NEEDED_POINTS:
            return f"{look.name} may be it, but holds {', '.join(look.examples)}; export it as plain numbers, then name it here"
    return "no column looks like it"


def describe(look: ColumnLook) -> str:
    """What a column holds, in a line.

    >>> describe(ColumnLook("fan_id", "INTEGER", 120, 6, 35, 1, 40, 0, 0, ("1", "2")))
    'INTEGER, 35 distinct in 120 rows, 5.0% empty, such as 1, 2'
    """
    empty = f", {1 - look.share_filled:.1%} empty" if look.n_null else ""
    unit = epoch_unit(look.low, look.high) if look.is_number else None
    epoch = f", {unit} since 1970" if unit and look.n_distinct > 1 else ""
    such = f", such as {', '.join(look.examples)}" if look.examples else ""
    about = "about " if look.is_approximate else ""
    return f"{look.type}{epoch}, {about}{look.n_distinct:,} distinct in {look.n_rows:,} rows{empty}{such}"


def _suits_time(look: ColumnLook) -> int | None:
    if look.share_filled < 0.9:
        return None
    if look.is_time:
        return 4
    if look.is_number:
        return 2 if epoch_unit(look.low, look.high) else None
    return 2 if look.share_times >= 0.99 else None


def _suits_arrival(look: ColumnLook) -> int | None:
    # a time by itself is no arrival: only a name can say so
    return None if _suits_time(look) is None else 0


def _suits_name(look: ColumnLook) -> int | None:
    if not look.is_text or look.share_filled < 0.95 or not 1 <= look.n_distinct <= MAX_EVENT_NAMES:
        return None
    if look.n_rows >= 100 and look.n_distinct > look.n_rows / 4:
        return None
    return 1 if look.n_distinct >= 2 else 0


def _suits_id(look: ColumnLook) -> int | None:
    if look.is_time or look.type == "BOOLEAN" or not look.n_distinct:
        return None
    if look.type in ("FLOAT", "DOUBLE") and look.low is not None and not _whole(look):
        return None
    if look.n_rows >= 100 and look.n_distinct > 0.9 * look.n_rows:
        return None  # every row its own: the id of an event, not of a person
    return 1 if look.n_distinct >= 10 else 0


def _suits_amount(look: ColumnLook) -> int | None:
    if look.is_number:
        return 1 if epoch_unit(look.low, look.high) is None else None
    return 0 if look.is_text and look.share_numbers >= 0.99 else None


def _suits_event_id(look: ColumnLook) -> int | None:
    if look.is_time or look.share_filled < 0.9 or look.n_rows < 2:
        return None
    return 2 if look.n_distinct > 0.9 * look.n_rows * look.share_filled else None


def _whole(look: ColumnLook) -> bool:
    return all(example.endswith(".0") or example.lstrip("-").isdigit() for example in look.examples)


_SUITS: dict[str, Callable[[ColumnLook], int | None]] = {
    "event_time": _suits_time, "arrived_at": _suits_arrival, "event_name": _suits_name, "creator_id": _suits_id,
    "fan_id": _suits_id, "amount": _suits_amount, "event_id": _suits_event_id,
}  # fmt: skip
