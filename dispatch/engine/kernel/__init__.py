"""Ruin and recreate on plain arrays, compiled, without the GIL: the instant answer of dispatch."""
