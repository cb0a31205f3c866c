"""Who does what, when, and why: problem, solver, checker, explanation, live re-planning."""
