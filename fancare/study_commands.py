"""Commands that study a model rather than run it: which features it keeps, what more data would buy, which labels are odd.

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
