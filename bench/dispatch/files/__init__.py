"""Readers of the benchmark files: a wrong line is an error that names it."""
