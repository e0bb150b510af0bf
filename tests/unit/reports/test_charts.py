"""Laws of the charts: every mark lies inside its frame, higher values lie higher, and data become text, not markup."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fancare.reports import charts
from fancare.reports.charts import Line, ReliabilityBin
from fancare.reports.wording import compact, percent

NAME = ("이름", "name")
VALUES = st.lists(st.one_of(st.none(), st.floats(0, 1e12)), max_size=60)


def drawn(svg: str) -> ElementTree.Element:
    """The chart parsed as XML: what does not parse is not a chart."""
    return ElementTree.fromstring(str(svg).replace("&nbsp;", " "))


def marks(root: ElementTree.Element) -> list[tuple[float, float]]:
    """The corners of everything drawn."""
    found = []
    for element in root.iter():
        at = {name: float(value) for name, value in element.attrib.items() if re.fullmatch(r"-?[\d.]+", value)}
        if element.tag in ("polyline", "polygon"):
            found += [tuple(map(float, pair.split(","))) for pair in element.attrib["points"].split()]
        elif element.tag == "rect":
            x, y = at.get("x", 0), at.get("y", 0)
            found += [(x, y), (x + at["width"], y + at["height"])]
        elif element.tag == "circle":
            found += [(at["cx"] - at["r"], at["cy"] - at["r"]), (at["cx"] + at["r"], at["cy"] + at["r"])]
        elif element.tag == "line":
            found += [(at["x1"], at["y1"]), (at["x2"], at["y2"])]
        elif element.tag == "text":
            found.append((at["x"], at["y"]))
    return found


def assert_inside(root: ElementTree.Element) -> None:
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    slack = 0.11  # coordinates have one decimal
    for x, y in marks(root):
        assert -slack <= x <= width + slack, (x, width)
        assert -slack <= y <= height + slack, (y, height)


def line_points(root: ElementTree.Element, css: str = "s1") -> list[tuple[float, float]]:
    found = [e for e in root.iter("polyline") if css in e.attrib["class"].split()]
    return [tuple(map(float, pair.split(","))) for e in found for pair in e.attrib["points"].split()]


def chart(*values: float | None, top: float | None = None) -> ElementTree.Element:
    axis = [(f"{i}일", f"day {i}") for i in range(len(values))]
    return drawn(charts.line_chart(NAME, axis, [Line(NAME, tuple(values))], compact, top=top))


@given(VALUES, VALUES)
def test_line_charts_stay_inside_their_frame(first, second):
    n = min(len(first), len(second))
    axis = [(f"{i}일", f"day {i}") for i in range(n)]
    lines = [Line(NAME, tuple(first[:n])), Line(NAME, tuple(second[:n]), "s2")]
    assert_inside(drawn(charts.line_chart(NAME, axis, lines, compact)))


@given(st.lists(st.floats(0, 1e9), min_size=2, max_size=40))
def test_a_larger_value_never_lies_lower_and_time_runs_to_the_right(values):
    points = line_points(chart(*values))
    assert len(points) == len(values)
    assert all(a[0] < b[0] for a, b in pairwise(points))
    for (value, (_, y)), (other, (_, other_y)) in pairwise(zip(values, points, strict=True)):
        assert value == other or (y - other_y) * (value - other) <= 0


def test_half_of_the_top_lies_half_way_up():
    (_, ground), (_, middle), (_, top) = line_points(chart(0, 50, 100, top=100))
    assert ground - middle == middle - top > 0


def test_equal_values_are_a_level_line():
    points = line_points(chart(7, 7, 7))
    assert len(points) == 3
    assert len({y for _, y in points}) == 1


def test_nothing_to_draw_is_an_empty_frame():
    for root in (chart(), chart(None, None)):
        assert_inside(root)
        assert not list(root.iter("polyline"))
        assert not list(root.iter("circle"))


def test_one_point_is_a_dot_in_the_middle():
    root = chart(5)
    (dot,) = root.iter("circle")
    assert float(dot.attrib["cx"]) == (charts.LEFT + charts.WIDTH - charts.RIGHT) / 2
    assert_inside(root)


def test_a_gap_breaks_the_line_and_a_lonely_point_is_still_seen():
    root = chart(1, 2, None, 4, None, 6, 7)
    assert [len(line.attrib["points"].split()) for line in root.iter("polyline")] == [2, 1, 2]
    assert len(list(root.iter("circle"))) == 2, "the lonely one and the newest"


def test_hovering_tells_the_day_and_the_value():
    root = drawn(charts.line_chart(NAME, [("6월", "Jun"), ("7월", "Jul")], [Line(NAME, (0.5, None))], percent))
    titles = [hover.find("title").text for hover in root.iter("rect")]
    assert titles == ["6월 / Jun\n이름 / name: 50%", "7월 / Jul"]


@given(st.floats(0, 1e15))
def test_nice_top_holds_the_largest_and_wastes_less_than_half(largest):
    top = charts.nice_top(largest)
    assert top >= largest * (1 - 1e-9)
    assert top <= max(2 * largest, 2)


@given(st.integers(0, 10**9))
def test_ticks_of_counts_are_whole(count):
    assert (charts.nice_top(count) / 2).is_integer()


# --- sparkline and meter


@given(st.lists(st.integers(0, 10**9), max_size=60))
def test_sparklines_stay_inside_with_one_bar_a_week(values):
    root = drawn(charts.sparkline(values, NAME))
    assert_inside(root)
    bars = list(root.iter("rect"))
    assert ["none" in bar.attrib.get("class", "") for bar in bars] == [value == 0 for value in values]
    if any(values):
        assert max(float(bar.attrib["height"]) for bar in bars) == 26, "the busiest week is as high as the frame"


@pytest.mark.parametrize(("share", "filled"), [(0, 0), (0.5, 50), (1, 100), (1.7, 100), (-0.2, 0)])
def test_meters_fill_their_share(share, filled):
    (_, fill) = drawn(charts.meter(share, "high")).iter("rect")
    assert float(fill.attrib["width"]) == filled


# --- reliability

BINS = st.lists(st.builds(ReliabilityBin, st.floats(-0.5, 1.5), st.floats(-0.5, 1.5), st.integers(0, 10**6)), max_size=20)


@given(BINS)
def test_reliability_stays_inside_its_frame(bins):
    assert_inside(drawn(charts.reliability_chart(NAME, bins, (NAME, NAME))))


def test_risks_that_mean_what_they_say_lie_on_the_diagonal():
    bins = [ReliabilityBin(p, p, 10) for p in (0.0, 0.25, 0.6, 1.0)]
    root = drawn(charts.reliability_chart(NAME, bins, (NAME, NAME)))
    (diagonal,) = (line for line in root.iter("line") if line.attrib["class"] == "diagonal")
    x1, y1, x2, y2 = (float(diagonal.attrib[name]) for name in ("x1", "y1", "x2", "y2"))
    assert x1 < x2
    assert y1 > y2, "more is further up"
    for x, y in line_points(root):
        assert (x - x1) / (x2 - x1) == pytest.approx((y - y1) / (y2 - y1), abs=2e-3)
    too_low = drawn(charts.reliability_chart(NAME, [ReliabilityBin(0.2, 0.5, 1)], (NAME, NAME)))
    ((x, y),) = line_points(too_low)
    assert (y - y1) / (y2 - y1) > (x - x1) / (x2 - x1), "more happened than was said: above the diagonal"


# --- hostile words


@pytest.mark.parametrize("word", ["</svg><script>alert(1)</script>", "a & b", '" onload="x', "{0}", "<title>"])
def test_words_stay_text(word):
    words = (word, word + "!")
    for svg in (
        charts.line_chart(words, [words], [Line(words, (1.0,))], lambda _: words),
        charts.sparkline([1], words),
        charts.reliability_chart(words, [ReliabilityBin(0.1, 0.2, 3)], (words, words)),
    ):
        root = drawn(svg)
        assert {element.tag for element in root.iter()} <= {"svg", "title", "g", "line", "rect", "polyline", "circle", "text"}
        assert word in "".join(root.itertext())
        assert not any(name.startswith("on") for element in root.iter() for name in element.attrib)
