"""Broker to rows: each fix once, nothing lost, nothing stored that privacy forbids."""
