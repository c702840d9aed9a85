"""The demo: sample logs of a small fleet through the real pipeline, on real servers."""
