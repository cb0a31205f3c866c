"""Structured logs on stderr: JSON lines for machines, colours for a terminal.

An event is `noun.verb`, the rest are keyword values. One line a batch or request, never a fix.
Keys that could carry a secret or somebody's position are refused here, for a reviewer may
overlook one.
"""

import logging
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

FORBIDDEN = frozenset(
    {"password", "token", "secret", "authorization", "lon", "lat", "position", "payload", "url"}
)


def _redact(_logger: object, _method: str, fields: MutableMapping[str, Any]) -> Mapping[str, Any]:
    for name in FORBIDDEN & fields.keys():
        fields[name] = "[withheld]"
    return fields


def configure_log(level: str = "info", style: str = "auto") -> None:
    """Set up this process's logs; `style` is auto, json or pretty."""
    pretty = style == "pretty" or (style == "auto" and sys.stderr.isatty())
    tail: list[Any] = (
        [structlog.dev.ConsoleRenderer()]
        if pretty
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _redact,
            *tail,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )


def trace_of(error: BaseException) -> str:
    """Return where an error was raised, line by line, without its message or any variable.

    For code that computes with positions: both may hold some.
    """
    return "".join(traceback.format_tb(error.__traceback__))


def get_log() -> Any:
    """Return the logger; bind `tenant` and `role` with structlog.contextvars."""
    return structlog.get_logger()
