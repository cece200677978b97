"""One call from its arrival to its answer: the one way in and the one way out."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from notify_mock.core import routes
from notify_mock.core.replay import Forward, Replay, retry_after
from notify_mock.core.state import State
from notify_mock.core.verbs import Visit
from notify_mock.core.writer import Writer
from notify_mock.journal.exchange import Exchange
from notify_mock.protocol.errors import MalformedRequest, MethodNotAllowed, NotFound, TwilioError
from notify_mock.protocol.messages import Answer, Call
from notify_mock.protocol.products import enter
from notify_mock.support.usage import UsageError
from notify_mock.support.waits import Hold, Holds

if TYPE_CHECKING:
    from notify_mock.faults.fate import Fate
    from notify_mock.faults.rule import Rule

Wait = Callable[[float, Hold], None]
"""How a front lets so many seconds pass for a call that a fault holds. What it raises ends the call."""

FAULT_HEADER = "x-notify-mock-fault"


class Passage:
    """A call on its way: its record, the place that it asks for, the fault rule that it carries itself, the answer of a
    cassette, and why it would be turned away without that."""

    __slots__ = ("call", "exchange", "own", "place", "recorded", "refusal", "route")

    def __init__(self, call: Call, exchange: Exchange, place: routes.Place | None, route: routes.Route | None) -> None:
        self.call, self.exchange, self.place, self.route = call, exchange, place, route
        self.own: Rule | None = None
        self.recorded: Answer | None = None
        self.refusal: TwilioError | None = None


class Player:
    """Plays calls on a state, under its lock but for the time that faults take."""

    def __init__(
        self,
        state: State,
        lock: AbstractContextManager[bool],
        holds: Holds,
        *,
        fault_header: bool,
        forward: Forward | None = None,
    ) -> None:
        self._state, self._lock, self._holds, self._fault_header = state, lock, holds, fault_header
        self._playback, self._replay = state.playback, Replay(state, lock, forward)
        self._writer = Writer(state)
        self._in_play: dict[str, int] = {}

    def play(self, call: Call, wait: Wait | None = None) -> Answer:
        """The whole way of a call; see ``Engine.handle``."""
        with self._lock:
            passage = self._open(call)
        exchange = passage.exchange
        try:
            with self._lock:
                try:
                    fate = self._arrive(passage)
                except TwilioError as refusal:
                    return self._leave(exchange, self._writer.refused(exchange, refusal))
                hold = self._holds.take() if fate is not None and fate.pause else None
            if fate is not None and hold is not None:
                self._wait(fate.pause, hold, wait)
            if self._playback.cassette is not None or passage.refusal is not None:
                self._look_up(passage, fate)
            with self._lock:
                answer, late = self._pass(passage, fate)
                if not late:
                    return self._leave(exchange, answer)
                hold = self._holds.take()
            self._wait(late, hold, wait)
            with self._lock:
                return self._leave(exchange, answer)
        finally:
            with self._lock:
                self._close(exchange)

    def failed(self) -> Answer:
        """The answer of a front to a request at which the emulator itself failed; the journal has it already."""
        return self._writer.failed()

    def _wait(self, seconds: float, hold: Hold, wait: Wait | None) -> None:
        """Outside the lock; by the emulator's clock where the front has no way of its own."""
        if wait is None:
            self._state.clock.advance(seconds)
        else:
            wait(seconds, hold)

    def _open(self, call: Call) -> Passage:
        """Where the call wants to go. Its record is opened, though not yet anybody's."""
        entrance = enter(call.host, call.path)
        place = routes.find(entrance.door, entrance.path)
        route = place.route(call.method) if place else None
        exchange = self._state.journal.open(self._state.clock.time(), call, route.name if route else None, entrance)
        if place is not None and place.sid:
            exchange.sid = place.sid
        return Passage(call, exchange, place, route)

    def _arrive(self, passage: Passage) -> Fate | None:
        """The way in: the request is on record whatever becomes of it, then readable, then let in, then struck.

        A preflight carries no credentials by the rules of CORS, and no fault strikes it. Raises ``TwilioError``.
        """
        call, exchange = passage.call, passage.exchange
        try:
            if call.defect is not None:
                raise call.defect
            if call.method != "OPTIONS":
                exchange.account_sid = self._state.accounts.identify(call.headers.get("authorization")).sid
        except TwilioError as refusal:
            if call.defect is not None or self._playback.cassette is None or self._state.accounts.strict:
                raise
            passage.refusal = refusal
        finally:
            self._state.journal.file(exchange)
            in_play = self._in_play[exchange.account_sid] = self._in_play.get(exchange.account_sid, 0) + 1
        if call.method == "OPTIONS":
            return None
        if self._fault_header:
            passage.own = self._own_rule(call)
        return self._state.faults.strike(exchange, "before", in_play, passage.own)

    def _look_up(self, passage: Passage, fate: Fate | None) -> None:
        """The cassette's answer, unless a fault has stopped the call. Who isn't let in is a matter of the recording,
        where the accounts aren't given; what isn't recorded then is refused."""
        if passage.call.method == "OPTIONS" or (fate is not None and fate.stops):
            return
        passage.recorded = self._replay.answer(passage.call, passage.exchange)
        if passage.recorded is None and passage.refusal is not None:
            with self._lock:
                passage.recorded = self._writer.refused(passage.exchange, passage.refusal)

    def _pass(self, passage: Passage, fate: Fate | None) -> tuple[Answer, float]:
        """The call is played, unless a fault has stopped it, and faults may take its answer away. The second result
        is how many seconds late the answer is."""
        exchange = passage.exchange
        if fate is not None and fate.stops:
            return self._writer.struck(exchange, fate), 0.0
        try:
            answer = passage.recorded or self._apply(passage, fate.stale if fate else 0.0)
        except TwilioError as refusal:
            answer = self._writer.refused(exchange, refusal)
        late = 0.0
        if passage.call.method != "OPTIONS":
            in_play = self._in_play[exchange.account_sid]
            fate = self._state.faults.strike(exchange, "after", in_play, passage.own)
            if fate is not None:
                answer, late = self._spoil(exchange, answer, fate), fate.pause
        return answer, late

    def _apply(self, passage: Passage, lag: float) -> Answer:
        """Raises ``TwilioError``."""
        call, exchange, place = passage.call, passage.exchange, passage.place
        in_play = self._in_play[exchange.account_sid]
        if call.method == "OPTIONS":
            allow = (("Allow", ", ".join(place.allow())),) if place else ()
            answer = self._writer.played(exchange, in_play, 200, "", allow)
            return _letting_in(answer, FAULT_HEADER) if self._fault_header else answer
        if place is None:
            raise NotFound("no such path", path=exchange.path)
        if passage.route is None:
            raise MethodNotAllowed(path=exchange.path, method=call.method, allow=place.allow())
        url = f"{call.scheme}://{call.host}{exchange.base}{place.collection}"
        resource = passage.route.resource
        visit = Visit(self._state, exchange, resource, url, place.sid, lag, place.parent)
        return self._writer.played(exchange, in_play, *passage.route.play(visit))

    def _spoil(self, exchange: Exchange, answer: Answer, fate: Fate) -> Answer:
        """What the faults of the phase "after" leave of an answer."""
        if fate.forget and exchange.sid:
            self._state.store.forget(exchange.sid)
        if fate.stops:
            exchange.played, exchange.status, exchange.code, exchange.reason = answer.status, None, None, ""
            answer = self._writer.struck(exchange, fate)
        if fate.wire is not None and fate.wire.ending:
            return answer
        for spoil in fate.spoil:
            answer = spoil(answer)
        if fate.wire is None:
            return answer
        wire = answer.wire or fate.wire
        return answer._replace(wire=wire._replace(pieces=fate.wire.pieces, over=fate.wire.over))

    def _leave(self, exchange: Exchange, answer: Answer) -> Answer:
        """The way out: the journal closes the exchange. Without a fault no time has passed."""
        ended = exchange.at
        if exchange.faults:
            exchange.retry_after = retry_after(answer)
            ended = self._state.clock.time()
        self._state.journal.close(exchange, ended)
        return answer

    def _close(self, exchange: Exchange) -> None:
        """The call is no longer in play, also when it never got as far as the way out."""
        left = self._in_play[exchange.account_sid] - 1
        if left:
            self._in_play[exchange.account_sid] = left
        else:
            del self._in_play[exchange.account_sid]
        if exchange.ended is None:
            exchange.played, exchange.status = exchange.status, None
            exchange.reason = "it was let go, or the emulator failed: then the traceback tells more"
            self._state.journal.close(exchange, self._state.clock.time())

    def _own_rule(self, call: Call) -> Rule | None:
        """The rule that the request carries. Raises ``MalformedRequest``."""
        if FAULT_HEADER not in call.headers:
            return None
        from notify_mock.faults.reading import read_header

        try:
            return self._state.faults.once(read_header(call.headers[FAULT_HEADER]))
        except UsageError as error:
            refusal = MalformedRequest(str(error), what=f"invalid {FAULT_HEADER}")
            refusal.detail = str(error)
            raise refusal from error


def _letting_in(answer: Answer, header: str) -> Answer:
    """A preflight's answer that allows one header more."""
    name = "Access-Control-Allow-Headers"
    return answer._replace(
        headers=[(one, f"{value}, {header}" if one == name else value) for one, value in answer.headers]
    )
