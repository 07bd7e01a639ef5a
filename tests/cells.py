"""Pages of the documentation, run as what they say they are: cells of a script, prompts, commands, files."""

from __future__ import annotations

import ast
import contextlib
import doctest
import io
import os
import re
import shlex
import subprocess
import sys
import types
import warnings
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field, frozen
from markdown_it import MarkdownIt

from optional import CI
from scitex_io.disk import inputs

OPTIONS = doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL
SCRIPT = "study.py"
REPORT = re.compile(r"^Saved to: .*\n", re.MULTILINE)  # the line of each save; the guide says once what it is


@frozen
class Block:
    """Code on a page, and where it is."""

    language: str
    text: str
    place: str

    @property
    def has_prompts(self) -> bool:
        return self.language == "python" and self.text.lstrip().startswith(">>>")


def blocks(page: Path) -> list[Block]:
    """Every block of code, fenced or indented, also in lists."""
    found = MarkdownIt("commonmark").parse(page.read_text(encoding="utf-8"))
    return [
        Block(token.info.strip(), token.content, f"{page.name}, line {token.map[0] + 1}")
        for token in found
        if token.type in {"fence", "code_block"} and token.map and token.info.strip() != "{toctree}"
    ]


@define
class Session:
    """What the blocks of one page share: a folder, and the names of a script in it."""

    folder: Path
    names: types.ModuleType = field(init=False)
    code: str = ""
    exit_code: int = 0

    def __attrs_post_init__(self) -> None:
        self.names = types.ModuleType("__main__")
        self.names.__file__ = str(self.folder / SCRIPT)

    def run(self, found: list[Block]) -> list[Block]:
        """Run the blocks in order and compare what they show; those of languages that do not run are returned."""
        left = []
        queue = deque(found)
        while queue:
            block = queue.popleft()
            if block.has_prompts:
                self.prompts(block)
            elif block.language == "python":
                shown = queue.popleft().text if queue and queue[0].language == "output" else ""
                compare(block, block.text, shown, self.cell(block.text))
            elif block.language == "console":
                self.commands(block)
            elif block.language == "yaml":
                self.file(block)
            else:
                left.append(block)
        assert self.exit_code == 0, "the last command failed, and the page does not say so"
        return left

    def file(self, block: Block) -> None:
        """Write the file that the first line names."""
        name = re.match(r"# (\S+)\n", block.text)
        assert name, f"{block.place}: the first line of a file says its name"
        path = self.folder / name[1]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, encoding="utf-8")

    def prompts(self, block: Block) -> None:
        """Run what is typed at prompts."""
        test = doctest.DocTestParser().get_doctest(block.text, self.names.__dict__, block.place, None, None)
        test.globs = self.names.__dict__  # itself, not the copy that a test makes
        told = io.StringIO()
        doctest.DocTestRunner(optionflags=OPTIONS).run(test, out=told.write, clear_globs=False)
        if told.getvalue():
            without_library(told.getvalue())
            raise AssertionError(told.getvalue())

    def cell(self, code: str) -> str:
        """Run lines of the script; what they print and warn of, and the value of the last one, as in a notebook."""
        script = self.folder / SCRIPT
        lines = self.code.count("\n")
        self.code += code
        script.write_text(self.code, encoding="utf-8")
        tree = ast.parse(code, script)
        ast.increment_lineno(tree, lines)
        last = None
        if tree.body and isinstance(tree.body[-1], ast.Expr):
            last = ast.Expression(tree.body.pop().value)  # type: ignore[attr-defined]  # an Expr, as was asked
        told = io.StringIO()
        with showing(told):
            try:
                exec(compile(tree, script, "exec", dont_inherit=True), self.names.__dict__)
                value = eval(compile(last, script, "eval", dont_inherit=True), self.names.__dict__) if last else None
                if value is not None:
                    print(repr(value))
            except Exception as error:  # noqa: BLE001  # whatever it is, it is what the page shows
                told_of = f"{type(error).__name__}: {error}"
                without_library(told_of)
                print(told_of, *getattr(error, "__notes__", ()), sep="\n")
        return REPORT.sub("", told.getvalue())

    def commands(self, block: Block) -> None:
        """Run each command behind a ``$`` and compare what it shows, if that is shown."""
        head, *pairs = re.split(r"^\$ ((?:.*\\\n)*.*)\n", block.text, flags=re.MULTILINE)
        assert pairs and not head, f"{block.place}: commands stand behind a $"
        for command, shown in zip(pairs[::2], pairs[1::2], strict=True):
            if command == "echo $?":
                assert shown == f"{self.exit_code}\n", block.place
                self.exit_code = 0
                continue
            assert self.exit_code == 0, f"{block.place}: a command failed before {command!r}"
            told = self.command(command)
            if shown:
                compare(block, command, shown, told)
            else:
                assert self.exit_code == 0, f"{block.place}: {command}\n{told}"

    def command(self, command: str) -> str:
        """Run a command: in this process where it is ours alone, which is many times as fast."""
        words = shlex.split(command, comments=True)
        if words[0] != "scitex-io" or {"|", "||", "&&", ">", "<", ";"} & set(words):
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", command], capture_output=True, text=True, check=False
            )
            self.exit_code = done.returncode
            return done.stdout + done.stderr
        from scitex_io.cli import main

        told = io.StringIO()
        with showing(told):
            try:
                main(words[1:], prog_name="scitex-io")
            except SystemExit as end:
                self.exit_code = end.code if isinstance(end.code, int) else int(end.code is not None)
        return REPORT.sub("", told.getvalue())


def session(folder: Path, patch: pytest.MonkeyPatch) -> Session:
    """A session in an empty folder, with the commands of this checkout and a terminal of 100 columns."""
    program = folder / ".bin" / "scitex-io"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m scitex_io "$@"\n')
    program.chmod(0o755)
    patch.setenv("PATH", os.pathsep.join([str(program.parent), str(Path(sys.executable).parent), os.environ["PATH"]]))
    patch.setenv("COLUMNS", "100")
    patch.setenv("USER", "ana")
    patch.syspath_prepend(folder)
    patch.chdir(folder)
    patch.setattr(inputs, "_seen", {})  # files that other tests have loaded are no inputs of this page
    made = Session(folder)
    patch.setitem(sys.modules, "__main__", made.names)
    if (pyplot := sys.modules.get("matplotlib.pyplot")) is not None:
        pyplot.close("all")  # it warns of many that are open, whoever opened them
    return made


@contextlib.contextmanager
def showing(told: io.StringIO) -> Iterator[None]:
    """Everything that is printed goes to *told*, and warnings as one line each."""

    def show(message: Warning | str, category: type[Warning], *_: Any) -> None:
        told.write(f"{category.__name__}: {message}\n")

    with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told), warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = show  # type: ignore[assignment]  # takes what it is given
        yield


def without_library(told: str) -> None:
    """Skip the page where it needs a library that is absent; in CI, which has them all, the page fails."""
    if not CI and ("MissingDependencyError" in told or "ModuleNotFoundError" in told):
        pytest.skip(told)


def compare(block: Block, code: str, shown: str, told: str) -> None:
    """Does *code* tell what the page shows?"""
    checker = doctest.OutputChecker()
    if not checker.check_output(shown, told, OPTIONS):
        example = doctest.Example(code if code.endswith("\n") else f"{code}\n", shown)
        raise AssertionError(f"{block.place}\n{code}\n{checker.output_difference(example, told, OPTIONS)}")
