"""Recordings of electrophysiology, as the objects of MNE-Python."""

from __future__ import annotations

from scitex_io.formats.recordings.brainvision import BrainVision
from scitex_io.formats.recordings.cnt import Cnt
from scitex_io.formats.recordings.edf import Bdf, Edf, Gdf
from scitex_io.formats.recordings.eeg import Eeg
from scitex_io.formats.recordings.eeglab import Eeglab, Fdt
from scitex_io.formats.recordings.egi import Egi, Mff
from scitex_io.formats.recordings.fif import Fif
from scitex_io.formats.recordings.kit import Kit
from scitex_io.formats.recordings.markers import Markers

__all__ = ["Bdf", "BrainVision", "Cnt", "Edf", "Eeg", "Eeglab", "Egi", "Fdt", "Fif", "Gdf", "Kit", "Markers", "Mff"]
