"""What ties tasks to one another; a task may have any number of links.

Links judge planned visits only, by their start (set-up included) and end. Work that is done is no
longer in the problem: whoever builds it turns what is left of the link into a window.
"""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from dispatch.problem.checks import check_range, check_unique
from fieldops.errors import BadInput


@dataclass(frozen=True, slots=True)
class Order:
    """`then` starts least_s to most_s (None: any time) after `first` starts or ends.

    `then` may be planned only with `first`; `first` may be planned alone.
    """

    first: UUID
    then: UUID
    least_s: int = 0
    most_s: int | None = None
    after: Literal["start", "end"] = "end"

    def __post_init__(self) -> None:
        if self.first == self.then:
            raise BadInput(f"task {self.first} comes after itself", pointer="/links")
        check_range(f"lag in s after task {self.first}", "/least_s", self.least_s, 0)
        if self.most_s is not None:
            check_range(f"longest lag in s after {self.first}", "/most_s", self.most_s, 0)
            if self.most_s < self.least_s:
                raise BadInput(
                    f"task {self.then} starts at most {self.most_s} s and at least "
                    f"{self.least_s} s after {self.first}",
                    pointer="/most_s",
                )


@dataclass(frozen=True, slots=True)
class Together:
    """As many crews at once: the tasks start within within_s, by different crews, all or none."""

    tasks: tuple[UUID, ...]
    within_s: int = 0

    def __post_init__(self) -> None:
        _check_group("together", self.tasks)
        check_range("within in s", "/within_s", self.within_s, 0)


@dataclass(frozen=True, slots=True)
class SameCrew:
    """Whichever of the tasks are planned are one crew's."""

    tasks: tuple[UUID, ...]

    def __post_init__(self) -> None:
        _check_group("same crew", self.tasks)


@dataclass(frozen=True, slots=True)
class KeepOrder:
    """Those of the tasks that one crew does, it does in this order."""

    tasks: tuple[UUID, ...]

    def __post_init__(self) -> None:
        _check_group("order", self.tasks)


Link = Order | Together | SameCrew | KeepOrder


def tasks_of(link: Link) -> tuple[UUID, ...]:
    """Return the tasks that a link ties, in its order."""
    return (link.first, link.then) if isinstance(link, Order) else link.tasks


def _check_group(name: str, tasks: tuple[UUID, ...]) -> None:
    if len(tasks) < 2:
        raise BadInput(f"{name} of {len(tasks)} tasks, at least 2", pointer="/links")
    check_unique(f"task in {name}", tasks)
