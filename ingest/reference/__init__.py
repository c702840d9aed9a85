"""Pages of the documentation that are made of what the code defines. ``python -m ingest.mapping`` writes them."""
