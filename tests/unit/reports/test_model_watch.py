"""The page's section on whether the model is still right: true to the tables, absent where nothing was monitored."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from fancare.churn import monitor
from fancare.churn.registry import Registry
from fancare.reports import model_watch
from fancare.reports.page import html
from fancare.warehouse.duckdb_engine import Warehouse
from fancare.warehouse.schema import DRIFT, PERFORMANCE, risk_scores_table
from tests.report_tables import AS_OF, CONTRIBUTIONS, HORIZONS, backtest, config, platform, put
from tests.unit.reports.page_reader import Page

HOSTILE = "<script>\u202ealert(1)</script>"


def monitored(made: Warehouse, day: date, auc: float, drifted: int = 0, version: str = "v1", last: int = 14) -> None:
    """A monitored day on which ``drifted`` of ten features moved and the 14-day AUC of the window was ``auc``."""
    about = {"entity": "creator", "as_of": day, "model_name": "creator_churn", "model_version": version}
    put(made, DRIFT, [
        about | {"kind": "feature", "name": f"f{i}", "meaning_ko": f"변수 {i} {HOSTILE}", "meaning_en": f"feature {i} {HOSTILE}",
                 "event_name": HOSTILE, "n": 50, "psi": 0.3 + i if i < drifted else 0.1, "psi_by_chance": 0.1,
                 "psi_of_weeks": 0.1, "bound": 0.25, "mean_before": 3.0, "mean_now": 0.0, "undefined_before": 0.0,
                 "undefined_now": 0.0, "verdict": "drifted" if i < drifted else "stable"}
        for i in range(10)
    ])  # fmt: skip
    put(made, PERFORMANCE, [
        about | {"is_pooled": True, "first_scored": day - timedelta(28), "last_scored": day - timedelta(last), "horizon": 14,
                 "n": 800, "churn_rate": 0.2, "mean_risk": 0.21, "gap_low": 0.0, "gap_high": 0.02, "auc": auc,
                 "auc_low": auc - 0.03, "auc_high": auc + 0.03, "ece": 0.01, "log_loss": 0.5, "watchlist_n": 0,
                 "promised_auc": 0.85, "promised_auc_low": 0.83, "promised_auc_high": 0.87, "promised_ece": 0.02,
                 "ranking": "broken" if auc < 0.8 else "kept", "level": "kept"}
    ])  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Page:
    """The page of a platform whose model ranks worse from day to day."""
    with Warehouse.in_memory() as made:
        platform(made, creators=8, weeks=16, scored_days=2)
        for back, auc in ((3, 0.86), (2, 0.84), (1, 0.78), (0, 0.77)):
            monitored(made, AS_OF - timedelta(back), auc, drifted=3 if back < 2 else 0)
        return Page(html(made, config(tmp_path_factory.mktemp("watch")), AS_OF, backtest(), CONTRIBUTIONS))


def test_the_section_says_what_was_found_and_shows_realised_beside_promised(whole):
    text = whole.said("ko")
    assert "모델이 아직 맞나" in text
    assert "경보 (연속 2회 발견)" in text
    assert "실제 AUC 0.770 (0.740~0.800), 약속 0.850 (0.830~0.870)" in text
    assert "약속한 AUC와 실제 AUC (14일)" in text
    assert text.index("변수 2 <") < text.index("변수 1 <") < text.index("변수 0 <"), (
        "the furthest beyond its bound first"
    )
    assert "변수 3 <" not in text


def test_names_from_the_log_stay_names(whole):
    assert "\u202e" not in whole.source
    assert "<script" not in whole.source


def test_without_a_monitored_day_there_is_no_section(tmp_path: Path):
    with Warehouse.in_memory() as made:
        platform(made, creators=8, weeks=16, scored_days=2)
        assert model_watch.read(made, config(tmp_path), AS_OF) is None
        assert "모델이 아직 맞나" not in html(made, config(tmp_path), AS_OF, backtest(), CONTRIBUTIONS)


def test_the_page_of_an_earlier_day_does_not_see_later_runs(tmp_path: Path):
    with Warehouse.in_memory() as made:
        for back, auc in ((2, 0.86), (1, 0.78), (0, 0.77)):
            monitored(made, AS_OF - timedelta(back), auc)
        found = model_watch.read(made, config(tmp_path), AS_OF - timedelta(1))
        now = model_watch.read(made, config(tmp_path), AS_OF)
    assert found is not None
    assert now is not None
    assert (found.state, now.state) == ("amber", "red")
    assert found.chart is not None
    assert "0.77" not in str(found.chart)
    assert "0.77" in str(now.chart)


def test_one_day_is_no_line_yet(tmp_path: Path):
    with Warehouse.in_memory() as made:
        monitored(made, AS_OF, 0.86)
        found = model_watch.read(made, config(tmp_path), AS_OF)
    assert found is not None
    assert (found.state, found.findings, found.drifted, found.chart) == ("green", (), (), None)


def test_where_two_versions_have_outcomes_the_newer_scores_are_drawn(tmp_path: Path):
    with Warehouse.in_memory() as made:
        monitored(made, AS_OF - timedelta(1), 0.91)
        monitored(made, AS_OF, 0.92, version="v1", last=20)
        monitored(made, AS_OF, 0.83, version="v2", last=14)
        found = model_watch.read(made, config(tmp_path), AS_OF)
    assert found is not None
    assert "0.83" in str(found.chart)
    assert "0.92" not in str(found.chart)


def scored(made: Warehouse, day: date, version: str) -> None:
    """One creator scored by a version on a day."""
    about = {"entity": "creator", "creator_id": "c1", "as_of": day, "band": "low", "model_name": "creator_churn"}
    risks = {f"risk_{h}d": 0.2 for h in HORIZONS}
    times = {"data_through": day, "scored_at": datetime(2026, 6, 30)}
    put(made, risk_scores_table(HORIZONS), [about | risks | times | {"model_version": version, "spec_hash": "s"}])


def test_versions_of_which_nothing_could_be_judged_are_named_with_why_korean_first(tmp_path: Path, monkeypatch) -> None:
    other = SimpleNamespace(bundle=SimpleNamespace(churn=SimpleNamespace(data_spec_hash="another")))
    with Warehouse.in_memory() as made:
        platform(made, creators=8, weeks=16, scored_days=2)
        monitored(made, AS_OF, 0.86)
        # v1 is judged; of the scores of two others some are ripe within the window, of a third none are
        for back, version in (
            (20, "v1"),
            (20, "20260101-aaaaaaaa"),
            (9, "20260102-bbbbbbbb"),
            (3, "20260103-cccccccc"),
        ):
            scored(made, AS_OF - timedelta(back), version)
        settings = config(tmp_path)
        assert [one.code for one in monitor.monitored_day(made, settings, AS_OF).left_out] == ["gone", "gone"]
        load = Registry.load
        monkeypatch.setattr(Registry, "load", lambda self, *a: other if a[1].endswith("b") else load(self, *a))
        text = Page(html(made, settings, AS_OF, backtest(), CONTRIBUTIONS)).said("ko")
        (gone, definition) = monitor.monitored_day(made, settings, AS_OF).left_out
    assert (gone.version, gone.code, definition.version, definition.code) == (
        "20260101-aaaaaaaa", "gone", "20260102-bbbbbbbb", "definition",
    )  # fmt: skip
    assert "20260101-aaaaaaaa의 점수는 판정하지 못했습니다: 모델이 저장소에 없거나 손상됨" in text
    assert "20260102-bbbbbbbb의 점수는 판정하지 못했습니다: 지금과 다른 이탈 정의로 학습됨" in text
    assert "20260103-cccccccc" not in text
