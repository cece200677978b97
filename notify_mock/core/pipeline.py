"""One call from its arrival to its answer: the one way in and the one way out."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from notify_mock.core import routes
from notify_mock.core.replay import Forward, Replay, retry_after
from notify_mock.core.state import State
from notify_mock.core.verbs import RequestContext
from notify_mock.core.writer import Writer
from notify_mock.journal.exchange import Exchange
from notify_mock.protocol.errors import MalformedRequest, MethodNotAllowed, NotFound, TwilioError
from notify_mock.protocol.messages import Answer, Call
from notify_mock.protocol.products import resolve_endpoint
from notify_mock.support.usage import UsageError
from notify_mock.support.waits import HeldCall, HeldCalls

if TYPE_CHECKING:
    from notify_mock.faults.decision import Decision
    from notify_mock.faults.rule import Rule

Wait = Callable[[float, HeldCall], None]
"""How a front lets so many seconds pass for a call that a fault holds. What it raises ends the call."""

FAULT_HEADER = "x-notify-mock-fault"


class PendingCall:
    """A call on its way: its record, the place that it asks for, the fault rule that it carries itself, the answer of a
    cassette, and why it would be turned away without that."""

    __slots__ = ("call", "exchange", "header_rule", "match", "recorded", "refusal", "route")

    def __init__(
        self, call: Call, exchange: Exchange, match: routes.RouteMatch | None, route: routes.Route | None
    ) -> None:
        self.call, self.exchange, self.match, self.route = call, exchange, match, route
        self.header_rule: Rule | None = None
        self.recorded: Answer | None = None
        self.refusal: TwilioError | None = None


class Pipeline:
    """Plays calls on a state, under its lock but for the time that faults take."""

    def __init__(
        self,
        state: State,
        lock: AbstractContextManager[bool],
        held_calls: HeldCalls,
        *,
        fault_header: bool,
        forward: Forward | None = None,
    ) -> None:
        self._state, self._lock, self._held_calls, self._fault_header = state, lock, held_calls, fault_header
        self._playback, self._replay = state.playback, Replay(state, lock, forward)
        self._writer = Writer(state)
        self._in_flight: dict[str, int] = {}

    def handle(self, call: Call, wait: Wait | None = None) -> Answer:
        """The whole way of a call; see ``Engine.handle``."""
        with self._lock:
            pending = self._begin(call)
        exchange = pending.exchange
        try:
            with self._lock:
                try:
                    decision = self._receive(pending)
                except TwilioError as refusal:
                    return self._finish(exchange, self._writer.refused(exchange, refusal))
                held = self._held_calls.take() if decision is not None and decision.pause else None
            if decision is not None and held is not None:
                self._wait(decision.pause, held, wait)
            if self._playback.cassette is not None or pending.refusal is not None:
                self._look_up_recorded(pending, decision)
            with self._lock:
                answer, late = self._execute(pending, decision)
                if not late:
                    return self._finish(exchange, answer)
                held = self._held_calls.take()
            self._wait(late, held, wait)
            with self._lock:
                return self._finish(exchange, answer)
        finally:
            with self._lock:
                self._end(exchange)

    def failed(self) -> Answer:
        """The answer of a front to a request at which the emulator itself failed; the journal has it already."""
        return self._writer.failed()

    def _wait(self, seconds: float, held: HeldCall, wait: Wait | None) -> None:
        """Outside the lock; by the emulator's clock where the front has no way of its own."""
        if wait is None:
            self._state.clock.advance(seconds)
        else:
            wait(seconds, held)

    def _begin(self, call: Call) -> PendingCall:
        """Where the call wants to go. Its record is opened, though not yet anybody's."""
        endpoint = resolve_endpoint(call.host, call.path)
        match = routes.find_route(endpoint.api, endpoint.path)
        route = match.route(call.method) if match else None
        exchange = self._state.journal.open(self._state.clock.time(), call, route.name if route else None, endpoint)
        if match is not None and match.sid:
            exchange.sid = match.sid
        return PendingCall(call, exchange, match, route)

    def _receive(self, pending: PendingCall) -> Decision | None:
        """The way in: the request is on record whatever becomes of it, then readable, then let in, then struck.

        A preflight carries no credentials by the rules of CORS, and no fault strikes it. Raises ``TwilioError``.
        """
        call, exchange = pending.call, pending.exchange
        try:
            if call.defect is not None:
                raise call.defect
            if call.method != "OPTIONS":
                exchange.account_sid = self._state.accounts.identify(call.headers.get("authorization")).sid
        except TwilioError as refusal:
            if call.defect is not None or self._playback.cassette is None or self._state.accounts.strict:
                raise
            pending.refusal = refusal
        finally:
            self._state.journal.file(exchange)
            in_flight = self._in_flight[exchange.account_sid] = self._in_flight.get(exchange.account_sid, 0) + 1
        if call.method == "OPTIONS":
            return None
        if self._fault_header:
            pending.header_rule = self._header_rule(call)
        return self._state.faults.apply(exchange, "before", in_flight, pending.header_rule)

    def _look_up_recorded(self, pending: PendingCall, decision: Decision | None) -> None:
        """The cassette's answer, unless a fault has stopped the call. Who isn't let in is a matter of the recording,
        where the accounts aren't given; what isn't recorded then is refused."""
        if pending.call.method == "OPTIONS" or (decision is not None and decision.ends_call):
            return
        pending.recorded = self._replay.answer(pending.call, pending.exchange)
        if pending.recorded is None and pending.refusal is not None:
            with self._lock:
                pending.recorded = self._writer.refused(pending.exchange, pending.refusal)

    def _execute(self, pending: PendingCall, decision: Decision | None) -> tuple[Answer, float]:
        """The call is played, unless a fault has stopped it, and faults may take its answer away. The second result
        is how many seconds late the answer is."""
        exchange = pending.exchange
        if decision is not None and decision.ends_call:
            return self._writer.faulted(exchange, decision), 0.0
        try:
            answer = pending.recorded or self._carry_out(pending, decision.stale if decision else 0.0)
        except TwilioError as refusal:
            answer = self._writer.refused(exchange, refusal)
        late = 0.0
        if pending.call.method != "OPTIONS":
            in_flight = self._in_flight[exchange.account_sid]
            decision = self._state.faults.apply(exchange, "after", in_flight, pending.header_rule)
            if decision is not None:
                answer, late = self._apply_after(exchange, answer, decision), decision.pause
        return answer, late

    def _carry_out(self, pending: PendingCall, lag: float) -> Answer:
        """Raises ``TwilioError``."""
        call, exchange, match = pending.call, pending.exchange, pending.match
        in_flight = self._in_flight[exchange.account_sid]
        if call.method == "OPTIONS":
            allow = (("Allow", ", ".join(match.allow())),) if match else ()
            answer = self._writer.succeeded(exchange, in_flight, 200, "", allow)
            return _with_allowed_header(answer, FAULT_HEADER) if self._fault_header else answer
        if match is None:
            raise NotFound("no such path", path=exchange.path)
        if pending.route is None:
            raise MethodNotAllowed(path=exchange.path, method=call.method, allow=match.allow())
        url = f"{call.scheme}://{call.host}{exchange.base}{match.collection_path}"
        resource = pending.route.resource
        context = RequestContext(self._state, exchange, resource, url, match.sid, lag, match.parent)
        return self._writer.succeeded(exchange, in_flight, *pending.route.handler(context))

    def _apply_after(self, exchange: Exchange, answer: Answer, decision: Decision) -> Answer:
        """What the faults of the phase "after" leave of an answer."""
        if decision.forget and exchange.sid:
            self._state.store.forget(exchange.sid)
        if decision.ends_call:
            exchange.played, exchange.status, exchange.code, exchange.reason = answer.status, None, None, ""
            answer = self._writer.faulted(exchange, decision)
        if decision.wire is not None and decision.wire.ending:
            return answer
        for changes in decision.changes:
            answer = changes(answer)
        if decision.wire is None:
            return answer
        wire = answer.wire or decision.wire
        return answer._replace(wire=wire._replace(pieces=decision.wire.pieces, over=decision.wire.over))

    def _finish(self, exchange: Exchange, answer: Answer) -> Answer:
        """The way out: the journal closes the exchange. Without a fault no time has passed."""
        ended = exchange.at
        if exchange.faults:
            exchange.retry_after = retry_after(answer)
            ended = self._state.clock.time()
        self._state.journal.close(exchange, ended)
        return answer

    def _end(self, exchange: Exchange) -> None:
        """The call is no longer in play, also when it never got as far as the way out."""
        left = self._in_flight[exchange.account_sid] - 1
        if left:
            self._in_flight[exchange.account_sid] = left
        else:
            del self._in_flight[exchange.account_sid]
        if exchange.ended is None:
            exchange.played, exchange.status = exchange.status, None
            exchange.reason = "it was let go, or the emulator failed: then the traceback tells more"
            self._state.journal.close(exchange, self._state.clock.time())

    def _header_rule(self, call: Call) -> Rule | None:
        """The rule that the request carries. Raises ``MalformedRequest``."""
        if FAULT_HEADER not in call.headers:
            return None
        from notify_mock.faults.readers import read_header

        try:
            return self._state.faults.for_one_call(read_header(call.headers[FAULT_HEADER]))
        except UsageError as error:
            refusal = MalformedRequest(str(error), what=f"invalid {FAULT_HEADER}")
            refusal.detail = str(error)
            raise refusal from error


def _with_allowed_header(answer: Answer, header: str) -> Answer:
    """A preflight's answer that allows one header more."""
    name = "Access-Control-Allow-Headers"
    return answer._replace(
        headers=[(one, f"{value}, {header}" if one == name else value) for one, value in answer.headers]
    )
