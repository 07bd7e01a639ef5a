"""How bytes reach the disk. Nothing here knows a format."""
