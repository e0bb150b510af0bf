"""Commands that study a model rather than run it: what it keeps, what more data would buy, odd labels, is it still right.

Registered by `fancare.cli`; each opens a job, asks the pipeline, and prints.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from fancare.command import DEFAULT_CONFIG, AsOf, ConfigOption, Now, Quiet, open_command


def features(
    config: ConfigOption = DEFAULT_CONFIG,
    compare: Annotated[
        bool, typer.Option("--compare", help="Also train with all, the kept, and half of those.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--json", help="Write what was kept, what went and why to this file.")
    ] = None,
    as_of: AsOf = None,
    now: Now = None,
    quiet: Quiet = False,
) -> None:
    """Which candidate features a model keeps and why each of the others goes: a summary here, every one in a CSV file."""
    from fancare import pipeline
    from fancare.reports.features import print_pruning, print_study
    from fancare.reports.watchlist import write_atomically

    if out:
        out.parent.mkdir(parents=True, exist_ok=True)
    with open_command("features", config, quiet, as_of, now) as job:
        job.all_days = True
        pipeline.run(job, (pipeline.INGEST, pipeline.CHECK, pipeline.BUILD))
        pruning, panel, study = pipeline.features(job, compare)
    if out:
        told = pruning.to_dict() | ({} if study is None else {"comparison": study.to_dict()})
        write_atomically(out, (json.dumps(told, indent=1, ensure_ascii=False) + "\n").encode())
        print(f"figures: {out}")
    print_pruning(pruning, panel.features)
    if study is not None:
        print_study(study)


def learning_curve(
    config: ConfigOption = DEFAULT_CONFIG,
    folds: Annotated[int, typer.Option(min=1, help="How many of the backtest's last folds to test on.")] = 1,
    repeats: Annotated[int, typer.Option(min=1, help="How often each point is made: draws and networks.")] = 3,
    out: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")] = None,
    page: Annotated[Path | None, typer.Option("--out", help="The page. Default: in [ops] output.")] = None,
    as_of: AsOf = None,
    now: Now = None,
    quiet: Quiet = False,
) -> None:
    """What more data would buy: quality against weeks of history and number of entities, on the same test rows.

    Every step doubles the data; the last one, with its interval, says whether more would buy anything. A point is made several
    times, each time with a draw of entities and one network of its own, so a curve costs about as much CPU as two backtests.
    """
    from fancare import pipeline
    from fancare.reports.learning_curve_terminal import print_curve
    from fancare.reports.watchlist import write_atomically

    for path in (out, page):
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
    with open_command("learning-curve", config, quiet, as_of, now) as job:
        job.all_days = True
        pipeline.run(job, (pipeline.INGEST, pipeline.CHECK, pipeline.BUILD))
        curve = pipeline.learning_curve(job, folds, repeats, page)
    if out:
        write_atomically(out, (json.dumps(curve.to_json_dict(), indent=1, ensure_ascii=False) + "\n").encode())
        print(f"figures: {out}")
    print_curve(curve)


def audit(
    config: ConfigOption = DEFAULT_CONFIG,
    rows: Annotated[int, typer.Option(min=1, help="How many rows to list.")] = 40,
    horizon: Annotated[int | None, typer.Option(help="Days. Default: the one of the model's bands.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="The CSV. Default: in [ops] output.")] = None,
    as_of: AsOf = None,
    now: Now = None,
    quiet: Quiet = False,
) -> None:
    """The rows on which model and label disagree most, with what may be wrong with the label, as CSV for a person to look at.

    The model is the backtest's, so no row was seen in training. Half of the rows were said to leave and came back, half were said
    to stay and left; at most two are of the same creator (room, fan). The CSV's last column is for your verdict.
    """
    from fancare import pipeline
    from fancare.reports.label_audit_terminal import print_audit

    if out:
        out.parent.mkdir(parents=True, exist_ok=True)
    with open_command("audit", config, quiet, as_of, now) as job:
        asked = pipeline.audited_horizon(job.config, horizon)
        job.all_days = True
        pipeline.run(job, (pipeline.INGEST, pipeline.CHECK, pipeline.BUILD))
        found = pipeline.audit(job, rows, asked, out)
    print_audit(found)


def monitor(
    config: ConfigOption = DEFAULT_CONFIG,
    out: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")] = None,
    as_of: AsOf = None,
    now: Now = None,
    quiet: Quiet = False,
) -> None:
    """Is the model still right? What has moved since training, and what became of earlier risks, beside the backtest's promise.

    A finding that is seen once is amber; found again in the next monitored day it is red, with what moved and what to do. An
    alarm is no error: the exit code stays 0. A day that is not scored yet is scored first.
    """
    from fancare import pipeline
    from fancare.reports.monitor_words import lines
    from fancare.reports.watchlist import write_atomically

    if out:
        out.parent.mkdir(parents=True, exist_ok=True)
    with open_command("monitor", config, quiet, as_of, now) as job:
        pipeline.run(job, pipeline.MAIN_JOB[: pipeline.MAIN_JOB.index(pipeline.MONITOR)])
        found = pipeline.monitoring(job)
    if out:
        write_atomically(out, (json.dumps(found.to_json_dict(), indent=1, ensure_ascii=False) + "\n").encode())
        print(f"figures: {out}")
    print("\n".join(lines(found)))
