"""Judge a plan without trusting whoever made it: no plan is published that this rejects.

Plain Python on datetimes, one visit after the other, and nothing shared with the solvers, the
timelines or the explanation but the data itself. Where they all agree, they agree twice.
"""

from dispatch.checker.audit import violations
from dispatch.checker.cost import counted_cost
from dispatch.checker.verdicts import Rule, Violation

__all__ = ["Rule", "Violation", "counted_cost", "violations"]
