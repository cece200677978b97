"""Answers calls from a cassette: with a recorded response, the upstream's, or an error that lists near misses."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from notify_mock.engine.state import State
from notify_mock.engine.steps import Blocking
from notify_mock.journal.exchange import Exchange
from notify_mock.replay.playback import Miss
from notify_mock.twilio_api.headers import ERROR_JSON, edge
from notify_mock.twilio_api.messages import Answer, Call, Wire

if TYPE_CHECKING:
    from notify_mock.cassettes.interaction import Interaction
    from notify_mock.redaction.pseudonyms import Pseudonyms

Forward = Callable[[Call], "Interaction"]
"""Sends a call to the upstream. Never raises for what the upstream does."""

MISSED = 421
"""Misdirected Request: a status and code that no response of Twilio's has."""

TRUNCATED = "truncated"
"""The key that marks an entry whose body was cut off during the recording."""

_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-connection", "te", "trailer", "transfer-encoding"}
)
_ACCOUNT = re.compile(r"AC[0-9a-fA-F]{32}")
_LENGTH = re.compile(r"[0-9]{1,12}", re.ASCII)
_MAX_MISSING = 1024 * 1024
_WITHOUT_BODY = (204, 304)


class Replay:
    """Finds recorded responses. Holds the lock, except while it searches a request or waits for the upstream."""

    def __init__(self, state: State, lock: AbstractContextManager[bool], forward: Forward | None) -> None:
        self._state, self._lock, self._forward = state, lock, forward

    def answer(self, call: Call, exchange: Exchange) -> Generator[Blocking, Interaction, Answer | None]:
        """Return the response to ``call``, or None if the emulator itself must answer."""
        cassette = self._state.playback.cassette
        if cassette is None:
            return None
        key = cassette.key(call)  # without the lock: the whole request is searched for secrets
        with self._lock:
            found = self._state.playback.find(key)
            if found is not None:
                return self._play(found, call, exchange, cassette.pseudonyms)
        if cassette.on_miss == "emulate":
            return None
        forward = self._forward
        if cassette.on_miss == "error" or forward is None:
            return self._miss(Miss(str(call), cassette.source, cassette.nearest(key)), exchange)
        sent = yield Blocking(lambda: forward(call))
        with self._lock:
            return self._play(sent, call, exchange, cassette.pseudonyms)

    def _play(self, found: Interaction, call: Call, exchange: Exchange, pseudonyms: Pseudonyms) -> Answer:
        answer = play(found, call, exchange.account_sid, pseudonyms)
        exchange.status, exchange.reason = answer.status, f"recorded: {found.where}" if found.where else "upstream"
        exchange.retry_after = retry_after(answer)
        if answer.status >= 400:
            exchange.code = _code(answer.body)
        return answer

    def _miss(self, miss: Miss, exchange: Exchange) -> Answer:
        exchange.status = exchange.code = MISSED
        exchange.reason = str(miss)
        self._state.playback.misses.append(miss)
        error = {"code": MISSED, "message": f"notify-mock: {miss}", "status": MISSED}
        body = json.dumps(error).encode()
        return Answer(MISSED, edge(at=self._state.clock.time(), content_type=ERROR_JSON, length=len(body)), body)


def play(found: Interaction, call: Call, account_sid: str, pseudonyms: Pseudonyms) -> Answer:
    """Return a recorded response for ``call``: decompressed, with URLs for the host of the call, and with the caller's
    account in place of its recorded pseudonym."""
    from notify_mock.cassettes.interaction import unpacked
    from notify_mock.replay.origins import origin, relocate

    recorded = found.call()
    old = origin(recorded.scheme, recorded.host, recorded.path)
    new = origin(call.scheme, call.host, call.path)
    plain = unpacked(found.headers, found.body)
    body = relocate(plain, old, new)
    if _ACCOUNT.fullmatch(account_sid):
        body = body.replace(pseudonyms.sids(account_sid).encode(), account_sid.encode())
    is_packed = plain is not found.body
    headers = [
        (name, relocate(value.encode("latin-1", "replace"), old, new).decode("latin-1"))
        for name, value in found.headers
        if name.lower() not in _HOP_BY_HOP and not (is_packed and name.lower() == "content-encoding")
        if name.lower() != "content-length" or _LENGTH.fullmatch(value)
    ]
    if found.extra.get(TRUNCATED) is True:
        return _cut(found.status, headers, body)
    return Answer(found.status, _with_length(headers, found.status, call.method, body), body)


def _with_length(headers: list[tuple[str, str]], status: int, method: str, body: bytes) -> list[tuple[str, str]]:
    """Set Content-Length to the new length, after Content-Type if it was missing. For HEAD, leave it unchanged."""
    if method == "HEAD" or (status in _WITHOUT_BODY and not body):
        return headers
    length = ("Content-Length", str(len(body)))
    names = [name.lower() for name, _ in headers]
    if "content-length" in names:
        return [(name, length[1]) if name.lower() == length[0].lower() else (name, value) for name, value in headers]
    at = names.index("content-type") + 1 if "content-type" in names else len(headers)
    return [*headers[:at], length, *headers[at:]]


def _cut(status: int, headers: list[tuple[str, str]], body: bytes) -> Answer:
    """Return a response that closes the connection before the whole body is sent."""
    promised = next((int(value) for name, value in headers if name.lower() == "content-length"), len(body) + 1)
    missing = min(max(1, promised - len(body)), _MAX_MISSING)
    if not any(name.lower() == "content-length" for name, _ in headers):
        headers = [*headers, ("Content-Length", str(promised))]
    return Answer(status, headers, body + b" " * missing, Wire(sent=len(body)))


def retry_after(answer: Answer) -> float | None:
    """Return the Retry-After header in seconds, or None if it is missing or a date."""
    text = next((value for name, value in answer.headers if name.lower() == "retry-after"), "")
    return float(text) if text.replace(".", "", 1).isdecimal() else None


def _code(body: bytes) -> int | None:
    try:
        code = json.loads(body)["code"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return code if isinstance(code, int) else None
