"""Workers, vehicles, crews, shifts, devices: who does the work, and with what."""
