"""A chart alone: a well-formed SVG with the page's colours, in one language, that leaves what is around it alone."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from markupsafe import Markup

from fancare.reports import charts
from fancare.reports.standalone_chart import CSS, standalone

SVG = "{http://www.w3.org/2000/svg}"
DAYS = [("월", "Mon"), ("화", "Tue"), ("수", "Wed"), ("목", "Thu")]
LINES = [
    charts.Line(("위험도 <7일>", "risk & co"), (0.2, 0.3, None, 0.4)),
    charts.Line(("실제", "real"), (0.1, 0.2, 0.3, 0.4), css="s2"),
]


def drawn() -> Markup:
    return charts.line_chart(("위험도", "risk"), DAYS, LINES, lambda value: (f"{value:.0%}", f"{value:.0%}"))


def rules(svg: str) -> list[str]:
    """The selectors of the style inside."""
    (style,) = ElementTree.fromstring(svg).iter(f"{SVG}style")
    return [selector.strip() for selector in re.findall(r"([^{}]+)\{[^}]*\}", style.text or "")]


def test_it_is_a_well_formed_document_of_a_known_size():
    root = ElementTree.fromstring(standalone(drawn()))
    assert (root.tag, root.get("width"), root.get("height")) == (f"{SVG}svg", "540", "282")
    assert len(list(root.iter(f"{SVG}polyline"))) == 3  # two stretches of the first line, one of the second


def test_every_class_of_the_chart_that_the_page_styles_is_styled_here():
    svg = standalone(drawn())
    page = set(re.findall(r"\.chart [^{},]*\.(\w+)", CSS.read_text(encoding="utf-8")))
    used = {name for node in ElementTree.fromstring(svg).iter() for name in (node.get("class") or "").split()}
    styled = {name for selector in rules(svg) for name in re.findall(r"\.(\w+)", selector)}
    assert {"line", "area", "s1", "s2", "grid", "hover"} <= used & page <= styled


def test_its_name_stands_above_it_and_it_is_no_wider_than_it_says():
    svg = standalone(drawn())
    assert [node.text for node in ElementTree.fromstring(svg).iter(f"{SVG}text") if float(node.get("y")) < 0] == [
        "위험도 / risk"
    ]
    assert "width:" not in re.sub(r"stroke-width:", "", svg)


def test_every_colour_that_a_rule_names_has_a_value():
    svg = standalone(drawn())
    named, given = set(re.findall(r"var\((--[\w-]+)\)", svg)), set(re.findall(r"(--[\w-]+):", svg))
    assert named
    assert named <= given


def test_no_rule_reaches_out_of_the_chart():
    assert [
        selector for rule in rules(standalone(drawn())) for selector in rule.split(",") if ".chart" not in selector
    ] == []


@pytest.mark.parametrize(("lang", "hidden"), [("ko", "en"), ("en", "ko")])
def test_one_language_is_hidden(lang, hidden):
    svg = standalone(drawn(), lang)
    assert f"text[lang={hidden}]" in svg
    assert f"text[lang={lang}]" not in svg


def test_a_reliability_chart_is_taken_too_and_a_sparkline_is_not():
    bins = [charts.ReliabilityBin(0.1, 0.2, 30), charts.ReliabilityBin(0.8, 0.7, 30)]
    chart = charts.reliability_chart(("보정", "calibration"), bins, (("말한 위험", "said"), ("실제", "happened")))
    assert ElementTree.fromstring(standalone(chart)).get("class") == "chart square"
    with pytest.raises(ValueError, match=r"draws charts with axes in one of ko, en"):
        standalone(charts.sparkline([1, 2], ("주", "weeks")))
