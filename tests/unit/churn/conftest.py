"""One small trained model for all tests of what is built around it."""

from __future__ import annotations

import pytest

from fancare.churn.model import ChurnModel
from fancare.panel.gate import Panel
from tests.drawn_model import drawn_churn_model
from tests.drawn_panel import drawn_panel


@pytest.fixture(scope="session")
def panel() -> Panel:
    return drawn_panel()


@pytest.fixture(scope="session")
def churn_model(panel: Panel) -> ChurnModel:
    return drawn_churn_model(panel)
