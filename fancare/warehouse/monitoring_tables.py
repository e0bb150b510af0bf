"""The tables of `fancare monitor`: what has moved since training, and what became of earlier risks. Part of the schema."""

from __future__ import annotations

from fancare.warehouse.key_columns import AS_OF, ENTITY
from fancare.warehouse.table import Column, Table

DRIFT = Table(
    "drift",
    "How far each feature and each risk of a scored day has moved since training, on bins frozen with the model.",
    (
        ENTITY, AS_OF,
        Column("model_name", "STRING", "the model spec's name"),
        Column("model_version", "STRING", "the version that scored as_of"),
        Column("kind", "STRING", "what moved", values=("feature", "score")),
        Column("name", "STRING", "the feature's name, or the column of risk_scores"),
        Column("meaning_ko", "STRING", "what it is, in Korean"),
        Column("meaning_en", "STRING", "what it is, in English"),
        Column("event_name", "STRING", "the event a feature is about; null where it is about none", nullable=True),
        Column("n", "INT64", "entities scored on as_of", minimum=1),
        Column("psi", "FLOAT64", "population stability index against the frozen bins", minimum=0),
        Column("psi_by_chance", "FLOAT64", "what chance alone stays below in 99 of 100 draws of so few rows", minimum=0),
        Column("psi_of_weeks", "FLOAT64", "the largest index of one reference week against the others", minimum=0),
        Column("bound", "FLOAT64", "the largest of these two and the model spec's [monitor] bound", minimum=0),
        Column("mean_before", "FLOAT64", "mean of the defined values in the reference weeks", nullable=True),
        Column("mean_now", "FLOAT64", "mean of the defined values on as_of", nullable=True),
        Column("undefined_before", "FLOAT64", "share of undefined values in the reference weeks", minimum=0, maximum=1),
        Column("undefined_now", "FLOAT64", "share of undefined values on as_of", minimum=0, maximum=1),
        Column("verdict", "STRING", "drifted: psi is above its bound", values=("stable", "drifted")),
    ),
    key=("entity", "as_of", "kind", "name"),
    partition=("entity", "as_of"),
)  # fmt: skip

KEPT = ("kept", "broken", "unknown")
PERFORMANCE = Table(
    "performance",
    "What became of the risks of earlier days, by what was known on as_of, beside what the backtest promised.",
    (
        ENTITY,
        Column("as_of", "DATE", "the monitored day: only outcomes known on it count"),
        Column("is_pooled", "BOOL", "whether the row is of all scored days of the window together"),
        Column("first_scored", "DATE", "the scored day, or the first of the window"),
        Column("last_scored", "DATE", "the same day, or the last of the window"),
        Column("horizon", "INT64", "days of the risk", minimum=1),
        Column("model_name", "STRING", "the model spec's name"),
        Column("model_version", "STRING", "the version that gave the risks"),
        Column("n", "INT64", "rows with a ripe outcome; a draw of entities where there are very many", minimum=1),
        Column("churn_rate", "FLOAT64", "share that really was silent", minimum=0, maximum=1),
        Column("mean_risk", "FLOAT64", "what was said", minimum=0, maximum=1),
        Column("gap_low", "FLOAT64", "mean_risk minus churn_rate: lower end of the 95 % interval", nullable=True),
        Column("gap_high", "FLOAT64", "upper end", nullable=True),
        Column("auc", "FLOAT64", "null with one outcome only", nullable=True, minimum=0, maximum=1),
        Column("auc_low", "FLOAT64", "lower end of the 95 % interval, clustered by entity", nullable=True),
        Column("auc_high", "FLOAT64", "upper end", nullable=True),
        Column("ece", "FLOAT64", "calibration error", minimum=0, maximum=1),
        Column("log_loss", "FLOAT64", "mean negative log likelihood, in nats", minimum=0),
        Column("watchlist_n", "INT64", "rows among the first [ops] capacity ranks", minimum=0),
        Column("watchlist_lift", "FLOAT64", "their churn rate over churn_rate; null where it cannot be said", nullable=True),
        Column("promised_auc", "FLOAT64", "of the version's backtest; null where it had none", nullable=True),
        Column("promised_auc_low", "FLOAT64", "lower end of its interval", nullable=True),
        Column("promised_auc_high", "FLOAT64", "upper end", nullable=True),
        Column("promised_ece", "FLOAT64", "the backtest's calibration error", nullable=True),
        Column("ranking", "STRING", "broken: the AUC's interval lies below the promised one", values=KEPT),
        Column("level", "STRING", "broken: the gap's interval lies outside of what is tolerated", values=KEPT),
    ),
    key=("entity", "as_of", "is_pooled", "first_scored", "horizon", "model_version"),
    partition=("entity", "as_of"),
)  # fmt: skip
