"""Pickles read as data: what they may name, and the unpicklers that hold them to it."""
