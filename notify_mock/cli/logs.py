"""Log lines of the server, as text or JSON, without secrets."""

from __future__ import annotations

import json
import logging
from datetime import datetime, timezone
from pathlib import Path
from typing import Literal

from notify_mock.journal.exchange import Exchange
from notify_mock.support.usage import UsageError
from notify_mock.twilio_api.masking import show_pairs, show_text

Format = Literal["text", "json"]

_LOG = logging.getLogger("notify_mock.calls")


def configure(style: Format, level: str, file: Path | None = None) -> None:
    """Write the package's log messages of ``level`` and above to ``file``, or to stderr. Raises ``UsageError``."""
    try:
        handler = logging.FileHandler(file, encoding="utf-8") if file is not None else logging.StreamHandler()
    except OSError as error:
        raise UsageError(str(file), f"cannot be written: {error.strerror or error}") from error
    handler.setFormatter(_JsonLines() if style == "json" else logging.Formatter("%(levelname)-7s %(message)s"))
    root = logging.getLogger("notify_mock")
    root.handlers = [handler]
    root.setLevel(level.upper())
    root.propagate = False


def log_start(url: str, records: int) -> None:
    """Log the first line: the URL of the server, and the number of records that it starts with."""
    _LOG.info("listening on %s with %d records", url, records, extra={"url": url, "records": records})


def log_cassette(summary: str) -> None:
    """Log how far a cassette was played."""
    _LOG.info("%s", summary)


def log_stop() -> None:
    """Log the last line."""
    _LOG.info("stopped")


def log_exchange(exchange: Exchange) -> None:
    """Log one line for a request and its response."""
    _LOG.info("%s", exchange, extra={"exchange": exchange})


class _JsonLines(logging.Formatter):
    """Formats each log record as a JSON object on one line."""

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, timezone.utc).isoformat()
        line: dict[str, object] = {"time": time, "level": record.levelname.lower(), "logger": record.name}
        exchange = getattr(record, "exchange", None)
        if exchange is None:
            line["message"] = record.getMessage()
            line |= {name: getattr(record, name) for name in ("url", "records") if hasattr(record, name)}
        else:
            call = exchange.call
            line |= {
                **exchange.describe(),
                "method": call.method,
                "path": show_text(call.path),
                "parameters": show_pairs((*call.query.pairs, *call.form.pairs)),
            }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)
