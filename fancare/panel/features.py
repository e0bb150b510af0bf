"""Which features there are: records made from the entity and the event names that occur.

    own      the entity's activity (counts, active days, recency, trend, rhythm, tenure, weekday, amounts) and every
             event name of its own
    rooms    for a creator the distribution over its fans, for a fan the distribution over its rooms
    fan, creator   for a room: what its fan and its creator do elsewhere

Every expression is GoogleSQL over the columns that `fancare.panel.blocks` prepares. A feature that no event name can
change is known from the start; the others carry the day their event name was first known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from fancare.panel import bits
from fancare.panel.blocks import ACTIVITY_WINDOWS, AMOUNT_WINDOWS, SLOT_WINDOWS
from fancare.panel.event_slots import Slot
from fancare.panel.feature import Family, Feature


def features_for(
    entity: str, slots: tuple[Slot, ...], revenue: bool, many_rooms: bool, other_events: bool
) -> tuple[Feature, ...]:
    """The records of an entity's features, in column order.

    ``slots`` are the event kinds that concern the entity, ``revenue`` is true when revenue events carry amounts,
    ``many_rooms`` when the log has more than one creator (else every fan's room distribution is its activity again),
    ``other_events`` when there are events beside the activity.
    """
    records = [*_activity(), *_rhythm(), *_tenure_and_weekday()]
    if other_events:
        records += _any_event(entity)
    if revenue:
        records += _amounts("own", "rev", "revenue", "후원", "revenue", None)
    for slot in slots:
        records += _slot(slot, prefix_actor=entity == "creator")
    if entity == "creator":
        records += _fans_of_creator()
    if entity == "fan" and many_rooms:
        records += _rooms_of_fan("rooms", "")
    if entity == "room":
        records += _context("fan", "팬의 전체", "the fan's overall")
        records += _rooms_of_fan("fan_rooms", "fan_")
        records += _context("creator", "크리에이터의", "the creator's")
        records += [replace(f, name=f"creator_{f.name}", expression=f.expression.replace("rooms.", "creator_rooms."),
                            meaning_ko=f"크리에이터 방 전체 – {f.meaning_ko}", meaning_en=f"the creator's rooms: {f.meaning_en}",
                            block="creator_rooms", family="context") for f in _fans_of_creator()[:6]]  # fmt: skip
        records.append(_f("fan_share_in_room_28d", "context", "share", "팬 활동 중 이 방의 비중(28일)",
                          "share of the fan's activity that is in this room, 28 days",
                          "SAFE_DIVIDE(own.act_n28, fan.act_n28)", block="fan", window=28))  # fmt: skip
    return tuple(records)


def _f(
    name: str, family: Family, unit: str, ko: str, en: str, expression: str, *,
    block: str = "own", window: int | None = None, slot: Slot | None = None, audience: Literal["ops", "creator"] = "ops",
) -> Feature:  # fmt: skip
    return Feature(
        name=name, family=family, unit=unit, meaning_ko=ko, meaning_en=en, expression=expression, block=block,
        event_name=slot.event_name if slot else None, actor=slot.actor if slot else None, window_days=window,
        first_known=slot.first_known if slot else None, audience=audience,
    )  # fmt: skip


def _activity() -> Iterator[Feature]:
    act = "own.act"
    for w in ACTIVITY_WINDOWS:
        yield _f(f"events_{w}d", "counts", "events", f"최근 {w}일 활동 건수", f"activity events, {w} days",
                 f"{act}_n{w}", window=w, audience="creator")  # fmt: skip
        yield _f(f"active_days_{w}d", "active_days", "days", f"최근 {w}일 활동일 수", f"active days, {w} days",
                 bits.active_days(act, w), window=w, audience="creator")  # fmt: skip
    yield _f("recency_days", "recency", "days", "마지막 활동 후 일수", "days since the last activity",
             bits.recency(act), audience="creator")  # fmt: skip
    for k in range(12):
        yield _f(f"active_days_week_{k}", "active_days", "days", f"{k}주 전 한 주의 활동일 수",
                 f"active days in the week {k} weeks ago", bits.week(act, k), window=7)  # fmt: skip
    yield _f("active_days_slope_12w", "trend", "days/week²", "12주 활동일 추세", "trend of active days over 12 weeks",
             bits.slope_12w(act), window=84)  # fmt: skip
    yield _f("streak_weeks", "trend", "weeks", "연속 활동 주 수", "weeks in a row with activity", bits.streak_weeks(act),
             window=84)  # fmt: skip
    yield _f("events_trend_7d", "trend", "ratio", "최근 7일 활동 ÷ 이전 21일의 주평균", "7 days against the 3 weeks before",
             f"({act}_n7 + 1) / (({act}_n28 - {act}_n7) / 3 + 1)", window=28)  # fmt: skip
    yield _f("events_trend_28d", "trend", "ratio", "최근 28일 활동 ÷ 이전 56일의 4주 평균",
             "28 days against the 8 weeks before", f"({act}_n28 + 1) / (({act}_n84 - {act}_n28) / 2 + 1)",
             window=84)  # fmt: skip
    yield _f("events_per_active_day_28d", "counts", "events/day", "활동일당 활동 건수(28일)", "activity events an active day, 28 days",
             f"SAFE_DIVIDE({act}_n28, {bits.active_days(act, 28)})", window=28)  # fmt: skip


def _any_event(entity: str) -> Iterator[Feature]:
    ko, en = {
        "creator": ("본인·팬", "own and fans'"),
        "room": ("이 방에서 팬", "the fan's in this room"),
        "fan": ("팬", "the fan's"),
    }[entity]
    for w in (28, 84):
        yield _f(f"events_any_{w}d", "counts", "events", f"최근 {w}일 {ko}의 모든 이벤트 수", f"events of any kind ({en}), {w} days",
                 f"own.any_n{w}", window=w)  # fmt: skip
        yield _f(f"days_any_{w}d", "active_days", "days", f"최근 {w}일 {ko}의 이벤트가 하나라도 있던 날", f"days with any event ({en}), {w} days",
                 bits.active_days("own.any", w), window=w)  # fmt: skip
    yield _f("recency_any_days", "recency", "days", f"{ko}의 마지막 이벤트 후 일수", f"days since the last event of any kind ({en})",
             bits.recency("own.any"))  # fmt: skip


def _rhythm() -> list[Feature]:
    silence = bits.recency("own.act")
    return [
        _f("gap_mean_84d", "rhythm", "days", "평소 활동 간격(평균)", "own usual gap, mean", "rhythm.gap_mean", window=84),
        _f("gap_max_84d", "rhythm", "days", "가장 길었던 간격", "own longest gap", "rhythm.gap_max", window=84),
        _f("gap_std_84d", "rhythm", "days", "간격의 표준편차", "standard deviation of own gaps", "rhythm.gap_std", window=84),
        _f("silence_to_gap_mean", "rhythm", "ratio", "침묵 ÷ 평소 간격", "silence ÷ own usual gap",
           f"SAFE_DIVIDE({silence}, rhythm.gap_mean)", window=84),
        _f("silence_to_gap_max", "rhythm", "ratio", "침묵 ÷ 가장 길었던 간격", "silence ÷ own longest gap",
           f"SAFE_DIVIDE({silence}, rhythm.gap_max)", window=84),
        _f("gaps_over_silence", "rhythm", "share", "지금 침묵보다 길었던 간격의 비율", "share of own gaps longer than the silence",
           "rhythm.gap_over_0", window=84),
        _f("gaps_over_silence_7d", "rhythm", "share", "지금 침묵보다 7일 이상 길었던 간격의 비율",
           "share of own gaps longer than the silence and 7 days more", "rhythm.gap_over_7", window=84),
        *(
            _f(f"recency_{nth}_days", "recency", "days", f"뒤에서 {n}번째 활동일까지의 일수",
               f"days since the {nth} last active day", f"COALESCE(rhythm.nth_{n}, {bits.SPAN})", window=84)
            for n, nth in ((2, "2nd"), (3, "3rd"), (5, "5th"), (10, "10th"))
        ),
    ]  # fmt: skip


def _tenure_and_weekday() -> list[Feature]:
    tenure = "DATE_DIFF(snapshot.as_of, tenure.first_day, DAY)"
    return [
        _f("tenure_days", "tenure", "days", "첫 이벤트 후 일수", "days since the first event", tenure, audience="creator"),
        _f("active_share_84d", "tenure", "share", "재적 기간 중 활동일 비율(최대 84일)", "share of days active, of at most 84",
           f"{bits.active_days('own.act', 84)} / LEAST({tenure} + 1, 84)", window=84),
        _f("weekend_share_84d", "weekday", "share", "활동일 중 주말 비율", "share of active days on weekends",
           f"SAFE_DIVIDE({bits.weekend_days('own.act')}, {bits.active_days('own.act', 84)})", window=84),
    ]  # fmt: skip


def _amounts(block: str, alias: str, stem: str, ko: str, en: str, slot: Slot | None) -> Iterator[Feature]:
    column = f"{block}.{alias}"
    for w in AMOUNT_WINDOWS:
        yield _f(f"{stem}_amount_{w}d", "amount", "currency", f"최근 {w}일 {ko} 금액", f"{en} amount, {w} days",
                 f"{column}_sum{w}", window=w, slot=slot)  # fmt: skip
    yield _f(f"{stem}_amount_max_84d", "amount", "currency", f"최대 {ko} 금액(84일)", f"largest {en} amount, 84 days",
             f"COALESCE({column}_max, 0)", window=84, slot=slot)  # fmt: skip
    yield _f(f"{stem}_amount_mean_84d", "amount", "currency", f"{ko} 1건당 금액(84일)", f"mean {en} amount, 84 days",
             f"SAFE_DIVIDE({column}_sum84, {column}_n84)", window=84, slot=slot)  # fmt: skip
    yield _f(f"{stem}_amount_trend_28d", "trend", "ratio", f"{ko} 금액: 최근 28일 ÷ 이전 56일의 4주 평균",
             f"{en} amount: 28 days against the 8 weeks before",
             f"SAFE_DIVIDE({column}_sum28, ({column}_sum84 - {column}_sum28) / 2)", window=84, slot=slot)  # fmt: skip


def _slot(slot: Slot, prefix_actor: bool) -> Iterator[Feature]:
    alias, stem = f"own.s{slot.number}", f"{slot.actor}_{slot.stem}" if prefix_actor else slot.stem
    who_ko = {"fan": "팬의 ", "creator": "본인의 "}[slot.actor] if prefix_actor else ""
    who_en = {"fan": "fans' ", "creator": "own "}[slot.actor] if prefix_actor else ""
    ko = f"{who_ko}'{slot.event_name}'" if slot.event_name else f"{who_ko}기타 이벤트"
    en = f"{who_en}'{slot.event_name}'" if slot.event_name else f"{who_en}other events"
    for w in SLOT_WINDOWS:
        yield _f(f"{stem}_n_{w}d", "counts", "events", f"최근 {w}일 {ko} 건수", f"{en}, {w} days", f"{alias}_n{w}",
                 window=w, slot=slot)  # fmt: skip
    for w in (28, 84):
        yield _f(f"{stem}_days_{w}d", "active_days", "days", f"최근 {w}일 {ko} 있던 날", f"days with {en}, {w} days",
                 bits.active_days(alias, w), window=w, slot=slot)  # fmt: skip
    yield _f(f"{stem}_recency_days", "recency", "days", f"마지막 {ko} 후 일수", f"days since the last {en}",
             bits.recency(alias), slot=slot)  # fmt: skip
    yield _f(f"{stem}_trend_28d", "trend", "ratio", f"{ko}: 최근 28일 ÷ 이전 56일의 4주 평균",
             f"{en}: 28 days against the 8 weeks before", f"({alias}_n28 + 1) / (({alias}_n84 - {alias}_n28) / 2 + 1)",
             window=84, slot=slot)  # fmt: skip
    if slot.has_amount:
        yield from _amounts("own", f"s{slot.number}", stem, ko, en, slot)


def _fans_of_creator() -> list[Feature]:
    def r(name: str, unit: str, ko: str, en: str, expression: str, window: int) -> Feature:
        return _f(name, "rooms", unit, ko, en, expression, block="rooms", window=window)

    return [
        *(r(f"fans_{w}d", "fans", f"최근 {w}일 활동한 팬 수", f"fans active, {w} days", f"COALESCE(rooms.n_{w}, 0)", w)
          for w in (7, 28, 84)),
        r("fans_lost_28d", "fans", "이전 56일에 있었으나 최근 28일 조용한 팬", "fans of the 8 weeks before, silent for 28 days",
          "COALESCE(rooms.lost, 0)", 84),
        r("fans_gained_28d", "fans", "최근 28일에 새로 온(돌아온) 팬", "fans of the last 28 days, absent for 8 weeks before",
          "COALESCE(rooms.gained, 0)", 84),
        r("fans_trend_28d", "ratio", "활동 팬: 최근 28일 ÷ 이전 56일", "active fans: 28 days against the 8 weeks before",
          "(COALESCE(rooms.n_28, 0) + 1) / (COALESCE(rooms.n_before, 0) + 1)", 84),
        r("visitors_28d", "fans", "최근 28일 방을 찾은 팬", "fans seen in the room, 28 days",
          "COALESCE(rooms.visitors_28, 0)", 28),
        r("fans_returning_share_28d", "share", "최근 28일 팬 중 돌아온 팬 비율", "share of active fans who were there before",
          "SAFE_DIVIDE(rooms.returning, rooms.n_28)", 84),
        r("fans_regular_share_84d", "share", "4일 이상 활동한 팬 비율(84일)", "share of fans active on 4 days or more",
          "SAFE_DIVIDE(rooms.regular, rooms.n_84)", 84),
        r("top_fan_share_28d", "share", "가장 활발한 팬의 활동 비중(28일)", "share of activity by the most active fan",
          "SAFE_DIVIDE(rooms.top_n28, rooms.sum_n28)", 28),
        r("fan_concentration_84d", "index", "소수 팬에게 활동이 몰린 정도(84일, 1이면 한 명뿐)",
          "how far activity comes from few fans, 84 days (1: from one alone)",
          "SAFE_DIVIDE(rooms.squares_n84, rooms.sum_n84 * rooms.sum_n84)", 84),
        r("fan_days_mean_28d", "days", "팬 1인당 활동일(28일)", "active days a fan", "rooms.days_mean", 28),
        r("fan_events_spread_84d", "log events", "팬별 활동량의 편차", "spread of activity over fans (SD of log counts)",
          "rooms.spread", 84),
        r("fan_recency_mean_84d", "days", "팬들의 마지막 활동 후 평균 일수", "mean days since each fan's last activity",
          "rooms.recency_mean", 84),
    ]  # fmt: skip


def _rooms_of_fan(block: str, prefix: str) -> list[Feature]:
    family: Family = "context" if prefix else "rooms"

    def r(name: str, unit: str, ko: str, en: str, expression: str, window: int) -> Feature:
        whose_ko, whose_en = ("팬의 방 전체 – ", "the fan's rooms: ") if prefix else ("", "")
        return _f(prefix + name, family, unit, whose_ko + ko, whose_en + en, expression, block=block, window=window)

    return [
        r("rooms_28d", "rooms", "최근 28일 활동한 방 수", "rooms active in, 28 days", f"COALESCE({block}.n_28, 0)", 28),
        r("rooms_84d", "rooms", "최근 84일 활동한 방 수", "rooms active in, 84 days", f"COALESCE({block}.n_84, 0)", 84),
        r("rooms_lost_28d", "rooms", "최근 28일 조용해진 방 수", "rooms gone silent for 28 days", f"COALESCE({block}.lost, 0)", 84),
        r("rooms_gained_28d", "rooms", "최근 28일 새로 찾은 방 수", "rooms new in 28 days", f"COALESCE({block}.gained, 0)", 84),
        r("room_concentration_84d", "index", "소수 방에 활동이 몰린 정도(84일, 1이면 한 방뿐)",
          "how far activity goes to few rooms, 84 days (1: to one alone)",
          f"SAFE_DIVIDE({block}.squares_n84, {block}.sum_n84 * {block}.sum_n84)", 84),
    ]  # fmt: skip


def _context(block: str, ko: str, en: str) -> Iterator[Feature]:
    for w in (7, 28, 84):
        yield _f(f"{block}_active_days_{w}d", "context", "days", f"{ko} 활동일 수({w}일)", f"{en} active days, {w} days",
                 f"COALESCE({bits.active_days(f'{block}.act', w)}, 0)", block=block, window=w)  # fmt: skip
    for w in (28, 84):
        yield _f(f"{block}_events_{w}d", "context", "events", f"{ko} 활동 건수({w}일)", f"{en} activity events, {w} days",
                 f"COALESCE({block}.act_n{w}, 0)", block=block, window=w)  # fmt: skip
    yield _f(f"{block}_recency_days", "context", "days", f"{ko} 마지막 활동 후 일수", f"days since {en} last activity",
             f"COALESCE({bits.recency(f'{block}.act')}, {bits.SPAN})", block=block)  # fmt: skip
    yield _f(f"{block}_days_slope_12w", "context", "days/week²", f"{ko} 12주 활동일 추세", f"{en} trend over 12 weeks",
             f"COALESCE({bits.slope_12w(f'{block}.act')}, 0)", block=block, window=84)  # fmt: skip
