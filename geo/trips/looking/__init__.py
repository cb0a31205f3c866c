"""Looking back: who may open a vehicle's day, for which reason, and what they see of it."""
