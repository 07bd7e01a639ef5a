"""CatBoost's own model files (.cbm).

CatBoost reads a damaged model without noticing, or ends the process. So what is written here is its own file with a
mark and a checksum behind it, which CatBoost passes over.
"""

from __future__ import annotations

import errno
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

from scitex_io.errors import UnreadableFileError, UnsupportedTypeError, type_name
from scitex_io.handler import Accepts, FormatHandler
from scitex_io.typeref import named
from scitex_io.typing import Describer, Loader, Saver, TypedLoader

if TYPE_CHECKING:
    from catboost import CatBoost

MAGIC = b"CBM1"
MARK = b"scitexio"
FOOTER = len(MARK) + 4
_ONE_AT_A_TIME = threading.Lock()  # the library notes in one place for all threads where its log goes
CLASS = "scitex_io.class"
"""Under this name the metadata of a file say which class it was; models of others tell by their objective."""
FITTED = "fitted; what CatBoost keeps in its files"


TRIAL = """
import sys
from catboost import CatBoost
model = CatBoost().load_model(sys.argv[1], format="cbm")
model.get_all_params(), model.tree_count_, model.feature_names_, model.get_cat_feature_indices(), model.get_metadata()
"""


@frozen(kw_only=True)
class CatBoostModel(FormatHandler, Saver["CatBoost"], Loader["CatBoost"], TypedLoader, Describer):
    """A fitted model of CatBoost; it loads as the class it was saved from."""

    name = "catboost"
    extensions = (".cbm",)
    accepts = (
        Accepts("catboost.CatBoostClassifier", domain=FITTED),
        Accepts("catboost.CatBoostRegressor", domain=FITTED),
        Accepts("catboost.CatBoostRanker", domain=FITTED),
        Accepts("catboost.CatBoost", domain=FITTED),
    )
    yields = (
        "catboost.CatBoost",
        "catboost.CatBoostClassifier",
        "catboost.CatBoostRegressor",
        "catboost.CatBoostRanker",
    )
    requires = ("catboost",)
    extra = "ml"
    magic = (MAGIC,)

    def save(self, obj: CatBoost, path: Path, /) -> None:
        """Write the model and the checksum behind it."""
        if not obj.is_fitted():
            raise UnsupportedTypeError(self.name, type_name(type(obj)), tuple(map(str, self.accepts)), "not fitted")
        match = self.match(obj)
        assert match is not None
        with _ONE_AT_A_TIME, _noted(obj, named(match[0].type).rpartition(".")[2]):
            obj.save_model(str(path), format="cbm")
        content = path.read_bytes()
        if len(content) < 8 or len(content) < 8 + int.from_bytes(content[4:8], "little"):
            # The library does not look whether it can write.
            raise OSError(errno.EIO, "not all of the model could be written", str(path))
        with path.open("ab") as file:
            file.write(MARK + zlib.crc32(content).to_bytes(4, "little"))

    def load(self, path: Path, /) -> CatBoost:
        """Read the model, as the class it was; in files of others, the class of its objective."""
        import catboost

        self._check(path)
        model = catboost.CatBoost().load_model(str(path), format="cbm")
        kind = _class_of(model)
        return _unnoted(model if kind is catboost.CatBoost else kind().load_model(str(path), format="cbm"))

    def load_as(self, path: Path, wanted: type, /) -> Any:
        """Read the model as the class asked for."""
        self._check(path)
        model: Any = wanted()
        return _unnoted(model.load_model(str(path), format="cbm"))

    def describe(self, path: Path, /) -> dict[str, Any]:
        """Class, objective, features and number of trees."""
        model = self.load(path)
        categories = set(model.get_cat_feature_indices())
        return {
            "kind": "object",
            "type": type_name(type(model)),
            "objective": model.get_all_params().get("loss_function"),
            "columns": {
                name: "category" if at in categories else "number" for at, name in enumerate(model.feature_names_)
            },
            "trees": model.tree_count_,
        }

    def _check(self, path: Path) -> None:
        """Hold a file against its checksum, or at least against the length it tells.

        Raises
        ------
        UnreadableFileError
            They do not match.
        """
        content = path.read_bytes()
        if not content.startswith(MAGIC):
            raise ValueError(
                "it does not begin as a model of CatBoost"
            )  # what it is instead is found out by the caller
        whole, footer = content[:-FOOTER], content[-FOOTER:]
        if len(content) < 8 + int.from_bytes(content[4:8], "little"):
            raise UnreadableFileError(str(path), self.name, "the file ends inside the model")
        if footer.startswith(MARK) and zlib.crc32(whole) != int.from_bytes(footer[-4:], "little"):
            raise UnreadableFileError(str(path), self.name, "it does not match its checksum", "it is damaged")
        if not footer.startswith(MARK):
            self._try_elsewhere(path)

    def _try_elsewhere(self, path: Path) -> None:
        """Read a file without a checksum in another process first: damage in it can end the process that reads."""
        done = subprocess.run(  # noqa: S603  # Python itself, and a text of ours
            [sys.executable, "-c", TRIAL, str(path)], capture_output=True, text=True, errors="replace", check=False
        )
        if done.returncode < 0:
            found = f"CatBoost is stopped by what is in it (signal {-done.returncode})"
            raise UnreadableFileError(str(path), self.name, found, "it is damaged")
        if done.returncode:
            told = done.stderr.strip().splitlines() or ["CatBoost cannot read it"]
            raise UnreadableFileError(str(path), self.name, told[-1])


@contextmanager
def _noted(model: CatBoost, name: str) -> Iterator[None]:
    """Let the metadata of the model tell its class, while it is written."""
    metadata = model.get_metadata()
    metadata[CLASS] = name
    try:
        yield
    finally:
        del metadata[CLASS]


def _unnoted(model: CatBoost) -> CatBoost:
    metadata = model.get_metadata()
    if CLASS in metadata:
        del metadata[CLASS]
    return model


def _class_of(model: CatBoost) -> Any:
    import catboost
    from catboost.core import is_classification_objective, is_ranking_metric

    noted = model.get_metadata().get(CLASS)
    if f"catboost.{noted}" in CatBoostModel.yields:
        return getattr(catboost, noted)
    objective = model.get_all_params().get("loss_function", "RMSE")
    if is_classification_objective(objective):
        return catboost.CatBoostClassifier
    return catboost.CatBoostRanker if is_ranking_metric(objective) else catboost.CatBoostRegressor
