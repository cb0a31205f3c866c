"""Trips and stops of vehicles and machines, what follows from them, and who may look back.

Derived from the stored fixes of what is fixed to a vehicle, never of a person's phone. The pure
half (`track`, `stays`, `journey`, `path`) knows no database; `derive` follows the fixes and keeps
the rows equal to what the pure half says of them.
"""
