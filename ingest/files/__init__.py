"""Fixes from files: own JSON lines, GPX, CSV with a column map."""
