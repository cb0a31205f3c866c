"""Who may do what in a tenant, and the proof of who did."""
