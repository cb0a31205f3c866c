"""OR-Tools routing as the background improver: never a first plan, always a cheaper one.

It holds the GIL for the whole search: call it in a process of `dispatch.engine.pool`, never in the
loop's.
"""

from dispatch.engine.routing.search import PATIENCE, accepts, solve

__all__ = ["PATIENCE", "accepts", "solve"]
