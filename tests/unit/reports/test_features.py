import csv

from fancare.churn.pruning import Dropped, Pruning
from fancare.reports.features import COLUMNS, print_pruning, write_csv
from tests.drawn_panel import feature

FOUND = Pruning(
    kept=("a", "=cmd"),
    importance=(0.3, 0.6),
    dropped=(Dropped("b", "duplicate", 0.995, "a"), Dropped("c", "constant", 0.0)),
)
FEATURES = tuple(feature(name) for name in ("a", "b", "=cmd", "c", "not_known_then"))


def test_every_candidate_is_a_line_with_its_reason_in_korean(tmp_path):
    out = write_csv(FOUND, FEATURES, tmp_path / "deep" / "features.csv")
    rows = list(csv.DictReader(out.read_text("utf-8-sig").splitlines()))
    assert tuple(rows[0]) == COLUMNS
    assert [(r["feature"], r["kept"], r["reason"], r["like"]) for r in rows] == [
        ("a", "yes", "", ""),
        ("b", "no", "duplicate", "a"),
        ("'=cmd", "yes", "", ""),
        ("c", "no", "constant", ""),
    ]
    assert rows[1]["reason_ko"] == "앞의 변수와 같은 말을 함"
    assert rows[1]["figure"] == "0.9950"
    assert rows[0]["importance"] == "0.30000"


def test_the_summary_counts_the_reasons_and_shows_the_best_first(capsys):
    print_pruning(FOUND, FEATURES)
    told = capsys.readouterr().out
    assert "2 of 4 candidate features kept" in told
    assert "1 duplicate: says what an earlier one says" in told
    assert told.index("=cmd") < told.index(" a ")
