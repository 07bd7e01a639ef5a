"""Comforts for scripts and notebooks: configs, patterns of file names, kept variables."""
