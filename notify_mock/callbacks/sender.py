"""Sends the delivery callbacks: when a test calls ``drain``, or in a thread beside a server."""

from __future__ import annotations

from collections.abc import Container
from threading import Event, Thread
from typing import Protocol
from urllib.parse import urlsplit

from notify_mock.callbacks.mounted import App, call_app
from notify_mock.callbacks.target import Forbidden, find_target
from notify_mock.deliveries.callback import Callback
from notify_mock.engine.attempts import Attempt, Attempts, Reply
from notify_mock.journal.exchange import Exchange
from notify_mock.support.clock import Clock
from notify_mock.support.usage import UsageError

TIMEOUT = 15.0
"""Seconds that an app has to respond. Source: Twilio's webhooks (documented)."""

_POLL_SECONDS = 0.05
_MAX_CALLBACKS_IN_A_DRAIN = 10_000


class Sending(Protocol):
    """What has callbacks to send: an engine."""

    @property
    def attempts(self) -> Attempts: ...
    @property
    def clock(self) -> Clock: ...


class Callbacks:
    """The delivery callbacks of an emulator.

    ``hosts``: hosts other than this machine that they may be sent to. A mounted app receives them without a socket.
    ``timeout`` is in seconds: in real time for a URL, on the emulator's clock for a mounted app.
    """

    def __init__(self, engine: Sending, hosts: Container[str] = ()) -> None:
        self.timeout = TIMEOUT
        self._engine = engine
        self._hosts = hosts
        self._apps: dict[str | None, App] = {}
        self._stopped = Event()
        self._thread: Thread | None = None

    def __repr__(self) -> str:
        return f"<Callbacks: {len(self.waiting)} waiting>"

    @property
    def waiting(self) -> list[Callback]:
        """The callbacks still to be sent, including retries."""
        return self._engine.attempts.waiting()

    def mount(self, app: App, host: str | None = None) -> None:
        """Send the callbacks for ``host`` (default: all) to a WSGI or ASGI app. A reset keeps the app."""
        if not callable(app):
            raise UsageError("callbacks.mount", f"expected a WSGI or ASGI app, got a {type(app).__name__}")
        self._apps[host] = app

    def drain(self) -> list[Exchange]:
        """Send all waiting callbacks, and those that result from them. Returns the attempts.

        Does not wait for retries: advances the emulator's clock to their time. Exceptions of a mounted app propagate.
        Raises ``UsageError`` after too many callbacks (an app that sends a notification for each callback).
        """
        made: list[Exchange] = []
        while (attempt := self._engine.attempts.next(early=True)) is not None:
            if len(made) >= _MAX_CALLBACKS_IN_A_DRAIN:
                raise UsageError(
                    "callbacks.drain",
                    f"stopped after {_MAX_CALLBACKS_IN_A_DRAIN} callbacks",
                    "check that the app does not send a notification for each callback",
                )
            self._make(attempt)
            made.append(attempt.exchange)
        return made

    def start(self) -> None:
        """Send callbacks when they are due, in a thread, until ``stop``."""
        if self._thread is None:
            self._stopped.clear()
            self._thread = Thread(target=self._run, name="notify-mock-callbacks", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(_POLL_SECONDS * 4)
            self._thread = None

    def _run(self) -> None:
        while not self._stopped.wait(_POLL_SECONDS):
            while not self._stopped.is_set() and (attempt := self._engine.attempts.next()) is not None:
                self._make(attempt)

    def _make(self, attempt: Attempt) -> None:
        reply = Reply(None, "the app raised an error", final=True)
        try:
            reply = self._post(attempt)
        finally:
            self._engine.attempts.close(attempt, reply)

    def _post(self, attempt: Attempt) -> Reply:
        request = attempt.request
        app = self._app_for(request.url)
        if app is not None:
            reply = call_app(app, request)
            took = self._engine.clock.time() - attempt.exchange.at
            return reply if took <= self.timeout else Reply(None, f"no response in time: it took {took:g} s")
        try:
            target = find_target(request.url, self._hosts)
        except Forbidden as error:
            return Reply(None, str(error), final=True)
        from notify_mock.callbacks.posting import post

        return post(request, target, self.timeout)

    def _app_for(self, url: str) -> App | None:
        if not self._apps:
            return None
        try:
            host = urlsplit(url).hostname
        except ValueError:
            return None
        return (self._apps.get(host) or self._apps.get(None)) if host else None
