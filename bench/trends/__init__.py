"""Trend reports over a million kills: ``make bench-trends``. Not part of the tests; docs/trends.md has its figures."""
