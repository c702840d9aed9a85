"""``make bench``: what the hot path does, against peers on the same data, in alternation."""
