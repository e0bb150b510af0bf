"""The pages of activity cycles and of the learning curve in a real browser, at the widths of a desk, a tablet and a phone."""

from __future__ import annotations

import pytest

from fancare.panel.cycles.study import study
from fancare.reports import cycles, learning_curve
from tests.browser import chromium
from tests.browser.test_report_page import SCRIPT, WIDTHS
from tests.drawn_log import config, day
from tests.unit.reports.test_cycles import THROUGH, drawn
from tests.unit.reports.test_learning_curve import HARDLY, RISING, curve

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(chromium.find() is None, reason="no Chromium on this machine: apt-get install chromium fonts-nanum"),
]


def cycles_page() -> str:
    with drawn() as made:
        return cycles.html(study(made, config(), day(THROUGH)), config())


def learning_curve_page() -> str:
    return learning_curve.html(curve(RISING, HARDLY), config())


PAGES = {
    "cycles": (cycles_page, "<title>크리에이터 활동 주기 · 2026-09-26</title>", 50),
    "learning curve": (learning_curve_page, "<title>크리에이터 학습 곡선 · 2026-05-01</title>", 20),
}


@pytest.fixture(scope="module", params=PAGES)
def made(request) -> tuple[str, str, int]:
    """The page, its title, and how many pieces of text it has in each language at least."""
    draw, title, pieces = PAGES[request.param]
    return draw(), title, pieces


@pytest.fixture(scope="module")
def measured(made, tmp_path_factory) -> dict[str, dict]:
    frames = {name: (made[0], width) for name, width in WIDTHS.items()}
    return chromium.measure(frames, SCRIPT, tmp_path_factory.mktemp("chromium"))


@pytest.mark.parametrize("frame", WIDTHS)
def test_it_reads_well_at_every_width_in_both_languages(made, measured, frame):
    found = measured[frame]
    assert found["beyond"] == []
    assert max(found["scroll"], found["english"]["scroll"]) <= found["width"] == WIDTHS[frame]
    assert (found["strays"], found["collisions"], found["overlaps"], found["faint"]) == ([], [], [], [])
    assert found["smallest"] >= 8
    assert found["korean"]["en"] == found["english"]["ko"] == 0
    assert found["korean"]["ko"] == found["english"]["en"] > made[2]


def test_the_browser_fetches_nothing_and_complains_about_nothing(made, measured, tmp_path):
    page, title, _ = made
    path = tmp_path / "page.html"
    path.write_text(page, encoding="utf-8")
    document, console = chromium.dump(path.as_uri(), tmp_path)
    assert console == []
    assert title in document
    assert measured["desk"]["resources"] == []
