"""Every loader given files that are changed at random."""
