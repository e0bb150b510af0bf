"""Every table: its columns with types and meanings, what makes a row unique, what it is partitioned by.

This is the one description: the engines create tables from it, `fancare check` derives its contracts from it, and the
reference in the docs is printed from it. Types are GoogleSQL's.
"""

from __future__ import annotations

from fancare.warehouse.key_columns import AS_OF as _as_of
from fancare.warehouse.key_columns import CREATOR as _creator
from fancare.warehouse.key_columns import ENTITY as _entity
from fancare.warehouse.key_columns import FAN as _fan
from fancare.warehouse.monitoring_tables import DRIFT, PERFORMANCE
from fancare.warehouse.table import Column, Table

ACTORS = ("fan", "creator")
BANDS = ("high", "medium", "low", "unknown")

_entity_key = ("entity", "creator_id", "fan_id", "as_of")

EVENTS = Table(
    "events",
    "One row per real event: deduplicated, identities resolved by every link the log holds.",
    (
        Column("event_id", "STRING", "the log's id of the event, or a hash of its content (and occurrence)"),
        Column("event_time", "TIMESTAMP", "when it happened, UTC"),
        Column("activity_date", "DATE", "the day it happened on in the platform's time zone"),
        Column("arrived_at", "TIMESTAMP", "when the log received it, UTC; null where the log does not say", nullable=True),
        Column("event_name", "STRING", "what happened, as the log names it"),
        Column("actor", "STRING", "who acted", values=ACTORS),
        Column("actor_id", "STRING", "the acting id as the log had it, before identity resolution"),
        Column("creator_id", "STRING", "the room's creator; null for visits outside any room", nullable=True),
        Column("fan_id", "STRING", "the fan, resolved; null for a creator's own acts", nullable=True),
        Column("room_named", "BOOL", "whether the log named the room; if not, creator_id can only be the actor's own id"),
        Column("identity_known_from", "DATE", "the day the link behind the resolution became known", nullable=True),
        Column("amount", "FLOAT64", "money moved, in the platform's currency; null where none", nullable=True),
        Column("properties", "JSON", "what else the log said", nullable=True),
    ),
    key=("event_id", "event_time", "event_name", "actor_id"),
    partition=("activity_date",),
)

IDENTITY_EVIDENCE = Table(
    "identity_evidence",
    "Every pair of ids that the log showed to be one person, and when it first did.",
    (
        Column("alias_id", "STRING", "an id the log used, such as a device before login"),
        Column("canonical_id", "STRING", "the id it was seen together with"),
        Column("explicit", "BOOL", "from an event made to say so ($identify, $create_alias, $merge)"),
        Column("seen_at", "TIMESTAMP", "when the log could first know: arrival if given, else the event's own time; UTC"),
    ),
    key=("alias_id", "canonical_id", "explicit"),
)

IDENTITY_LINKS = Table(
    "identity_links",
    "Which ids turned out to be the same person, and on which days that was known.",
    (
        Column("alias_id", "STRING", "an id the log used, such as a device before login"),
        Column("canonical_id", "STRING", "the id it counts under while the link holds"),
        Column("known_from", "DATE", "the first day on which the link was known"),
        Column("known_until", "DATE", "day from which a later merge replaces it; exclusive, null for the last", nullable=True),
    ),
    key=("alias_id", "known_from"),
)

CREATORS = Table(
    "creators",
    "Every id that the log shows to be a creator's: named as a room's creator, or acting as one.",
    (
        Column("creator_id", "STRING", "the creator"),
        Column("known_from", "DATE", "the first day on which the log showed it"),
    ),
    key=("creator_id",),
)

ACTIVITY_DAILY = Table(
    "activity_daily",
    "Events counted per day, actor, room and name; what every cohort, label and feature is made from.",
    (
        Column("activity_date", "DATE", "day in the platform's time zone"),
        Column("actor", "STRING", "who acted", values=ACTORS),
        Column("creator_id", "STRING", "the room's creator; null outside any room", nullable=True),
        Column("fan_id", "STRING", "the fan; null for a creator's own acts", nullable=True),
        Column("event_name", "STRING", "what happened"),
        Column("known_from", "DATE", "first day on which these events were known under these ids"),
        Column("known_until", "DATE", "day from which they count under another id instead; exclusive", nullable=True),
        Column("n_events", "INT64", "how many events", minimum=1),
        Column("amount_sum", "FLOAT64", "sum of amounts; null where no event had one", nullable=True),
        Column("amount_max", "FLOAT64", "largest amount; null where no event had one", nullable=True),
    ),
    key=("activity_date", "actor", "creator_id", "fan_id", "event_name", "known_from", "known_until"),
    partition=("activity_date",),
)

COHORT = Table(
    "cohort",
    "Entities at risk on as_of: active within the last active_within_days.",
    (
        _entity, _creator, _fan, _as_of,
        Column("last_active_date", "DATE", "the last day of activity, as known on as_of"),
    ),
    key=_entity_key,
    partition=("entity", "as_of"),
)  # fmt: skip


def labels_table(horizons: tuple[int, ...]) -> Table:
    """`labels` for these horizons: one churned column each."""
    churned = (
        Column(f"churned_{h}d", "BOOL", f"no activity within {h} days; null until mature", nullable=True) for h in horizons
    )
    return Table(
        "labels",
        "What happened after as_of, decided for mature horizons only.",
        (
            _entity, _creator, _fan, _as_of,
            Column(
                "days_until_return", "INT64",
                "days from as_of to the next activity; null beyond the last mature horizon", nullable=True,
                minimum=1, maximum=max(horizons),
            ),
            *churned,
        ),
        key=_entity_key,
        partition=("entity", "as_of"),
    )  # fmt: skip


def risk_scores_table(horizons: tuple[int, ...]) -> Table:
    """`risk_scores` for these horizons: the public contract that others build on."""
    risks = (
        Column(f"risk_{h}d", "FLOAT64", f"calibrated probability of churned_{h}d", minimum=0, maximum=1) for h in horizons
    )
    return Table(
        "risk_scores",
        "The calibrated risk of every entity in the cohort. Public: changing it is a breaking change.",
        (
            _entity, _creator, _fan, _as_of, *risks,
            Column("band", "STRING", "by the model spec's thresholds; unknown where it cannot be said", values=BANDS),
            Column(
                "rank", "INT64", "1 = highest risk at the bands' horizon; null where bands are unknown", nullable=True, minimum=1
            ),
            Column("model_name", "STRING", "the model spec's name"),
            Column("model_version", "STRING", "the registry's version of the champion"),
            Column("spec_hash", "STRING", "hash of data and model spec"),
            Column("data_through", "DATE", "the last complete day of the log behind the score"),
            Column("scored_at", "TIMESTAMP", "when it was scored, UTC"),
        ),
        key=_entity_key,
        partition=("entity", "as_of"),
    )  # fmt: skip


RISK_REASONS = Table(
    "risk_reasons",
    "Why: signed reason codes, each verified by occlusion on the calibrated risk.",
    (
        _entity, _creator, _fan, _as_of,
        Column("position", "INT64", "1 = largest effect", minimum=1),
        Column("code", "STRING", "from the controlled vocabulary of the message catalogue"),
        Column(
            "effect", "FLOAT64",
            "risk minus the risk with typical values for all of the features; effects of several reasons do not add up",
            minimum=-1, maximum=1,
        ),
        Column(
            "joint_effect", "FLOAT64", "the same for the features of all the entity's reasons of this sign at once",
            minimum=-1, maximum=1,
        ),
        Column("horizon", "INT64", "days of the risk that the effect is on"),
        Column("features", "STRING", "the features of the reason's theme, which were occluded together; comma-separated"),
        Column("fact", "STRING", "the raw fact that speaks for the theme, as canonical JSON"),
        Column("text_ko", "STRING", "the reason in Korean"),
        Column("text_en", "STRING", "the reason in English"),
        Column("model_version", "STRING", "the registry's version of the champion"),
    ),
    key=(*_entity_key, "position"),
    partition=("entity", "as_of"),
)  # fmt: skip


def watchlist_table(horizons: tuple[int, ...]) -> Table:
    """`watchlist`: what the ops team acts on."""
    risks = (
        Column(f"risk_{h}d", "FLOAT64", f"calibrated probability of churned_{h}d", minimum=0, maximum=1) for h in horizons
    )
    return Table(
        "watchlist",
        "The top of risk_scores, as many rows as people can act on. Public: changing it is a breaking change.",
        (
            _entity, _creator, _fan, _as_of,
            Column("rank", "INT64", "1 = highest risk at the bands' horizon", minimum=1),
            *risks,
            Column("band", "STRING", "by the model spec's thresholds", values=BANDS),
            Column("last_active_date", "DATE", "the last day of activity"),
            Column("silence_days", "INT64", "days since then", minimum=0),
            Column("usual_gap_days", "FLOAT64", "the entity's own mean gap over 84 days", nullable=True),
            Column("fans_at_stake", "INT64", "fans active in the creator's rooms over 28 days", nullable=True, minimum=0),
            Column("revenue_28d", "FLOAT64", "revenue over 28 days", nullable=True),
            Column("reasons_ko", "STRING", "reasons in Korean, joined by ' · '"),
            Column("reasons_en", "STRING", "reasons in English, joined by ' · '"),
            Column("model_version", "STRING", "the registry's version of the champion"),
        ),
        key=_entity_key,
        partition=("entity", "as_of"),
    )  # fmt: skip


QUALITY_CHECKS = Table(
    "quality_checks",
    "What was checked, on which day's data, with which verdict.",
    (
        Column("checked_at", "TIMESTAMP", "when, UTC"),
        Column("check_name", "STRING", "which check"),
        Column("subject", "STRING", "table, column, event name or file it is about"),
        Column("activity_date", "DATE", "the day it is about; null for the whole log", nullable=True),
        Column("verdict", "STRING", "red stops a run", values=("green", "amber", "red")),
        Column("observed", "STRING", "what was found"),
        Column("expected", "STRING", "what would have been right"),
        Column("message_ko", "STRING", "in words, Korean"),
        Column("message_en", "STRING", "in words, English"),
    ),
    key=("checked_at", "check_name", "subject", "activity_date"),
    partition=("checked_at",),
)

INGESTED_FILES = Table(
    "ingested_files",
    "The report of every file that came through the front door.",
    (
        Column("path", "STRING", "the file"),
        Column("sha256", "STRING", "hash of its bytes; a file with a known hash is not read again"),
        Column("ingested_at", "TIMESTAMP", "when, UTC"),
        Column("bytes", "INT64", "size", minimum=0),
        Column("n_rows", "INT64", "rows or lines read", minimum=0),
        Column("n_events", "INT64", "new events", minimum=0),
        Column("n_duplicates", "INT64", "rows that were already known", minimum=0),
        Column("n_identity_duplicates", "INT64", "the same event before and after identification", minimum=0),
        Column("n_dead", "INT64", "lines that could not be read; see dead_letters", minimum=0),
        Column("n_quarantined", "INT64", "rows with impossible times; see quarantine", minimum=0),
        Column("n_no_actor", "INT64", "rows that name nobody who acted (system rows)", minimum=0),
        Column("n_links", "INT64", "rows that only tell which ids are one person; no activity", minimum=0),
        Column("n_surrogate_ids", "INT64", "rows without an id of their own", minimum=0),
        Column("n_late", "INT64", "events that arrived on a later day than they happened", minimum=0),
        Column("n_nul_stripped", "INT64", "rows whose text held NUL characters or broken Unicode", minimum=0),
        Column("n_negative", "INT64", "events with an amount below zero (refunds), kept", minimum=0),
        Column("n_reused_ids", "INT64", "event ids that occur with several times, names or people, all kept", minimum=0),
        Column("first_time", "TIMESTAMP", "earliest event", nullable=True),
        Column("last_time", "TIMESTAMP", "latest event", nullable=True),
        Column("ingest_spec_hash", "STRING", "hash of the mapping it was read with"),
    ),
    key=("sha256",),
)

DEAD_LETTERS = Table(
    "dead_letters",
    "Lines that could not be read, with where they lie.",
    (
        Column("path", "STRING", "the file"),
        Column("sha256", "STRING", "hash of the file's bytes"),
        Column("line", "INT64", "1-based line (or row) number", minimum=1),
        Column("byte_offset", "INT64", "offset of the line in the uncompressed file", minimum=0),
        Column("reason", "STRING", "why it could not be read"),
        Column("text", "STRING", "its first 1,000 characters"),
    ),
    key=("sha256", "line"),
)

QUARANTINE = Table(
    "quarantine",
    "Rows that were read but whose time cannot be right; they take no part in anything.",
    (
        Column("path", "STRING", "the file"),
        Column("sha256", "STRING", "hash of the file's bytes"),
        Column("line", "INT64", "1-based line (or row) number", minimum=1),
        Column("reason", "STRING", "why: future, before 2005, seconds taken for milliseconds …"),
        Column("event_time", "TIMESTAMP", "the time as read, UTC", nullable=True),
        Column("event_name", "STRING", "what happened", nullable=True),
        Column("actor_id", "STRING", "who", nullable=True),
    ),
    key=("sha256", "line"),
)

WITHOUT_ACTOR = Table(
    "without_actor",
    "Rows that were dropped because they name nobody who acted, counted by file and event name.",
    (
        Column("path", "STRING", "the file"),
        Column("sha256", "STRING", "hash of the file's bytes"),
        Column("event_name", "STRING", "what happened"),
        Column("n_rows", "INT64", "rows so dropped", minimum=1),
        Column("first_day", "DATE", "day of the earliest; null where none has a time", nullable=True),
        Column("last_day", "DATE", "day of the latest", nullable=True),
    ),
    key=("sha256", "event_name"),
)

RUNS = Table(
    "runs",
    "A manifest per run: what was run, on which data, with which code and specs.",
    (
        Column("run_id", "STRING", "time and a random part"),
        Column("command", "STRING", "the fancare command"),
        Column("started_at", "TIMESTAMP", "UTC"),
        Column("finished_at", "TIMESTAMP", "UTC; null while running or when killed", nullable=True),
        Column("status", "STRING", "how it ended", values=("running", "done", "failed")),
        Column("code_version", "STRING", "fancare's version"),
        Column("spec_hash", "STRING", "hash of data and model spec"),
        Column("data_from", "DATE", "first day of the log", nullable=True),
        Column("data_through", "DATE", "last complete day of the log", nullable=True),
        Column("detail", "JSON", "row counts, bytes, figures", nullable=True),
    ),
    key=("run_id",),
)

BUILDS = Table(
    "builds",
    "Which cohort, label and feature partitions are current, and what they were made from.",
    (
        _entity, _as_of,
        Column("data_spec_hash", "STRING", "hash of what they were made from"),
        Column("data_version", "STRING", "hash of the activity_daily days they were made from"),
        Column("feature_hash", "STRING", "hash of the feature names in order"),
        Column("n_rows", "INT64", "entities in the cohort", minimum=0),
    ),
    key=("entity", "as_of"),
    partition=("entity", "as_of"),
)  # fmt: skip

OWN_RHYTHM = Table(
    "own_rhythm",
    "Each entity's usual gap, pooled with the others', and whether its silence is past it; by what was known on as_of.",
    (
        _entity, _creator, _fan, _as_of,
        Column("last_active_date", "DATE", "the last day of activity, as known on as_of"),
        Column("silence_days", "INT64", "days since then", minimum=0),
        Column("n_gaps", "INT64", "how many of its own gaps this rests on, the last 20 at most", minimum=0),
        Column("gap_p50_days", "INT64", "half of its gaps are foretold to end within so many days", minimum=1),
        Column("gap_p95_days", "INT64", "the share [cycles] quantile of them is", minimum=1),
        Column("gap_p95_low_days", "INT64", "lower end of the 95 % interval of the entity's own such quantile", minimum=1),
        Column("gap_p95_high_days", "INT64", "upper end", minimum=1),
        Column("threshold_days", "INT64", "gap_p95_days between [cycles] floor_days and ceiling_days", minimum=1),
        Column("is_called_churned", "BOOL", "silence_days has reached threshold_days"),
    ),
    key=_entity_key,
    partition=("entity", "as_of"),
)  # fmt: skip

OWN_RHYTHM_LABELS = Table(
    "own_rhythm_labels",
    "Who stayed silent past the own rhythm: decided once last_active_date + threshold_days has passed.",
    (
        _entity, _creator, _fan, _as_of,
        Column(
            "churned_own_rhythm", "BOOL",
            "no activity after as_of until last_active_date + threshold_days, ends included; null until that day is complete",
            nullable=True,
        ),
    ),
    key=_entity_key,
    partition=("entity", "as_of"),
)  # fmt: skip

FIXED = (
    EVENTS, IDENTITY_EVIDENCE, IDENTITY_LINKS, CREATORS, ACTIVITY_DAILY, COHORT, RISK_REASONS, QUALITY_CHECKS,
    INGESTED_FILES, DEAD_LETTERS, QUARANTINE, WITHOUT_ACTOR, RUNS, BUILDS,
    OWN_RHYTHM, OWN_RHYTHM_LABELS, DRIFT, PERFORMANCE,
)  # fmt: skip


def all_tables(horizons: tuple[int, ...]) -> tuple[Table, ...]:
    """Every table of fixed shape, for these horizons. Feature tables get their columns from the log; see `panel`."""
    return (*FIXED, labels_table(horizons), risk_scores_table(horizons), watchlist_table(horizons))
