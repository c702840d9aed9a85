"""A report for its readers: one module for each format, all of the same sections."""
