"""Trends of a fleet: a period against the one before it, from whatever counts the documents.

``gather`` asks a ``Source`` for facts (counts, never documents), ``compute`` makes the report of them, and one module
for each format shows it.
"""
