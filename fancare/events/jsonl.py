"""A Mixpanel export file, gzip or not, becomes staged rows, line by line in batches: memory does not grow with the file.

A file that ends in the middle of its compression or of its last line was cut off on its way: the whole file is refused.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from fancare.errors import DataQualityError
from fancare.events.mixpanel import LineReader, Link, NotJson, Row
from fancare.events.source import SourceFile
from fancare.events.staging import COLUMNS, TEXT_KEPT
from fancare.progress import Task

BATCH_ROWS = 50_000
LONGEST_LINE = 16 << 20
CUT_BY_MIXPANEL = b"terminated early"
"""What the export API writes as its last line when it gives up in the middle."""

_BUFFER = 1 << 20
_OTHERS = {
    b"PAR1": "a parquet file: set [source] kind = 'parquet'", b"PK\x03\x04": "a zip archive: unpack it",
    b"\x28\xb5\x2f\xfd": "zstd-compressed: unpack it, or use gzip", b"\xff\xfe": "UTF-16 text: save it as UTF-8",
}  # fmt: skip

Evidence = dict[Link, int]
"""For each pair of ids shown to be one person, when that could first be known (microseconds since 1970, UTC)."""


def stage(file: SourceFile, reader: LineReader, out: Path, evidence: Evidence, task: Task) -> None:
    """Write the file's lines to ``out`` as staged rows and add the links they show to ``evidence``.

    Raises `DataQualityError` for a file that is cut off or no JSON lines at all.
    """
    batch: list[tuple] = []
    try:
        with _lines(file, task) as lines, pq.ParquetWriter(out, COLUMNS) as writer:
            for number, offset, line in lines:
                row = _read(file, reader, number, offset, line)
                for link in row.links:
                    if row.kind in ("event", "link"):
                        known = max(row.event_time or 0, row.arrived_at or 0)
                        evidence[link] = min(evidence.get(link, known), known)
                text = line[:TEXT_KEPT].decode("utf-8", "replace").replace("\x00", "") if row.kind == "dead" else None
                batch.append((number, offset, row.kind, row.reason, text, *row[2:-1]))
                if len(batch) == BATCH_ROWS:
                    writer.write_batch(_arrow(batch))
                    task.advance(0, f"{file.path.name}: {number:,} lines")
                    batch.clear()
            if batch:
                writer.write_batch(_arrow(batch))
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataQualityError(
            f"{file.name} is cut off or damaged ({error}); nothing of it was taken: export it again and replace it."
        ) from None


def _read(file: SourceFile, reader: LineReader, number: int, offset: int, line: bytes) -> Row:
    if len(line) >= LONGEST_LINE:
        return Row("dead", f"longer than {LONGEST_LINE >> 20} MB")
    try:
        return reader.read(line)
    except NotJson as error:
        if line.strip() == CUT_BY_MIXPANEL:
            raise DataQualityError(
                f"{file.name} was cut off by Mixpanel itself (line {number:,}: terminated early); nothing of it was taken: "
                f"export it again and replace it."
            ) from None
        if not line.endswith(b"\n"):
            raise DataQualityError(
                f"{file.name} is cut off in its last line (line {number:,}, byte {offset:,}); nothing of it was taken: "
                f"export it again and replace it."
            ) from None
        return Row("dead", str(error))


def _arrow(batch: list[tuple]) -> pa.RecordBatch:
    columns = zip(*batch, strict=True)
    return pa.RecordBatch.from_arrays(
        [pa.array(column, field.type) for column, field in zip(columns, COLUMNS, strict=True)], schema=COLUMNS
    )


@contextmanager
def _lines(file: SourceFile, task: Task) -> Iterator[Iterator[tuple[int, int, bytes]]]:
    """The lines that are not blank, with number (from 1) and byte offset in the uncompressed file."""
    with file.path.open("rb") as raw:
        head = raw.read(4)
        for magic, what in _OTHERS.items():
            if head.startswith(magic):
                raise DataQualityError(f"{file.name} is {what}; JSON lines (gzip or not) are needed.")
        raw.seek(0)
        if head.startswith(b"\x1f\x8b"):
            with gzip.GzipFile(fileobj=raw) as unpacked:
                yield _numbered(io.BufferedReader(unpacked, _BUFFER), raw, task)
        else:
            yield _numbered(raw, raw, task)


def _numbered(stream: io.BufferedReader | BinaryIO, raw: BinaryIO, task: Task) -> Iterator[tuple[int, int, bytes]]:
    number = offset = told = 0
    while line := stream.readline(LONGEST_LINE):
        number += 1
        size = len(line)
        if size == LONGEST_LINE and not line.endswith(b"\n"):
            while more := stream.readline(LONGEST_LINE):
                size += len(more)
                if more.endswith(b"\n"):
                    break
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if line.strip():
            yield number, offset, line
        offset += size
        if number % 10_000 == 0:
            task.advance(raw.tell() - told)
            told = raw.tell()
    task.advance(raw.tell() - told)
