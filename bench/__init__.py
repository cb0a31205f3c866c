"""Measures the platform against goals and peers; `fieldops bench NAME`."""
