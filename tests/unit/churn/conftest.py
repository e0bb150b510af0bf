"""One small trained model for all tests of what is built around it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fancare.churn.bundle import Bundle
from fancare.churn.model import ChurnModel
from fancare.churn.registry import Registry
from fancare.config import Config
from fancare.panel.gate import Panel
from tests.drawn_certificate import certify
from tests.drawn_model import drawn_churn_model, drawn_config
from tests.drawn_panel import drawn_panel


@pytest.fixture(scope="session")
def panel() -> Panel:
    return drawn_panel()


@pytest.fixture(scope="session")
def churn_model(panel: Panel) -> ChurnModel:
    return drawn_churn_model(panel)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return drawn_config(tmp_path)


@pytest.fixture
def registry(config: Config) -> Registry:
    return Registry.of(config)


@pytest.fixture(autouse=True)
def _certified(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test registers has passed its leakage checks, so that it may be promoted; not where these are the matter."""
    if "certificate" in request.path.stem:
        return
    register = Registry.register

    def registered(registry: Registry, bundle: Bundle) -> str:
        version = register(registry, bundle)
        certify(registry.root / bundle.name / version, bundle)
        return version

    monkeypatch.setattr(Registry, "register", registered)
