"""Each notebook tells a true story: run from the first cell to the last on a built platform, its figures checked by hand.

The kernel is this interpreter's own; it speaks over sockets in a folder of its own, opens no port, and ends with its test.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

from tests.functional.conftest import FirstRun, Platform
from tests.small_platform import rows_of_the_log

NOTEBOOKS = {path.stem: path for path in sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))}
DATA_THROUGH, WEEKS_AGO = date(2026, 6, 29), date(2026, 6, 1)
HANGUL = re.compile("[가-힣]")

# what a test asks of the frames that a notebook made, run after its last cell
ASK_TOUR = """
import json, sys
asked = {
    "interpreter": sys.executable,
    "by_name": {f"{row.event_name} {row.actor}": row.n_events for row in by_name.itertuples()},
    "by_weekday": [(row.weekday_ko, row.n_events) for row in by_weekday.itertuples()],
    "by_hour": list(by_hour.items()),
    "intake": intake.iloc[0].astype("int64").to_dict(),
    "gaps": [(row.at_most_days, row.n_gaps) for row in gaps.itertuples()],
    "at_risk": {str(row.as_of): row.at_risk for row in at_risk.itertuples()},
    "one": one,
    "path_of_one": [(str(row.as_of), row.silence_days, row.churned_7d) for row in path_of_one.itertuples()],
}
print(json.dumps(asked, default=str))
"""
ASK_REVIEW = """
import json
asked = {
    "figures": [(row.horizon, row.model, row.auc, row.auc_low, row.auc_high) for row in figures.itertuples()],
    "folds": [(row.horizon, row.said, row.happened) for row in folds.itertuples()],
    "kept": list(kept.feature), "dropped": int(counted.dropped.sum()), "candidates": pruning.n_candidates,
    "themes": len(rests_on), "listed": list(listed.creator_id),
    "came_of_it": came_of_it.assign(as_of=came_of_it.as_of.astype(str)).to_dict("records"),
    "what_they_did": [(row.creator_id, row.churned_7d) for row in what_they_did.itertuples()],
}
print(json.dumps(asked, default=str))
"""


@dataclass(frozen=True)
class Story:
    """An executed notebook, without the cell that asked, and what that was answered."""

    cells: tuple[NotebookNode, ...]
    asked: dict[str, Any]


def execute(name: str, config: Path, ask: str = "") -> Story:
    """Run the notebook on ``config``; `CellExecutionError` where a cell fails. Bounded in time, the kernel ended after."""
    notebook = nbformat.read(NOTEBOOKS[name], as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(ask))
    with tempfile.TemporaryDirectory(prefix="nb-", dir="/tmp") as home:  # short: the path of a socket has 107 bytes
        environment = os.environ | {"FANCARE_CONFIG": str(config), "IPYTHONDIR": home, "JUPYTER_DATA_DIR": home}
        client = NotebookClient(
            notebook, kernel_name="python3", timeout=300, startup_timeout=120,
            resources={"metadata": {"path": str(shutil.copytree(NOTEBOOKS[name].parent, Path(home) / "notebooks"))}},
        )  # fmt: skip
        kernel = client.create_kernel_manager()
        kernel.transport, kernel.connection_file = "ipc", f"{home}/kernel.json"
        client.owns_km = True
        client.execute(env=environment)
        assert not kernel.has_kernel
    *cells, last = notebook.cells
    return Story(tuple(cells), json.loads(last.outputs[0].text) if ask else {})


@pytest.fixture(scope="module", autouse=True)
def own_kernels(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Whatever kernels and settings a developer has in the home folder stay out of it."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR"):
            patch.setenv(name, str(tmp_path_factory.mktemp("jupyter")))
        yield


@pytest.fixture(scope="module")
def seen(first_run: FirstRun, tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """The platform as it would be had today's scores been given four weeks ago, too: what came of them is known.

    Its days are read by the clock of Seoul; the log's events all happen at nine in the morning, UTC.
    """
    platform = Platform(Path(shutil.copytree(first_run.platform.folder, tmp_path_factory.mktemp("seen") / "platform")))
    platform.edit('timezone = "UTC"', 'timezone = "Asia/Seoul"')
    from fancare.warehouse.duckdb_engine import Warehouse

    with Warehouse.open(platform.folder / "warehouse" / "fancare.duckdb") as warehouse:
        for table in ("risk_scores", "watchlist"):
            warehouse.raw(
                f"INSERT INTO {table} BY NAME SELECT * REPLACE ($day AS as_of) FROM {table}", {"day": WEEKS_AGO}
            )
    return platform


@pytest.fixture(scope="module")
def tour(seen: Platform) -> Story:
    return execute("tour_of_the_events", seen.config, ASK_TOUR)


@pytest.fixture(scope="module")
def review(seen: Platform) -> Story:
    return execute("review_of_a_backtest", seen.config, ASK_REVIEW)


@pytest.fixture(scope="module")
def active_days() -> dict[str, list[date]]:
    """Each creator's days with a broadcast, in order, from the log itself."""
    days: dict[str, set[date]] = {}
    for row in rows_of_the_log():
        if row["event"] == "broadcast" and row["ts"].date() <= DATA_THROUGH:
            days.setdefault(row["creator"], set()).add(row["ts"].date())
    return {creator: sorted(found) for creator, found in days.items()}


# --- as they are committed


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_it_is_committed_without_outputs(name):
    notebook = nbformat.read(NOTEBOOKS[name], as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.id for cell in code if cell.outputs or cell.execution_count is not None] == []
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert [cell.id for cell in notebook.cells if cell.metadata] == []


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_it_defines_nothing(name):
    """What is worth a name belongs into the package, where it is tested and typed."""
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
    for cell in nbformat.read(NOTEBOOKS[name], as_version=4).cells:
        if cell.cell_type == "code":
            assert [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, definitions)] == [], cell.id


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_its_text_is_korean_first_then_english(name):
    for cell in nbformat.read(NOTEBOOKS[name], as_version=4).cells:
        if cell.cell_type == "markdown":
            said = [part for part in cell.source.split("\n\n") if not part.startswith("#")]
            assert said, cell.id
            assert [bool(HANGUL.search(part)) for part in said] == [n % 2 == 0 for n in range(len(said))], cell.id


def test_the_page_of_the_folder_names_every_notebook():
    page = (next(iter(NOTEBOOKS.values())).parent / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\]\((\w+)\.ipynb\)", page)) == set(NOTEBOOKS)


# --- as they run


@pytest.mark.parametrize("name", ["tour", "review"])
def test_every_cell_runs_in_order_and_nothing_complains(name, request):
    code = [cell for cell in request.getfixturevalue(name).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    kinds = Counter(output.get("name", output.output_type) for cell in code for output in cell.outputs)
    assert not kinds.keys() & {"error", "stderr"}


@pytest.mark.parametrize(("name", "tables", "charts"), [("tour", 10, 10), ("review", 12, 3)])
def test_tables_have_rows_and_charts_are_drawn(name, tables, charts, request):
    data = [
        output.data
        for cell in request.getfixturevalue(name).cells
        for output in cell.get("outputs", ())
        if "data" in output
    ]
    frames = [shown["text/html"] for shown in data if "text/html" in shown]
    assert len(frames) == tables
    assert [frame for frame in frames if "<td>" not in frame] == []
    drawn = [ElementTree.fromstring(shown["image/svg+xml"]) for shown in data if "image/svg+xml" in shown]
    assert len(drawn) == charts
    assert all(
        "nan" not in (line.get("points") or "")
        for svg in drawn
        for line in svg.iter("{http://www.w3.org/2000/svg}polyline")
    )


def test_the_kernel_is_this_interpreter(tour):
    assert tour.asked["interpreter"] == sys.executable


def test_the_tour_counts_the_log(tour):
    rows = rows_of_the_log()
    actors = {"broadcast": "creator", "message": "fan", "donation": "fan"}
    assert tour.asked["by_name"] == Counter(f"{row['event']} {actors[row['event']]}" for row in rows)
    assert tour.asked["intake"]["n_rows"] == tour.asked["intake"]["n_events"] == len(rows)
    of_weekday = Counter(row["ts"].weekday() for row in rows if row["ts"].date() <= DATA_THROUGH)
    assert tour.asked["by_weekday"] == [["월화수목금토일"[day], of_weekday[day]] for day in range(7)]


def test_the_tour_reads_the_clock_of_the_platform(tour):
    assert tour.asked["by_hour"] == [[18, len(rows_of_the_log())]]


def test_the_tour_knows_the_gaps(tour, active_days):
    gaps = Counter((after - before).days for days in active_days.values() for before, after in pairwise(days))
    assert set(gaps) == {1, 7}
    assert tour.asked["gaps"] == [[1, gaps[1]], [7, gaps[7]]]


def test_the_tour_knows_who_is_at_risk(tour, active_days):
    for as_of in (WEEKS_AGO, DATA_THROUGH):
        window = {as_of - timedelta(back) for back in range(28)}
        assert tour.asked["at_risk"][str(as_of)] == sum(bool(window & set(days)) for days in active_days.values())


def test_the_path_of_one_ends_in_silence(tour, active_days):
    days, path = active_days[tour.asked["one"]["creator"]], tour.asked["path_of_one"]
    assert path
    for as_of, silence, churned in path:
        day = date.fromisoformat(as_of)
        assert silence == (day - max(d for d in days if d <= day)).days
        if day + timedelta(7) <= DATA_THROUGH:
            assert churned == (not any(day < d <= day + timedelta(7) for d in days))
    assert any(churned for _, _, churned in path)


def test_the_review_shows_what_the_bundle_holds(review, seen):
    (manifest,) = (
        json.loads(path.read_text()) for path in (seen.folder / "registry" / "quick").glob("*/manifest.json")
    )
    by_horizon = manifest["backtest"]["horizons"]
    assert len(review.asked["figures"]) == 12
    for horizon, model, *auc in review.asked["figures"]:
        found = by_horizon[str(horizon)][model]
        assert auc == [found["auc"], found["auc_low"], found["auc_high"]]
    assert [horizon for horizon, *_ in review.asked["folds"]] == [7, 14, 28]
    assert (
        len(review.asked["kept"]) + review.asked["dropped"]
        == review.asked["candidates"]
        > len(manifest["features"])
        > 1
    )
    assert sorted(review.asked["kept"]) == sorted(feature["name"] for feature in manifest["features"])
    assert review.asked["themes"] > 1


def test_the_review_knows_what_came_of_the_scores(review, seen, active_days):
    scored = {creator for creator, as_of, *_ in seen.scores() if as_of == WEEKS_AGO}
    recent = {WEEKS_AGO - timedelta(back) for back in range(28)}
    judged = {creator for creator in scored if recent & set(active_days[creator])}  # at risk four weeks ago, too
    listed = judged & set(review.asked["listed"])
    assert len(review.asked["listed"]) == 5
    assert 0 < len(listed) < len(judged)
    assert [row["horizon"] for row in review.asked["came_of_it"]] == [7, 14, 28]
    for row in review.asked["came_of_it"]:
        after = {WEEKS_AGO + timedelta(n) for n in range(1, row["horizon"] + 1)}
        quiet = {creator for creator in judged if not after & set(active_days[creator])}
        assert (row["as_of"][:10], row["scored"], row["listed"]) == (str(WEEKS_AGO), len(judged), len(listed))
        assert row["happened"] == pytest.approx(len(quiet) / len(judged))
        assert row["happened_to_listed"] == pytest.approx(len(quiet & listed) / len(listed))
    assert {creator for creator, _ in review.asked["what_they_did"]} == listed


def test_without_a_warehouse_it_says_in_a_sentence_what_to_do(fresh):
    with pytest.raises(CellExecutionError) as stopped:
        execute("tour_of_the_events", fresh.config)
    assert stopped.value.ename == "WarehouseError"
    assert re.fullmatch(r"There is no warehouse \S+ yet; run `fancare ingest` first\.", stopped.value.evalue)
    cell, shown = stopped.value.traceback.strip().rsplit("------------------\n", 1)
    assert "open_existing" in cell
    assert shown.strip() == f"fancare: {stopped.value.evalue}"  # no stack of internals
    assert not (fresh.folder / "warehouse").exists()
