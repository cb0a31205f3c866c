"""Presence as evidence: a pure filter per device and fence, never one raw inside/outside test.

`trust` asks whether a fix is where the device is, `machine` whether that is inside a fence,
`batch` does so for thousands of devices at once. See docs/presence.md.
"""
