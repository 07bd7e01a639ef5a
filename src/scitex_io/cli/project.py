"""Commands for a project: its configs, its files by pattern, what is kept between runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click


@click.command()
@click.option(
    "-d",
    "--dir",
    "folder",
    type=click.Path(path_type=Path),
    default=Path("config"),
    show_default=True,
    help="The folder of YAML files.",
)
@click.option(
    "--debug/--no-debug", "debug", default=None, help="Debug, whatever IS_DEBUG.yaml and the environment say."
)
@click.option(
    "--stub",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a stub (.pyi) that tells editors and type checkers what CONFIG holds.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def configs(folder: Path, debug: bool | None, stub: Path | None, as_json: bool) -> None:
    """Show the configs of a project, each value with the file and line it comes from.

    Example: scitex-io configs --dir config --json
    """
    from scitex_io.dotdict import DotDict
    from scitex_io.session.configs import load_configs

    config = load_configs(debug, config_dir=folder)
    if stub is not None:
        from scitex_io.api import save
        from scitex_io.formats.text import Text
        from scitex_io.session.stubs import stub as text_of

        save(text_of(config), stub.absolute(), verbose=False, handler=Text())
        return
    if as_json:
        click.echo(json.dumps(config.to_dict(include_private=True), indent=2, ensure_ascii=False, default=str))
        return

    def lines(node: Any, above: str) -> list[tuple[str, str, str]]:
        found = []
        for key, value in node.items():
            path = f"{above}{key}"
            if isinstance(value, DotDict) and value:
                found += lines(value, f"{path}.")
                continue
            origin = config.why(path) if isinstance(key, str) and "." not in key else None
            place = "" if origin is None else f"{origin.file}" + (f":{origin.line}" if origin.line else "")
            rule = "" if origin is None or origin.rule == "plain" else f"  ({origin.rule})"
            found.append((path, repr(value), place + rule))
        return found

    rows = lines(config, "")
    widths = [max((len(row[at]) for row in rows), default=0) for at in range(2)]
    for path, value, place in rows:
        click.echo(f"{path:<{widths[0]}}  {value:<{min(widths[1], 40)}}  {place}".rstrip())


@click.command()
@click.argument("pattern")
@click.option("--parse", is_flag=True, help="Print the values of the placeholders as well.")
@click.option("--one", is_flag=True, help="Fail unless exactly one path matches.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def glob(pattern: str, parse: bool, one: bool, as_json: bool) -> None:
    """List the paths that match PATTERN, in natural order: 'data/sub-{sub}/run-{run:d}.{csv,tsv}'.

    Quote the pattern, or the shell takes its braces. Exit code 1 if nothing matches.

    Example: scitex-io glob 'data/sub-{sub}/run-{run:d}.csv' --parse --json
    """
    from scitex_io.session.globs import parse_glob

    try:
        paths, values = parse_glob(pattern, ensure_one=one)
    except AssertionError as error:
        raise click.ClickException(str(error)) from error
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if as_json:
        click.echo(
            json.dumps(
                [{"path": path, **found} for path, found in zip(paths, values, strict=True)] if parse else paths,
                indent=2,
            )
        )
    else:
        for path, found in zip(paths, values, strict=True):
            told = "  ".join(f"{name}={value}" for name, value in found.items()) if parse else ""
            click.echo(f"{path}  {told}".rstrip())
    if not paths:
        raise click.exceptions.Exit(1)


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, exists=True))
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("typings"),
    show_default=True,
    help="The folder of stubs.",
)
@click.option("--check", is_flag=True, help="Write nothing; exit code 1 if the stub is missing or would change.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def typings(paths: tuple[Path, ...], out: Path, check: bool, as_json: bool) -> None:
    """Tell pyright the types of what the files give that PATHS load by name; PATHS default to the current folder.

    The stub lies where pyright looks for it. With mypy, use the plug-in instead: it needs no stub.

    Example: scitex-io typings src
    """
    from attrs import asdict

    from scitex_io import overlay

    found: list[overlay.Found] = []
    for source in overlay.sources(paths or (Path(),)):
        try:
            found += overlay.found(source)
        except (SyntaxError, ValueError) as error:
            click.echo(f"{source} is passed over: {error}", err=True)
    texts = overlay.stubs({one.name: one.type for one in sorted(found, key=lambda one: one.name)})
    stale = {out / path: text for path, text in texts.items() if not _holds(out / path, text)}
    if not check:
        from scitex_io.api import save
        from scitex_io.formats.text import Text

        for path, text in stale.items():
            save(text, path.absolute(), verbose=False, handler=Text())
    if as_json:
        names = [asdict(one) for one in found]
        click.echo(
            json.dumps({"stubs": [str(out / path) for path in texts], "current": not stale, "names": names}, indent=2)
        )
    else:
        for one in found:
            click.echo(f"{one.source}:{one.line}  {one.name}  {one.type}")
        for path in (out / name for name in texts):
            click.echo(f"{path}: " + ("as it was" if path not in stale else "would change" if check else "written"))
    if check and stale:
        raise click.exceptions.Exit(1)


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


@click.group()
def cache() -> None:
    """What is kept between runs: variables of `cache` and files of interactive sessions."""


@cache.command("info")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def cache_info(as_json: bool) -> None:
    """List the files that are kept, with their sizes.

    Example: scitex-io cache info --json
    """
    from scitex_io.disk.routing import cache_dir
    from scitex_io.messages import size

    found = sorted(path for path in cache_dir().rglob("*") if path.is_file()) if cache_dir().is_dir() else []
    if as_json:
        files = [{"path": str(path), "bytes": path.stat().st_size} for path in found]
        click.echo(json.dumps({"folder": str(cache_dir()), "files": files}, indent=2))
        return
    click.echo(f"{cache_dir()}: {len(found)} files")
    for path in found:
        click.echo(f"  {path.relative_to(cache_dir())}  {size(path)}")


@cache.command("clear")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print what was deleted.")
def cache_clear(yes: bool, as_json: bool) -> None:
    """Delete everything that is kept.

    Example: scitex-io cache clear --yes
    """
    import shutil

    from scitex_io.disk.routing import cache_dir

    folder = cache_dir()
    found = [path for path in folder.rglob("*") if path.is_file()] if folder.is_dir() else []
    if folder.is_dir():
        if not yes:
            click.confirm(f"Delete everything in '{folder}'?", abort=True, err=True)
        shutil.rmtree(folder)
    if as_json:
        click.echo(json.dumps({"folder": str(folder), "deleted": list(map(str, found))}, indent=2))
