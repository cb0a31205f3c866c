"""The kernel on a whole problem: at once, warm, and better in the background.

What is core to every day (windows, skills, roads, hours, capacity) the kernel holds itself. Rare
rules (links between tasks, breaks, set-ups) are kept by the `clock`, an exact timing of whole
plans: what breaks one is dropped and inserted again where it keeps all, or left unassigned.
"""
