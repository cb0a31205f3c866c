"""Where things are: fences, presence in them, and the newest position of each device."""
