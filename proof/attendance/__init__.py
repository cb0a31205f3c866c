"""Attendance: what people declare, what is thought of it, and the days that follow from it.

    declaration ──▶ event (only added) ──▶ timeline (pure) ──▶ hours, day, flags
                        │                      ▲
                        └──▶ verdict ◀── fence of that time, clock, accuracy

A declaration is never refused: what is odd about it is a reason beside it. Hours are computed
from events at every reading and never from fixes; a correction is another event that names what
it replaces. A verdict is a row of its own, and another is added when what it rests on changes.
"""
