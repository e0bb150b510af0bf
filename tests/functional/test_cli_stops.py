"""What the machine may do to a command: a lock, a full disk, no memory, an interrupt. One sentence, and the rest stays."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial

import pytest

from fancare import pipeline
from tests.command import FANCARE, Done, fancare
from tests.functional.conftest import Platform, refused, said

pytestmark = pytest.mark.slow


def test_a_warehouse_that_another_process_holds(platform: Platform) -> None:
    path = platform.folder / "warehouse" / "fancare.duckdb"
    hold = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        done = fancare("run", "--quiet", "--config", platform.config)
        holder.communicate("")
    assert (done.code, done.out) == (14, "")
    assert said(done) == (
        f"The warehouse {path} is in use by another process (PID {holder.pid}); wait for it to end, then run again."
    )


@pytest.mark.parametrize("content", [b"this is no database" * 1000, None])
def test_a_warehouse_that_is_none(fresh: Platform, content: bytes | None) -> None:
    path = fresh.folder / "warehouse" / "fancare.duckdb"
    if content is None:
        path.parent.write_bytes(b"")  # a file where the folder should be
    else:
        path.parent.mkdir()
        path.write_bytes(content)
    done = fresh.fancare("ingest")
    assert done.code == 14
    assert said(done).startswith(f"The warehouse {path} cannot be opened (")
    assert content is None or path.read_bytes() == content


def test_a_full_disk_while_the_log_is_read(fresh: Platform) -> None:
    def no_room() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    done = fancare("ingest", "--config", fresh.config, "--now", "2026-07-01", preexec_fn=no_room)
    assert done.code == 14
    assert "check disk space and permissions, then run again." in said(done)
    assert fresh.fancare("ingest").code == 0


def test_a_full_disk_behind_the_output(platform: Platform) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [FANCARE, "sql", "cohort", "--config", platform.config], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == 14
    assert "No space left on device" in said(Done(done.returncode, "", done.stderr))


def test_a_reader_that_has_seen_enough_is_no_error(platform: Platform) -> None:
    command = f"{FANCARE} sql features --config {platform.config} | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (MemoryError, 14, "Memory ran out; end other programs, lower [warehouse] memory_limit or "),
        (partial(RuntimeError, "DefaultCPUAllocator: can't allocate memory: 1 bytes"), 14, "Memory ran out; "),
        (partial(OSError, 28, "No space left on device", "/x/y"), 14, "/x/y cannot be written or read (No space "),
        (partial(PermissionError, 13, "Permission denied", "/x/y"), 10, "/x/y cannot be written or read (Permission "),
        (partial(KeyError, "\x1b[31m\nx"), 1, "A defect of fancare stopped this command (KeyError at test_cli_stops.py:"),
    ],
)
def test_whatever_stops_a_stage_is_one_sentence(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, error: Callable[[], Exception], code: int, text: str
) -> None:
    def fail(_: object) -> list[str]:
        raise error()

    monkeypatch.setattr(pipeline, "INGEST", pipeline.Stage("ingest", (), (), fail))
    assert refused(platform, code, "ingest").startswith(text)
    assert platform.rows("SELECT status FROM runs ORDER BY started_at, finished_at")[-1] == ("failed",)
    monkeypatch.setenv("FANCARE_TRACEBACK", "1")
    with pytest.raises(type(error())):
        platform.fancare("ingest")


def test_an_interrupted_command_says_how_to_go_on(platform: Platform) -> None:
    words = [FANCARE, "run", "--retrain", "--config", platform.config, "--now", "2026-07-01T06:00:00"]
    scores = platform.scores()
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        assert running.stderr.readline() == "ingest …\n"
        while "hashing" not in running.stderr.readline():
            pass
        os.kill(running.pid, signal.SIGINT)
        out, err = running.communicate()
    assert (running.returncode, out) == (130, "")
    assert said(Done(130, "", err)) == "interrupted; what was finished is kept, run the same command again to go on."
    assert platform.scores() == scores
