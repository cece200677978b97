"""The engine as one object: all state of an emulator, with calls and responses as plain data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import RLock
from typing import TYPE_CHECKING, Any, Protocol

from notify_mock.accounts.account import AccountsOption, read_accounts, read_default_account
from notify_mock.accounts.accounts import Accounts
from notify_mock.deliveries.inbox import Deliveries
from notify_mock.deliveries.providers import Providers
from notify_mock.engine.pipeline import Pipeline
from notify_mock.engine.recording_options import read_cassette_option, read_hydrate_option
from notify_mock.engine.records import Records
from notify_mock.engine.replay import Forward
from notify_mock.engine.routes import CALL_PARAMETERS
from notify_mock.engine.seed_data import DataOption, SeedRecord, Seeds, add_seeds, read_data, write_data
from notify_mock.engine.state import State
from notify_mock.engine.steps import Blocking, Steps, Wait, run
from notify_mock.engine.stubs import STUB, OtherTwilio, read_stubs
from notify_mock.faults import UNUSED, Unused
from notify_mock.faults.rules import Faults
from notify_mock.journal import assertions
from notify_mock.journal.exchange import Exchange
from notify_mock.journal.journal import DEFAULT_LIMIT, Journal
from notify_mock.resources import BINDING, CREDENTIAL, NOTIFICATION, RESOURCES, SERVICE
from notify_mock.resources.binding import Binding
from notify_mock.resources.credential import Credential
from notify_mock.resources.notification import Notification
from notify_mock.resources.resource import Resource
from notify_mock.resources.service import Service
from notify_mock.support.changes import Changes
from notify_mock.support.clock import Clock, Moment, Span
from notify_mock.support.renamed import with_new_key
from notify_mock.support.usage import UsageError, shown
from notify_mock.support.waits import HeldCall, HeldCalls
from notify_mock.twilio_api.messages import Answer, Call

if TYPE_CHECKING:
    from notify_mock.engine.attempts import Attempts
    from notify_mock.engine.hydration import HydrateOption
    from notify_mock.faults.decision import Effect
    from notify_mock.faults.readers import FaultsOption
    from notify_mock.replay.cassette import CassetteOption
    from notify_mock.replay.playback import Playback


class Observer(Protocol):
    """Is told of every call: when it arrives, and with its response."""

    def begin(self) -> int:
        """Return what identifies the call to ``end``."""

    def end(self, begun: int, call: Call, answer: Answer) -> None:
        """Take the response. May block."""


class Parts(Protocol):
    """The parts of the state that users change."""

    clock: Clock
    accounts: Accounts
    faults: Faults
    providers: Providers


class Engine:
    """The core of the emulator, without Flask, sockets and sleeping.

    ``seed`` determines every SID. ``accounts`` are the only accounts accepted; without it every account is accepted.
    ``default_account`` is the account of records, clients and keys where none is named.
    ``data`` is seed data, and ``hydrate`` names cassettes to load records from. ``frozen`` stops the clock at a moment.
    ``journal_limit`` is the number of exchanges kept per account, with the bodies of responses if
    ``keep_bodies``. ``faults`` and ``scenario`` are fault rules to start
    with. ``unused_faults`` says what to do about rules that were never applied, and ``fault_header`` accepts a rule in
    a request header. ``cassette`` has recorded responses to play, ``forward`` sends the calls it misses to an upstream,
    and ``observer`` is told of every call. ``stubs`` and ``other_twilio`` are canned answers for hosts of Twilio's that
    are not emulated. With ``legacy_fcm``, legacy server keys of FCM and GCM still work. Raises ``UsageError`` for a bad
    option. Thread-safe.
    """

    def __init__(
        self,
        *,
        seed: int | str = 0,
        accounts: AccountsOption | None = None,
        default_account: str | None = None,
        data: DataOption | None = None,
        hydrate: HydrateOption | None = None,
        frozen: Moment | None = None,
        journal_limit: int = DEFAULT_LIMIT,
        keep_bodies: bool = False,
        faults: FaultsOption | None = None,
        scenario: str | Sequence[str] | None = None,
        unused_faults: Unused = "error",
        fault_header: bool = False,
        cassette: CassetteOption | None = None,
        forward: Forward | None = None,
        observer: Observer | None = None,
        stubs: Iterable[str] = (),
        other_twilio: OtherTwilio = "refuse",
        legacy_fcm: bool = False,
    ) -> None:
        __tracebackhide__ = True
        switches = {"fault_header": fault_header, "keep_bodies": keep_bodies, "legacy_fcm": legacy_fcm}
        _check_options(seed, journal_limit, unused_faults, switches)
        self.seed = seed
        self.held_calls = HeldCalls()
        self._lock = RLock()
        self._checkpoints: dict[str, Any] = {}
        self._seeds: Seeds = read_data(data) if data is not None else ()
        given = read_accounts(accounts) if accounts is not None else ()
        if given and any(not isinstance(seed, SeedRecord) and seed.has_accounts for seed in self._seeds):
            raise UsageError("accounts", "the data has accounts, too", "leave one of them out")
        account_sid, token = read_default_account(default_account, given)
        hydrated, recorded_account = read_hydrate_option(hydrate, account_sid)
        self._seeds += hydrated
        self._permanent_faults: list[tuple[str, Effect | str, dict[str, Any]]] = []
        self._rules = _read_rules(scenario, faults)
        self._state = State(
            self._lock,
            seed=seed,
            accounts=given,
            frozen=frozen,
            journal_limit=journal_limit,
            keep_bodies=keep_bodies,
            call_parameters={**CALL_PARAMETERS, STUB: ()},
            unused_faults=unused_faults,
            default_account=(account_sid or recorded_account, token),
            legacy_fcm=legacy_fcm,
        )
        self._parts: Parts = self._state
        self._forward, self._observer = forward, observer
        self.stubs = read_stubs(stubs, other_twilio)
        self._pipeline = Pipeline(
            self._state, self._lock, self.held_calls, fault_header=fault_header, forward=forward, stubs=self.stubs
        )
        self.cassette = cassette
        self._load()

    @property
    def clock(self) -> Clock:
        """The emulator's clock, to freeze, set and advance."""
        return self._parts.clock

    @property
    def accounts(self) -> Accounts:
        """The accounts, to suspend and activate them or let their tokens expire."""
        return self._parts.accounts

    @property
    def journal(self) -> Journal:
        """The requests that arrived, with their responses, to list and assert on."""
        return self._state.journal

    @property
    def changes(self) -> Changes:
        """Tells of what changes without a call: the clock, fault rules, callbacks, records, a reset."""
        return self._state.changes

    @property
    def faults(self) -> Faults:
        """The fault rules, to add, list and remove."""
        return self._parts.faults

    @property
    def cassette(self) -> Playback | None:
        """The cassette in use, and how far it has been played. Can be set at any time to a path, a list of paths, a
        ``Cassette`` or None. A reset rewinds it."""
        return self._state.playback if self._state.playback.cassette is not None else None

    @cassette.setter
    def cassette(self, given: CassetteOption | None) -> None:
        __tracebackhide__ = True
        self._state.playback.insert(read_cassette_option(given, self._forward))

    @property
    def credentials(self) -> Records[Credential]:
        """The stored credentials by SID, including their secrets."""
        return self._records(CREDENTIAL)

    @property
    def services(self) -> Records[Service]:
        """The stored services by SID."""
        return self._records(SERVICE)

    @property
    def bindings(self) -> Records[Binding]:
        """The stored bindings of all services by SID."""
        return self._records(BINDING)

    @property
    def notifications(self) -> Records[Notification]:
        """The notifications that were created. They cannot be seed data."""
        return self._records(NOTIFICATION)

    @property
    def records(self) -> tuple[Records[Any], ...]:
        """The records of all resources."""
        return tuple(self._records(resource) for resource in RESOURCES)

    @property
    def deliveries(self) -> Deliveries:
        """The pushes and messages that would have been sent."""
        return self._state.deliveries

    @property
    def providers(self) -> Providers:
        """APNs, FCM, GCM and the SMS network, to simulate their failures."""
        return self._parts.providers

    @property
    def attempts(self) -> Attempts:
        """Delivery callbacks, for the code that sends them."""
        from notify_mock.engine.attempts import Attempts

        return Attempts(self._state, self._lock)

    @property
    def api_key(self) -> tuple[str, str] | None:
        """SID and secret of an API key of the default account: the first one given, or one generated from the seed if
        no accounts were given."""
        keys = self.accounts.default.keys.items()
        given = next(((sid, key.secret) for sid, key in keys if not key.restricted), None)
        sids = self._state.sids
        return given if self.accounts.strict else ("SK" + sids.hex("api key"), sids.hex("api secret"))

    @property
    def auth(self) -> tuple[str, str]:
        """Account SID and auth token of the default account: ``default_account``, the first of ``accounts``, or one
        generated from the seed."""
        account = self.accounts.default
        return account.sid, account.auth_token

    @property
    def degraded(self) -> str:
        """Why the state cannot be changed at present, or ""."""
        return ""

    @property
    def position(self) -> int:
        """The number of commands in the log of the option ``state``, and 0 without it."""
        return 0

    @property
    def checkpoints(self) -> Mapping[str, Any]:
        """The checkpoints that have a name."""
        return self._checkpoints

    def set_checkpoint(self, name: str) -> None:
        """Keep the whole state under a name, for ``restore_checkpoint``. A reset keeps checkpoints."""
        self._checkpoints[name] = self.snapshot()

    def restore_checkpoint(self, name: str) -> None:
        """Replace the state with that of a checkpoint. Raises ``KeyError``."""
        self.restore(self._checkpoints[name])

    def drop_checkpoint(self, name: str) -> None:
        """Forget a checkpoint. Raises ``KeyError``."""
        del self._checkpoints[name]

    def reset(self, account: str | None = None) -> None:
        """Restore the initial state: seed, accounts, data and faults as given, and nothing else.

        Held calls are released without a response. With ``account``, only the records, requests and deliveries of the
        account with this SID are removed, and its callbacks that wait.
        """
        __tracebackhide__ = True
        if account is not None:
            with self._lock:
                self._check_account(account)
                self._state.reset_account(account)
                self.changes.tell("reset")
            return
        self.held_calls.release()
        with self._lock:
            self._state.reset()
            self._load()
            self.changes.tell("reset")

    def _check_account(self, sid: str) -> None:
        __tracebackhide__ = True
        if sid not in self._state.accounts and not self._state.store.has_collections(sid):
            known = ", ".join(account.sid for account in self._state.accounts)
            raise UsageError("account", f"there is no account {shown(sid)}", f"expected one of: {known}")

    def export(self, *, with_secrets: bool = True) -> dict[str, Any]:
        """Return accounts, records, fault rules, clock and failures of providers as seed data, for ``load`` or the
        option ``data``.

        Without secrets, they are masked, and ``load`` refuses the result. Raises ``UsageError`` if a fault rule is not
        plain data. Requests, deliveries, notifications and waiting callbacks are not exported.
        """
        __tracebackhide__ = True
        from notify_mock.engine.seeds.writing import write_faults, write_first

        with self._lock:
            return {
                **write_first(self._state, with_secrets=with_secrets),
                **{
                    records.resource.key: write_data(records.resource, found, with_secrets=with_secrets)
                    for records in self.records
                    if records.resource.seed is not None and (found := list(records.values()))
                },
                **write_faults(self._state, with_secrets=with_secrets),
            }

    def load(self, data: DataOption, source: str = "data") -> None:
        """Replace the whole state with seed data, such as that of ``export``. A reset restores the initial state.

        Held calls are released without a response. ``source`` is the location of a mapping, for error messages. Raises
        ``UsageError`` without changing anything.
        """
        __tracebackhide__ = True
        seeds = read_data(data, source)
        self.held_calls.release()
        with self._lock:
            before = self._state.snapshot()
            self._state.reset()
            try:
                add_seeds(seeds, self._state)
            except UsageError:
                self._state.restore(before)
                raise
            self.changes.tell("reset")

    @contextmanager
    def checkpoint(self) -> Iterator[None]:
        """Restore the emulator's whole state at the end of the ``with`` block."""
        snapshot = self.snapshot()
        try:
            yield
        finally:
            self.restore(snapshot)

    def snapshot(self) -> Any:
        """Return the whole state, for ``restore``."""
        with self._lock:
            return self._state.snapshot()

    def restore(self, snapshot: Any) -> None:
        """Replace the state with that of ``snapshot``. Held calls are released without a response."""
        self.held_calls.release()
        with self._lock:
            self._state.restore(snapshot)
            self.changes.tell("reset")

    def assert_attempts(self, name: str, count: int, **criteria: Any) -> list[Exchange]:
        """Assert that exactly ``count`` calls ``name`` were made. The criteria are those of ``journal.calls``."""
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

        ``minimum`` is the shortest wait allowed, or a list of them: for the first wait, the second, and so on. Each
        wait must be at least ``growth`` times the one before (1: not shorter, 0: any), and none longer than
        ``maximum``. With ``jitter``, the waits must be irregular. The tolerance is 10 ms or 1 %, because a running
        clock moves meanwhile. Returns the waits in seconds.
        """
        __tracebackhide__ = True
        return assertions.backoff(
            self.journal, name, criteria, minimum=minimum, growth=growth, jitter=jitter, maximum=maximum
        )

    def assert_honours_retry_after(self, name: str = "*", **criteria: Any) -> None:
        """Assert that the client waited as long as each Retry-After header required."""
        __tracebackhide__ = True
        assertions.honours_retry_after(self.journal, name, criteria)

    def assert_no_secret_in_query(self) -> None:
        """Assert that no secret parameter was sent in a query string."""
        __tracebackhide__ = True
        assertions.no_secret_in_query(self.journal)

    def assert_no_duplicates(self) -> None:
        """Assert that no two records are the same except for SID and dates, including notifications sent twice."""
        __tracebackhide__ = True
        assertions.no_duplicates(self.journal, [record for records in self.records for record in records.values()])

    def handle(self, call: Call, wait: Wait | None = None) -> Answer:
        """Handle one call and return its response. Never raises for what a client sent: errors are responses.

        ``wait`` lets time pass when a fault rule delays the call. Without it, the emulator's clock is moved. An
        exception from ``wait`` ends the call.
        """
        return run(self.play(call), wait or self._advance)

    def play(self, call: Call) -> Steps:
        """Handle one call step by step, for a front that must not block. The steps hold no lock where they yield."""
        if self._observer is None:
            return self._pipeline.play(call)
        return self._observed(call, self._observer)

    def failed(self) -> Answer:
        """Return the response to a request on which the emulator itself failed. The journal already contains it."""
        return self._pipeline.failed()

    def add_records(self, data: DataOption, source: str = "data") -> list[Any]:
        """Add records while the emulator runs, as ``data`` does at its start, and return them. A reset discards them.

        ``source`` is the location of a mapping, for error messages. Raises ``UsageError`` without adding any.
        """
        __tracebackhide__ = True
        seeds = read_data(data, source, records_only=True)
        with self._lock:
            added = add_seeds(seeds, self._state)
            keys = [seed.resource.key for seed in seeds if isinstance(seed, SeedRecord)]
            for resource, account_sid in dict.fromkeys(
                (key, one.account_sid) for key, one in zip(keys, added, strict=True)
            ):
                self.changes.tell("records", (resource, "create", account_sid, None))
            return added

    def keep_bodies(self, keep: bool) -> None:
        """Keep the bodies of responses in the journal from now on, or no longer. A reset does not change it."""
        self._state.journal.keep_bodies = keep

    def add_permanent_fault(self, call: str, effect: Effect | str, **options: Any) -> None:
        """Add a fault rule now and again after every ``reset``. The arguments are those of ``faults.add``."""
        options = with_new_key(options, "door", "api")
        self._state.faults.add(call, effect, **options)
        self._permanent_faults.append((call, effect, options))

    def _records(self, resource: Resource[Any]) -> Records[Any]:
        return Records(self._state, self._lock, resource)

    def _observed(self, call: Call, observer: Observer) -> Steps:
        begun = observer.begin()
        answer = yield from self._pipeline.play(call)
        yield Blocking(lambda: observer.end(begun, call, answer))
        return answer

    def _advance(self, seconds: float, _held: HeldCall) -> None:
        self.clock.advance(seconds)

    def _load(self) -> None:
        add_seeds(self._seeds, self._state)
        for spec, where in self._rules:
            self._state.faults.read(spec, where)
        for call, effect, options in self._permanent_faults:
            self._state.faults.add(call, effect, **options)


def _check_options(seed: object, journal_limit: object, unused_faults: object, switches: Mapping[str, object]) -> None:
    """Raises ``UsageError`` that names the option."""
    __tracebackhide__ = True
    if isinstance(seed, bool) or not isinstance(seed, (int, str)) or (isinstance(seed, int) and abs(seed) >= 10**30):
        raise UsageError("seed", f"expected text or a whole number of up to 30 digits, got {shown(seed)}")
    if isinstance(journal_limit, bool) or not isinstance(journal_limit, int) or journal_limit < 1:
        raise UsageError("journal_limit", f"expected a whole number (1 or more), got {shown(journal_limit)}")
    for name, value in switches.items():
        if not isinstance(value, bool):
            raise UsageError(name, f"expected true or false, got {shown(value)}")
    if unused_faults not in UNUSED:
        raise UsageError(
            "unused_faults", f"unknown value {shown(unused_faults)}", f"expected one of: {', '.join(UNUSED)}"
        )


def _read_rules(
    scenario: str | Sequence[str] | None, faults: FaultsOption | None
) -> tuple[tuple[Mapping[str, Any], str], ...]:
    """Return the rules to start with. Raises ``UsageError``."""
    if scenario is None and faults is None:
        return ()
    from notify_mock.faults.readers import read_faults, read_scenario

    names = (scenario,) if isinstance(scenario, str) else scenario or ()
    rules = tuple(rule for name in names for rule in read_scenario(name))
    rules += read_faults(faults) if faults is not None else ()
    return tuple((with_new_key(spec, "door", "api", f"{where}, "), where) for spec, where in rules)
