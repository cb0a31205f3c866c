"""When work may be done: windows for its start, permits that must hold while it lasts."""

from dataclasses import dataclass
from datetime import datetime

from dispatch.problem.checks import check_order, check_range, check_validity
from fieldops.errors import BadInput


@dataclass(frozen=True, slots=True)
class Window:
    """The times at which a visit may start.

    start, end: hard, both inclusive. soft_start, soft_end: inside them, what the client would
    rather have; each second before or after costs early_permille or late_permille.
    """

    start: datetime
    end: datetime
    soft_start: datetime | None = None
    soft_end: datetime | None = None
    early_permille: int = 1000
    late_permille: int = 1000

    def __post_init__(self) -> None:
        check_order("window", "/windows", self.start, self.end)
        soft_start, soft_end = self.soft_start or self.start, self.soft_end or self.end
        check_order("soft window", "/windows", soft_start, soft_end)
        if soft_start < self.start or soft_end > self.end:
            raise BadInput(
                f"soft window {soft_start} to {soft_end} lies outside {self.start} to {self.end}",
                pointer="/windows",
            )
        check_range("early cost", "/windows", self.early_permille, 0, 1_000_000)
        check_range("late cost", "/windows", self.late_permille, 0, 1_000_000)


@dataclass(frozen=True, slots=True)
class Permit:
    """What must be valid during the work (DICT, lockout attestation); None, None: not granted."""

    kind: str
    valid_from: datetime | None
    valid_until: datetime | None = None

    def __post_init__(self) -> None:
        check_validity(f"permit {self.kind}", "/permits", self.valid_from, self.valid_until)
        if self.valid_from is None and self.valid_until is not None:
            raise BadInput(
                f"permit {self.kind} ends at {self.valid_until} but never starts",
                pointer="/permits",
            )
