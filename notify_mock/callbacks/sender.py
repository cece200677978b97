"""Sends the delivery callbacks: when a test calls ``drain``, or in a thread beside a server."""

from __future__ import annotations

from collections.abc import Container
from threading import Event, Lock, Thread
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit

from notify_mock.callbacks.deadline import Deadline
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
_MAX_AT_ONCE = 8
_MAX_CALLBACKS_IN_A_DRAIN = 10_000


class Sending(Protocol):
    """What has callbacks to send: an engine."""

    @property
    def attempts(self) -> Attempts: ...
    @property
    def clock(self) -> Clock: ...


class _Turn(NamedTuple):
    """An attempt that a thread makes, and its group."""

    attempt: Attempt
    group: str


class Callbacks:
    """The delivery callbacks of an emulator.

    ``hosts``: hosts that they may be sent to, besides this machine. ``own_ports``: ports that serve the emulator, which
    get none. A mounted app receives them without a socket. ``timeout`` is in seconds: in real time for a URL, from the
    first connection to the end of the response, on the emulator's clock for a mounted app.
    """

    def __init__(
        self,
        engine: Sending,
        hosts: Container[str] = (),
        own_ports: Container[int] = (),
        *,
        may_mount: bool = True,
    ) -> None:
        self.timeout = TIMEOUT
        self._engine = engine
        self._hosts, self._own_ports = hosts, own_ports
        self._may_mount = may_mount
        self._apps: dict[str | None, App] = {}
        self._stopped = Event()
        self._thread: Thread | None = None
        self._lock = Lock()
        self._busy: set[str] = set()
        self._deadlines: set[Deadline] = set()

    def __repr__(self) -> str:
        return f"<Callbacks: {len(self.waiting)} waiting>"

    @property
    def waiting(self) -> list[Callback]:
        """The callbacks still to be sent, including retries."""
        return self._engine.attempts.waiting()

    def mount(self, app: App, host: str | None = None) -> None:
        """Send the callbacks for ``host`` (default: all) to a WSGI or ASGI app. A reset keeps the app."""
        if not self._may_mount:
            raise UsageError("callbacks.mount", "cannot be used with state=", "serve the app at a URL instead")
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
        """Send callbacks when they are due, in threads, until ``stop``.

        Callbacks to one host and port are sent one after another; so are those to mounted apps.
        """
        if self._thread is None:
            self._stopped = Event()
            self._thread = Thread(target=self._run, args=(self._stopped,), name="notify-mock-callbacks", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Send nothing more, and break the connections in use. Their callbacks count as not responded to."""
        if self._thread is None:
            return
        self._stopped.set()
        for deadline in list(self._deadlines):
            deadline.end("the emulator was stopped")
        self._thread.join(_POLL_SECONDS * 4)
        self._thread = None

    def _run(self, stopped: Event) -> None:
        while not stopped.wait(_POLL_SECONDS):
            while (turn := self._take(stopped)) is not None:
                Thread(target=self._work, args=(turn, stopped), name="notify-mock-callback", daemon=True).start()

    def _take(self, stopped: Event) -> _Turn | None:
        """Return the next attempt whose group is not busy, and make the group busy."""
        with self._lock:
            if stopped.is_set() or len(self._busy) >= _MAX_AT_ONCE:
                return None
            attempt = self._engine.attempts.next(skip=self._is_busy if self._busy else None)
            if attempt is None:
                return None
            turn = _Turn(attempt, self._group(attempt.callback))
            self._busy.add(turn.group)
            return turn

    def _work(self, first: _Turn, stopped: Event) -> None:
        turn: _Turn | None = first
        while turn is not None:
            try:
                self._make(turn.attempt)
            finally:
                with self._lock:
                    self._busy.discard(turn.group)
            turn = self._take(stopped)

    def _is_busy(self, callback: Callback) -> bool:
        return self._group(callback) in self._busy

    def _group(self, callback: Callback) -> str:
        """Return the place of a callback, or "" for a mounted app. Within a group, one is sent after another."""
        return "" if self._app_for(callback.url) is not None else callback.place

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
            target = find_target(request.url, self._hosts, self._own_ports, attempt.callback.origin)
        except Forbidden as error:
            return Reply(None, str(error), final=True)
        from notify_mock.callbacks.posting import post

        deadline = Deadline(self.timeout)
        self._deadlines.add(deadline)
        try:
            return post(request, target, deadline)
        finally:
            self._deadlines.discard(deadline)

    def _app_for(self, url: str) -> App | None:
        if not self._apps:
            return None
        try:
            host = urlsplit(url).hostname
        except ValueError:
            return None
        return (self._apps.get(host) or self._apps.get(None)) if host else None
