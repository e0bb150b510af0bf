"""The front door: an event log of any of several shapes becomes `events` and `activity_daily`, and is judged.

    Mixpanel JSONL ──▶ mixpanel ─┐
                                 ├─▶ staging ──▶ identity ──▶ deduplication ──▶ daily        quality: is it fit to use?
    parquet + mapping ─▶ mapping ┘      └─▶ refusals (dead letters, quarantine)

``ingest`` runs these in order, ``extent`` says which days the log covers, ``sniff`` writes a config by looking at a log,
``simulator`` makes a log where there is none.
"""
