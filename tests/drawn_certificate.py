"""A leakage certificate as it would be had all checks been run, for tests of what comes after it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from fancare.churn import certificate
from fancare.churn.bundle import Bundle
from fancare.churn.certificate import CERTIFICATE, CHECKS, Check

NOW = datetime(2026, 7, 1, 9, tzinfo=UTC)
COMPARED = {"days": "2026-05-01, 2026-06-01", "rows": 120, "cells": 12_000, "strangers": 0, "differing": 0}
NUMBERS = {
    "future_scrambled": COMPARED,
    "as_known_then": {**COMPARED, "risks": 60, "largest_risk_difference": 0.0},
    "training_rows_only": {"rows": 500, "rows_of_the_model": 500, "features": 20, "candidates": 100, "differing": 0},
    "labels_ripe": {
        "training_labels": 1500, "last_training_label": "2026-05-19", "calibration_labels": 300,
        "last_calibration_label": "2026-06-30", "cut": "2026-05-19", "origin": "2026-06-30",
    },
    "no_identity": {**COMPARED, "undeclared": 0, "changed_at_the_gate": 0},
}  # fmt: skip


def checks(failed: str | None = None, worst: str | None = None, event_time_only: bool = False) -> tuple[Check, ...]:
    """All checks, passed but for the one named."""
    return tuple(
        Check(name, "failed", NUMBERS[name], worst)
        if name == failed
        else Check(name, "event_time_only" if event_time_only and name == "as_known_then" else "passed", NUMBERS[name])
        for name in CHECKS
    )


def certify(folder: Path, bundle: Bundle, failed: str | None = None, worst: str | None = None) -> Path:
    """The bundle's certificate beside it, where there is none yet."""
    if not (folder / CERTIFICATE).exists():
        certificate.write(certificate.certified(bundle, checks(failed, worst), NOW), folder)
    return folder / CERTIFICATE
