"""How many bytes a process holds of what its tenants said and it has not stored, for all of them.

Receive Maximum bounds one tenant's messages, and forty thousand arrays are a gigabyte. So a tenant
is listened to no further while it holds more than the process has free (Choudhury and Hahne 1998,
"Dynamic queue length thresholds", doi:10.1109/90.664262, with α = 1): one tenant gets half of the
whole, n that stall get 1/(n+1) each, and one that comes finds room, so no stall is a neighbour's.
"""

from collections.abc import Callable


class Budget:
    """What a process may hold; the last read of each connection, 256 KiB, may go beyond."""

    def __init__(self, most: int) -> None:
        self.held = 0
        self._most = most
        self._stopped: dict[Share, None] = {}

    def share(self, listen: Callable[[bool], None]) -> "Share":
        """Open a tenant's share, of which nothing is held; close it at the end.

        `listen` is told False when no more should be read, and True when it should again.
        """
        return Share(self, listen)

    def hold(self, share: "Share", size: int) -> None:
        """Hold `size` bytes more, or fewer when it is below 0; for shares."""
        self.held += size
        if size > 0:
            if share not in self._stopped and not self._has_room(share):
                self._stopped[share] = None
                share.listen(False)
            return
        for each in [each for each in self._stopped if self._has_room(each)]:
            del self._stopped[each]
            each.listen(True)

    def forget(self, share: "Share") -> None:
        """Tell a share nothing more; for shares."""
        self._stopped.pop(share, None)

    def _has_room(self, share: "Share") -> bool:
        return share.held <= self._most - self.held


class Share:
    """What one tenant holds of the budget; made by `Budget.share`."""

    __slots__ = ("_budget", "held", "listen")

    def __init__(self, budget: Budget, listen: Callable[[bool], None]) -> None:
        self.held = 0
        self.listen = listen
        self._budget = budget

    def take(self, size: int) -> None:
        """Hold so many bytes more."""
        self.held += size
        self._budget.hold(self, size)

    def give(self, size: int) -> None:
        """Hold so many bytes less."""
        self.held -= size
        self._budget.hold(self, -size)

    def close(self) -> None:
        """Hold nothing more, and hear nothing more."""
        self._budget.forget(self)
        self.give(self.held)
