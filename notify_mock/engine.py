"""The core: plain data in, plain data out, one way in and one way out for every call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import RLock
from typing import TYPE_CHECKING, Any

from notify_mock import asserts, headers, routes
from notify_mock.accounts import Accounts, AccountsOption, read_accounts
from notify_mock.call import Answer, Call, Wait, Wire
from notify_mock.clock import Clock, Moment, Span
from notify_mock.data import DataOption, plant_all, read_data
from notify_mock.doors import api_domain, enter
from notify_mock.errors import InternalError, MalformedRequest, MethodNotAllowed, NotFound, TwilioError
from notify_mock.exchange import Exchange
from notify_mock.faults.book import Faults
from notify_mock.holds import Holds
from notify_mock.journal import PER_ACCOUNT, Journal
from notify_mock.records import Records
from notify_mock.resources import CREDENTIAL
from notify_mock.resources.credential import Credential
from notify_mock.state import State
from notify_mock.usage import UsageError, shown
from notify_mock.verbs import Visit

if TYPE_CHECKING:
    from notify_mock.faults.fate import Fate
    from notify_mock.faults.reading import FaultsOption
    from notify_mock.faults.rule import Rule, Unused

FAULT_HEADER = "x-notify-mock-fault"
UNUSED = ("error", "warn", "ignore")


class Engine:
    """The emulator without any front: no Flask, no socket, no sleeping.

    ``seed`` fixes every sid. ``accounts`` makes it strict about who comes in; without it everyone is let in. ``data``
    holds records to start from. ``frozen`` stops the clock at a moment. ``journal_limit`` is the number of exchanges
    kept per account. ``faults`` and ``scenario`` are fault rules to start with; ``unused_faults`` says what becomes of
    rules that never strike, and ``fault_header`` lets a request carry one. Raises ``UsageError`` for a bad option. Safe
    to use from several threads.
    """

    def __init__(
        self,
        *,
        seed: int | str = 0,
        accounts: AccountsOption | None = None,
        data: DataOption | None = None,
        frozen: Moment | None = None,
        journal_limit: int = PER_ACCOUNT,
        faults: FaultsOption | None = None,
        scenario: str | None = None,
        unused_faults: Unused = "error",
        fault_header: bool = False,
    ) -> None:
        __tracebackhide__ = True
        if (
            isinstance(seed, bool)
            or not isinstance(seed, (int, str))
            or (isinstance(seed, int) and abs(seed) >= 10**30)
        ):
            raise UsageError("seed", f"{shown(seed)} is no seed", "give a whole number or a text")
        if isinstance(journal_limit, bool) or not isinstance(journal_limit, int) or journal_limit < 1:
            raise UsageError("journal_limit", f"{shown(journal_limit)} is no limit", "give a whole number of 1 or more")
        if unused_faults not in UNUSED:
            raise UsageError("unused_faults", f"{shown(unused_faults)}", f"it is one of {', '.join(UNUSED)}")
        self.seed = seed
        self.holds = Holds()
        self._fault_header = fault_header
        self._lock = RLock()
        self._in_play: dict[str, int] = {}
        self._seeds = read_data(data) if data is not None else ()
        self._rules = _read_rules(scenario, faults)
        self._state = State(
            self._lock,
            seed=seed,
            accounts=read_accounts(accounts) if accounts is not None else (),
            frozen=frozen,
            journal_limit=journal_limit,
            call_names=routes.CALL_NAMES,
            unused_faults=unused_faults,
        )
        self._furnish()

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
    def faults(self) -> Faults:
        return self._state.faults

    @property
    def credentials(self) -> Records[Credential]:
        """The stored credentials by sid, secrets included."""
        return Records(self._state, self._lock, CREDENTIAL)

    @property
    def auth(self) -> tuple[str, str]:
        """Account sid and auth token of the default account: the first given one, or one made from the seed."""
        return self.accounts.default.sid, self.accounts.default.auth_token

    def reset(self) -> None:
        """Back to how it was made: seed, accounts, data and faults as given, nothing else remembered.

        Calls that a fault holds are let go without an answer.
        """
        self.holds.release()
        with self._lock:
            self._state.reset()
            self._furnish()

    @contextmanager
    def checkpoint(self) -> Iterator[None]:
        """Puts back, at the end of the ``with`` block, everything that the emulator remembered at its beginning."""
        snapshot = self.snapshot()
        try:
            yield
        finally:
            self.restore(snapshot)

    def snapshot(self) -> Any:
        """All that it remembers, for ``restore``."""
        with self._lock:
            return self._state.snapshot()

    def restore(self, snapshot: Any) -> None:
        """Remember what ``snapshot`` holds, and nothing else."""
        self.holds.release()
        with self._lock:
            self._state.restore(snapshot)

    def assert_attempts(self, name: str, count: int, **criteria: Any) -> list[Exchange]:
        """Assert that exactly ``count`` calls ``name`` were made; the criteria are those of ``journal.calls``."""
        __tracebackhide__ = True
        return asserts.attempts(self.journal, name, count, criteria)

    def assert_backoff(
        self, name: str, *, minimum: Span | Sequence[Span] = 0, growth: float = 1, jitter: bool = False, **criteria: Any
    ) -> list[float]:
        """Assert how long the client waited between its attempts at ``name``, on the emulator's clock.

        ``minimum`` is the least wait, or a list of the least waits in turn; each wait is at least ``growth`` times the
        one before (1: no shorter); with ``jitter`` they must be irregular. Returns the waits in seconds.
        """
        __tracebackhide__ = True
        return asserts.backoff(self.journal, name, criteria, minimum=minimum, growth=growth, jitter=jitter)

    def assert_honours_retry_after(self, name: str = "*", **criteria: Any) -> None:
        """Assert that the client waited as long as each Retry-After header told it to."""
        __tracebackhide__ = True
        asserts.honours_retry_after(self.journal, name, criteria)

    def assert_no_secret_in_query(self) -> None:
        """Assert that no secret parameter was sent in a query string."""
        __tracebackhide__ = True
        asserts.no_secret_in_query(self.journal)

    def assert_no_duplicates(self) -> None:
        """Assert that no two records are alike but for sid and dates."""
        __tracebackhide__ = True
        asserts.no_duplicates(self.journal, self.credentials.values())

    def handle(self, call: Call, wait: Wait | None = None) -> Answer:
        """Play one call. Never raises for what a client sent: a refusal is an answer.

        ``wait`` is how its front lets time pass when a fault rule delays the call; without it the emulator's clock
        is moved. What ``wait`` raises ends the call.
        """
        with self._lock:
            entrance = enter(call.host, call.path)
            place = routes.find(entrance.door, entrance.path)
            route = place.route(call.method) if place else None
            exchange = self.journal.open(self.clock.time(), call, route.name if route else None, entrance)
            if place is not None and place.sid:
                exchange.sid = place.sid
            try:
                own, fate = self._arrive(exchange)
            except TwilioError as refusal:
                return self._leave(exchange, self._refuse(exchange, refusal))
        try:
            if fate is not None and fate.pause:
                (wait or self.clock.advance)(fate.pause)
            with self._lock:
                answer, late = self._pass(exchange, place, route, own, fate)
            if late:
                (wait or self.clock.advance)(late)
                exchange.ended = self.clock.time()
            return answer
        finally:
            with self._lock:
                self._leave_play(exchange.account_sid)
                if exchange.ended is None:
                    exchange.reason = "it was let go, or the emulator failed: then the traceback tells more"
                    self.journal.close(exchange, self.clock.time())

    def failure(self) -> Answer:
        """The answer of a front to a request at which the emulator itself failed; the journal has it already."""
        error = InternalError()
        body = error.body()
        lines = headers.edge(at=self.clock.time(), content_type=headers.ERROR_JSON, length=len(body))
        return Answer(error.status, lines, body)

    def _arrive(self, exchange: Exchange) -> tuple[Rule | None, Fate | None]:
        """The way in: the request is on record whatever becomes of it, then readable, then let in, then struck.

        A preflight carries no credentials by the rules of CORS. Raises ``TwilioError``.
        """
        call = exchange.call
        try:
            if call.defect is not None:
                raise call.defect
            if call.method != "OPTIONS":
                exchange.account_sid = self.accounts.identify(call.headers.get("authorization")).sid
        finally:
            self.journal.file(exchange)
        own = self._own_rule(call)
        in_play = self._in_play[exchange.account_sid] = self._in_play.get(exchange.account_sid, 0) + 1
        if call.method == "OPTIONS":
            return None, None
        return own, self.faults.strike(exchange, "before", in_play, own)

    def _pass(
        self,
        exchange: Exchange,
        place: routes.Place | None,
        route: routes.Route | None,
        own: Rule | None,
        fate: Fate | None,
    ) -> tuple[Answer, float]:
        """The call is played, unless a fault has stopped it, and faults may take its answer away. The second result
        is how many seconds late the answer is."""
        if fate is not None and fate.stops:
            return self._leave(exchange, self._struck(exchange, fate)), 0.0
        try:
            answer = self._play(exchange, place, route, fate.stale if fate else 0.0)
        except TwilioError as refusal:
            answer = self._refuse(exchange, refusal)
        if exchange.call.method != "OPTIONS":
            fate = self.faults.strike(exchange, "after", self._in_play[exchange.account_sid], own)
        if fate is None or fate.phase == "before":
            return self._leave(exchange, answer), 0.0
        if fate.forget and exchange.sid and answer.status == 201:
            self._state.store.forget(exchange.sid)
        if fate.stops:
            exchange.played, exchange.status, exchange.code, exchange.reason = answer.status, None, None, ""
            answer = self._struck(exchange, fate)
        for spoil in fate.spoil:
            answer = spoil(answer)
        if fate.wire is not None and answer.wire is None:
            answer = answer._replace(wire=fate.wire)
        return self._leave(exchange, answer), fate.pause

    def _play(self, exchange: Exchange, place: routes.Place | None, route: routes.Route | None, lag: float) -> Answer:
        call = exchange.call
        if call.method == "OPTIONS":
            return self._answer(exchange, 200, "", (("Allow", ", ".join(place.allow())),) if place else ())
        if place is None:
            raise NotFound("no such path", path=exchange.path)
        if route is None:
            raise MethodNotAllowed(path=exchange.path, method=call.method, allow=place.allow())
        base = enter(call.host, call.path).base
        url = f"{call.scheme}://{call.host}{base}{place.collection}"
        visit = Visit(self._state, exchange, route.resource, exchange.account_sid, exchange.region, url, place.sid, lag)
        return self._answer(exchange, *route.play(visit))

    def _answer(self, exchange: Exchange, status: int, text: str, extra: tuple[tuple[str, str], ...] = ()) -> Answer:
        """The answer to a call that was played. ``text`` is its JSON, "" for an empty body."""
        body = text.encode()
        exchange.status = status
        lines = self._gateway(exchange, headers.JSON, body, self._in_play[exchange.account_sid], extra)
        return Answer(status, lines, body)

    def _refuse(self, exchange: Exchange, refusal: TwilioError) -> Answer:
        """The answer to a call that was refused."""
        body, extra = refusal.body(), refusal.headers
        exchange.status, exchange.code, exchange.reason = refusal.status, refusal.code, refusal.reason
        if exchange.call.unread:
            exchange.reason += f"; the body is {exchange.call.unread}, and only forms are read"
        if refusal.at_edge:
            at = self.clock.time()
            lines = headers.edge(at=at, content_type=headers.ERROR_JSON, length=len(body), extra=extra)
        else:
            lines = self._gateway(exchange, headers.ERROR_JSON, body, None, extra)
        return Answer(refusal.status, lines, body)

    def _struck(self, exchange: Exchange, fate: Fate) -> Answer:
        """The answer that a fault puts in the call's place, if any."""
        if fate.refusal is not None:
            return self._refuse(exchange, fate.refusal)
        if fate.answer is not None:
            exchange.status = fate.answer.status
            return fate.answer
        return Answer(0, [], b"", fate.wire or Wire("drop"))

    def _leave(self, exchange: Exchange, answer: Answer) -> Answer:
        """The way out: the journal closes the exchange."""
        if exchange.faults:
            exchange.retry_after = next((float(value) for name, value in answer.headers if name == "Retry-After"), None)
        self.journal.close(exchange, self.clock.time())
        return answer

    def _leave_play(self, account_sid: str) -> None:
        left = self._in_play[account_sid] - 1
        if left:
            self._in_play[account_sid] = left
        else:
            del self._in_play[account_sid]

    def _gateway(
        self,
        exchange: Exchange,
        content_type: str,
        body: bytes,
        concurrent: int | None,
        extra: tuple[tuple[str, str], ...],
    ) -> headers.Headers:
        now = self.clock.time()
        return headers.gateway(
            at=now,
            content_type=content_type,
            length=len(body),
            request_id=self._state.sids.new("RQ"),
            duration=max(0.0, now - exchange.at),
            concurrent=concurrent,
            region=exchange.region,
            domain=api_domain(exchange.door),
            extra=extra,
        )

    def _own_rule(self, call: Call) -> Rule | None:
        """The rule that the request carries, where that is switched on. Raises ``MalformedRequest``."""
        if not self._fault_header or FAULT_HEADER not in call.headers:
            return None
        from notify_mock.faults.reading import read_header

        try:
            return self.faults.once(read_header(call.headers[FAULT_HEADER]))
        except UsageError as error:
            raise MalformedRequest(str(error), what=f"invalid {FAULT_HEADER}") from error

    def _furnish(self) -> None:
        plant_all(self._seeds, self._state)
        for spec, where in self._rules:
            self.faults.read(spec, where)


def _read_rules(scenario: str | None, faults: FaultsOption | None) -> tuple[tuple[Mapping[str, Any], str], ...]:
    """The rules to start with. Raises ``UsageError``."""
    if scenario is None and faults is None:
        return ()
    from notify_mock.faults.reading import read_faults, read_scenario

    return (read_scenario(scenario) if scenario is not None else ()) + (
        read_faults(faults) if faults is not None else ()
    )
