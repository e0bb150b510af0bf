"""Certifying a version: each way a model may know the future is tried on its own tables.

    future_scrambled     all after a training day is scrambled: its features stay as they are stored, bit by bit
    as_known_then        rebuilt from what had arrived by a day: the same features, the same risks, and those that were served
    training_rows_only   encoder, typical values and pruning made again from the training rows alone: the same
    labels_ripe          no label that trained or calibrated ends after it may be known
    no_identity          ids renamed, labels dealt anew: the same features; and each is one that is declared

Needs the builds of the version's own training days, as of its origin. The log's warehouse is only read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from fancare.churn import certificate, served
from fancare.churn.between import away_between, days_between
from fancare.churn.bundle import Bundle
from fancare.churn.certificate import Certificate, Check, CheckName
from fancare.churn.encode import Encoder
from fancare.churn.model import FITTING_ROWS, columns_of, medians
from fancare.churn.pruning import prune
from fancare.churn.registry import Registry
from fancare.churn.selection import calibration_rows, evenly, known_columns, training_rows
from fancare.config import Config
from fancare.dates import OriginSplit, TimeLine
from fancare.errors import Refused
from fancare.events.altered_log import copy_as_arrived, copy_scrambled, has_arrival
from fancare.panel.build import plan
from fancare.panel.event_slots import event_slots
from fancare.panel.features import features_for
from fancare.panel.float_rows import taken
from fancare.panel.gate import Panel, read_panel
from fancare.panel.rebuilt import (
    COHORT,
    BuiltDay,
    Compared,
    built_day,
    compare,
    copy_as_it_is,
    copy_under_other_ids,
    rebuilt,
    scratch_beside,
)
from fancare.progress import Progress
from fancare.warehouse.duckdb_engine import Warehouse

RISK_TOLERANCE = 1e-6
EXACT = 1e-12
CALIBRATION_TOLERANCE = 1e-4  # other processors and threads add up in another order


def certify(
    warehouse: Warehouse, config: Config, bundle: Bundle, timeline: TimeLine, progress: Progress
) -> tuple[Check, ...]:
    """Every check of the bundle, in the certificate's order; ``timeline`` ends on the bundle's origin."""
    return Certification.of(warehouse, config, bundle, timeline).checks(progress)


def certify_version(
    warehouse: Warehouse, config: Config, version: str, timeline: TimeLine, now: datetime, progress: Progress
) -> tuple[Certificate, Path]:
    """The certificate of a version in the registry, written beside it, and where it lies."""
    loaded = Registry.of(config).load(config.model.name, version)
    checks = certify(warehouse, config, loaded.bundle, timeline, progress)
    made = certificate.certified(loaded.bundle, checks, now)
    return made, certificate.write(made, loaded.folder)


def version_to_certify(config: Config, version: str | None) -> tuple[str, date]:
    """The version (None: the newest) and its origin; `Refused` where the registry has none."""
    registry, name = Registry.of(config), config.model.name
    if version is None:
        kept = registry.versions(name)
        if not kept:
            raise Refused(f"{name} has no version in {registry.root} to certify; train one with `fancare train`.")
        version = kept[-1]
    return version, registry.load(name, version).bundle.interval.origin


@dataclass(frozen=True)
class Certification:
    """One bundle on trial; ``panel`` is the weekly one that trained it, with all candidates and its origin's labels."""

    warehouse: Warehouse
    config: Config
    bundle: Bundle
    split: OriginSplit
    panel: Panel
    _read: dict[date, BuiltDay] = field(default_factory=dict, repr=False, compare=False)  # as they are stored

    @classmethod
    def of(cls, warehouse: Warehouse, config: Config, bundle: Bundle, timeline: TimeLine) -> Certification:
        """The trial by the spec that the bundle was made with; `Refused` where it is of another definition of churn."""
        if bundle.churn.data_spec_hash != config.data_spec_hash:
            raise Refused(
                f"{bundle.version} was trained on another definition of churn than {config.path.name} has (its events, horizons "
                f"or days at risk), so its features cannot be made again; certify it with that configuration, or train a new "
                f"model with --retrain."
            )
        config = replace(config, model=bundle.spec)
        split = timeline.split_at(timeline.data_through, config.model.train.calibration_weeks)
        candidates = plan(warehouse, config, split.origin).features
        return cls(
            warehouse, config, bundle, split, read_panel(warehouse, config, timeline.weekly_as_ofs(), candidates)
        )

    def checks(self, progress: Progress) -> tuple[Check, ...]:
        """All of them."""
        found = []
        steps = (self.future_scrambled, self.as_known_then, self.training_rows_only, self.labels_ripe, self.no_identity)
        with progress.task("leakage certificate", total=len(steps)) as task:
            for step in steps:
                found.append(step())
                task.advance(note=found[-1].name)
        return tuple(found)

    # --- the log

    def future_scrambled(self) -> Check:
        """The oldest training day and the newest, each with all after it scrambled.

        The oldest has the least behind it, the newest the most; what comes after either is made up in full, so a day between
        them would show nothing that neither of them does.
        """
        chosen = sorted({self.split.training_as_ofs[0], self.split.training_as_ofs[-1]})
        compared = []
        for day in chosen:
            with self._scratch() as scratch:
                copy_scrambled(self.warehouse, scratch, self.config, day)
                compared.append(compare(self._stored(day), rebuilt(scratch, self.config, [day], day)[day]))
        return _of_features("future_scrambled", compared)

    def as_known_then(self) -> Check:
        """The origin and the last day this version scored from what had arrived by then; and what was served (`served`)."""
        own = {self.split.origin, *self._last_scored()}
        days_served = {one.as_of: one for one in served.served_days(self.warehouse, self.config, own)}
        compared, held, worst_risk, n_risks = [], [], 0.0, 0
        for day in sorted({*own, *days_served}):
            with self._scratch() as scratch:
                copy_as_arrived(self.warehouse, scratch, self.config, day)
                if day in own:
                    compared.append(compare(self._stored(day), rebuilt(scratch, self.config, [day], day)[day]))
                    if not compared[-1].strangers:
                        stored, then = (self._risks(tables, day) for tables in (self.warehouse, scratch))
                        n_risks += stored.size
                        worst_risk = float(np.maximum(worst_risk, np.abs(stored - then).max(initial=0.0)))  # NaN stays
                if day in days_served:
                    held.append(
                        served.held_against(self.warehouse, scratch, self.config, days_served[day], self.bundle)
                    )
        check = _of_features("as_known_then", compared)
        risks = {"risks": n_risks, "largest_risk_difference": round(worst_risk, 6)}
        check = replace(check, numbers={**check.numbers, **risks, **served.told(held)})
        if check.status == "passed" and (not n_risks or not worst_risk <= RISK_TOLERANCE):  # NaN is no equal risk
            return replace(check, status="failed", worst="risk")
        apart = [one for one in held if one.why is None and not one.equal]
        if check.status == "passed" and apart:
            return replace(check, status="failed", worst=f"{served.WORST} of {apart[0].as_of}")
        if check.status == "passed" and not has_arrival(self.warehouse):
            return replace(check, status="event_time_only")
        return check

    def _last_scored(self) -> set[date]:
        """The last day that the version scored and whose features are still there; none for a fresh one."""
        if not self.warehouse.has_table("risk_scores"):
            return set()
        scored = self.warehouse.value(
            "SELECT MAX(s.as_of) FROM risk_scores AS s INNER JOIN builds AS b ON b.entity = s.entity AND b.as_of = s.as_of "
            "WHERE s.entity = @entity AND s.model_version = @version AND s.as_of >= @origin",
            {"entity": self.config.churn.entity, "version": self.bundle.version, "origin": self.split.origin},
        )
        return {scored} if scored else set()

    def _risks(self, tables: Warehouse, day: date) -> np.ndarray:
        panel = read_panel(tables, self.config, [day], self.bundle.features, with_labels=False)
        return self.bundle.model.risks_of(panel)

    # --- the model

    def training_rows_only(self) -> Check:
        """What was fitted beside the network, made again from the rows whose labels end by the cut."""
        model, spec, panel = self.bundle.model, self.config.model, self.panel
        rows, columns = training_rows(panel, self.split, spec.train), known_columns(panel, self.split)
        names = tuple(panel.feature_names[j] for j in columns)
        drawn = evenly(len(rows.index), FITTING_ROWS)
        X = taken(panel.X, rows.index[drawn], columns)
        encoder = Encoder.fit(X)
        pruning = prune(names, encoder.transform(X), rows.churned[drawn], panel.as_of[rows.index[drawn]], spec.prune)
        kept = [names.index(name) for name in model.feature_names if name in names]
        gone = [names.index(dropped.feature) for dropped in model.pruning.dropped if dropped.feature in names]
        apart: dict[str, float] = {name: np.inf for name in model.feature_names if name not in names}
        if not apart:
            theirs = model.encoder.to_dict()
            for part, mine in encoder.columns(np.array(kept)).to_dict().items():
                _apart(apart, model.feature_names, mine, theirs[part])
            _apart(apart, model.feature_names, medians(X[:, kept]), model.reference)
            told = [dropped.feature for dropped in model.pruning.dropped if dropped.feature in names]
            _apart(apart, told, medians(X[:, gone]), model.typical_facts)
        for name in sorted(set(pruning.kept) ^ set(model.feature_names)):
            apart.setdefault(name, np.inf)
        numbers: dict[str, int | float | str] = {
            "rows": len(rows.index),
            "rows_of_the_model": model.n_rows,
            "features": len(model.feature_names),
            "candidates": len(names),
            "differing": len(apart),
        }
        worst = max(sorted(apart), key=lambda name: apart[name]) if apart else None
        if worst is None and len(rows.index) != model.n_rows:
            worst = "rows"
        return Check("training_rows_only", "failed" if worst else "passed", numbers, worst)

    def labels_ripe(self) -> Check:
        """By the days alone: training labels end by the cut, calibration labels by the origin, less what may arrive late."""
        panel, model, origin, cut = self.panel, self.bundle.model, self.split.origin, self.bundle.interval.cut
        train = training_rows(panel, self.split, self.config.model.train)
        recent = calibration_rows(panel, self.split.calibration)
        late = timedelta(self.config.source.late_days_in_force)
        between = ~np.isnan(away_between(panel, train.index, self.split))
        train_end = max(
            _last_label(panel, train.index, ~np.isnan(train.churned)),
            _last_label(panel, train.index, between, days_between(panel.horizons)),
        )
        recent_end = _last_label(panel, recent.index, ~np.isnan(recent.churned))
        first_calibration = min(day for days in self.split.calibration.values() for day in days)
        again = model.recalibrated(model.logits_of(panel, recent.index), recent).calibration
        moved = max(
            abs(a - b)
            for a, b in zip(
                (*again.slopes, *again.shifts), (*model.calibration.slopes, *model.calibration.shifts), strict=True
            )
        )
        numbers: dict[str, int | float | str] = {
            "training_labels": int((~np.isnan(train.churned)).sum()),
            "last_training_label": str(train_end),
            "calibration_labels": int(recent.mask.sum()),
            "last_calibration_label": str(recent_end),
            "cut": str(cut),
            "origin": str(origin),
        }
        wrong = [
            ("origin", self.bundle.interval.origin != origin or model.origin != origin),
            ("training labels", train_end > cut or cut != self.split.cut or cut > first_calibration),
            ("calibration labels", recent_end + late > origin),
            ("calibration", not moved <= CALIBRATION_TOLERANCE),
        ]
        worst = next((what for what, is_wrong in wrong if is_wrong), None)
        return Check("labels_ripe", "failed" if worst else "passed", numbers, worst)

    # --- who it is

    def no_identity(self) -> Check:
        """Features of days in the middle and at the end under other ids and labels; and none that is not declared."""
        days = self.split.training_as_ofs
        chosen = sorted({days[len(days) // 2], days[-1]})
        stored = {day: self._stored(day) for day in chosen}
        with self._scratch() as scratch:
            copy_under_other_ids(self.warehouse, scratch, self.config)
            other = rebuilt(scratch, self.config, chosen, self.split.origin)
        compared = [compare(stored[day].renamed(), other[day]) for day in chosen]
        if not all(one.equal for one in compared):  # or is it that what is stored cannot be made again?
            with self._scratch() as scratch:
                copy_as_it_is(self.warehouse, scratch, self.config)
                plain = rebuilt(scratch, self.config, chosen, self.split.origin)
            compared = [compare(plain[day].renamed(), other[day]) for day in chosen]
        check = _of_features("no_identity", compared)
        undeclared = self._undeclared()
        at_the_gate = self._changed_at_the_gate(stored[chosen[-1]])
        check = replace(
            check, numbers={**check.numbers, "undeclared": len(undeclared), "changed_at_the_gate": len(at_the_gate)}
        )
        worst = next(iter([*undeclared, *at_the_gate]), None)
        return replace(check, status="failed", worst=worst) if worst else check

    def _undeclared(self) -> list[str]:
        """Features of the model that no record of `fancare.panel.features` declares so, or that are built otherwise."""
        entity, origin = self.config.churn.entity, self.split.origin
        slots = event_slots(self.warehouse, self.config, origin).of_entity
        declared = {(f.name, f.expression) for f in features_for(entity, slots, True, True, True)}
        built = {(f.name, f.expression) for f in plan(self.warehouse, self.config, origin).features}
        return [f.name for f in self.bundle.features if (f.name, f.expression) not in declared & built]

    def _changed_at_the_gate(self, stored: BuiltDay) -> list[str]:
        """Features of the model whose cells in the panel that trains are not those of the table."""
        position = {name: j for j, name in enumerate(stored.names)}
        panel = self.panel.rows(self.panel.as_of == np.datetime64(stored.as_of))
        own = zip(
            [None] * len(panel) if panel.creator_id is None else panel.creator_id.tolist(),
            [None] * len(panel) if panel.fan_id is None else panel.fan_id.tolist(),
            strict=True,
        )
        place = {id: row for row, id in enumerate(own)}
        if set(place) != set(stored.ids):
            return [COHORT]
        order = np.array([place[id] for id in stored.ids], dtype=int)
        columns = columns_of(panel, self.bundle.feature_names)
        return [
            name
            for name, j in zip(self.bundle.feature_names, columns, strict=True)
            if name not in position
            or not np.array_equal(panel.X[order, j], stored.X[:, position[name]].astype(np.float32), equal_nan=True)
        ]

    # --- what they share

    def _stored(self, day: date) -> BuiltDay:
        if day not in self._read:
            self._read[day] = built_day(self.warehouse, self.config, day)
        return self._read[day]

    def _scratch(self) -> AbstractContextManager[Warehouse]:
        return scratch_beside(self.warehouse, self.config.warehouse.memory_limit, self.config.warehouse.threads)


def _of_features(name: CheckName, compared: Iterable[Compared]) -> Check:
    """What the comparison of several days says; where nothing was compared, nothing was shown, and it fails."""
    compared = list(compared)
    differing: dict[str, int] = {}
    for one in compared:
        for feature, count in one.differing.items():
            differing[feature] = differing.get(feature, 0) + count
    strangers = sum(one.strangers for one in compared)
    numbers: dict[str, int | float | str] = {
        "days": ", ".join(str(one.as_of) for one in compared),
        "rows": sum(one.rows for one in compared),
        "cells": sum(one.cells for one in compared),
        "strangers": strangers,
        "differing": sum(differing.values()),
        "features_differing": len(differing),
    }
    worst = (
        max(sorted(differing), key=lambda feature: differing[feature])
        if differing
        else COHORT
        if strangers or not numbers["cells"]
        else None
    )
    return Check(name, "failed" if worst else "passed", numbers, worst)


def _apart(found: dict[str, float], names: Sequence[str], mine: Any, theirs: Any) -> None:
    """Note into ``found`` the features whose fitted values are further apart than rounding."""
    a, b = np.asarray(mine, dtype=np.float64), np.asarray(theirs, dtype=np.float64)
    if a.shape != b.shape or a.shape[0] != len(names):
        found.update(dict.fromkeys(names, np.inf))
        return
    if not names:
        return
    with np.errstate(invalid="ignore"):
        away = np.where(np.isnan(a) & np.isnan(b), 0.0, np.abs(a - b) / np.maximum(1.0, np.abs(b)))
    away = np.where(np.isnan(away), np.inf, away).reshape(len(names), -1).max(axis=1)
    for name, distance in zip(names, away.tolist(), strict=True):
        if distance > EXACT:
            found[name] = max(found.get(name, 0.0), distance)


def _last_label(panel: Panel, index: np.ndarray, used: np.ndarray, days: Sequence[int] = ()) -> date:
    """The day on which the last label that is used (n, k) ends, after so many ``days`` (default: the horizons).

    The first of all days where none is used.
    """
    ends = [
        panel.as_of[index][used[:, k]].max().item() + timedelta(h)
        for k, h in enumerate(days or panel.horizons)
        if used[:, k].any()
    ]
    return max(ends, default=date.min)
