"""The pipeline that every call passes through, from its arrival to its response."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from notify_mock.engine import routes
from notify_mock.engine.replay import Forward, Replay, retry_after
from notify_mock.engine.state import State
from notify_mock.engine.steps import Blocking, Pause, Steps
from notify_mock.engine.stubs import STUB, Stub, Stubs
from notify_mock.engine.verbs import RequestContext
from notify_mock.engine.writer import Writer
from notify_mock.journal.exchange import Exchange
from notify_mock.support.ids import Sids
from notify_mock.support.renamed import log_renamed, with_new_key
from notify_mock.support.usage import UsageError
from notify_mock.support.waits import HeldCalls
from notify_mock.twilio_api.errors import MalformedRequest, MethodNotAllowed, NotFound, TwilioError
from notify_mock.twilio_api.headers import not_allowed
from notify_mock.twilio_api.messages import Answer, Call
from notify_mock.twilio_api.products import resolve_endpoint

if TYPE_CHECKING:
    from notify_mock.faults.decision import Decision
    from notify_mock.faults.rule import Rule

FAULT_HEADER = "x-notify-mock-fault"


class PendingCall:
    """A call in progress: its exchange, its route, the fault rule in its header, the recorded response from a cassette,
    the error it gets if there is none, and the stub that answers it."""

    __slots__ = ("call", "exchange", "header_rule", "match", "recorded", "refusal", "route", "stub")

    def __init__(
        self,
        call: Call,
        exchange: Exchange,
        match: routes.RouteMatch | None,
        route: routes.Route | None,
        stub: Stub | None,
    ) -> None:
        self.call, self.exchange, self.match, self.route, self.stub = call, exchange, match, route, stub
        self.header_rule: Rule | None = None
        self.recorded: Answer | None = None
        self.refusal: TwilioError | None = None


class Pipeline:
    """Handles calls on a state. Holds the lock, except while a fault makes a call wait.

    Request ids are the state's SIDs, unless ``request_ids`` makes them.
    """

    def __init__(
        self,
        state: State,
        lock: AbstractContextManager[bool],
        held_calls: HeldCalls,
        *,
        fault_header: bool,
        forward: Forward | None = None,
        stubs: Stubs | None = None,
        request_ids: Sids | None = None,
    ) -> None:
        self._stubs = stubs or Stubs()
        self._state, self._lock, self._held_calls, self._fault_header = state, lock, held_calls, fault_header
        self._playback, self._replay = state.playback, Replay(state, lock, forward)
        self._writer = Writer(state, request_ids or state.sids)
        self._in_flight: dict[str, int] = {}

    def play(self, call: Call) -> Steps:
        """Carry out a call from arrival to response; see ``Engine.play``."""
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
                yield Pause(decision.pause, held)
            if pending.stub is None and (self._playback.cassette is not None or pending.refusal is not None):
                yield from self._look_up_recorded(pending, decision)
            with self._lock:
                answer, late = self._execute(pending, decision)
                if not late:
                    return self._finish(exchange, answer)
                held = self._held_calls.take()
            yield Pause(late, held)
            with self._lock:
                return self._finish(exchange, answer)
        finally:
            with self._lock:
                self._end(exchange)
            self._state.journal.announce(exchange)
            self._state.deliveries.announce()

    def failed(self) -> Answer:
        """Return the response to a request on which the emulator itself failed. The journal already contains it."""
        return self._writer.failed()

    def _begin(self, call: Call) -> PendingCall:
        """Find the route of the call and open its exchange, which has no account yet."""
        endpoint = resolve_endpoint(call.host, call.path)
        match = routes.find_route(endpoint.api, endpoint.path)
        route = match.route(call.method) if match else None
        stub = self._stubs.find(call.host, call.path) if self._stubs.exist else None
        name = route.name if route else STUB if stub else None
        exchange = self._state.journal.open(self._state.clock.time(), call, name, endpoint)
        if match is not None and match.sid:
            exchange.sid = match.sid
        return PendingCall(call, exchange, match, route, stub)

    def _receive(self, pending: PendingCall) -> Decision | None:
        """Check that the request is readable, authenticate it, and apply the fault rules. Raises ``TwilioError``.

        The request is in the journal even if this fails. A stub answers any caller. A preflight carries no credentials
        by the rules of CORS, and no fault rule applies to it.
        """
        call, exchange = pending.call, pending.exchange
        try:
            if call.defect is not None:
                raise call.defect
            if call.method != "OPTIONS":
                exchange.account_sid = self._state.accounts.identify(call.headers.get("authorization")).sid
        except TwilioError as refusal:
            if call.defect is not None:
                raise
            if pending.stub is None:
                if self._playback.cassette is None or self._state.accounts.strict:
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

    def _look_up_recorded(
        self, pending: PendingCall, decision: Decision | None
    ) -> Generator[Pause | Blocking, Any, None]:
        """Look up the cassette's response, unless a fault has ended the call.

        If no accounts were given, authentication follows the recording: an unauthenticated call is refused only if it
        is not recorded.
        """
        if pending.call.method == "OPTIONS" or (decision is not None and decision.ends_call):
            return
        pending.recorded = yield from self._replay.answer(pending.call, pending.exchange)
        if pending.recorded is None and pending.refusal is not None:
            with self._lock:
                pending.recorded = self._writer.refused(pending.exchange, pending.refusal)

    def _execute(self, pending: PendingCall, decision: Decision | None) -> tuple[Answer, float]:
        """Carry out the call, unless a fault has ended it, and apply the faults of the phase "after".

        Returns the response and how many seconds late it is.
        """
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
            answer = _with_allowed_header(answer, FAULT_HEADER) if self._fault_header else answer
            refused = not_allowed(call.headers.get("access-control-request-headers", ""), answer.headers)
            exchange.reason = f"CORS does not allow the headers: {', '.join(refused)}" if refused else ""
            return answer
        if pending.stub is not None:
            return self._writer.stubbed(exchange, in_flight, pending.stub)
        if match is None:
            raise NotFound("no such path", path=exchange.path)
        if pending.route is None:
            raise MethodNotAllowed(path=exchange.path, method=call.method, allow=match.allow())
        url = f"{call.scheme}://{call.host}{exchange.base}{match.collection_path}"
        resource = pending.route.resource
        context = RequestContext(self._state, exchange, resource, url, match.sid, lag, match.parent)
        return self._writer.succeeded(exchange, in_flight, *pending.route.handler(context))

    def _apply_after(self, exchange: Exchange, answer: Answer, decision: Decision) -> Answer:
        """Return the response as the faults of the phase "after" change it."""
        if decision.forget and exchange.sid:
            self._state.store.forget(exchange.sid)
        if decision.ends_call:
            exchange.played, exchange.status, exchange.code, exchange.reason = answer.status, None, None, ""
            exchange.refusal = None
            answer = self._writer.faulted(exchange, decision)
        if decision.wire is not None and decision.wire.ending:
            return answer
        for change in decision.changes:
            answer = change(answer)
        if decision.wire is None:
            return answer
        wire = answer.wire or decision.wire
        return answer._replace(wire=wire._replace(pieces=decision.wire.pieces, over=decision.wire.over))

    def _finish(self, exchange: Exchange, answer: Answer) -> Answer:
        """Close the exchange in the journal. Without a fault, no time has passed."""
        ended = exchange.at
        if exchange.faults:
            exchange.retry_after = retry_after(answer)
            ended = self._state.clock.time()
        self._state.journal.close(exchange, ended, answer)
        return answer

    def _end(self, exchange: Exchange) -> None:
        """Stop counting the call as in flight, and close its exchange if it got no response."""
        left = self._in_flight[exchange.account_sid] - 1
        if left:
            self._in_flight[exchange.account_sid] = left
        else:
            del self._in_flight[exchange.account_sid]
        if exchange.ended is None:
            exchange.played, exchange.status = exchange.status, None
            exchange.reason = "released before it was answered, or the emulator failed: see the traceback"
            self._state.journal.close(exchange, self._state.clock.time())

    def _header_rule(self, call: Call) -> Rule | None:
        """Return the rule in the request's header, or None. Raises ``MalformedRequest``."""
        if FAULT_HEADER not in call.headers:
            return None
        from notify_mock.faults.readers import read_header

        try:
            spec = read_header(call.headers[FAULT_HEADER])
            spec = with_new_key(spec, "door", "api", f"{FAULT_HEADER}: ", log_renamed)
            return self._state.faults.for_one_call(spec)
        except UsageError as error:
            refusal = MalformedRequest(str(error), what=f"invalid {FAULT_HEADER}")
            refusal.detail = str(error)
            raise refusal from error


def _with_allowed_header(answer: Answer, header: str) -> Answer:
    """Return the response to a preflight with one more allowed header."""
    name = "Access-Control-Allow-Headers"
    return answer._replace(
        headers=[(key, f"{value}, {header}" if key == name else value) for key, value in answer.headers]
    )
