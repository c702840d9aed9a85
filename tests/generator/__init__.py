"""Writes OOM records of any family and version with known truth, from the programs' own format strings.

The strings are those of ``tests/corpus/wordings.toml``, filled in with printf semantics. Nothing here looks at the grammar.
"""
