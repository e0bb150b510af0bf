"""The panel: one row per entity and day, what it did up to then, and whether it came back.

    activity_daily ──▶ cohort ─┬─▶ blocks (bits, event_slots) ──▶ features   the past, by what was known on the day ─┐
                               └─▶ labels                                    the future, null until it has elapsed  ─┴─▶ gate

``build`` makes what is missing or stale. Past the ``gate`` there are arrays and no tables.
"""
