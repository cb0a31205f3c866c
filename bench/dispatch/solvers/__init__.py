"""Ours and the peers, each behind `solve(case, seconds, seed) -> routes`, one thread."""
