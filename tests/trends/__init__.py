"""Fleets with known documents, and the numbers of a report computed from them the plain way."""
