"""Logs of every process: one JSON object a line, with the request's id and without secrets."""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

HIDDEN = "[hidden]"
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")

_SECRET_NAME = re.compile(
    r"pass(word|wd|phrase)|secret|token|authorization|cookie|api_?key|encryption_?key|signature|dsn"
    r"|database_url",
    re.IGNORECASE,
)
_SECRET_VALUES = (
    # Our own tokens and Stripe's, wherever they appear in a sentence or a traceback.
    (
        re.compile(r"\b(op[a-z]{0,8}_|[sr]k_(?:live|test)_|whsec_)[\w-]{16,}"),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"\b(bearer|basic)\s+[\w.~+/=-]{8,}", re.IGNORECASE), rf"\1 {HIDDEN}"),
    (re.compile(r"(://[^\s:/@]*):[^\s@/]+@"), rf"\1:{HIDDEN}@"),
)

Event = MutableMapping[str, Any]


def configure_logs(level: str, service: str) -> None:
    """Send structlog's and the standard library's records to stdout in one form. Call it once."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"),
        _named(service),
        structlog.processors.format_exc_info,
        structlog.processors.StackInfoRenderer(),
        hide_secrets,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    stream = logging.StreamHandler(sys.stdout)
    stream.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [stream]
    root.setLevel(level)
    # Its INFO is one line for every request and every start; ours say the same with more sense.
    for chatty in ("uvicorn.error", "uvicorn.access", "httpx2", "httpcore2", "apscheduler"):
        chosen = logging.getLevelNamesMapping()[level]
        logging.getLogger(chatty).setLevel(max(chosen, logging.WARNING))


def hide_secrets(_: Any, __: str, event: Event) -> Event:
    """The last step: nothing that opens a door is written, whoever logged it and however deep."""
    for name, value in event.items():
        event[name] = _hidden(name, value)
    return event


def _hidden(name: str, value: Any) -> Any:
    if _SECRET_NAME.search(name) and value is not None and not isinstance(value, bool | int):
        return HIDDEN
    if isinstance(value, str):
        for pattern, replacement in _SECRET_VALUES:
            value = pattern.sub(replacement, value)
        return value
    if isinstance(value, Mapping):
        return {str(key): _hidden(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_hidden("", inner) for inner in value]
    return value


def _named(service: str) -> Any:
    def name(_: Any, __: str, event: Event) -> Event:
        event["service"] = service
        return event

    return name
