"""The core: plain data in, plain data out, one way in and one way out for every call."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

from notify_mock import headers, routes
from notify_mock.accounts import Accounts, AccountsOption, read_accounts
from notify_mock.call import Answer, Call
from notify_mock.clock import Clock, Moment
from notify_mock.data import DataOption, plant_all, read_data
from notify_mock.doors import api_domain, enter
from notify_mock.errors import MethodNotAllowed, NotFound, TwilioError
from notify_mock.journal import PER_ACCOUNT, Exchange, Journal
from notify_mock.records import Records
from notify_mock.resources import CREDENTIAL
from notify_mock.resources.credential import Credential
from notify_mock.state import State
from notify_mock.usage import UsageError
from notify_mock.verbs import Visit


class Engine:
    """The emulator without any front: no Flask, no socket, no sleeping.

    ``seed`` fixes every sid. ``accounts`` makes it strict about who comes in; without it everyone is let in. ``data``
    holds records to start from. ``frozen`` stops the clock at a moment. ``journal_limit`` is the number of exchanges
    kept per account. Raises ``UsageError`` for a bad option. Safe to use from several threads.
    """

    def __init__(
        self,
        *,
        seed: int | str = 0,
        accounts: AccountsOption | None = None,
        data: DataOption | None = None,
        frozen: Moment | None = None,
        journal_limit: int = PER_ACCOUNT,
    ) -> None:
        if isinstance(seed, bool) or not isinstance(seed, (int, str)):
            raise UsageError("seed", f"{seed!r} is no seed", "give a whole number or a text")
        if isinstance(journal_limit, bool) or not isinstance(journal_limit, int) or journal_limit < 1:
            raise UsageError("journal_limit", f"{journal_limit!r} is no limit", "give a whole number of 1 or more")
        self.seed = seed
        self._lock = RLock()
        self._playing: list[Call] = []
        self._seeds = read_data(data) if data is not None else ()
        given = read_accounts(accounts) if accounts is not None else ()
        self._state = State(self._lock, seed=seed, accounts=given, frozen=frozen, journal_limit=journal_limit)
        plant_all(self._seeds, self._state)

    @property
    def clock(self) -> Clock:
        return self._state.clock

    @property
    def accounts(self) -> Accounts:
        return self._state.accounts

    @property
    def journal(self) -> Journal:
        return self._state.journal

    @property
    def credentials(self) -> Records[Credential]:
        """The stored credentials by sid, secrets included."""
        return Records(self._state, self._lock, CREDENTIAL)

    @property
    def auth(self) -> tuple[str, str]:
        """Account sid and auth token of the default account: the first given one, or one made from the seed."""
        return self.accounts.default.sid, self.accounts.default.auth_token

    def reset(self) -> None:
        """Back to how it was made: seed, accounts and data as given, nothing else remembered."""
        with self._lock:
            self._state.reset()
            plant_all(self._seeds, self._state)

    @contextmanager
    def checkpoint(self) -> Iterator[None]:
        """Puts back, at the end of the ``with`` block, everything that the emulator remembered at its beginning."""
        with self._lock:
            snapshot = self._state.snapshot()
        try:
            yield
        finally:
            with self._lock:
                self._state.restore(snapshot)

    def handle(self, call: Call) -> Answer:
        """Play one call. Never raises for what a client sent: a refusal is an answer."""
        self._playing.append(call)
        try:
            with self._lock:
                return self._play(call)
        finally:
            self._playing.pop()

    def _play(self, call: Call) -> Answer:
        entrance = enter(call.host, call.path)
        place = routes.find(entrance.door, entrance.path)
        route = place.route(call.method) if place else None
        exchange = self.journal.open(self.clock.time(), call, route.name if route else None, entrance)
        try:
            self._arrive(exchange)
            if call.method == "OPTIONS":
                return self._leave(exchange, 200, None, (("Allow", ", ".join(place.allow())),) if place else ())
            if place is None:
                raise NotFound("no such path", path=entrance.path)
            if route is None:
                raise MethodNotAllowed(path=entrance.path, method=call.method, allow=place.allow())
            url = f"{call.scheme}://{call.host}{entrance.base}{place.collection}"
            visit = Visit(self._state, exchange, route.resource, exchange.account_sid, entrance.region, url, place.sid)
            return self._leave(exchange, *route.play(visit))
        except TwilioError as refusal:
            return self._refuse(exchange, refusal)

    def _arrive(self, exchange: Exchange) -> None:
        """The way in: the request is on record whatever becomes of it, then readable, then let in.

        A preflight carries no credentials by the rules of CORS.
        """
        try:
            if exchange.call.defect is not None:
                raise exchange.call.defect
            if exchange.call.method != "OPTIONS":
                exchange.account_sid = self.accounts.identify(exchange.call.headers.get("authorization")).sid
        finally:
            self.journal.file(exchange)

    def _leave(
        self, exchange: Exchange, status: int, payload: object, extra: tuple[tuple[str, str], ...] = ()
    ) -> Answer:
        """The way out of a call that was played. ``payload`` is its JSON, None for an empty body."""
        body = json.dumps(payload).encode() if payload is not None else b""
        return self._finish(exchange, status, body, headers.JSON, extra)

    def _refuse(self, exchange: Exchange, refusal: TwilioError) -> Answer:
        """The way out of a call that was refused."""
        extra = refusal.headers
        if isinstance(refusal, MethodNotAllowed):
            extra += (("Allow", ", ".join(refusal.allow)),)
        return self._finish(exchange, refusal.status, refusal.body(), headers.ERROR_JSON, extra, refusal)

    def _finish(
        self,
        exchange: Exchange,
        status: int,
        body: bytes,
        content_type: str,
        extra: tuple[tuple[str, str], ...],
        refusal: TwilioError | None = None,
    ) -> Answer:
        now = self.clock.time()
        lines = headers.gateway(
            at=now,
            content_type=content_type,
            length=len(body),
            request_id=self._state.sids.new("RQ"),
            duration=max(0.0, now - exchange.at),
            concurrent=None if refusal else len(self._playing),
            region=exchange.region,
            domain=api_domain(exchange.door),
            extra=extra,
        )
        code, reason = (refusal.code, refusal.reason) if refusal else (None, "")
        if refusal and exchange.call.unread:
            reason += f"; the body is {exchange.call.unread}, and only forms are read"
        self.journal.close(exchange, status, code, reason)
        return Answer(status, lines, body)
