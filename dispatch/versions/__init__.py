"""Versions of the plan: what changed, what would change, drafts, reverts, proposals."""
