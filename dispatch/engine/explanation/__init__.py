"""Say who could take a task, when, and why not the others: codes and numbers, never prose."""

from dispatch.engine.explanation.probe import (
    Candidate,
    candidates,
    explained,
    why_assigned,
    why_unassigned,
)

__all__ = ["Candidate", "candidates", "explained", "why_assigned", "why_unassigned"]
