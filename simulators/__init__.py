"""Devices and crews that do not exist, and their faults: real sockets and the public API only."""
