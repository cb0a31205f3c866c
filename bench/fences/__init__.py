"""What fences cost: the index in memory beside the raw tree and PostGIS."""
