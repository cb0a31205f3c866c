"""Machines that must not move out of their hours: what is watched, and the alerts of it."""
