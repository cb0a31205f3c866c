"""What a device is and how it speaks: topics, wire formats, settlement, broker access."""
