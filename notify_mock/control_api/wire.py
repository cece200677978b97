"""Requests and responses as on the wire, without secrets: request line, headers in order, body."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

from notify_mock.control_api.json import show_callback
from notify_mock.journal.exchange import Exchange
from notify_mock.redaction.redact import PLAIN_HEADERS
from notify_mock.support.masked_url import MASK, masked_url
from notify_mock.twilio_api.channels import CALLBACK_NAME
from notify_mock.twilio_api.headers import phrase
from notify_mock.twilio_api.masking import SHOWN, is_secret, show_json, show_text, show_value
from notify_mock.twilio_api.messages import Answer, Call, Params

if TYPE_CHECKING:
    from notify_mock.deliveries.callback import Callback
    from notify_mock.engine.attempts import Request

_MAX_LENGTH = 10_000


def show_wire(exchange: Exchange) -> dict[str, Any]:
    """Return request and response; None for a response that was not sent or not kept."""
    call, answer = exchange.call, exchange.response
    return {"request": _request(exchange), "response": None if answer is None else _response(call, answer)}


def show_waiting(callback: Callback, request: Request) -> dict[str, Any]:
    """Return a waiting callback with the request that its next attempt makes."""
    form = Params(tuple(callback.form()))
    return {
        **show_callback(callback),
        "url": masked_url(request.url),
        "headers": [list(pair) for pair in request.headers.items()],
        "body": _encoded(form),
    }


def show_sent(exchange: Exchange) -> dict[str, Any]:
    """Return an attempt at a callback, with its result."""
    request = _request(exchange)
    return {
        "number": exchange.number,
        "notification_sid": exchange.sid,
        "time": exchange.time.isoformat(),
        "url": masked_url(f"{exchange.call.scheme}://{exchange.call.host}{exchange.call.path}"),
        "headers": request["headers"],
        "body": request["body"],
        "status": exchange.status,
        "reason": exchange.reason or None,
    }


def _request(exchange: Exchange) -> dict[str, Any]:
    call, ours = exchange.call, exchange.name == CALLBACK_NAME
    query = f"?{_encoded(call.query)}" if call.query else ""
    body = _encoded(call.form) if call.form else MASK if call.body else ""
    headers = [(name.title(), value if ours else _shown(name, value)) for name, value in call.headers.items()]
    return {
        "line": f"{show_text(call.method)} {quote(show_text(call.path, _MAX_LENGTH))}{query} HTTP/1.1",
        "headers": [list(pair) for pair in headers],
        "body": body if exchange.has_body else None,
    }


def _response(call: Call, answer: Answer) -> dict[str, Any] | None:
    if answer.wire is not None and answer.wire.ending:
        return None
    body = answer.body if answer.wire is None else answer.body[: answer.wire.sent]
    return {
        "line": f"HTTP/1.1 {answer.status} {phrase(answer.status)}".rstrip(),
        "headers": [
            [name, MASK if is_secret(name) else show_text(value, _MAX_LENGTH)] for name, value in answer.headers
        ],
        "body": "" if call.method == "HEAD" or not body else show_json(body),
    }


def _encoded(parameters: Params) -> str:
    """Return parameters as a form, with masks in place of secrets."""
    return "&".join(f"{_name(name, value)}={_value(name, value)}" for name, value in parameters.pairs)


def _name(name: str, value: str) -> str:
    """Mask an unknown name without a value: it may be the rest of a secret with an unencoded ``&``."""
    is_shown = value.strip("=") or name in SHOWN or is_secret(name)
    return quote_plus(show_text(name)) if is_shown else MASK


def _value(name: str, value: str) -> str:
    text = show_value(name, value, _MAX_LENGTH)
    return text if MASK in text else quote_plus(text)


def _shown(name: str, value: str) -> str:
    """Return the value of a request's header. Of those that may be secret, only the scheme is shown."""
    if name in PLAIN_HEADERS:
        return show_text(value, _MAX_LENGTH)
    scheme, space, _ = value.partition(" ")
    return f"{scheme} {MASK}" if name == "authorization" and space and scheme.isalpha() else MASK
