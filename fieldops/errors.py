"""Every deliberate error, drawn as a tree; the edges map a branch, never a leaf.

    FieldopsError
    ├── BadInput            the caller's value is wrong             HTTP 422, exit 2
    │   └── BadMessage      a device's message cannot be used       quarantine
    ├── Unauthenticated     no valid token                          HTTP 401
    ├── Forbidden           known caller, missing right             HTTP 403
    ├── NotFound            no such thing in the caller's tenant    HTTP 404
    ├── Conflict            the state says no                       HTTP 409
    │   ├── Stale           the row moved on since it was read      HTTP 412
    │   └── SessionTakenOver  another took our MQTT session         stop, ask the lease
    ├── Unavailable         a service we need does not answer       HTTP 503, exit 1
    │   └── LeaseLost       another worker owns the tenant          stop serving it
    └── Prerequisite        this machine lacks something            exit 1, one line

Messages name the thing, the value and the limit, and never a secret or a position of a person.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One wrong value: a JSON pointer to it and a message in English."""

    pointer: str
    message: str


class FieldopsError(Exception):
    """Root of all deliberate errors.

    `code` is what a client translates, `params` fill the translation; the text is for logs.
    """

    code = "error"

    def __init__(self, message: str, *, code: str | None = None, **params: object) -> None:
        super().__init__(message)
        self.code = code or type(self).code
        self.params = params


class BadInput(FieldopsError):
    code = "bad_input"

    def __init__(
        self,
        message: str,
        *,
        pointer: str = "",
        problems: tuple[Problem, ...] = (),
        code: str | None = None,
        **params: object,
    ) -> None:
        super().__init__(message, code=code, **params)
        self.problems = problems or ((Problem(pointer, message),) if pointer else ())


class BadMessage(BadInput):
    code = "bad_message"


class Unauthenticated(FieldopsError):
    code = "unauthenticated"


class Forbidden(FieldopsError):
    code = "forbidden"


class NotFound(FieldopsError):
    code = "not_found"


class Conflict(FieldopsError):
    code = "conflict"


class Stale(Conflict):
    code = "stale"


class SessionTakenOver(Conflict):
    code = "session_taken_over"


class Unavailable(FieldopsError):
    code = "unavailable"


class LeaseLost(Unavailable):
    code = "lease_lost"


class Prerequisite(FieldopsError):
    code = "prerequisite"
