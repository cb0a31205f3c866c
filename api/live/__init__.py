"""The live connection: a snapshot, then everything after it, for as long as one looks.

    follow_events ─▶ Feed ── judged by audience ──▶ Outbox ─▶ Session ─▶ socket
    follow_fixes ──▶ (one a tenant and process)     (one a viewer, bounded)

Invariants: a viewer registers with the feed before its snapshot is read, so nothing falls between
them; events are never dropped, a viewer too slow for them is closed with 1013 and comes back with
its last `at`; positions are coalesced, the latest wins, and never go back in time. What a viewer
may hear is judged once, here, with the rights everybody else uses.
"""
