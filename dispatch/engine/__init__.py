"""The solvers and what they share: time lines, explanations, processes with deadlines."""
