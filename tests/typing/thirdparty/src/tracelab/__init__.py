"""A package of somebody else, with formats of its own."""
