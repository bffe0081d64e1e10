"""Shares a folder over HTTP, for browsers and for other programs on the local network."""

__version__ = "0.1.0"
