"""The page of activity cycles in a real browser, at the widths of a desk, a tablet and a phone."""

from __future__ import annotations

import pytest

from fancare.panel.cycles.study import study
from fancare.reports.cycles import html
from tests.browser import chromium
from tests.browser.test_report_page import SCRIPT, WIDTHS
from tests.drawn_log import config, day
from tests.unit.reports.test_cycles import THROUGH, drawn

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(chromium.find() is None, reason="no Chromium on this machine: apt-get install chromium fonts-nanum"),
]


@pytest.fixture(scope="module")
def page() -> str:
    with drawn() as made:
        return html(study(made, config(), day(THROUGH)), config())


@pytest.fixture(scope="module")
def measured(page, tmp_path_factory) -> dict[str, dict]:
    frames = {name: (page, width) for name, width in WIDTHS.items()}
    return chromium.measure(frames, SCRIPT, tmp_path_factory.mktemp("chromium"))


@pytest.mark.parametrize("frame", WIDTHS)
def test_it_reads_well_at_every_width_in_both_languages(measured, frame):
    found = measured[frame]
    assert found["beyond"] == []
    assert max(found["scroll"], found["english"]["scroll"]) <= found["width"] == WIDTHS[frame]
    assert (found["strays"], found["collisions"], found["overlaps"], found["faint"]) == ([], [], [], [])
    assert found["smallest"] >= 8
    assert found["korean"]["en"] == found["english"]["ko"] == 0
    assert found["korean"]["ko"] == found["english"]["en"] > 50


def test_the_browser_fetches_nothing_and_complains_about_nothing(page, measured, tmp_path):
    path = tmp_path / "cycles.html"
    path.write_text(page, encoding="utf-8")
    document, console = chromium.dump(path.as_uri(), tmp_path)
    assert console == []
    assert "<title>크리에이터 활동 주기 · 2026-09-26</title>" in document
    assert measured["desk"]["resources"] == []
