"""The report page in a real browser: what only a browser knows, at the widths of a desk, a tablet and a phone."""

from __future__ import annotations

from pathlib import Path

import pytest

from fancare.churn.admission import Admission
from fancare.reports import gate_words, watchlist
from fancare.reports.page import html
from fancare.warehouse.duckdb_engine import Warehouse
from tests import report_tables
from tests.browser import chromium
from tests.drawn_gate import LET_IN, REFUSED
from tests.report_tables import AS_OF, CONTRIBUTIONS

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(chromium.find() is None, reason="no Chromium on this machine: apt-get install chromium fonts-nanum"),
]

SCRIPT = Path(__file__).with_name("measure.js").read_text(encoding="utf-8")
WIDTHS = {"desk": 1280, "tablet": 800, "phone": 390, "small": 320}
HOSTILE = (
    "<img src=https://evil.example/x onerror=alert(1)>", "별\u202egnp.exe", "🦊" * 300, "x" * 300, "two\nlines", "가" * 90,
    "</svg><script>document.title='owned'</script>", "=HYPERLINK()",
)  # fmt: skip


def page(folder: Path, names: tuple[str, ...] = (), capacity: int = 20) -> str:
    config = report_tables.config(folder, capacity=capacity)
    hostile = {i: f"{name}{i}" for i, name in enumerate(names * 7)}
    with Warehouse.in_memory() as warehouse:
        report_tables.platform(warehouse, hostile=hostile)
        watchlist.build(warehouse, config, AS_OF)
        contributions = [*CONTRIBUTIONS, *((name, name, 0.01) for name in names)]
        gate = gate_words.read(Admission(LET_IN.version, LET_IN, REFUSED), config.platform.timezone)
        return html(warehouse, config, AS_OF, report_tables.backtest(), contributions, gate=gate)


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("pages")
    return {"plain": page(folder), "hostile": page(folder, HOSTILE, capacity=60)}


@pytest.fixture(scope="module")
def measured(pages, tmp_path_factory) -> dict[str, dict]:
    """Every page at every width."""
    frames = {f"{kind}_{name}": (text, width) for kind, text in pages.items() for name, width in WIDTHS.items()}
    return chromium.measure(frames, SCRIPT, tmp_path_factory.mktemp("chromium"))


FRAMES = [f"{kind}_{name}" for kind in ("plain", "hostile") for name in WIDTHS]


@pytest.mark.parametrize("frame", FRAMES)
def test_nothing_sticks_out_in_either_language(measured, frame):
    found = measured[frame]
    assert found["width"] == WIDTHS[frame.split("_")[1]]
    assert found["beyond"] == []
    assert found["scroll"] <= found["width"]
    assert found["english"]["scroll"] <= found["width"]


@pytest.mark.parametrize("frame", FRAMES)
def test_words_lie_inside_their_charts_and_not_on_each_other(measured, frame):
    found = measured[frame]
    assert found["charts"] >= 9, "risk, high risk, six key figures, reliability"
    assert found["strays"] == []
    assert found["collisions"] == []
    assert found["overlaps"] == []


@pytest.mark.parametrize("frame", FRAMES)
def test_letters_in_charts_can_be_read(measured, frame):
    assert measured[frame]["smallest"] >= 8


@pytest.mark.parametrize("frame", ["plain_desk", "plain_phone"])
def test_one_language_at_a_time_korean_first(measured, frame):
    found = measured[frame]
    assert found["korean"]["ko"] > 100
    assert found["korean"]["en"] == 0
    assert found["english"]["en"] == found["korean"]["ko"]
    assert found["english"]["ko"] == 0


def test_korean_letters_are_drawn(measured):
    assert measured["plain_desk"]["hangul"], "no font with Korean letters: apt-get install fonts-nanum"


@pytest.mark.parametrize("frame", ["plain_desk", "plain_phone"])
def test_text_stands_out_from_its_ground(measured, frame):
    assert measured[frame]["faint"] == []


def test_text_stands_out_in_the_dark_too(pages, measured, tmp_path):
    dark = chromium.measure({"dark": (pages["plain"], 1280)}, SCRIPT, tmp_path, chromium.DARK)["dark"]
    assert dark["paper"] != measured["plain_desk"]["paper"]
    assert dark["faint"] == []


@pytest.mark.parametrize("kind", ["plain", "hostile"])
def test_the_browser_fetches_nothing_and_complains_about_nothing(pages, measured, tmp_path, kind):
    path = tmp_path / "report.html"
    path.write_text(pages[kind], encoding="utf-8")
    document, console = chromium.dump(path.as_uri(), tmp_path)
    assert console == []
    assert "<title>크리에이터 이탈 위험 보고 · 2026-06-30</title>" in document
    assert measured[f"{kind}_desk"]["resources"] == []


def test_a_page_that_fetches_would_be_heard(tmp_path):
    """The test above can fail: the policy stops a fetch, and the console says so."""
    path = tmp_path / "report.html"
    policy = "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'\">"
    path.write_text(f"<!doctype html>{policy}<img src='https://evil.example/x'>", encoding="utf-8")
    _, console = chromium.dump(path.as_uri(), tmp_path)
    assert any("Content Security Policy" in line for line in console)
