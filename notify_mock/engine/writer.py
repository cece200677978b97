"""Writes responses with the headers of Twilio's gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notify_mock.engine.state import State
from notify_mock.engine.stubs import Stub
from notify_mock.journal.exchange import Exchange
from notify_mock.support.ids import Sids
from notify_mock.twilio_api import headers
from notify_mock.twilio_api.errors import InternalError, TwilioError
from notify_mock.twilio_api.messages import Answer, Wire, edge_answer
from notify_mock.twilio_api.products import api_domain

if TYPE_CHECKING:
    from notify_mock.faults.decision import Decision

_NO_HEADERS: tuple[tuple[str, str], ...] = ()


class Writer:
    """Writes responses and records them in the exchange. ``sids`` makes their request ids."""

    def __init__(self, state: State, sids: Sids) -> None:
        self._state, self._sids = state, sids

    def succeeded(
        self,
        exchange: Exchange,
        in_flight: int,
        status: int,
        text: str,
        extra: tuple[tuple[str, str], ...] = _NO_HEADERS,
    ) -> Answer:
        """Return the response to a successful call. ``text`` is its JSON ("" for no body); ``in_flight`` is the number
        of the account's calls in flight."""
        body = text.encode()
        exchange.status = status
        return Answer(status, self._gateway(exchange, headers.JSON, body, in_flight, extra), body)

    def stubbed(self, exchange: Exchange, in_flight: int, stub: Stub) -> Answer:
        """Return the canned answer of a stub."""
        body = stub.text(exchange.call.path).encode()
        exchange.status = stub.status
        if stub.status < 400:
            return Answer(stub.status, self._gateway(exchange, headers.JSON, body, in_flight, (), stub.host), body)
        exchange.code, exchange.reason = stub.code, f"stub for {stub.host}"
        return Answer(stub.status, self._gateway(exchange, headers.ERROR_JSON, body, None, (), stub.host), body)

    def refused(self, exchange: Exchange, refusal: TwilioError) -> Answer:
        """Return the response to a call that was refused."""
        exchange.status, exchange.code, exchange.reason = refusal.status, refusal.code, refusal.reason
        exchange.refusal = type(refusal)
        if exchange.call.unread:
            exchange.reason += f"; the body is {exchange.call.unread}, but only forms are read"
        if refusal.at_edge:
            return edge_answer(refusal, self._state.clock.time())
        body = refusal.body()
        answered = self._gateway(exchange, headers.ERROR_JSON, body, None, refusal.headers)
        return Answer(refusal.status, answered, body)

    def faulted(self, exchange: Exchange, decision: Decision) -> Answer:
        """Return what a fault puts in place of the response: another response, or an action on the connection."""
        if decision.refusal is not None:
            return self.refused(exchange, decision.refusal)
        if decision.answer is not None:
            exchange.status = decision.answer.status
            return decision.answer
        return Answer(0, [], b"", decision.wire or Wire("drop"))

    def failed(self) -> Answer:
        """Return the response to a request on which the emulator itself failed."""
        return edge_answer(InternalError(), self._state.clock.time())

    def _gateway(
        self,
        exchange: Exchange,
        content_type: str,
        body: bytes,
        concurrent: int | None,
        extra: tuple[tuple[str, str], ...],
        domain: str = "",
    ) -> headers.Headers:
        now = self._state.clock.time() if exchange.faults else exchange.at
        return headers.gateway(
            at=now,
            content_type=content_type,
            length=len(body),
            request_id=self._sids.new("RQ"),
            duration=max(0.0, now - exchange.at),
            concurrent=concurrent,
            region=exchange.region,
            domain=domain or api_domain(exchange.api),
            extra=extra,
        )
