"""The command line: each command opens a job, runs stages, and closes with what was done and where it lies.

What they share is in `fancare.command`; commands that study a model rather than run it are in `fancare.study_commands`.
"""

from __future__ import annotations

import io
import json
import os
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from fancare import study_commands
from fancare.command import DEFAULT_CONFIG, AsOf, ConfigOption, Now, Quiet, day, open_command
from fancare.errors import one_line, reason
from fancare.progress import for_terminal

app = typer.Typer(
    name="fancare",
    help="From a platform's event log to the creators who are about to go quiet, and why.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


LAST_SIMULATED_DAY = date(2026, 6, 30)
INTERRUPTED = 130
INTERRUPTED_SENTENCE = "interrupted; what was finished is kept, run the same command again to go on."


@app.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False) -> None:
    if version:
        import fancare

        print(f"fancare {fancare.__version__}")
        raise typer.Exit


@app.command()
def run(
    config: ConfigOption = DEFAULT_CONFIG,
    as_of: AsOf = None,
    retrain: Annotated[bool, typer.Option("--retrain", help="Train a challenger even though a champion can score.")] = False,
    now: Now = None,
    quiet: Quiet = False,
) -> None:
    """The main job: from the log to scores, watchlist and report. Trains when there is no champion."""
    from fancare import pipeline

    with open_command("run", config, quiet, as_of, now, retrain) as job:
        pipeline.run(job, pipeline.MAIN_JOB)


@app.command()
def init(
    log: Annotated[Path, typer.Argument(help="The event log: a parquet or JSONL file (gzip too), a folder, or a pattern.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Where to write the configuration.")] = DEFAULT_CONFIG,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    now: Now = None,
) -> None:
    """Look at a log and write a commented configuration for it."""
    from fancare.events.sniff import write_config

    print("\n".join(write_config(log, out, now or datetime.now(UTC), force).lines()))


@app.command()
def ingest(
    config: ConfigOption = DEFAULT_CONFIG,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Forget what was ingested and read every file again.")] = False,
    now: Now = None,
    quiet: Quiet = False,
) -> None:
    """Bring in new files of the log; only changed days are rebuilt."""
    from fancare import pipeline

    with open_command("ingest", config, quiet, now=now) as job:
        job.rebuild = rebuild
        pipeline.run(job, (pipeline.INGEST,))


@app.command()
def check(config: ConfigOption = DEFAULT_CONFIG, now: Now = None, quiet: Quiet = False) -> None:
    """Is the log fit to build on? Green, amber, or red (exit code 11)."""
    from fancare import pipeline

    with open_command("check", config, quiet, now=now) as job:
        pipeline.run(job, (pipeline.INGEST, pipeline.CHECK))


@app.command()
def cycles(
    config: ConfigOption = DEFAULT_CONFIG,
    out: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")] = None,
    page: Annotated[Path | None, typer.Option("--out", help="The page. Default: in [ops] output.")] = None,
    as_of: AsOf = None,
    now: Now = None,
    quiet: Quiet = False,
) -> None:
    """From which silence on hardly anybody comes back: gaps between activities, return rates, own-rhythm churn.

    The ground on which 7, 14 and 28 days are chosen, or another set: as tables, as a page with curves, and for each creator
    (room, fan) in the table own_rhythm.
    """
    from fancare import pipeline
    from fancare.reports.cycles_terminal import print_study
    from fancare.reports.watchlist import write_atomically

    for path in (out, page):
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
    with open_command("cycles", config, quiet, as_of, now) as job:
        pipeline.run(job, (pipeline.INGEST, pipeline.CHECK))
        found = pipeline.cycles(job, page)
        loaded = job.config
    if out:
        write_atomically(out, (json.dumps(found.to_json_dict(), indent=1) + "\n").encode())
        print(f"figures: {out}")
    print_study(found, loaded)


@app.command()
def build(config: ConfigOption = DEFAULT_CONFIG, as_of: AsOf = None, now: Now = None, quiet: Quiet = False) -> None:
    """Make cohort, labels and features of every day that training needs; what is current is kept."""
    from fancare import pipeline

    with open_command("build", config, quiet, as_of, now) as job:
        job.all_days = True
        pipeline.run(job, (pipeline.INGEST, pipeline.CHECK, pipeline.BUILD))


@app.command()
def train(config: ConfigOption = DEFAULT_CONFIG, as_of: AsOf = None, now: Now = None, quiet: Quiet = False) -> None:
    """Backtest and train a model into the registry; it scores once `promote` has made it champion."""
    from fancare import pipeline

    with open_command("train", config, quiet, as_of, now, retrain=True) as job:
        pipeline.run(job, pipeline.MAIN_JOB[: pipeline.MAIN_JOB.index(pipeline.PROMOTE)])


@app.command()
def backtest(
    config: ConfigOption = DEFAULT_CONFIG,
    out: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")] = None,
    truth: Annotated[
        Path | None,
        typer.Option(help="truth_risk.parquet of a simulated platform: how much of what there was to know was reached?"),
    ] = None,
    as_of: AsOf = None,
    now: Now = None,
    quiet: Quiet = False,
) -> None:
    """What the model would have been worth at earlier days, beside three baselines on the same rows."""
    from fancare import pipeline
    from fancare.reports.backtest_terminal import print_backtest
    from fancare.reports.watchlist import write_atomically

    if out:
        out.parent.mkdir(parents=True, exist_ok=True)  # minutes before it is needed: a wrong path is told at once
    with open_command("backtest", config, quiet, as_of, now) as job:
        known = None if truth is None else pipeline.read_truth(job, truth)  # a wrong file is told at once
        job.all_days = True
        pipeline.run(job, (pipeline.INGEST, pipeline.CHECK, pipeline.BUILD))
        result = pipeline.backtest(job, known)
    if out:
        write_atomically(out, (json.dumps(result.to_json_dict(), indent=1, ensure_ascii=False) + "\n").encode())
        print(f"figures: {out}")
    print_backtest(result)


for study in (study_commands.features, study_commands.learning_curve, study_commands.audit, study_commands.monitor):
    app.command()(study)


@app.command()
def certify(
    config: ConfigOption = DEFAULT_CONFIG,
    version: Annotated[str | None, typer.Option(help="Which version. Default: the newest.")] = None,
    lang: Annotated[Literal["ko", "en"], typer.Option(help="Language of the certificate's words.")] = "ko",
    now: Now = None,
    quiet: Quiet = False,
) -> None:
    """Does a version know the future? Its leakage certificate, without which it is not promoted (exit code 13 if it fails).

    Features are rebuilt with the future scrambled, from what had arrived, and under other ids; what was fitted is fitted again.
    """
    from fancare import pipeline
    from fancare.churn.certification import version_to_certify
    from fancare.config import load
    from fancare.errors import Refused
    from fancare.reports.certificate_terminal import print_certificate

    chosen, origin = version_to_certify(load(config), version)
    with open_command("certify", config, quiet, origin, now) as job:
        job.all_days = True
        pipeline.run(job, (pipeline.INGEST, pipeline.CHECK, pipeline.BUILD))
        made, path = pipeline.certificate(job, chosen)
        job.results["certificate"] = str(path)
    print_certificate(made, lang)
    if not made.passed:
        raise Refused(
            f"{made.sentence('en')} The version is not promoted; mend what leaks and train again with --retrain."
        )


@app.command()
def promote(
    config: ConfigOption = DEFAULT_CONFIG,
    version: Annotated[str | None, typer.Option(help="Which version. Default: the newest.")] = None,
    rollback: Annotated[bool, typer.Option("--rollback", help="Make the champion before this one champion again.")] = False,
    accept_turnover: Annotated[
        bool, typer.Option("--accept-turnover", help="Take the watchlist of this --version, however many are new on it.")
    ] = False,
    now: Now = None,
) -> None:
    """Make a certified version champion if it passes the gate (exit code 13 if not), or roll back."""
    from fancare.churn.registry import Registry
    from fancare.churn.training import promote as promote_version
    from fancare.config import load
    from fancare.reports.gate_terminal import print_gate

    if accept_turnover and version is None:
        raise typer.BadParameter("--accept-turnover is a word for one list: name its model with --version.")
    loaded, moment = load(config), now or datetime.now(UTC)
    if rollback:
        print(f"champion: {loaded.model.name} {Registry.of(loaded).rollback(loaded.model.name, at=moment)}")
    else:
        print("\n".join(promote_version(loaded, version, None, moment, accept_turnover, print_gate)))


@app.command()
def score(config: ConfigOption = DEFAULT_CONFIG, as_of: AsOf = None, now: Now = None, quiet: Quiet = False) -> None:
    """Score today's cohort with the champion, and write reasons and the watchlist.

    New files of the log are brought in first; where there is no model yet, one is trained.
    """
    from fancare import pipeline

    with open_command("score", config, quiet, as_of, now) as job:
        pipeline.run(job, pipeline.MAIN_JOB[:-1])


@app.command()
def explain(
    id: Annotated[str, typer.Argument(help="A creator; for rooms creator/fan; for fans a fan.")],
    config: ConfigOption = DEFAULT_CONFIG,
    as_of: AsOf = None,
    since: Annotated[
        date | None, typer.Option(parser=day, metavar="DATE", help="Why is the risk not what it was on this day?")
    ] = None,
    out: Annotated[Path | None, typer.Option("--json", help="With --since: write the figures to this file.")] = None,
    lang: Annotated[Literal["ko", "en"], typer.Option(help="Language of the answer.")] = "ko",
    quiet: Quiet = False,
) -> None:
    """Everything about one creator (room, fan) in words: risk, reasons with their facts, recent activity.

    With --since: why its risk changed, split into what people did, time that passed, data that came late, another model, and
    another definition; the parts sum to the difference (Shapley values).
    """
    from fancare.config import load
    from fancare.reports.change_terminal import explain_since
    from fancare.reports.explain import explain as explain_id
    from fancare.warehouse.duckdb_engine import open_existing

    if out and since is None:
        raise typer.BadParameter("--json holds the figures of a change; give --since DATE, too.")
    loaded = load(config)
    place = loaded.warehouse
    with open_existing(place.url, loaded.path.parent, place.memory_limit, place.threads, read_only=False) as tables:
        if since is None:
            print(explain_id(tables, loaded, id, as_of, lang))
        else:
            explain_since(tables, loaded, id, since, as_of, lang, out, for_terminal(quiet))


@app.command()
def report(config: ConfigOption = DEFAULT_CONFIG, as_of: AsOf = None, now: Now = None, quiet: Quiet = False) -> None:
    """One self-contained HTML page: who is at risk and why, trends, and how good the model is.

    What it shows is made first where it is missing or stale: new files are brought in and today's cohort is scored.
    """
    from fancare import pipeline

    with open_command("report", config, quiet, as_of, now) as job:
        pipeline.run(job, pipeline.MAIN_JOB)


@app.command()
def sql(
    table: Annotated[str, typer.Argument(help="A table, such as labels, features or watchlist.")],
    config: ConfigOption = DEFAULT_CONFIG,
    dialect: Annotated[Literal["bigquery", "duckdb"], typer.Option(help="For which engine.")] = "bigquery",
    as_of: AsOf = None,
) -> None:
    """Show the query behind a table, laid out to be read."""
    from fancare import queries
    from fancare.config import load

    print(queries.query(table, load(config), as_of).shown(dialect))


@app.command()
def simulate(
    out: Annotated[Path, typer.Argument(help="Folder for the log, the truth, and a configuration.")],
    world: Annotated[str, typer.Option(help="lively, noise, confounded, drifting or messy.")] = "lively",
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 0,
    creators: Annotated[int | None, typer.Option(help="How many creators ever.")] = None,
    days: Annotated[int | None, typer.Option(help="How many days of log.")] = None,
    end: Annotated[
        date | None, typer.Option(parser=day, metavar="DATE", help="The last day. Default: 2026-06-30.")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Simulate a platform: a Mixpanel-shaped log, the truth behind it, and a configuration to run it with.

    lively: creators with their own rhythms tire, pause, end and join; fans and creators move each other.

    noise: no signal: the same constant rates for everybody on every day, nobody comes or goes.

    confounded: hidden seasons of a genre move creators and fans alike; creators themselves do nothing to fans.

    drifting: creators slow down and tire more from month to month, and holidays come between.

    messy: lively, but the log has bots, people with two accounts, more late and doubled lines, and broken ones.
    """
    from fancare.events.simulator import simulate as live
    from fancare.events.simulator.settings import write_settings

    report = live(world, seed, out / "log", creators, days, end or LAST_SIMULATED_DAY, for_terminal(quiet))
    settings = write_settings(out)
    print(report.describe())
    print(f"next: fancare run --config {settings}")


def main() -> None:
    """Run the command line; a reason to stop is one sentence on stderr and its exit code, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # an id that the terminal's encoding lacks is no reason to stop
            stream.reconfigure(errors="backslashreplace")
    try:
        _run_app()
    except BrokenPipeError:  # whoever read the output has seen enough
        _drop_output()
        raise SystemExit(0) from None
    except Exception as error:
        if os.environ.get("FANCARE_TRACEBACK"):
            raise
        _drop_output()
        if "Query interrupted" in str(error):  # how duckdb says KeyboardInterrupt
            print(f"fancare: {INTERRUPTED_SENTENCE}", file=sys.stderr)
            raise SystemExit(INTERRUPTED) from None
        stop = reason(error)
        print(f"fancare: {one_line(str(stop))}", file=sys.stderr)
        raise SystemExit(stop.exit_code) from None


def _run_app() -> None:
    try:
        app()
    except SystemExit as end:
        if end.code == INTERRUPTED:
            print(f"fancare: {INTERRUPTED_SENTENCE}", file=sys.stderr)
        raise
    finally:
        sys.stdout.flush()  # so that a full disk behind it is told in words


def _drop_output() -> None:
    """What stdout still holds goes nowhere: writing it at exit would fail again, with a traceback."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
