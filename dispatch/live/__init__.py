"""One tenant's live loop: facts in, plans published, offers answered, hands respected."""
