"""Where a broker is, as whom we speak to it, and how long to wait before trying again."""

import random
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from fieldops.errors import BadInput


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a broker is and as whom we speak; `tls` None speaks in clear (loopback, or behind
    a proxy that ends TLS)."""

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: ssl.SSLContext | None = None


def endpoint(url: str) -> Endpoint:
    """Read `mqtt://user:password@host:port` or `mqtts://…` (port 1883 or 8883 when left out).

    Raises:
        BadInput: another scheme, or no host.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
        raise BadInput(f"broker URL {parts.scheme}://{parts.hostname or ''} is not mqtt(s)://host")
    secure = parts.scheme == "mqtts"
    return Endpoint(
        parts.hostname,
        parts.port or (8883 if secure else 1883),
        unquote(parts.username) if parts.username else None,
        unquote(parts.password) if parts.password else None,
        ssl.create_default_context() if secure else None,
    )


def backoff(
    first_s: float = 0.2, limit_s: float = 15.0, draw: Callable[[], float] = random.random
) -> Iterator[float]:
    """Yield seconds to wait before each next attempt, for ever: doubling, with full jitter, so
    that clients that fell together do not return together."""
    ceiling_s = first_s
    while True:
        yield ceiling_s * (0.1 + 0.9 * draw())
        ceiling_s = min(limit_s, ceiling_s * 2)
