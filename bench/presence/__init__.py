"""Presence measured: noisy days, the rules that peers use, and our engine, on the same fixes."""
