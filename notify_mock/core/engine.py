"""The core as one object: what an emulator remembers, and calls as plain data in and out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import RLock
from typing import TYPE_CHECKING, Any

from notify_mock.core.pipeline import Pipeline, Wait
from notify_mock.core.recording_options import read_cassette_option, read_hydrate_option
from notify_mock.core.records import Records
from notify_mock.core.replay import Forward
from notify_mock.core.routes import CALL_NAMES
from notify_mock.core.seed_data import DataOption, add_seeds, read_data
from notify_mock.core.state import State
from notify_mock.deliveries.inbox import Deliveries
from notify_mock.deliveries.providers import Providers
from notify_mock.faults import UNUSED, Unused
from notify_mock.faults.rules import Faults
from notify_mock.journal import assertions
from notify_mock.journal.exchange import Exchange
from notify_mock.journal.journal import DEFAULT_LIMIT, Journal
from notify_mock.protocol.messages import Answer, Call
from notify_mock.resources import BINDING, CREDENTIAL, NOTIFICATION, RESOURCES, SERVICE
from notify_mock.resources.binding import Binding
from notify_mock.resources.credential import Credential
from notify_mock.resources.notification import Notification
from notify_mock.resources.service import Service
from notify_mock.store.accounts import Accounts, AccountsOption, read_accounts
from notify_mock.support.clock import Clock, Moment, Span
from notify_mock.support.usage import UsageError, shown
from notify_mock.support.waits import HeldCalls

if TYPE_CHECKING:
    from notify_mock.cassettes.cassette import CassetteOption
    from notify_mock.cassettes.playback import Playback
    from notify_mock.core.attempts import Attempts
    from notify_mock.core.hydration import HydrateOption
    from notify_mock.faults.decision import Effect
    from notify_mock.faults.readers import FaultsOption


Observe = Callable[[Call, Callable[[], Answer]], Answer]
"""Stands around every call: it is given what plays it."""


class Engine:
    """The emulator without any front: no Flask, no socket, no sleeping.

    ``seed`` fixes every sid. ``accounts`` makes it strict about who comes in; without it everyone is let in. ``data``
    holds records to start from, and ``hydrate`` names cassettes whose records go on living. ``frozen`` stops the clock
    at a moment. ``journal_limit`` is the number of exchanges kept per account. ``faults`` and ``scenario`` are fault
    rules to start with; ``unused_faults`` says what becomes of rules that never strike, and ``fault_header`` lets a
    request carry one. ``cassette`` has recorded answers to play, ``forward`` asks an upstream for what it misses, and
    ``observe`` stands around every call. Raises ``UsageError`` for a bad option. Safe to use from several threads.
    """

    def __init__(
        self,
        *,
        seed: int | str = 0,
        accounts: AccountsOption | None = None,
        data: DataOption | None = None,
        hydrate: HydrateOption | None = None,
        frozen: Moment | None = None,
        journal_limit: int = DEFAULT_LIMIT,
        faults: FaultsOption | None = None,
        scenario: str | Sequence[str] | None = None,
        unused_faults: Unused = "error",
        fault_header: bool = False,
        cassette: CassetteOption | None = None,
        forward: Forward | None = None,
        observe: Observe | None = None,
    ) -> None:
        __tracebackhide__ = True
        _check_options(seed, journal_limit, unused_faults, fault_header)
        self.seed = seed
        self.held_calls = HeldCalls()
        self._lock = RLock()
        self._seeds = read_data(data) if data is not None else ()
        hydrated, recorded_account = read_hydrate_option(hydrate)
        self._seeds += hydrated
        self._permanent_faults: list[tuple[str, Effect | str, dict[str, Any]]] = []
        self._rules = _read_rules(scenario, faults)
        self._state = State(
            self._lock,
            seed=seed,
            accounts=read_accounts(accounts) if accounts is not None else (),
            frozen=frozen,
            journal_limit=journal_limit,
            call_names=CALL_NAMES,
            unused_faults=unused_faults,
            account_sid=recorded_account,
        )
        self._forward, self._observe = forward, observe
        self._pipeline = Pipeline(self._state, self._lock, self.held_calls, fault_header=fault_header, forward=forward)
        self.cassette = cassette
        self._load()

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
    def cassette(self) -> Playback | None:
        """The cassette that is in, and how far it has been played. Set it to a path, a list of them, a ``Cassette`` or
        None, at any time; a reset rewinds it."""
        return self._state.playback if self._state.playback.cassette is not None else None

    @cassette.setter
    def cassette(self, given: CassetteOption | None) -> None:
        __tracebackhide__ = True
        self._state.playback.insert(read_cassette_option(given, self._forward))

    @property
    def credentials(self) -> Records[Credential]:
        """The stored credentials by sid, secrets included."""
        return Records(self._state, self._lock, CREDENTIAL)

    @property
    def services(self) -> Records[Service]:
        return Records(self._state, self._lock, SERVICE)

    @property
    def bindings(self) -> Records[Binding]:
        """The stored bindings of all services by sid."""
        return Records(self._state, self._lock, BINDING)

    @property
    def notifications(self) -> Records[Notification]:
        """The notifications that were created; they can't be planted."""
        return Records(self._state, self._lock, NOTIFICATION)

    @property
    def records(self) -> tuple[Records[Any], ...]:
        """All of these."""
        return tuple(Records(self._state, self._lock, resource) for resource in RESOURCES)

    @property
    def deliveries(self) -> Deliveries:
        """What would have been pushed and sent."""
        return self._state.deliveries

    @property
    def providers(self) -> Providers:
        """APNs, FCM, GCM and the SMS network, and what is arranged with them."""
        return self._state.providers

    @property
    def attempts(self) -> Attempts:
        """Delivery callbacks, for the front that makes them."""
        from notify_mock.core.attempts import Attempts

        return Attempts(self._state, self._lock)

    @property
    def auth(self) -> tuple[str, str]:
        """Account sid and auth token of the default account: the first given one, or one made from the seed."""
        account = self.accounts.default
        return account.sid, account.auth_token

    def reset(self) -> None:
        """Back to how it was made: seed, accounts, data and faults as given, nothing else remembered.

        Calls that a fault holds are let go without an answer.
        """
        self.held_calls.release()
        with self._lock:
            self._state.reset()
            self._load()

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
        self.held_calls.release()
        with self._lock:
            self._state.restore(snapshot)

    def assert_attempts(self, name: str, count: int, **criteria: Any) -> list[Exchange]:
        """Assert that exactly ``count`` calls ``name`` were made; the criteria are those of ``journal.calls``."""
        __tracebackhide__ = True
        return assertions.attempts(self.journal, name, count, criteria)

    def assert_backoff(
        self,
        name: str,
        *,
        minimum: Span | Sequence[Span] = 0,
        growth: float = 1,
        jitter: bool = False,
        maximum: Span | None = None,
        **criteria: Any,
    ) -> list[float]:
        """Assert how long the client waited between its attempts at ``name``, on the emulator's clock.

        ``minimum`` is the least wait, or a list of the least waits in turn; each wait is at least ``growth`` times the
        one before (1: no shorter, 0: any) and none over ``maximum``; with ``jitter`` they must be irregular. Returns
        the waits in seconds. 10 ms or one in a hundred are let pass, since a running clock goes on meanwhile.
        """
        __tracebackhide__ = True
        return assertions.backoff(
            self.journal, name, criteria, minimum=minimum, growth=growth, jitter=jitter, maximum=maximum
        )

    def assert_honours_retry_after(self, name: str = "*", **criteria: Any) -> None:
        """Assert that the client waited as long as each Retry-After header told it to."""
        __tracebackhide__ = True
        assertions.honours_retry_after(self.journal, name, criteria)

    def assert_no_secret_in_query(self) -> None:
        """Assert that no secret parameter was sent in a query string."""
        __tracebackhide__ = True
        assertions.no_secret_in_query(self.journal)

    def assert_no_duplicates(self) -> None:
        """Assert that no two records are alike but for sid and dates: notifications sent twice included."""
        __tracebackhide__ = True
        assertions.no_duplicates(self.journal, [one for records in self.records for one in records.values()])

    def handle(self, call: Call, wait: Wait | None = None) -> Answer:
        """Play one call. Never raises for what a client sent: a refusal is an answer.

        ``wait`` is how its front lets time pass when a fault rule delays the call; without it the emulator's clock
        is moved. What ``wait`` raises ends the call.
        """
        if self._observe is not None:
            return self._observe(call, lambda: self._pipeline.handle(call, wait))
        return self._pipeline.handle(call, wait)

    def failed(self) -> Answer:
        """The answer of a front to a request at which the emulator itself failed; the journal has it already."""
        return self._pipeline.failed()

    def add_permanent_fault(self, call: str, effect: Effect | str, **options: Any) -> None:
        """Put a fault rule in force now and again after every ``reset``; the rest is as in ``faults.add``."""
        self.faults.add(call, effect, **options)
        self._permanent_faults.append((call, effect, options))

    def _load(self) -> None:
        add_seeds(self._seeds, self._state)
        for spec, where in self._rules:
            self.faults.read(spec, where)
        for call, effect, options in self._permanent_faults:
            self.faults.add(call, effect, **options)


def _check_options(seed: object, journal_limit: object, unused_faults: object, fault_header: object) -> None:
    """Raises ``UsageError`` that names the option."""
    __tracebackhide__ = True
    if isinstance(seed, bool) or not isinstance(seed, (int, str)) or (isinstance(seed, int) and abs(seed) >= 10**30):
        raise UsageError("seed", f"{shown(seed)} is no seed", "give a whole number or a text")
    if isinstance(journal_limit, bool) or not isinstance(journal_limit, int) or journal_limit < 1:
        raise UsageError("journal_limit", f"{shown(journal_limit)} is no limit", "give a whole number of 1 or more")
    if not isinstance(fault_header, bool):
        raise UsageError("fault_header", f"{shown(fault_header)} is neither true nor false")
    if unused_faults not in UNUSED:
        raise UsageError("unused_faults", f"{shown(unused_faults)}", f"it is one of {', '.join(UNUSED)}")


def _read_rules(
    scenario: str | Sequence[str] | None, faults: FaultsOption | None
) -> tuple[tuple[Mapping[str, Any], str], ...]:
    """The rules to start with. Raises ``UsageError``."""
    if scenario is None and faults is None:
        return ()
    from notify_mock.faults.readers import read_faults, read_scenario

    names = (scenario,) if isinstance(scenario, str) else scenario or ()
    rules = tuple(rule for name in names for rule in read_scenario(name))
    return rules + (read_faults(faults) if faults is not None else ())
