"""What trips are measured on: a noisy day whose truth is known, and a naive peer."""
