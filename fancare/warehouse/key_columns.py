"""The columns that say whom and which day a row is about, the same in every table."""

from __future__ import annotations

from fancare.warehouse.table import Column

ENTITIES = ("creator", "room", "fan")

ENTITY = Column("entity", "STRING", "what is scored", values=ENTITIES)
CREATOR = Column("creator_id", "STRING", "the creator; null for entity fan", nullable=True)
FAN = Column("fan_id", "STRING", "the fan; null for entity creator", nullable=True)
AS_OF = Column("as_of", "DATE", "the last day whose events were used, inclusive")
