"""One call to save and one to load, for every format a lab uses.

Every public name is imported on first use, so ``import scitex_io`` costs next to nothing.
"""

TYPE_CHECKING = False  # `import typing` would be most of the cost of importing this package
if TYPE_CHECKING:
    from scitex_io.api import load as load
    from scitex_io.api import save as save
    from scitex_io.comparing import Difference as Difference
    from scitex_io.comparing import differences as differences
    from scitex_io.conflicts import BatchError as BatchError
    from scitex_io.conflicts import BeingWrittenError as BeingWrittenError
    from scitex_io.conflicts import FileChangedError as FileChangedError
    from scitex_io.conflicts import UnfinishedError as UnfinishedError
    from scitex_io.content.media import Audio as Audio
    from scitex_io.content.media import Video as Video
    from scitex_io.disk.memo import clear_load_cache as clear_load_cache
    from scitex_io.disk.memo import configure_cache as configure_cache
    from scitex_io.disk.memo import get_cache_info as get_cache_info
    from scitex_io.disk.observers import register_post_load_hook as register_post_load_hook
    from scitex_io.disk.observers import register_post_save_hook as register_post_save_hook
    from scitex_io.dotdict import DotDict as DotDict
    from scitex_io.errors import CombineError as CombineError
    from scitex_io.errors import ConfigLoadError as ConfigLoadError
    from scitex_io.errors import FileInUseError as FileInUseError
    from scitex_io.errors import FolderError as FolderError
    from scitex_io.errors import InvalidPathError as InvalidPathError
    from scitex_io.errors import KeyExistsError as KeyExistsError
    from scitex_io.errors import LinkError as LinkError
    from scitex_io.errors import LossError as LossError
    from scitex_io.errors import MissingDependencyError as MissingDependencyError
    from scitex_io.errors import MissingFileError as MissingFileError
    from scitex_io.errors import MissingKeyError as MissingKeyError
    from scitex_io.errors import OptionError as OptionError
    from scitex_io.errors import RegistrationError as RegistrationError
    from scitex_io.errors import ScitexIOError as ScitexIOError
    from scitex_io.errors import UnexpectedTypeError as UnexpectedTypeError
    from scitex_io.errors import UnknownFormatError as UnknownFormatError
    from scitex_io.errors import UnreadableFileError as UnreadableFileError
    from scitex_io.errors import UnsupportedTypeError as UnsupportedTypeError
    from scitex_io.errors import UntrustedFileError as UntrustedFileError
    from scitex_io.errors import VerificationError as VerificationError
    from scitex_io.explaining import Explanation as Explanation
    from scitex_io.explaining import explain as explain
    from scitex_io.explore import H5Explorer as H5Explorer
    from scitex_io.explore import ZarrExplorer as ZarrExplorer
    from scitex_io.explore import explore_h5 as explore_h5
    from scitex_io.explore import explore_zarr as explore_zarr
    from scitex_io.explore import has_h5_key as has_h5_key
    from scitex_io.explore import has_zarr_key as has_zarr_key
    from scitex_io.facts import info as info
    from scitex_io.handler import Accepts as Accepts
    from scitex_io.handler import Fidelity as Fidelity
    from scitex_io.handler import FormatHandler as FormatHandler
    from scitex_io.handler import PassThrough as PassThrough
    from scitex_io.handler import load_option as load_option
    from scitex_io.handler import save_option as save_option
    from scitex_io.legacy import iter_io_bypass_targets as iter_io_bypass_targets
    from scitex_io.legacy import json2md as json2md
    from scitex_io.legacy import mv_to_tmp as mv_to_tmp
    from scitex_io.legacy import save_image as save_image
    from scitex_io.legacy import save_listed_dfs_as_csv as save_listed_dfs_as_csv
    from scitex_io.legacy import save_listed_scalars_as_csv as save_listed_scalars_as_csv
    from scitex_io.legacy import save_mp4 as save_mp4
    from scitex_io.legacy import save_text as save_text
    from scitex_io.limits import FileTooLargeError as FileTooLargeError
    from scitex_io.losses import lose as lose
    from scitex_io.many import load_all as load_all
    from scitex_io.metadata import embed_metadata as embed_metadata
    from scitex_io.metadata import has_metadata as has_metadata
    from scitex_io.metadata import load_figure_data as load_figure_data
    from scitex_io.metadata import read_metadata as read_metadata
    from scitex_io.migration import compress_hdf5 as compress_hdf5
    from scitex_io.migration import migrate_h5_to_zarr as migrate_h5_to_zarr
    from scitex_io.migration import migrate_h5_to_zarr_batch as migrate_h5_to_zarr_batch
    from scitex_io.notices import AmbiguousPathWarning as AmbiguousPathWarning
    from scitex_io.notices import HookWarning as HookWarning
    from scitex_io.notices import LossyWarning as LossyWarning
    from scitex_io.notices import PluginWarning as PluginWarning
    from scitex_io.patterns import format_path as format_path
    from scitex_io.recovering import recover as recover
    from scitex_io.registration import get_loader as get_loader
    from scitex_io.registration import get_saver as get_saver
    from scitex_io.registration import list_formats as list_formats
    from scitex_io.registration import register as register
    from scitex_io.registration import register_loader as register_loader
    from scitex_io.registration import register_saver as register_saver
    from scitex_io.registration import unregister_loader as unregister_loader
    from scitex_io.registration import unregister_saver as unregister_saver
    from scitex_io.registry import Registry as Registry
    from scitex_io.session.configs import load_configs as load_configs
    from scitex_io.session.globs import glob as glob
    from scitex_io.session.globs import parse_glob as parse_glob
    from scitex_io.session.reloading import flush as flush
    from scitex_io.session.reloading import reload as reload
    from scitex_io.session.varcache import cache as cache
    from scitex_io.studies import save_optuna_study_as_csv_and_pngs as save_optuna_study_as_csv_and_pngs
    from scitex_io.typing import Appender as Appender
    from scitex_io.typing import CompanionWriter as CompanionWriter
    from scitex_io.typing import Container as Container
    from scitex_io.typing import Describer as Describer
    from scitex_io.typing import Loader as Loader
    from scitex_io.typing import MetadataCarrier as MetadataCarrier
    from scitex_io.typing import PartialLoader as PartialLoader
    from scitex_io.typing import Saver as Saver
    from scitex_io.typing import Streamer as Streamer
    from scitex_io.typing import TypedLoader as TypedLoader
    from scitex_io.updating import Update as Update
    from scitex_io.updating import update as update
    from scitex_io.writing import Writer as Writer
    from scitex_io.writing import writer as writer

__version__ = "1.0.0.dev0"

_HOMES = {
    "api": ("save", "load"),
    "updating": ("update", "Update"),
    "writing": ("writer", "Writer"),
    "recovering": ("recover",),
    "facts": ("info",),
    "comparing": ("differences", "Difference"),
    "explaining": ("explain", "Explanation"),
    "metadata": ("embed_metadata", "read_metadata", "has_metadata", "load_figure_data"),
    "many": ("load_all",),
    "registration": (
        "register", "register_saver", "register_loader", "unregister_saver", "unregister_loader", "get_saver", "get_loader",
        "list_formats",
    ),
    "explore": ("H5Explorer", "ZarrExplorer", "explore_h5", "explore_zarr", "has_h5_key", "has_zarr_key"),
    "migration": ("compress_hdf5", "migrate_h5_to_zarr", "migrate_h5_to_zarr_batch"),
    "legacy": (
        "save_text", "save_image", "save_mp4", "save_listed_dfs_as_csv", "save_listed_scalars_as_csv", "mv_to_tmp", "json2md",
        "iter_io_bypass_targets",
    ),
    "content.media": ("Audio", "Video"),
    "disk.memo": ("clear_load_cache", "configure_cache", "get_cache_info"),
    "disk.observers": ("register_post_save_hook", "register_post_load_hook"),
    "session.configs": ("load_configs",),
    "dotdict": ("DotDict",),
    "session.globs": ("glob", "parse_glob"),
    "patterns": ("format_path",),
    "session.varcache": ("cache",),
    "session.reloading": ("reload", "flush"),
    "handler": ("Accepts", "Fidelity", "FormatHandler", "PassThrough", "load_option", "save_option"),
    "limits": ("FileTooLargeError",),
    "losses": ("lose",),
    "registry": ("Registry",),
    "studies": ("save_optuna_study_as_csv_and_pngs",),
    "typing": (
        "Saver", "Loader", "TypedLoader", "Appender", "PartialLoader", "Streamer", "MetadataCarrier", "Describer",
        "CompanionWriter", "Container",
    ),
    "errors": (
        "ScitexIOError", "UnknownFormatError", "UnsupportedTypeError", "LossError", "OptionError", "MissingDependencyError",
        "MissingFileError", "MissingKeyError", "KeyExistsError", "VerificationError", "UnreadableFileError", "UnexpectedTypeError",
        "CombineError", "UntrustedFileError", "ConfigLoadError", "InvalidPathError", "FolderError", "LinkError", "FileInUseError",
        "RegistrationError",
    ),
    "conflicts": ("FileChangedError", "BatchError", "UnfinishedError", "BeingWrittenError"),
    "notices": ("LossyWarning", "AmbiguousPathWarning", "HookWarning", "PluginWarning"),
}  # fmt: skip
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = ["__version__", *_HOME]  # noqa: PLE0604  # names, all of them  # pyright: ignore[reportUnsupportedDunderAll]


def __dir__() -> list[str]:
    return sorted(__all__)


if not TYPE_CHECKING:  # a checker sees the imports above, so that a misspelt name is an error

    def __getattr__(name):
        module = _HOME.get(name)
        if module is None:
            raise AttributeError(f"module 'scitex_io' has no attribute {name!r}")
        from importlib import import_module

        value = getattr(import_module(f"scitex_io.{module}"), name)
        globals()[name] = value
        return value
