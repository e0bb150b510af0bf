"""Which features there are: records made from the entity and the event names that occur.

    activity, trend, rhythm, tenure   the entity's own: how much, more or less than before, how regularly, since when
    standing                          its rank among all at risk on the same day, and how those do on the whole
    amounts, events                   its money, and every event name that occurs
    rooms                             for a creator the distribution over its fans, for a fan over its rooms
    context                           for a room: what its fan and its creator do elsewhere

Every expression is GoogleSQL over the columns that `fancare.panel.blocks` prepares. A feature that no event name can
change is known from the start; the others carry the day their event name was first known.
"""

from __future__ import annotations

from fancare.panel.event_slots import Slot
from fancare.panel.feature import Feature
from fancare.panel.features.activity import activity, any_event
from fancare.panel.features.amounts import amounts
from fancare.panel.features.context import context
from fancare.panel.features.events import event
from fancare.panel.features.rhythm import rhythm
from fancare.panel.features.rooms import fans_of_creator, rooms_of_fan
from fancare.panel.features.standing import standing
from fancare.panel.features.tenure import tenure_and_weekday
from fancare.panel.features.trend import any_event_trend, trend


def features_for(
    entity: str, slots: tuple[Slot, ...], revenue: bool, many_rooms: bool, other_events: bool
) -> tuple[Feature, ...]:
    """The records of an entity's features, in column order.

    ``slots`` are the event kinds that concern the entity, ``revenue`` is true when revenue events carry amounts,
    ``many_rooms`` when the log has more than one creator (else every fan's room distribution is its activity again),
    ``other_events`` when there are events beside the activity.
    """
    records = [*activity(), *trend(), *rhythm(), *tenure_and_weekday(), *standing()]
    if other_events:
        records += [*any_event(entity), *any_event_trend()]
    if revenue:
        records += amounts("own", "rev", "revenue", "후원", "revenue", None)
    for slot in slots:
        records += event(slot, prefix_actor=entity == "creator")
    if entity == "creator":
        records += fans_of_creator()
    if entity == "fan" and many_rooms:
        records += rooms_of_fan("rooms", "")
    if entity == "room":
        records += context()
    return tuple(records)
