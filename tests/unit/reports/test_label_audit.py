"""The audit as a person gets it: suspicions with their facts, a CSV that no id breaks, and what the list says as a whole."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest

from fancare import messages
from fancare.churn.label_audit import Disagreement, Disagreements
from fancare.config import QualityConfig
from fancare.reports.label_audit import (
    COLUMNS,
    SUSPICIONS,
    Audit,
    AuditedRow,
    Evidence,
    audit,
    audited,
    csv_text,
    incomplete_days,
    suspicion_words,
)
from fancare.reports.label_audit_terminal import print_audit, sentences
from tests.drawn_log import config, day, events, warehouse

LEFT = Disagreement("a", None, day(30), 0.04, "left", 3.2, None)
BACK = Disagreement("a", None, day(30), 0.97, "came_back", 3.5, 6)
PLAIN = Evidence(day(25), 5, 9, None, 0, 0, 0, (), None, None, 0, None)
RETURNED = replace(PLAIN, next_active_date=day(36), active_days_after=3, active_events_after=7)
HORIZON = 14


def why(row: Disagreement, seen: Evidence, *incomplete: int) -> tuple[str, ...]:
    return audited(row, seen, HORIZON, [day(n) for n in incomplete]).suspicions


def test_without_anything_odd_there_is_no_suspicion():
    assert why(LEFT, PLAIN) == ()
    assert why(LEFT, replace(PLAIN, next_active_date=day(60))) == ()
    assert why(BACK, RETURNED) == ()


def test_other_events_make_a_narrow_activity_list_of_who_left():
    seen = replace(RETURNED, next_active_date=None, other_events=12, other_names=("visit", "login", "edit", "tap"))
    row = audited(LEFT, seen, HORIZON, ())
    assert row.suspicions == ("seen_otherwise",)
    assert suspicion_words("seen_otherwise", row) == (
        "기간 중 다른 이벤트 12건(visit, login, edit) – 활동 목록이 너무 좁지 않은지",
        "12 other events in the horizon (visit, login, edit): is the activity list too narrow?",
    )
    assert why(BACK, replace(RETURNED, other_events=12)) == ()  # it came back anyway


def test_outages_count_only_within_the_silence_that_was_seen():
    assert why(LEFT, PLAIN, 26, 44) == ("outage",)  # the day after the last active one, the last of the horizon
    assert why(LEFT, PLAIN, 25, 26) == why(LEFT, PLAIN, 44, 45) == ()  # one of them outside
    assert why(BACK, RETURNED, 28, 35) == ("outage",)
    assert why(BACK, RETURNED, 28) == ()  # a seventh of 14 days is two
    assert audited(BACK, RETURNED, HORIZON, [day(28), day(35), day(36), day(40)]).outage_days == 2
    nobody = replace(PLAIN, last_active_date=None, silence_days=None)
    assert why(LEFT, nobody, 20, 21) == ()


def test_a_link_that_came_late_splits_a_history_of_either_kind():
    seen = replace(RETURNED, linked_from=day(40), linked_id="f")
    assert why(BACK, seen) == why(LEFT, replace(seen, next_active_date=None)) == ("late_link",)


def test_one_successor_is_a_suspicion_and_several_are_a_busy_room():
    seen = replace(PLAIN, n_successors=1, successor_id="b")
    assert why(LEFT, seen) == ("successor",)
    assert why(LEFT, replace(seen, n_successors=4)) == ()
    assert why(BACK, replace(RETURNED, n_successors=1, successor_id="b")) == ()


@pytest.mark.parametrize(
    ("after", "is_near"), [(12, False), (13, True), (14, True), (15, True), (16, True), (17, False)]
)
def test_a_return_within_a_seventh_of_the_end_is_a_near_miss(after, is_near):
    row = LEFT if after > HORIZON else BACK
    seen = replace(RETURNED, next_active_date=day(30 + after))
    assert (why(row, seen) == ("near_miss",)) is is_near


def test_who_came_back_with_a_single_event_may_not_be_the_person():
    assert why(BACK, replace(RETURNED, active_days_after=1, active_events_after=1)) == ("single_event",)


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def found(*rows: Disagreement, **more: object) -> Disagreements:
    return replace(Disagreements("creator", HORIZON, rows, 1000, 30, 20, 400.0), **more)  # type: ignore[arg-type]


def test_the_csv_leaves_room_for_a_verdict_and_no_cell_is_run():
    hostile = replace(LEFT, creator_id='=HYPERLINK("x")\n,"')
    odd = replace(PLAIN, other_events=1, other_names=("@SUM(1)",), n_successors=1, successor_id="+1")
    text = csv_text(found(hostile), [audited(hostile, odd, HORIZON, ())])
    (row,) = rows_of(text)
    assert tuple(row) == COLUMNS
    assert COLUMNS[-1] == "verdict"
    assert row["verdict"] == ""
    assert row["creator_id"] == '\'=HYPERLINK("x")\\u000a,"'
    assert (row["other_names"], row["successor_id"]) == ("'@SUM(1)", "'+1")
    assert (row["risk"], row["label"], row["happened_ko"]) == ("0.04", "left", "라벨: 떠남")
    assert row["suspicions"] == "seen_otherwise successor"
    assert row["suspicions_en"].count(" · ") == row["suspicions_ko"].count(" · ") == 1


def test_a_list_without_rows_still_has_its_columns():
    assert csv_text(found(), []) == ",".join(COLUMNS) + "\r\n"


def test_every_suspicion_has_words_and_a_short_name():
    row = AuditedRow(LEFT, replace(RETURNED, linked_from=day(40), linked_id="f", successor_id="b"), 1, SUSPICIONS)
    for code in SUSPICIONS:
        assert all(suspicion_words(code, row))
        assert messages.text(f"audit.short.{code}", "en")


def test_the_audit_of_a_drawn_log_from_query_to_file(tmp_path):
    rows = [
        *events("a", "x" * 26),
        *events("a", "." * 33 + "3", event="visit"),
        *events("b", "x" * 20 + "." * 16 + "x"),
        *(row for i in range(5) for row in events(f"others{i}", "9" * 91)),  # a log without odd days
    ]
    listed = found(replace(BACK, creator_id="b"), LEFT, controls=(replace(BACK, creator_id="others0", risk=0.1),))
    looked = audit(warehouse(rows), config(), listed, day(90), tmp_path / "new" / "audit.csv")
    assert [row.suspicions for row in looked.rows] == [("single_event",), ("seen_otherwise",)]
    assert looked.n_suspicious == 2
    assert [row.suspicions for row in looked.controls] == [()]
    assert [(one.kind, one.n_controls, one.counts) for one in looked.compared()] == [
        ("left", 0, {"seen_otherwise": (1, 0)}), ("came_back", 1, {"single_event": (1, 0)}),
    ]  # fmt: skip
    written = looked.csv.read_bytes()
    assert written.startswith(b"\xef\xbb\xbf")
    first, second = rows_of(written.decode("utf-8-sig"))
    assert (first["creator_id"], first["next_active_date"], first["silence_days"]) == ("b", str(day(36)), "11")
    assert (second["creator_id"], second["other_events_in_horizon"], second["other_names"]) == ("a", "3", "visit")


def test_incomplete_days_are_those_that_check_calls_low_and_the_declared_ones():
    rows = [row for i in range(5) for row in events(f"c{i}", "9" * 40 + "." + "9" * 20 + "2" + "9" * 10)]
    declared = replace(config(), quality=QualityConfig((day(3),)))
    assert incomplete_days(warehouse(rows), declared) == {day(3), day(40), day(61)}
    assert incomplete_days(warehouse([]), declared) == {day(3)}


ODD = audited(LEFT, replace(PLAIN, other_events=2, other_names=("visit",)), HORIZON, [day(28), day(29)])
QUIET, CAME = audited(LEFT, PLAIN, HORIZON, ()), audited(BACK, RETURNED, HORIZON, ())
SINGLE = audited(BACK, replace(RETURNED, active_days_after=1, active_events_after=1), HORIZON, ())


def test_the_summary_says_what_the_list_costs_and_how_much_of_it_is_suspicious(capsys):
    looked = Audit(found(LEFT, BACK), (ODD, CAME), csv=None, controls=(ODD, CAME))
    english = [words[1] for words in sentences(looked)]
    assert english == [
        "Of 1,000 test rows model and label disagree on 50: 30 said to leave came back, 20 said to stay left.",
        "The 2 listed are 0.2% of the test rows and 1.7% of their log loss.",
        "1 of the 2 listed carry a sign that the label may be wrong. Below beside controls, the rows with the same label "
        "that the model got most right: a sign as common there says nothing against a label.",
        "label: left – seen otherwise 1 of 1 (controls 1 of 1), outage 1 of 1 (controls 1 of 1).",
        "Write what you find into the column verdict of the CSV.",
    ]
    print_audit(looked)
    out = capsys.readouterr().out
    assert "2 of 2 rows, at 14 days" in out
    assert "seen otherwise, outage" in out


def test_a_kind_is_compared_with_controls_of_its_own_and_few_of_them_are_said_to_be_few():
    """Of three leavers two are odd, with one quiet control; of two who came back one is, with nobody to compare with."""
    rows = (ODD, SINGLE, ODD, QUIET, CAME)
    looked = Audit(found(*(row.disagreement for row in rows)), rows, csv=None, controls=(QUIET,))
    korean, english = zip(*sentences(looked)[3:-1], strict=True)
    assert english == (
        "label: left – seen otherwise 2 of 3 (controls 0 of 1), outage 2 of 3 (controls 0 of 1).",
        "label: left – fewer controls (1) than listed (3): a difference says little.",
        "label: came back – single event 1 of 2 (controls –).",
        "label: came back – no controls for 2 listed: nothing can be concluded from a sign.",
    )
    assert korean == (
        "라벨: 떠남 – 단서별로 다른 이벤트 3건 중 2건 (대조 1건 중 0건), 로그 결손 3건 중 2건 (대조 1건 중 0건).",
        "라벨: 떠남 – 적힌 3건에 대조는 1건뿐이라, 차이가 있어도 말해 주는 것이 적습니다.",
        "라벨: 돌아옴 – 단서별로 한 건뿐 2건 중 1건 (대조 –).",
        "라벨: 돌아옴 – 적힌 2건에 대조할 행이 없어, 단서가 있어도 라벨이 틀렸다는 근거는 아닙니다.",
    )


def test_an_id_is_never_markup_nor_longer_than_the_table(capsys):
    hostile = replace(LEFT, creator_id="[red]x[/nope]" + "y" * 500)
    print_audit(Audit(found(hostile), (audited(hostile, PLAIN, HORIZON, ()),), csv=None))
    out = capsys.readouterr().out
    assert "[red]x[/nope]yyy" in out
    assert "y" * 41 not in out


def test_nothing_to_look_at_is_said():
    assert sentences(Audit(found(n_came_back=0, n_left=0), (), csv=None))[1][1] == "Model and label disagree on no row."
    plain = Audit(found(LEFT), (audited(LEFT, PLAIN, HORIZON, ()),), csv=None)
    assert sentences(plain)[2][1] == "None of the listed gives a reason to doubt the label."
