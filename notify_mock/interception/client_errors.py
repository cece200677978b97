"""What a broken connection looks like to a client library: the exception that it would have raised.

Each was seen from the real library over a socket; ``docs/faults.md`` has the table, made by the test that compares.
"""

from __future__ import annotations

from http.client import IncompleteRead, RemoteDisconnected

from notify_mock.interception.delays import Delays
from notify_mock.protocol.messages import Answer, Call, Wire
from notify_mock.support.waits import Released

_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
_RESET = (104, "Connection reset by peer")


def body_of(answer: Answer) -> bytes:
    """The body that a client reads: no more than Content-Length says."""
    return _read(answer)[1]


def text_in_requests(answer: Answer) -> str:
    """The body as ``requests`` decodes it: text without a charset is Latin-1, and what can't be decoded is replaced."""
    kind, body = _read(answer)
    if kind.startswith("application/json"):
        return body.decode(errors="replace")
    from requests.structures import CaseInsensitiveDict
    from requests.utils import get_encoding_from_headers

    encoding = get_encoding_from_headers(CaseInsensitiveDict(answer.headers)) or "utf-8"
    try:
        return body.decode(encoding, errors="replace")
    except LookupError:
        return body.decode(errors="replace")


def _read(answer: Answer) -> tuple[str, bytes]:
    """Content type and body."""
    kind, body = "", answer.body
    for name, value in answer.headers:
        if name == "Content-Type":
            kind = value
        elif name == "Content-Length":
            return kind, body if int(value) == len(body) else body[: int(value)]
    return kind, body


def raise_requests_error(answer: Answer, delays: Delays, call: Call, url: str) -> None:
    """Raise what ``requests`` raises, if anything."""
    from requests import Request
    from requests.exceptions import ChunkedEncodingError, ReadTimeout
    from requests.exceptions import ConnectionError as RequestsConnectionError
    from urllib3.exceptions import ProtocolError, ReadTimeoutError

    wire, asked = answer.wire or Wire(), Request(call.method, url).prepare()
    if delays.timed_out:
        text = f"Read timed out. (read timeout={delays.timeout})"
        raise ReadTimeout(ReadTimeoutError(_pool(call), None, text), request=asked)  # type: ignore[arg-type]
    if wire.ending == "drop":
        lost = RemoteDisconnected("Remote end closed connection without response")
        raise RequestsConnectionError(ProtocolError("Connection aborted.", lost), request=asked)
    if wire.ending == "reset":
        broken = ProtocolError("Connection aborted.", ConnectionResetError(*_RESET))
        raise RequestsConnectionError(broken, request=asked)
    sent = wire.sent
    if wire.over and answer.body:
        try:
            if not delays.dribble(wire, by_piece=True):
                raise RequestsConnectionError(ReadTimeoutError(_pool(call), None, "Read timed out."))  # type: ignore[arg-type]
        except Released:
            sent = 0
    if sent is not None:
        cut = IncompleteRead(answer.body[:sent], len(answer.body) - sent)
        raise ChunkedEncodingError(ProtocolError(f"Connection broken: {cut!r}", cut))


def _pool(call: Call) -> str:
    """The name that urllib3 gives the connection."""
    host, _, port = call.host.partition(":")
    return f"{call.scheme.upper()}ConnectionPool(host='{host}', port={port or (443 if call.scheme == 'https' else 80)})"


def is_retried(answer: Answer, delays: Delays, method: str) -> bool:
    """Whether ``aiohttp`` sends a request a second time by itself, as it does once when the connection is lost."""
    return not delays.timed_out and bool(answer.wire and answer.wire.ending) and method in _IDEMPOTENT


def raise_aiohttp_error(answer: Answer, delays: Delays, method: str, url: str) -> None:
    """Raise what ``aiohttp`` raises, if anything. Its timeout is for the whole request."""
    from asyncio import TimeoutError as AsyncTimeoutError

    from aiohttp import ClientOSError, ClientPayloadError, ClientResponseError, RequestInfo, ServerDisconnectedError

    wire = answer.wire or Wire()
    if delays.timed_out:
        raise AsyncTimeoutError
    if wire.ending == "drop":
        raise ServerDisconnectedError
    if wire.ending == "reset":
        raise ClientOSError(*_RESET)
    sent = wire.sent
    if wire.over and answer.body:
        try:
            if not delays.dribble(wire, by_piece=False):
                raise AsyncTimeoutError
        except Released:
            sent = 0
    if sent is not None:
        raise ClientPayloadError("Response payload is not completed: not enough data to satisfy content length header.")
    if len(body_of(answer)) < len(answer.body):
        from multidict import CIMultiDict, CIMultiDictProxy
        from yarl import URL

        info = RequestInfo(URL(url), method, CIMultiDictProxy(CIMultiDict()), URL(url))
        raise ClientResponseError(info, (), status=400, message="Data after `Connection: close`")
