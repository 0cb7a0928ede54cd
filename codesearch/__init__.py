"""Semantic search for code repositories. The public API is `codesearch.index`."""

__version__ = "0.1.0"
