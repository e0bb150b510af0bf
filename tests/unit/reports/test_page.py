"""The page: one file that needs nothing else, Korean first, and true to the tables in every state they can be in."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from fancare.reports import watchlist
from fancare.reports.page import html, write
from fancare.reports.wording import both
from fancare.warehouse.duckdb_engine import Warehouse
from fancare.warehouse.schema import RISK_REASONS, labels_table, risk_scores_table
from tests import drawn_log, report_tables
from tests.drawn_log import day, events
from tests.report_tables import AS_OF, CONTRIBUTIONS, HORIZONS, put, reason, score
from tests.unit.reports.page_reader import Page

TODAY = day(41)
NOTHING = (None, None)


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Page:
    """The page of a platform with everything there is to show."""
    config = report_tables.config(tmp_path_factory.mktemp("page"))
    with Warehouse.in_memory() as warehouse:
        report_tables.platform(warehouse)
        watchlist.build(warehouse, config, AS_OF)
        return Page(html(warehouse, config, AS_OF, report_tables.backtest(), CONTRIBUTIONS))


def small(
    folder: Path, scores: list[dict], *, reasons=(), rows=None, listed=True, backtest=None, contributions=None, cannot_say=None
) -> Page:
    """The page of three creators, of whom lumi has been silent for five days."""
    config = drawn_log.config(folder=folder)
    rows = rows or [
        *events("lumi", "x..." * 9 + "x"),  # days 0, 4, … 36
        *events("byul", "x" * 42),
        *events("haneul", "x" * 40),
        *events("mina", "." * 36 + "2", event="message", creator="lumi"),
        *events("joon", "." * 10 + "x", event="message", creator="lumi"),  # more than 28 days ago
        *events("mina", "." * 36 + "x", event="donation", creator="lumi", amount=12_000),
    ]
    with drawn_log.warehouse(rows) as warehouse:
        if scores:
            put(warehouse, risk_scores_table(HORIZONS), scores)
        if reasons:
            put(warehouse, RISK_REASONS, list(reasons))
        if scores and listed:
            watchlist.build(warehouse, config, TODAY)
        return Page(html(warehouse, config, TODAY, backtest, contributions, cannot_say))


TWO = [score(TODAY, 1, (0.9, 0.8, 0.62), "lumi"), score(TODAY, 2, (0.3, 0.2, 0.1), "byul", band="low")]


# --- one file, two languages


def test_nothing_is_fetched_and_nothing_runs(whole):
    assert not re.search(r"https?:|//[a-z]|url\(|@import|javascript:", whole.source, re.IGNORECASE)
    assert not whole.find("script") + whole.find("iframe") + whole.find("img") + whole.find("object") + whole.find("form")
    links = [e.attributes.get("href") or e.attributes.get("src") for e in whole.elements]
    assert {link for link in links if link} == {"data:,"}, "the icon that keeps browsers from asking for one"
    assert not [name for e in whole.elements for name in e.attributes if name.startswith("on")]
    policies = [e.attributes["content"] for e in whole.find("meta") if "http-equiv" in e.attributes]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]


def test_korean_first_with_an_english_twin_for_everything(whole):
    (root,) = whole.find("html")
    assert root.attributes["lang"] == "ko"
    assert [e.attributes["id"] for e in whole.find("input") if "checked" in e.attributes] == ["show-ko"]
    elements = [e for e in whole.elements if e.attributes.get("lang") and e.tag != "html"]
    twins = [(a, b) for a, b in zip(elements[::2], elements[1::2], strict=True)]
    assert all((a.attributes["lang"], b.attributes["lang"], a.tag) == ("ko", "en", b.tag) for a, b in twins)
    assert not re.search("[가-힣]", "".join(b.text for _, b in twins))
    neutral = "".join(text for lang, text in whole.spoken if lang is None)
    assert re.findall("[가-힣]+", neutral) == ["한국어"], "the switch names its language"


def test_what_can_be_pointed_at_is_there_once(whole):
    ids = [e.attributes["id"] for e in whole.elements if "id" in e.attributes]
    assert len(ids) == len(set(ids))
    pointed = [e.attributes[name] for e in whole.elements for name in ("aria-labelledby", "for") if name in e.attributes]
    assert set(pointed) <= set(ids)
    assert [e.text.strip() for e in whole.find("h2")] == [
        "오늘 살펴볼 크리에이터To look at today: creator", "무엇이 위험도를 움직이나What moves the risk",
        "위험도 추이How risk has moved", "플랫폼 주간 지표The platform, week by week",
        "이 모델을 얼마나 믿을 수 있나How far to trust the model",
    ]  # fmt: skip


def test_styles_are_inline_and_no_style_is_needed_twice(whole):
    (style,) = whole.find("style")
    assert "prefers-color-scheme: dark" in style.text
    assert style.text.count("{") == style.text.count("}")


# --- what it shows


def test_the_list_is_the_table(tmp_path):
    page = small(tmp_path, TWO, reasons=[
        reason(TODAY, 2, -0.02, ("팬 1명", "1 fan"), "lumi"), reason(TODAY, 1, 0.314, ("침묵 5일", "silent for 5 d"), "lumi"),
    ])  # fmt: skip
    first, divider, second = page.find("tr", within="watchlist")[1:]
    assert divider.text.strip() == "아래는 참고: 지금은 괜찮습니다Below for reference: fine for now"
    seen = " ".join(first.text.split())
    for words in (
        "1 lumi ▲높음high", "7일7 d90%", "14일14 d80%", "28일28 d62%", "5일째5 days", "평소 4일의 1.2배1.2 × usual 4 d",
        "팬Fans1", "후원Donations12,000", "↑ +31.4%p pp침묵 5일silent for 5 d", "↓ -2.0%p pp팬 1명1 fan",
    ):  # fmt: skip
        assert words.replace(" ", "") in seen.replace(" ", ""), words
    assert [e.text for e in page.find("span", "effect")] == ["↑\xa0+31.4%p pp", "↓\xa0-2.0%p pp"]
    assert "오늘 활동active today" in second.text
    assert "따로 적을 만큼 위험도를 움직인 이유가 없습니다." in second.text


def test_the_number_beside_a_reason_is_its_themes_and_numbers_do_not_add_up(tmp_path):
    page = small(tmp_path, TWO, reasons=[
        reason(TODAY, 1, 0.5, ("침묵", "silent"), "lumi", joint=0.612), reason(TODAY, 2, 0.4, ("팬", "fan"), "lumi", joint=0.612),
        reason(TODAY, 3, -0.1, ("후원", "gift"), "lumi"), reason(TODAY, 1, 0.05, ("팬", "fan"), "byul"),
    ])  # fmt: skip
    assert [e.text for e in page.find("div", "together")] == ["↑ 함께 보면 +61.2%p↑ together +61.2 pp"], "of lumi's two"
    said = page.said("ko")
    assert "숫자는 그 주제의 변수 전체가 평범한 값일 때와 비교한 14일 위험도의 차이" in said
    assert "숫자는 더할 수 없고" in said


def test_creators_are_counted_as_people(tmp_path):
    assert "위험도가 높은 순서로 2명, 하루에" in small(tmp_path, TWO).said("ko")


def test_the_headline_and_the_tiles_add_up(tmp_path):
    page = small(tmp_path, [*TWO, score(TODAY, 3, (0.6, 0.5, 0.5), "haneul", band="low")])
    said = page.said("ko")
    assert "크리에이터 3명 가운데 약 2명이 앞으로 14일 동안 활동하지 않을 것으로 예상됩니다." in said  # .8 + .2 + .5 = 1.5
    assert "14일 위험도는 앞으로 14일 동안 활동이 한 번도 없을 확률입니다. 기간이 길수록 낮아집니다." in said
    tiles = {e.text.split("\n")[0]: e.text for e in page.find("div", "tile")}
    high = tiles["위험 높음High risk"]
    assert "14일 위험도 60% 이상" in high
    assert "1 33%" in " ".join(high.split())
    assert "평균 위험도 50%" in tiles["14일간 활동 없음 예상Expected to be silent for 14 days"]
    fans = "이탈 시 영향받는 팬Fans at stake"
    assert tiles[fans].removeprefix(fans).strip().startswith("1목록")
    assert "1.2만" in tiles["이탈 시 영향받는 후원Donations at stake"]


def bands(folder: Path, *given: str) -> Page:
    """Creators c0, c1, … by rank in these bands, each with a fan of its own and one they share, and a gift of 100."""
    rows = [row for n in range(len(given)) for row in (
        *events(f"c{n}", "x" * 42), *events(f"f{n}", "." * 40 + "x", event="message", creator=f"c{n}"),
        *events("all", "." * 40 + "x", event="message", creator=f"c{n}"),
        *events(f"f{n}", "." * 40 + "x", event="donation", creator=f"c{n}", amount=100),
    )]  # fmt: skip
    return small(folder, [score(TODAY, n + 1, (0.5,) * 3, f"c{n}", band=band) for n, band in enumerate(given)], rows=rows)


def stakes(page: Page) -> list[str]:
    """The figures of the tiles for fans and donations at stake."""
    of = [n for n, tile in enumerate(page.find("div", "tile")) if "이탈 시" in tile.text]
    values = [e.text.strip() for e in page.find("div", "value")]
    return [values[n] for n in of]


def test_who_is_fine_for_now_stands_below_a_line_and_is_not_at_stake(tmp_path):
    page = bands(tmp_path, "high", "medium", "low", "low")
    rows = [e.attributes.get("class") for e in page.find("tr", within="watchlist")]
    assert rows == [None, None, None, "divider", None, None]
    assert stakes(page) == ["3", "200"], "f0, f1 and the fan of all; two gifts of four"
    assert page.said("ko").count("목록의 위험 높음·보통") == 2
    assert "오늘은 위험 높음" not in page.said("ko")


def test_a_list_of_those_who_need_attention_has_no_line(tmp_path):
    page = bands(tmp_path, "high", "medium")
    assert not page.find("tr", "divider")
    assert stakes(page) == ["3", "200"]


def test_a_list_on_which_everyone_is_fine_says_so_calmly(tmp_path):
    page = bands(tmp_path, "low", "low")
    assert "오늘은 위험 높음이나 보통으로 분류된 대상이 없습니다." in page.said("ko")
    assert "Nobody is at high or medium risk today." in page.said("en")
    assert not page.find("tr", "divider")
    assert len(page.find("td", "who")) == 2, "the list is there all the same"
    assert stakes(page) == ["0", "0"]


@pytest.mark.parametrize(
    ("then", "words"), [(0.75, "4월 9일보다 5.0%p 높아짐"), (0.9, "4월 9일보다 10.0%p 낮아짐"), (0.8004, "4월 9일과 같음")]
)
def test_the_change_since_the_scored_day_before(tmp_path, then, words):
    before = TODAY - timedelta(2)
    page = small(tmp_path, [*TWO, score(before, 1, (0.95, then, 0.5), "lumi")])
    (change,) = page.find("div", "change")
    assert words in change.text


def test_rooms_are_counted_in_rooms(tmp_path):
    config = drawn_log.config("room", folder=tmp_path)
    with drawn_log.warehouse(events("mina", "." * 40 + "x", event="message", creator="lumi")) as warehouse:
        put(warehouse, risk_scores_table(HORIZONS), [score(TODAY, 1, (0.9, 0.8, 0.62), "lumi", "mina", entity="room")])
        watchlist.build(warehouse, config, TODAY)
        page = Page(html(warehouse, config, TODAY, *NOTHING))
    assert "팬방(크리에이터–팬) 1곳 가운데 약 1곳이 앞으로 14일" in page.said("ko")
    (who,) = page.find("td", "who")
    assert "lumimina" in who.text
    assert "이탈 시 영향받는 팬" not in page.said("ko"), "a room has one fan"


def test_contributions_are_sorted_and_scaled_to_the_largest(whole):
    rows = [" ".join(e.text.split()) for e in whole.find("li", within="drivers")]
    assert rows[0] == "마지막 활동 이후의 침묵silence since the last activity14.2%p pp"
    assert len(rows) == len(CONTRIBUTIONS)
    filled = [float(e.attributes["width"]) for e in whole.find("rect", "fill", within="drivers")]
    assert filled[0] == 100
    assert filled == sorted(filled, reverse=True)
    assert filled[1] == pytest.approx(100 * 0.081 / 0.142, abs=0.1)


def test_the_trend_of_the_scored_days(whole):
    assert "점수를 매긴 12일: 26.6.19 ~ 26.6.30" in whole.said("ko")
    assert [line.attributes["class"] for line in whole.find("polyline", "line", within="trend")] == [
        "line s1", "line s2", "line s3", "line s4",
    ]  # fmt: skip
    assert {len(e.attributes["points"].split()) for e in whole.find("polyline", within="trend")} == {12}


def test_all_key_figures_have_a_chart(whole):
    assert [e.text for e in whole.find("h3", within="kpis")] == [
        "활동 크리에이터Active creators", "활동 팬Active fans", "팬 메시지Fan messages", "후원 금액Donations",
        "크리에이터 잔존율Creator retention", "팬 잔존율Fan retention",
    ]  # fmt: skip
    assert len(whole.find("svg", "chart", within="kpis")) == 6


def test_how_good_the_model_is(whole):
    said = whole.said("ko")
    for sentence in (
        "과거 시점에서 시험한 결과, 단순한 최근성 규칙(오래 조용할수록 위험)보다 낫습니다.",
        "위험도 상위 10% 안에서는 14일 동안 실제로 활동이 없었던 비율이 전체 평균의 3.4배였습니다.",
        "조용해진 쪽과 계속 활동한 쪽을 하나씩 뽑으면 86%의 경우에 조용해진 쪽의 위험도가 더 높았습니다 (50%는 동전 던지기).",
        "예측한 확률과 실제 비율의 차이는 평균 1.7%p입니다.",
        "하루 명단의 상위 20명 중 14일 동안 실제로 활동이 없었던 비율은 60%였습니다 (95% 구간 52% ~ 70%, 전체의 3.1배).",
        "새로 온 대상(첫 활동 28일 미만)은 아직 너무 적어 얼마나 맞히는지 말할 수 없습니다 (n = 90).",
        "상위 10%(후원 금액, 없으면 활동일) 안에서는 91%의 경우에 맞혔습니다 (95% 구간 88% ~ 94%, n = 1,234).",
        "최근성 규칙과의 평균 AUC 차이: +0.061 (95% 구간 +0.044 ~ +0.078)",
        "백테스트 3회, 기준 시점 2026-03-31 ~ 2026-05-26. 기준 시점까지의 기록만으로 학습하고 그 뒤로 시험했습니다.",
        "14일 (실제 이탈 19%, n = 12,345)",
        "예측한 위험도와 실제 비율 (14일)",
    ):
        assert sentence in said, sentence
    rows = [" ".join(e.text.split()) for e in whole.find("tr", "own")]
    assert rows[1].startswith("fancare 모델 (TabNet)fancare's model (TabNet) 0.856 (0.835 – 0.875) 0.437")
    assert len(whole.find("circle", within="quality")) == 12


def test_what_came_true_is_shown_from_the_first_day_on(tmp_path):
    config = drawn_log.config(folder=tmp_path)
    churned = dict.fromkeys((f"churned_{h}d" for h in HORIZONS), True)
    with drawn_log.warehouse(events("lumi", "x" * 42)) as warehouse:
        put(warehouse, risk_scores_table(HORIZONS), TWO)
        put(warehouse, labels_table(HORIZONS), [
            {"entity": "creator", "creator_id": "lumi", "as_of": day(n)} | churned for n in (13, 20, 27)
        ])  # fmt: skip
        page = Page(html(warehouse, config, TODAY, *NOTHING))
    said = page.said("ko")
    assert "점수를 매긴 날이 아직 하루뿐입니다. 둘째 날부터 여기에 추이가 그려집니다." in said
    assert "14일 동안 실제로 활동이 없었던 비율" in said
    assert "기준일 26.3.14 ~ 26.3.28, 매주 한 번, 결과가 확정된 주까지" in said
    (line,) = page.find("polyline", within="trend")
    assert len({point.split(",")[1] for point in line.attributes["points"].split()}) == 1, "all churned, every week"


def test_when_it_was_scored_is_told_on_the_platforms_clock(tmp_path):
    page = small(tmp_path, TWO)
    assert "2026년 4월 12일 (일) 06:05" in page.said("ko")  # stored: 11 April 21:05 UTC
    assert "(Asia/Seoul)" in page.said("ko")


# --- states in which something is missing


def test_nothing_scored(tmp_path):
    page = small(tmp_path, [])
    said = page.said("ko")
    assert "이 날짜의 위험도 점수가 아직 없습니다." in said
    assert "위험도 점수가 없어 순위를 매길 수 없습니다." in said
    assert "점수를 매긴 날이 없어 추이를 그릴 수 없습니다." in said
    assert "이 모델의 변수 기여도가 기록되어 있지 않습니다." in said
    assert "백테스트 결과가 없어 모델이 얼마나 좋은지 아직 말할 수 없습니다. `fancare backtest`를 실행해 주세요." in said
    assert page.find("svg", within="kpis"), "the platform's figures need no model"
    assert "There is no backtest, so how good the model is cannot be said yet: run `fancare backtest`." in page.said("en")


def test_an_empty_warehouse(tmp_path):
    with Warehouse.in_memory() as warehouse:
        page = Page(html(warehouse, drawn_log.config(folder=tmp_path), TODAY, *NOTHING))
    assert "온전한 한 주의 활동 기록이 없어 주간 지표를 그릴 수 없습니다." in page.said("ko")
    assert not page.find("svg")


def test_a_model_that_cannot_say_names_nobody(tmp_path):
    scores = [score(TODAY, None, (0.5, 0.4, 0.3), name, band="unknown") for name in ("lumi", "byul")]
    page = small(tmp_path, scores, backtest=report_tables.backtest(cannot_say="The interval holds 0."))
    said = page.said("ko")
    assert "모델을 믿어도 되는지 확인되지 않아, 오늘은 누가 위험한지 말하지 않습니다." in said
    assert "살펴볼 목록이 비어 있습니다. 모델을 믿어도 되는지 확인되지 않아 2명 모두 순위를 매기지 않았습니다." in said
    assert "판단 불가 – 이 모델이 최근성 규칙이나 우연보다 낫다고 확인되지 않았습니다." in said
    assert "The interval holds 0." in said
    assert "lumi" not in page.source
    assert "위험 높음으로 분류된 수" not in said


def test_why_nobody_is_named_is_the_gates_own_reason(tmp_path):
    """Not always the simple rule: chance and calibration are reasons too."""
    scores = [score(TODAY, None, (0.5, 0.4, 0.3), "lumi", band="unknown")]
    facts = {"horizon": 14, "ece": 0.12, "max_ece": 0.05}
    page = small(tmp_path, scores, cannot_say=both("gate.not_calibrated", **facts))
    (headline,) = page.find("p", "headline")
    assert "말하지 않습니다.Th" in headline.text
    assert "이유:The reason: 14일 위험도의 보정 오차(ECE) 0.120, 허용 0.050 초과the calibration" in headline.text
    unknown = small(tmp_path, scores)
    assert "이유:" not in unknown.said("ko")
    assert "단순 규칙" not in unknown.said("ko")


def test_what_moves_a_risk_that_says_nothing_is_not_shown(tmp_path):
    scores = [score(TODAY, None, (0.5, 0.4, 0.3), "lumi", band="unknown")]
    page = small(tmp_path, scores, contributions=CONTRIBUTIONS)
    assert not page.find("li", within="drivers")
    assert "판단 불가인 모델이라 보여 주지 않습니다." in page.said("ko")
    assert small(tmp_path, TWO, contributions=CONTRIBUTIONS).find("li", within="drivers")


def test_reasons_that_are_not_on_record_are_not_called_small(tmp_path):
    assert small(tmp_path, TWO).said("ko").count("이유가 기록되어 있지 않습니다. `fancare score`를 다시 실행하면") == 2


def test_a_risk_near_a_threshold_stays_on_its_side(tmp_path):
    """"60 %" beside 보통, where 60 % and more is 높음, would be a riddle; other horizons have no bands."""
    page = small(tmp_path, [score(TODAY, 1, (0.7, 0.597, 0.597), "lumi", band="medium")])
    assert [e.text for e in page.find("span", "p")] == ["70%", "59.7%", "60%"]


def test_an_alarm_stands_before_good_figures(tmp_path):
    page = small(tmp_path, TWO, backtest=report_tables.backtest(alarm="tabnet reaches an AUC of 0.991."))
    (verdict,) = page.find("p", "verdict")
    assert "alarm" in verdict.attributes["class"]
    assert "경고 – 수치가 지나치게 좋아 정답이 새어 들어갔는지 확인해야 합니다." in verdict.text
    assert "tabnet reaches an AUC of 0.991." in verdict.text


def test_scores_without_a_list(tmp_path):
    page = small(tmp_path, TWO, listed=False)
    assert "이 날짜의 살펴볼 목록이 아직 없습니다. `fancare score`를 먼저 실행해 주세요." in page.said("ko")


def test_a_backtest_full_of_gaps_is_drawn_with_dashes(tmp_path):
    figures = {"auc": None, "average_precision": float("nan"), "ece": None, "n": None, "churn_rate": None}
    page = small(tmp_path, TWO, backtest={"horizons": {"14": {"tabnet": figures, "new_model": {}}}})
    assert [cell.text for cell in page.find("td", "n")] == ["–"] * 8
    assert "new_model" in page.said("ko")
    assert "nan" not in page.said("ko").lower()
    assert "None" not in page.source


# --- hostile names


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"),
        ('"><script>alert(1)</script>', '"><script>alert(1)</script>'),
        ("별\u202egnp.exe", "별\\u202egnp.exe"),
        ("🦊" * 300, "🦊" * 47 + "…"),
        ("two\nlines", "two\\u000alines"),
        ("{{ 7 * 7 }}{% raw %}", "{{ 7 * 7 }}{% raw %}"),
        ("</td></tr></table>", "</td></tr></table>"),
    ],
)
def test_names_from_the_log_stay_names(tmp_path, name, shown):
    texts = (f"'{name}' 없음", f"no '{name}'")
    page = small(
        tmp_path, [score(TODAY, 1, (0.9, 0.8, 0.6), name, version=name)], reasons=[reason(TODAY, 1, 0.3, texts, name)],
        rows=events(name, "x" * 42), contributions=[(*texts, 0.1)],
        backtest=report_tables.backtest(cannot_say=name, horizons={"14": {name: {"auc": 0.7}}}),
    )  # fmt: skip
    (who,) = page.find("bdi")
    assert who.text == shown
    assert page.find("script") + page.find("img") == []
    assert "\u202e" not in page.source
    assert len(page.find("table")) == 2
    assert page.find("meta"), "the policy is still there"


def test_the_page_is_written_as_a_whole(tmp_path):
    out = tmp_path / "out" / "report.html"
    config = drawn_log.config(folder=tmp_path)
    with drawn_log.warehouse(events("lumi", "x" * 42)) as warehouse:
        assert write(warehouse, config, TODAY, None, None, out) == out
        assert out.read_text(encoding="utf-8") == html(warehouse, config, TODAY, None, None)
    assert [path.name for path in out.parent.iterdir()] == ["report.html"]


def test_figures_of_another_configuration_do_not_break_the_page(tmp_path):
    """No revenue, no creator activity."""
    config = drawn_log.config("fan", folder=tmp_path, creator_activity=())
    config = replace(config, events=replace(config.events, revenue=()))
    with drawn_log.warehouse(events("mina", "x" * 42, event="message", creator="lumi")) as warehouse:
        put(warehouse, risk_scores_table(HORIZONS), [score(TODAY, 1, (0.9, 0.8, 0.6), fan="mina", entity="fan")])
        watchlist.build(warehouse, config, TODAY)
        page = Page(html(warehouse, config, TODAY, *NOTHING))
    assert "후원 금액" not in page.said("ko")
    assert "후원" not in page.find("td", "has")[0].text
    assert "크리에이터 활동 목록이 설정되지 않아, 방에 팬 활동이 있으면 활동 크리에이터로 셉니다." in page.said("ko")
