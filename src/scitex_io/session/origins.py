"""Where in a YAML file a value stands; looked up only when somebody asks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from attrs import frozen


@frozen
class Origin:
    """Where a value of the configs comes from."""

    key: str
    value: Any
    file: Path | None
    line: int | None = None  # from 1, as editors count
    column: int | None = None
    rule: str = "plain"

    def __str__(self) -> str:
        place = "no file" if self.file is None else str(self.file)
        if self.line is not None:
            place += f":{self.line}:{self.column}"
        return f"{self.key} = {self.value!r}  ({place}; {self.rule})"


def found_in(file: Path | None, parts: list[str], value: Any, *, debug: str) -> Origin:
    """The origin of the value at the keys *parts*, whose first names the file; *debug* is the prefix in force."""
    key = ".".join(part.upper() for part in parts)
    if file is None:
        return Origin(key, value, None, rule="override: set after loading")
    from scitex_io.formats.yaml.words import composed

    node, mark, rule = next(iter(composed(file.read_bytes())), None), None, "plain"
    for part in parts[1:]:
        step = _step(node, part, debug)
        if step is None:
            return Origin(key, value, file, rule="override: set after loading")
        node, mark, promoted = step
        rule = promoted or rule
    start = mark or (node.start_mark if node is not None else None)
    if start is None:
        return Origin(key, value, file)
    return Origin(key, value, file, start.line + 1, start.column + 1, rule)


def _step(node: Any, part: str, debug: str) -> tuple[Any, Any, str] | None:
    """The node below, the mark of its key, and the rule that chose it."""
    if node is None:
        return None
    if node.id == "sequence":
        at = int(part) if part.isdigit() else len(node.value)
        return (node.value[at], node.value[at].start_mark, "") if at < len(node.value) else None
    if node.id != "mapping":
        return None
    wanted = part.upper()
    found = None
    for name, below in node.value:
        if name.id != "scalar":
            continue
        if debug and name.value.upper() == debug + wanted:
            return below, name.start_mark, f"{name.value} takes the place of {part} while debugging"
        if name.value.upper() == wanted:
            found = below, name.start_mark, ""
    if found is not None:
        return found
    merged = [below for name, below in node.value if name.tag == "tag:yaml.org,2002:merge"]
    for below in [one for node in merged for one in (node.value if node.id == "sequence" else [node])]:
        if (step := _step(below, part, debug)) is not None:
            return step
    return None
