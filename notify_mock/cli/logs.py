"""The log of the server on stderr, as text or JSON, without secrets."""

from __future__ import annotations

import json
import logging
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Literal, TextIO

from notify_mock.cli.log_writer import LogWriter
from notify_mock.deliveries.delivery import Delivery
from notify_mock.deliveries.inbox import Deliveries
from notify_mock.journal.exchange import Exchange
from notify_mock.journal.journal import Journal
from notify_mock.support.counted import counted
from notify_mock.support.usage import UsageError
from notify_mock.twilio_api.masking import show_pairs, show_text

Format = Literal["text", "json"]

_LOG = logging.getLogger("notify_mock.calls")
_CONTENT = ("title", "body", "headers", "payload")
"""What a log does not need of a delivery, and should not have."""


class Log:
    """The log of one command: the package's messages of ``level`` and above, and calls.

    ``calls``: whether each call is logged; by default if ``level`` is info or debug. ``file`` is appended to,
    instead of stderr. Raises ``UsageError`` if it cannot be written.
    """

    def __init__(self, style: Format, level: str, calls: bool | None = None, file: Path | None = None) -> None:
        is_json = style == "json"
        self._writer = LogWriter(sys.stderr if file is None else _opened(file), json_line if is_json else text_line)
        handler = logging.StreamHandler(self._writer)
        handler.setFormatter(_JsonLines() if is_json else logging.Formatter("%(levelname)-7s %(message)s"))
        root = logging.getLogger("notify_mock")
        root.handlers = [handler]
        root.setLevel(level.upper())
        root.propagate = False
        self._has_calls = root.isEnabledFor(logging.INFO) if calls is None else calls

    def follow(self, journal: Journal, deliveries: Deliveries) -> None:
        """Log the calls that arrive in ``journal``, and ``deliveries``, but not those of other servers."""
        if self._has_calls:
            own, add = journal.own_servers, self._writer.add
            journal.subscribe(lambda exchange: add(exchange) if exchange.server in own else None)
            deliveries.subscribe(lambda delivery: add(delivery) if journal.server in own else None)

    def flush(self) -> None:
        """Return when everything that was logged is written."""
        self._writer.flush()


def _opened(file: Path) -> TextIO:
    try:
        return file.open("a", encoding="utf-8")
    except OSError as error:
        raise UsageError(str(file), f"cannot be written: {error.strerror or error}") from error


def log_start(url: str, records: int) -> None:
    """Log the first line: the URL of the server, and the number of records that it starts with."""
    _LOG.info("listening on %s with %s", url, counted(records, "record"), extra={"url": url, "records": records})


def log_cassette(summary: str) -> None:
    """Log how far a cassette was played."""
    _LOG.info("%s", summary)


def log_stop() -> None:
    """Log the last line."""
    _LOG.info("stopped")


def text_line(entry: Exchange | Delivery) -> str:
    """Return the line for a request and its response, or for a delivery."""
    return f"INFO    {entry if isinstance(entry, Exchange) else entry.summary()}"


def json_line(entry: Exchange | Delivery) -> str:
    """Return the same line as a JSON object. Its time is that of the emulator's clock."""
    return _call_line(entry) if isinstance(entry, Exchange) else _delivery_line(entry)


def _delivery_line(delivery: Delivery) -> str:
    shown = delivery.describe()
    masked = {name: shown[name] and show_text(shown[name]) for name in ("identity", "address", "reason")}
    line = {"time": None, "level": "info", "logger": _LOG.name, "message": delivery.summary(), **shown, **masked}
    return json.dumps({name: value for name, value in line.items() if name not in _CONTENT})


def _call_line(exchange: Exchange) -> str:
    call = exchange.call
    line: dict[str, object] = {
        "time": None,
        "level": "info",
        "logger": _LOG.name,
        **exchange.describe(),
        "method": call.method,
        "path": show_text(call.path),
        "parameters": show_pairs((*call.query.pairs, *(() if call.reads_query else call.form.pairs))),
        "not_read": call.not_read or None,
    }
    return json.dumps(line)


class _JsonLines(logging.Formatter):
    """Formats each log record as a JSON object on one line."""

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, timezone.utc).isoformat()
        line: dict[str, object] = {"time": time, "level": record.levelname.lower(), "logger": record.name}
        line["message"] = record.getMessage()
        line |= {name: getattr(record, name) for name in ("url", "records") if hasattr(record, name)}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)
