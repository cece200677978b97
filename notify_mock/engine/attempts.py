"""Attempts at delivery callbacks: which one is next, what it sends, and whether it is retried."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import NamedTuple
from urllib.parse import urlencode

from notify_mock.deliveries.binding_changes import delete_bindings
from notify_mock.deliveries.callback import Callback, is_retried, split_http
from notify_mock.engine.state import State
from notify_mock.journal.exchange import Exchange
from notify_mock.twilio_api.channels import CALLBACK_NAME
from notify_mock.twilio_api.delivery_errors import Problem
from notify_mock.twilio_api.messages import Call, Params
from notify_mock.twilio_api.products import Endpoint
from notify_mock.twilio_api.signature import sign


class Request(NamedTuple):
    """A POST to send."""

    url: str
    headers: Mapping[str, str]
    body: bytes


class Reply(NamedTuple):
    """The result of an attempt: a status, or None and a ``reason``. If it is ``final``, it is not retried."""

    status: int | None
    reason: str = ""
    final: bool = False

    @property
    def is_good(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


class Attempt(NamedTuple):
    """One attempt in progress, and its exchange in the journal."""

    callback: Callback
    request: Request
    exchange: Exchange
    generation: int


class Attempts:
    """Takes callbacks from the outbox and records their results. It does no I/O: the caller sends the requests."""

    def __init__(self, state: State, lock: AbstractContextManager[bool]) -> None:
        self._state, self._lock = state, lock

    def waiting(self) -> list[Callback]:
        """Return the callbacks that are still to be sent, in order."""
        with self._lock:
            return list(self._state.outbox)

    def next(self, *, early: bool = False, skip: Callable[[Callback], bool] | None = None) -> Attempt | None:
        """Return the next attempt that is due, or None, except those to skip.

        With ``early``, move the clock to the next attempt's time.
        """
        state = self._state
        with self._lock:
            now = state.clock.time()
            callback = state.outbox.pop(None if early else now, skip)
            if callback is None:
                return None
            if callback.due > now:
                state.clock.advance(callback.due - now)
            form = callback.form()
            request = self._request(callback, form)
            exchange = self._open(callback, request, form)
            return Attempt(callback, request, exchange, state.outbox.generation)

    def give_back(self, attempt: Attempt) -> None:
        """Put a callback back into the outbox, because it is not known whether it was sent."""
        with self._lock:
            self._state.journal.close(attempt.exchange, self._state.clock.time())
            self._state.outbox.add(attempt.callback)

    def request(self, callback: Callback) -> Request:
        """Return the POST that an attempt sends."""
        return self._request(callback, callback.form())

    def _request(self, callback: Callback, form: list[tuple[str, str]]) -> Request:
        return Request(callback.url, self._headers(callback, form), urlencode(form).encode())

    def close(self, attempt: Attempt, reply: Reply) -> None:
        """Record the result. A failed attempt is retried later, or becomes an alert (52311).

        After the last attempt, the bindings that Twilio deletes are deleted: those of devices that its deliveries found
        unregistered.
        """
        with self._lock:
            if attempt.generation != self._state.outbox.generation:
                return
            self._close(attempt, reply)
        self._state.journal.announce(attempt.exchange)

    def _close(self, attempt: Attempt, reply: Reply) -> None:
        state, callback, exchange = self._state, attempt.callback, attempt.exchange
        now = state.clock.time()
        is_over = reply.is_good or reply.final or not is_retried(reply.status)
        next_attempt = None if is_over else callback.next_attempt(now)
        note = delete_bindings(state.store, callback.region, callback.deliveries, now) if next_attempt is None else ""
        exchange.status, exchange.reason = reply.status, "; ".join(filter(None, (reply.reason, note)))
        state.journal.close(exchange, now)
        state.changes.tell("callback", ("sent" if reply.is_good else "failed", callback, exchange))
        if note:
            state.changes.tell("records", ("bindings", "delete", callback.account_sid, None))
        if next_attempt is not None:
            state.outbox.add(next_attempt)
        if reply.is_good or next_attempt is not None:
            return
        reason = reply.reason or f"the callback returned {reply.status}"
        state.deliveries.alert(now, callback.notification_sid, Problem(52311, reason))

    def _headers(self, callback: Callback, form: list[tuple[str, str]]) -> Mapping[str, str]:
        """Return the headers of Twilio's other callbacks (observed); the signature is documented."""
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
        """Add the attempt to the journal, among the requests of its account, with the notification's SID."""
        parts = split_http(callback.url)
        path = parts.path if parts else ""
        headers = {name.lower(): value for name, value in request.headers.items()}
        host = parts.netloc.rpartition("@")[2] if parts else ""
        call = Call("POST", host, path, form=Params(tuple(form)), headers=headers, scheme=parts.scheme if parts else "")
        endpoint = Endpoint("", callback.region, "", path)
        exchange = self._state.journal.open(self._state.clock.time(), call, CALLBACK_NAME, endpoint)
        exchange.account_sid, exchange.sid = callback.account_sid, callback.notification_sid
        self._state.journal.file(exchange)
        return exchange
