"""Event names become parts of column names: a readable slug and a short hash, whatever the name holds."""

from __future__ import annotations

import hashlib
import re

SLUG_LENGTH = 24
HASH_LENGTH = 6


def column_stem(event_name: str) -> str:
    """A stem that is safe as an identifier and differs for names that differ.

    Event names are data: they may hold quotes, emoji or ten thousand letters. The slug is for reading, the hash keeps
    two names with the same slug apart.

    >>> column_stem("Room Enter")
    'room_enter_0adc0c'
    >>> column_stem("x'; DROP TABLE events")
    'x_drop_table_events_698dbc'
    """
    slug = re.sub(r"[^a-z0-9]+", "_", event_name.lower()).strip("_")[:SLUG_LENGTH].strip("_") or "event"
    if slug[0].isdigit():
        slug = "e" + slug
    return f"{slug}_{hashlib.sha256(event_name.encode('utf-8', 'surrogatepass')).hexdigest()[:HASH_LENGTH]}"
