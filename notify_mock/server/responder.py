"""The response to one request: the steps of its call, and what faults do to the response and the connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Protocol

from notify_mock.control_api.guard import Access
from notify_mock.engine.steps import Blocking, Commit, Pause, Steps
from notify_mock.engine.stubs import Stubs
from notify_mock.events.hub import Hub
from notify_mock.http1.requests import LOG
from notify_mock.http1.responses import head_of, pieces_of, status_of
from notify_mock.server.channel import Channel
from notify_mock.server.loop import Commits, Hold, in_thread
from notify_mock.support.waits import HeldCalls
from notify_mock.twilio_api.headers import Headers
from notify_mock.twilio_api.messages import Answer, Call, Wire


class Served(Protocol):
    """What can be mounted on a server: an emulator. A server adds its port to ``own_ports`` while it serves it."""

    own_ports: set[int]
    stubs: Stubs
    access: Access

    @property
    def app(self) -> Any:
        """The WSGI app, for the control API and for what users have added to it."""

    @property
    def held_calls(self) -> HeldCalls: ...
    @property
    def events(self) -> Hub: ...
    def has_route(self, method: str, target: str) -> bool:
        """Whether the user has added a route for this request to the app."""

    def handle(self, call: Call) -> Answer: ...
    def play(self, call: Call) -> Steps: ...
    def failed(self) -> Answer: ...


class Responder:
    """Sends one response on ``channel``, and then calls ``done`` with whether the connection can stay open.

    ``is_head``: the body is left out. ``keeps_open``: the client may send another request.
    """

    __slots__ = ("_channel", "_client_is_gone", "_commits", "_done", "_hold", "_is_head", "_keeps_open", "_loop")

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        commits: Commits,
        channel: Channel,
        done: Callable[[bool], None],
        *,
        is_head: bool,
        keeps_open: bool,
    ) -> None:
        self._loop, self._commits, self._channel, self._done = loop, commits, channel, done
        self._is_head, self._keeps_open = is_head, keeps_open
        self._hold: Hold | None = None
        self._client_is_gone = False

    def play(self, served: Served, steps: Steps, result: Future[Any] | None = None) -> None:
        """Carry out a call to its next pause, or to its end. A bug is answered as such, and logged."""
        try:
            step = steps.send(result.result() if result is not None else None)
        except StopIteration as end:
            answer: Answer = end.value
        except BaseException:  # noqa: BLE001 - a bug
            LOG.exception("the emulator failed")
            steps.close()
            self._fail(served)
            return
        else:
            self._wait(step, served, steps)
            return
        if answer.wire is None:
            self.send(answer)
        else:
            self._break(served, answer, answer.wire)

    def send(self, answer: Answer) -> None:
        """Send a response that no fault changes."""
        self.write(status_of(answer.status), answer.headers, answer.body)

    def write(self, status: str, headers: Headers, body: bytes) -> None:
        """Send a whole response. ``status`` is a code and its phrase."""
        head, keeps_open = head_of(status, headers, body, keeps_open=self._keeps_open, is_head=self._is_head)
        self._channel.write(head if self._is_head else head + body)
        self._done(keeps_open)

    def client_is_gone(self) -> None:
        """Wait no longer: nobody is there for the response, or nothing would tell when the client leaves."""
        self._client_is_gone = True
        if self._hold is not None:
            self._hold.end()

    def write_found(self, served: Served, found: Future[Any]) -> None:
        """Send the response of the app: its status, headers and body, or a 500 for its exception."""
        try:
            response = found.result()
        except BaseException:  # noqa: BLE001 - a bug of the app
            LOG.exception("the app failed")
            self._fail(served)
        else:
            self.write(*response)

    def _fail(self, served: Served) -> None:
        self._keeps_open = False
        self.send(served.failed())

    def _wait(self, step: Pause | Commit | Blocking, served: Served, steps: Steps) -> None:
        def resume(is_released: bool) -> None:
            self._hold = None
            if is_released:
                steps.close()
                self._channel.close()
                self._done(False)
            else:
                self.play(served, steps)

        if isinstance(step, Pause):
            self._begin_hold(step, resume)
        elif isinstance(step, Commit):
            self._commits.add(step, lambda outcome: self.play(served, steps, outcome))
        else:
            in_thread(self._loop, step.run, lambda future: self.play(served, steps, future))

    def _begin_hold(self, pause: Pause, resume: Callable[[bool], None]) -> None:
        seconds = 0.0 if self._client_is_gone else pause.seconds
        self._hold = Hold(self._loop, seconds, pause.held, resume)

    def _break(self, served: Served, answer: Answer, wire: Wire) -> None:
        """Do to the response and the connection what a fault demands."""
        if wire.ending:
            self._channel.reset() if wire.ending == "reset" else self._channel.close()
            self._done(False)
            return
        keeps_open = self._keeps_open and wire.sent is None
        head, keeps_open = head_of(status_of(answer.status), answer.headers, answer.body, keeps_open=keeps_open)
        pieces = [b""] if self._is_head else pieces_of(answer.body, wire)
        pause = Pause(wire.over / wire.pieces, served.held_calls.take())
        self._channel.write(head + pieces.pop(0))
        self._send_later(pieces, pause, keeps_open)

    def _send_later(self, pieces: list[bytes], pause: Pause, keeps_open: bool) -> None:
        def resume(is_released: bool) -> None:
            self._hold = None
            if is_released or not self._channel.is_open:
                self._channel.close()
                self._done(False)
                return
            self._channel.write(pieces.pop(0))
            self._send_later(pieces, pause, keeps_open)

        if pieces:
            self._begin_hold(pause, resume)
        else:
            self._done(keeps_open)
