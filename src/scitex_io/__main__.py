"""``python -m scitex_io`` is ``scitex-io``."""

from scitex_io.cli import main

if __name__ == "__main__":
    main(prog_name="scitex-io")
