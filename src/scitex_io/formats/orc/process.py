"""The process that reads ORC files (see `reading`), as seen from outside: started once, kept for the next file."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa


class ReadError(ValueError):
    """The file cannot be read; the text says why."""


class Reader:
    """One process."""

    def __init__(self) -> None:
        self.errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # as long as the process
        script = str(Path(__file__).with_name("reading.py"))
        self.process: subprocess.Popen[bytes] = subprocess.Popen(  # noqa: S603  # ourselves
            [sys.executable, "-I", script, json.dumps(sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
        )

    def ask(self, asked: dict[str, Any]) -> Iterator[pa.Table]:
        """An empty table, then one for each stripe."""
        import pyarrow as pa

        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps(asked).encode() + b"\n")
            self.process.stdin.flush()
            reader = pa.ipc.open_stream(pa.PythonFile(self.process.stdout, "r"))
            yield reader.schema.empty_table()
            for batch in reader:
                yield pa.Table.from_batches([batch])
        except (pa.ArrowInvalid, OSError) as error:
            code = self.process.wait()
            self.errors.seek(0)
            told = self.errors.read().decode(errors="replace").strip().splitlines()
            crashed = "it is damaged: reading it crashes the library"
            raise ReadError(told[-1] if told and code == 1 else crashed) from error

    def end(self) -> None:
        """Let the process go."""
        self.process.kill()
        self.process.communicate()
        self.errors.close()


_idle: list[Reader] = []


def read(asked: dict[str, Any]) -> Iterator[pa.Table]:
    """What `Reader.ask` gives, by a process that may crash."""
    try:
        reader = _idle.pop()
    except IndexError:
        reader = Reader()
    if reader.process.poll() is not None:  # ended meanwhile
        reader.end()
        reader = Reader()
    done = False
    try:
        yield from reader.ask(asked)
        done = True
    finally:
        if done and not _idle:
            _idle.append(reader)
        else:
            reader.end()


@atexit.register
def _end() -> None:
    while _idle:
        _idle.pop().end()


os.register_at_fork(after_in_child=_idle.clear) if hasattr(os, "register_at_fork") else None
