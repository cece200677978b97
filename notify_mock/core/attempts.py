"""Attempts at delivery callbacks: which one is next, what it sends, and what follows from how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import NamedTuple
from urllib.parse import urlencode

from notify_mock.core.state import State
from notify_mock.deliveries.callback import Callback, is_retried, split_http
from notify_mock.journal.exchange import Exchange
from notify_mock.protocol.channels import CALLBACK_NAME
from notify_mock.protocol.delivery_errors import Problem
from notify_mock.protocol.messages import Call, Params
from notify_mock.protocol.products import Endpoint
from notify_mock.protocol.signature import sign


class Request(NamedTuple):
    """What goes out: a POST."""

    url: str
    headers: Mapping[str, str]
    body: bytes


class Reply(NamedTuple):
    """How an attempt ended: a status, or None and a ``reason``. What is ``final`` isn't tried again."""

    status: int | None
    reason: str = ""
    final: bool = False

    @property
    def is_good(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


class Attempt(NamedTuple):
    """One attempt, under way; the journal has its exchange."""

    callback: Callback
    request: Request
    exchange: Exchange
    generation: int


class Attempts:
    """Takes callbacks out of the outbox and says what becomes of them. It does no I/O: a front makes the attempt."""

    def __init__(self, state: State, lock: AbstractContextManager[bool]) -> None:
        self._state, self._lock = state, lock

    def waiting(self) -> list[Callback]:
        """What is still to be made, in order."""
        with self._lock:
            return list(self._state.outbox)

    def next(self, *, early: bool = False) -> Attempt | None:
        """The next attempt that is due; with ``early``, the clock is moved to the next one's time."""
        state = self._state
        with self._lock:
            now = state.clock.time()
            callback = state.outbox.pop(None if early else now)
            if callback is None:
                return None
            if callback.due > now:
                state.clock.advance(callback.due - now)
            form = callback.form()
            request = Request(callback.url, self._headers(callback, form), urlencode(form).encode())
            exchange = self._open(callback, request, form)
            return Attempt(callback, request, exchange, state.outbox.generation)

    def close(self, attempt: Attempt, reply: Reply) -> None:
        """Note how it ended: a failed one is tried again later, or is Twilio's 52311."""
        state, callback, exchange = self._state, attempt.callback, attempt.exchange
        with self._lock:
            if attempt.generation != state.outbox.generation:
                return
            now = state.clock.time()
            exchange.status, exchange.reason = reply.status, reply.reason
            state.journal.close(exchange, now)
            if reply.is_good:
                return
            next_attempt = callback.next_attempt(now) if is_retried(reply.status) and not reply.final else None
            if next_attempt is not None:
                state.outbox.add(next_attempt)
                return
            said = reply.reason or f"the callback was answered {reply.status}"
            state.deliveries.alert(now, callback.notification_sid, Problem(52311, said))

    def _headers(self, callback: Callback, form: list[tuple[str, str]]) -> Mapping[str, str]:
        """As on other callbacks of Twilio's (observed); the signature is documented."""
        accounts = self._state.accounts
        token = accounts[callback.account_sid].auth_token if callback.account_sid in accounts else ""
        return {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "X-Twilio-Signature": sign(token, callback.url, form),
            "I-Twilio-Idempotency-Token": self._state.sids.hex(f"{callback.notification_sid} {callback.sequence}"),
            "X-Home-Region": callback.region,
            "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
        }

    def _open(self, callback: Callback, request: Request, form: list[tuple[str, str]]) -> Exchange:
        """The journal keeps it among the requests of its account, with the notification's sid."""
        where = split_http(callback.url)
        path = where.path if where else ""
        headers = {name.lower(): value for name, value in request.headers.items()}
        host = where.netloc.rpartition("@")[2] if where else ""
        call = Call("POST", host, path, form=Params(tuple(form)), headers=headers, scheme=where.scheme if where else "")
        endpoint = Endpoint("", callback.region, "", path)
        exchange = self._state.journal.open(self._state.clock.time(), call, CALLBACK_NAME, endpoint)
        exchange.account_sid, exchange.sid = callback.account_sid, callback.notification_sid
        self._state.journal.file(exchange)
        return exchange
