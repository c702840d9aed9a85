"""Proofs of the boards: seeded fleets, a naive count of their documents, and the real Elasticsearch."""
