"""The tools that write, offered only where the command line allows it."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from scitex_io.mcp.tools import Ext, File, Tools
from scitex_io.patterns import has_wildcards

Target = Annotated[
    str, "Where to write, within the folders; a relative path in the first one. Its name says the format."
]
Force = Annotated[bool, "Replace a file that is there."]
OnLoss = Annotated[Literal["warn", "error", "allow"], "What to do if the format cannot hold all of it."]


class WritingTools(Tools):
    """What can be asked, with what changes files."""

    def save(
        self,
        path: Target,
        data: Annotated[Any, "JSON: a tree, a text, or the rows of a table as a list of objects."],
        key: Annotated[str | None, "Write only this part of a store: 'a/b'; the rest of it stays."] = None,
        force: Force = False,
        on_loss: OnLoss = "warn",
    ) -> dict[str, Any]:
        """Save data in the format that the name says; what the format cannot hold is told, or refused."""

        def found() -> Any:
            target = self._free(path, force=force or key is not None)
            _saved(data, target, {} if key is None else {"key": key}, on_loss)
            return {"path": str(target)}

        return self.answered(found)

    def convert(
        self,
        source: Annotated[str, "A file, or a pattern: 'raw/**/*.mat'."],
        target: Annotated[str, "A path; for a pattern with placeholders, those of the pattern, {dir} and {stem}."],
        ext: Ext = None,
        force: Force = False,
        on_loss: OnLoss = "warn",
        verify: Annotated[bool, "Load what was written, and compare it before anything is replaced."] = True,
    ) -> dict[str, Any]:
        """Convert files into the format that the target's name says; losses and failures are told for each."""

        def found() -> Any:
            from attrs import asdict

            from scitex_io.cli.batch import Job, converted, filled, only_sources, without_clashes

            if has_wildcards(source):
                matches = only_sources(self.roots.matching(source))
                pairs = [(path, filled(target, path, values)) for path, values in matches]
                without_clashes([(path, str(self.roots.new(made))) for path, made in pairs])
            else:
                pairs = [(source, target)]
            jobs = [
                Job(
                    str(self.roots.existing(path)),
                    str(self.roots.new(made)),
                    ext,
                    force,
                    False,
                    verify,
                    on_loss,
                    {},
                    {},
                )
                for path, made in pairs
            ]
            return {"files": [asdict(converted(job)) for job in jobs]}

        return self.answered(found)

    def embed_metadata(
        self,
        path: File,
        metadata: Annotated[dict[str, Any], "Text, numbers, booleans, and lists and objects of them."],
        add: Annotated[bool, "Keep what is there under other names; it is replaced otherwise."] = False,
    ) -> dict[str, Any]:
        """Store metadata inside a file; all else in it stays."""

        def found() -> Any:
            from scitex_io.metadata import embed_metadata, read_metadata

            file = self.roots.new(str(self.roots.existing(path)))
            told: Mapping[str, Any] = (read_metadata(file) or {}) if add else {}
            embed_metadata(file, {**told, **metadata})
            return {"path": str(file)}

        return self.answered(found)

    def _free(self, path: str, *, force: bool) -> Path:
        target = self.roots.new(path)
        if os.path.lexists(target) and not force:
            raise FileExistsError(errno.EEXIST, "exists; force replaces it", path)
        return target


def _saved(data: Any, target: Path, options: Mapping[str, Any], on_loss: Literal["warn", "error", "allow"]) -> None:
    from scitex_io.saving import saver_for, write

    # Not through `save`: braces in this name are no placeholders, and what is beside a server is no script.
    handler, content = saver_for(data, target, None)
    write(content, target, handler.with_options(options, "save"), on_loss)
