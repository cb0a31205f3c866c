"""What becomes of fixes with time: rolled up, compressed where the edition can, and purged."""
