"""Every exception we raise.

::

    ScitexIOError
    ├── UnknownFormatError      (ValueError)          no handler for this extension
    ├── UnsupportedTypeError    (TypeError, ValueError)  the format cannot hold this object
    ├── LossError               (ValueError)          on_loss="error" and something would change
    ├── OptionError             (TypeError)           the handler has no such option
    ├── MissingDependencyError  (ImportError)         the library behind the format is absent
    ├── MissingFileError        (FileNotFoundError)   nothing at any of the places tried
    ├── MissingKeyError         (KeyError)            the file has no such part
    ├── KeyExistsError          (ValueError)          the part exists and override=False
    ├── VerificationError       (ValueError)          verify=True and the file would not give back what was saved
    ├── UnreadableFileError     (ValueError)          the content is not what the format requires
    ├── UnexpectedTypeError     (TypeError, ValueError)  as_type= asked for something else
    ├── CombineError            (ValueError)          files that do not go together
    ├── UntrustedFileError      (PermissionError, ValueError)  loading would run code of the file
    ├── FileTooLargeError       (ValueError)          the file unfolds to more than it may (in `limits`)
    ├── ConfigLoadError         (ValueError)          a file of configs cannot be read, or does not fit the others
    ├── InvalidPathError        (ValueError)          no file can have this name
    ├── FolderError             (IsADirectoryError)   a folder stands where a file should
    ├── LinkError               (FileExistsError)     a link would replace a file, or point at itself
    ├── FileInUseError          (OSError)             another program has not finished its changes of the file
    └── RegistrationError       (TypeError)           a handler that cannot work

Fields come first and the text is made from them, so that programs need not parse it; every exception
pickles. Each leaf also inherits the builtin exception that callers already catch.
"""

from __future__ import annotations

from attrs import define

from scitex_io.typeref import type_name as type_name  # noqa: PLC0414  # given on: part of what errors say


class ScitexIOError(Exception):
    """The root of our exceptions."""


def _listed(words: tuple[str, ...], word: str = "or") -> str:
    return ", ".join(words[:-1]) + f" {word} " + words[-1] if len(words) > 1 else "".join(words)


@define(slots=False, repr=False)
class UnknownFormatError(ScitexIOError, ValueError):
    """No handler serves this extension."""

    path: str
    extension: str
    verb: str
    close: tuple[str, ...] = ()
    looks_like: str = ""
    detail: str = ""

    def __str__(self) -> str:
        what = f"the extension '{self.extension}'" if self.extension else "a name without extension"
        text = f"cannot {self.verb} '{self.path}': no {self.verb} handler registered for {what}"
        if self.detail:
            text += f" ({self.detail})"
        if self.close:
            text += f"; did you mean {_listed(self.close)}?"
        if self.looks_like:
            text += f"; its content looks like {self.looks_like}: load it with ext='{self.looks_like}'"
        recipe = "def fn(obj, path, **options)" if self.verb == "save" else "def fn(path, **options)"
        decorator = "register_saver" if self.verb == "save" else "register_loader"
        return f"{text}. To add one: @{decorator}('{self.extension or '.ext'}') {recipe}: ..."


@define(slots=False, repr=False)
class UnsupportedTypeError(ScitexIOError, TypeError, ValueError):
    """The format cannot hold this object."""

    format: str
    found: str
    stores: tuple[str, ...] = ()
    reason: str = ""

    def __str__(self) -> str:
        reason = f" ({self.reason})" if self.reason else ""
        stores = f"; it stores {', '.join(self.stores)}" if self.stores else ""
        return f"{self.format} cannot store {self.found}{reason}{stores}"


@define(slots=False, repr=False)
class LossError(ScitexIOError, ValueError):
    """Saving would change the object, and ``on_loss="error"`` forbids it."""

    format: str
    losses: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.format} would not keep this object as it is: {'; '.join(self.losses)}"


@define(slots=False, repr=False)
class OptionError(ScitexIOError, TypeError):
    """The handler has no such option for this verb."""

    format: str
    verb: str
    option: str
    options: tuple[str, ...] = ()
    close: tuple[str, ...] = ()
    reason: str = ""

    def __str__(self) -> str:
        text = f"{self.format} has no option '{self.option}' for {self.verb}"
        if self.reason:
            text = f"{self.format}, option '{self.option}' for {self.verb}: {self.reason}"
        if self.close:
            text += f"; did you mean {_listed(self.close)}?"
        return f"{text} (options: {', '.join(self.options) or 'none'})"


@define(slots=False, repr=False)
class MissingDependencyError(ScitexIOError, ImportError):
    """The library behind a format is not installed."""

    format: str
    module: str
    install: str

    def __str__(self) -> str:
        return f"{self.format} requires the package '{self.module}', which is not installed: {self.install}"


@define(slots=False, repr=False)
class MissingFileError(ScitexIOError, FileNotFoundError):
    """Nothing is at any of the places tried."""

    places: tuple[str, ...]
    asked: str = ""
    detail: str = ""

    # One positional field first: OSError reads two to five arguments as (errno, text, file).
    def __str__(self) -> str:
        if self.detail:
            return f"{self.detail} '{self.asked}' (looked in {_listed(self.places)})"
        return f"no file '{self.asked}' (looked at {_listed(self.places, 'and')})"


@define(slots=False, repr=False)
class MissingKeyError(ScitexIOError, KeyError):
    """The file has no part of this name."""

    path: str
    key: str
    keys: tuple[str, ...] = ()

    def __str__(self) -> str:
        shown = ", ".join(map(repr, self.keys[:20])) + (", ..." if len(self.keys) > 20 else "")
        return f"'{self.path}' holds nothing under '{self.key}'; it holds {shown or 'nothing'}"


@define(slots=False, repr=False)
class ConfigLoadError(ScitexIOError, ValueError):
    """A file of configs cannot be read, or does not fit the others."""

    path: str
    found: str

    def __str__(self) -> str:
        return f"'{self.path}': {self.found}"


@define(slots=False, repr=False)
class KeyExistsError(ScitexIOError, ValueError):
    """The part exists already, and ``override=False`` keeps it."""

    path: str
    key: str

    def __str__(self) -> str:
        return f"'{self.path}' already holds '{self.key}' (override=True replaces it)"


@define(slots=False, repr=False)
class VerificationError(ScitexIOError, ValueError):
    """What was written would not load as what was saved; the path holds what it held before."""

    path: str
    format: str
    differences: tuple[str, ...]

    def __str__(self) -> str:
        return f"'{self.path}' was not saved: {self.format} wrote what would not give it back: {'; '.join(self.differences)}"


@define(slots=False, repr=False)
class UnreadableFileError(ScitexIOError, ValueError):
    """The content is not what the format requires: damaged, truncated, mislabelled or encrypted."""

    path: str
    format: str
    found: str
    advice: str = ""

    def __str__(self) -> str:
        return f"cannot load '{self.path}' as {self.format}: {self.found}" + (f"; {self.advice}" if self.advice else "")


@define(slots=False, repr=False)
class UnexpectedTypeError(ScitexIOError, TypeError, ValueError):
    """The content cannot be given as the type that ``as_type=`` asked for."""

    path: str
    held: str
    asked: str
    errors: tuple[str, ...] = ()

    def __str__(self) -> str:
        text = f"'{self.path}' holds {self.held}, which is not {self.asked}"
        return text + "".join(f"\n  - {error}" for error in self.errors)


@define(slots=False, repr=False)
class CombineError(ScitexIOError, ValueError):
    """What files hold cannot be made into one object."""

    path: str
    reason: str

    def __str__(self) -> str:
        return f"cannot combine '{self.path}' with the others: {self.reason}"


@define(slots=False, repr=False)
class UntrustedFileError(ScitexIOError, PermissionError, ValueError):
    """Loading would run code that the file chooses; *wanted* names what it would import."""

    path: str
    found: str = ""
    advice: str = ""
    wanted: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"refused to load '{self.path}': {self.found}" + (f"; {self.advice}" if self.advice else "")


@define(slots=False, repr=False)
class InvalidPathError(ScitexIOError, ValueError):
    """No file can have this name."""

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path!r} cannot name a file: {self.reason}"


@define(slots=False, repr=False)
class FolderError(ScitexIOError, IsADirectoryError):
    """A folder stands where a file should."""

    path: str

    def __str__(self) -> str:
        return f"'{self.path}' is a folder, not a file"


@define(slots=False, repr=False)
class LinkError(ScitexIOError, FileExistsError):
    """A link would replace a file or folder, or point at itself."""

    path: str

    def __str__(self) -> str:
        return f"'{self.path}' cannot become a link: it is a file or folder of its own, and only links are replaced"


@define(slots=False, repr=False)
class FileInUseError(ScitexIOError, OSError):
    """Another program has not finished its changes of the file, or was stopped amid them."""

    path: str
    beside: str

    def __str__(self) -> str:
        return (
            f"'{self.path}' cannot be replaced while '{self.beside}' holds changes that another program has not "
            "finished: close it there, or open and close it once with that program"
        )


@define(slots=False, repr=False)
class RegistrationError(ScitexIOError, TypeError):
    """What was registered cannot work as a handler."""

    name: str
    reason: str

    def __str__(self) -> str:
        return f"cannot register {self.name}: {self.reason}"
