"""Presence as it is stored: machines, the ledger of entries and exits, and how far geo has come.

What a batch changes is one transaction: rows, events and the follower's batch exist together, so
a worker that dies anywhere resumes with nothing doubled and nothing missing.
"""
