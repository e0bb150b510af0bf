"""Leaks that models have shipped with, planted in what really builds ours: each fails its check of the certificate, by name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from fancare.churn.certificate import CHECKS, CheckName
from fancare.progress import Progress
from tests import arriving_platform
from tests.mutations.mutation import Mutation

TENURE = "fancare.panel.features.tenure:tenure_and_weekday"


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = arriving_platform.write_platform(tmp_path_factory.mktemp("arriving"))
    arriving_platform.bring_in(path)
    return path


@dataclass(frozen=True)
class Leak:
    """What is planted where, the checks that must fail, and what they must name (empty: any feature of the model)."""

    defect: str
    place: str
    edits: tuple[tuple[str, str], ...]
    checks: tuple[CheckName, ...]
    named: str = ""


def planted(name: str, expression: str) -> tuple[tuple[str, str], ...]:
    """One more record at the head of a family."""
    return (("return [\n", f'return [record("{name}", "counts", "events", "심은 변수", "planted", "{expression}"),\n'),)


LEAKS = [
    Leak(
        "a count of the next seven days",
        TENURE,
        planted(
            "events_next_7d",
            "(SELECT COUNT(*) FROM activity_daily AS later WHERE later.creator_id = snapshot.creator_id AND later.activity_date"
            " > snapshot.as_of AND later.activity_date <= DATE_ADD(snapshot.as_of, INTERVAL 7 DAY))",
        ),
        ("future_scrambled",),
        "events_next_7d",
    ),
    Leak(
        "late rows count as if they had been there",
        "fancare.panel.blocks:seen_sql",
        (("bucket.known_week <= snapshot.week AND ", ""),),
        ("future_scrambled", "as_known_then"),
    ),
    Leak(
        "today's map of who is whom",
        "fancare.events.daily:SQL",
        (
            ("IF(person.known_from > counted.arrived_on, person.known_from, counted.arrived_on)", "counted.arrived_on"),
            ("person.alias_id = counted.actor_id", "person.alias_id = counted.actor_id AND person.known_until IS NULL"),
        ),
        ("future_scrambled",),
    ),
    Leak(
        "a scaler fitted on the whole history",
        "fancare.churn.model:_candidates",
        (("Encoder.fit(X)", "Encoder.fit(panel.X[:, columns])"),),
        ("training_rows_only",),
    ),
    Leak(
        "training labels that end after the cut",
        "fancare.dates:TimeLine.split_at",
        (("if day + timedelta(h) <= cut)", "if day + timedelta(h) <= origin)"),),
        ("labels_ripe",),
        "training labels",
    ),
    Leak(
        "calibration on labels that may still change",
        "fancare.dates:TimeLine.is_usable",
        (("horizon + self.late_days", "horizon"),),
        ("labels_ripe",),
        "calibration labels",
    ),
    Leak(
        "the churn rate of an id over its whole history",
        TENURE,
        planted(
            "churn_of_the_id",
            "(SELECT AVG(CAST(CAST(told.churned_7d AS INT64) AS FLOAT64)) FROM labels AS told"
            " WHERE told.creator_id = snapshot.creator_id)",
        ),
        ("no_identity",),
        "churn_of_the_id",
    ),
    Leak("the id itself", TENURE, planted("id_length", "LENGTH(snapshot.creator_id)"), ("no_identity",), "id_length"),
    Leak(
        "a feature that no record declares",
        "fancare.panel.feature_query:feature_query",
        (
            (
                "features = features_for(entity, own_slots, revenue, many_rooms, not only_activity)",
                "features = (*features_for(entity, own_slots, revenue, many_rooms, not only_activity), "
                "Feature('slipped_in', 'counts', 'events', '', '', 'own.act_n7'))",
            ),
        ),
        ("no_identity",),
        "slipped_in",
    ),
]  # fmt: skip


@pytest.mark.parametrize("leak", LEAKS, ids=lambda leak: leak.defect)
def test_a_planted_leak_fails_its_check_and_is_named(
    leak: Leak, platform: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Mutation(leak.defect, leak.place, leak.edits, caught_by=lambda: None).apply(monkeypatch)
    with arriving_platform.version_of(platform, tmp_path) as version:
        for check in leak.checks:
            found = getattr(version.certification, check)()
            assert found.status == "failed", check
            assert leak.named in found.worst if leak.named else found.worst in version.bundle.feature_names, found


def test_without_a_leak_every_check_passes(platform: Path, tmp_path: Path) -> None:
    with arriving_platform.version_of(platform, tmp_path) as version:
        found = version.certification.checks(Progress())
    assert tuple(check.name for check in found) == CHECKS
    assert {(check.status, check.worst) for check in found} == {("passed", None)}
