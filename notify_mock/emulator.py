"""The emulator with its interfaces: URL, Flask app, in-process Twilio clients and interception."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any

from notify_mock.accounts.account import AccountsOption, with_environment
from notify_mock.command_log.lasting import Consistency, LastingEngine, StateOption
from notify_mock.control_api.guard import Access
from notify_mock.engine.seed_data import DataOption
from notify_mock.engine.stubs import OtherTwilio
from notify_mock.faults import Unused
from notify_mock.interception.decorator import Decorator
from notify_mock.journal.journal import DEFAULT_LIMIT
from notify_mock.server.shared_server import SharedServer
from notify_mock.support.address import read_hosts
from notify_mock.support.clock import Moment
from notify_mock.support.counted import counted
from notify_mock.support.usage import UsageError
from notify_mock.twilio_api.products import resolve_endpoint

if TYPE_CHECKING:
    from flask import Flask
    from twilio.rest import Client

    from notify_mock.callbacks.sender import Callbacks
    from notify_mock.doctor.diagnosis import Diagnosis
    from notify_mock.engine.hydration import HydrateOption
    from notify_mock.events.hub import Hub
    from notify_mock.faults.readers import FaultsOption
    from notify_mock.interception.interception import Interception
    from notify_mock.recording.backend import Backend, RecordOption, UpstreamOption
    from notify_mock.replay.cassette import CassetteOption
    from notify_mock.resources.credential import Credential
    from notify_mock.server.proxy import OtherHosts


class Emulator(LastingEngine):
    """An offline emulator of Twilio Notify.

    ::

        with Emulator() as emulator:
            client = Client(*emulator.auth)
            client.notify.base_url = emulator.url

    The server starts when a ``with`` block is entered or ``url`` is first used. It is also a forward proxy. Every
    option is a keyword argument:

    - ``seed``: number or text that determines all SIDs and random choices.
    - ``accounts``: accounts to accept, as a mapping such as ``{"AC...": "token"}`` or a list of ``Account`` objects.
      By default, any user name that begins with AC or SK is accepted, with any password.
    - ``default_account``: account of records, clients and API keys where none is named, as ``"AC..."`` or
      ``"AC...:token"``. By default, the first of ``accounts``, or one generated from the seed.
    - ``data``: seed data, as a mapping or the path of a YAML or JSON file.
    - ``hydrate``: cassette or folder of cassettes (or a list of them) to load records from.
    - ``frozen``: stop the clock at this time, such as ``"2030-01-01T12:00:00Z"`` or a ``datetime``.
    - ``journal_limit``: number of requests that the journal keeps for each account.
    - ``keep_bodies``: keep the bodies of responses in the journal, as ``response_body`` of its exchanges.
    - ``faults``: fault rules, as a list of mappings or the path of a YAML or JSON file.
    - ``scenario``: name of predefined fault rules, or a list of names.
    - ``unused_faults``: what to do when a fault rule was never applied in a test: "error", "warn" or "ignore".
    - ``fault_header``: accept a fault rule in the request header X-Notify-Mock-Fault.
    - ``cassette``: cassette to replay, as a path, a list of paths or a ``Cassette``.
    - ``upstream``: service to forward calls to, as a URL or an ``Upstream``. With ``cassette``, it gets only calls
      that are not recorded, if ``on_miss`` is "forward".
    - ``record``: cassette to record the responses of ``upstream`` in, or else the emulator's own, as a path or a
      ``Recorder``.
    - ``control_token``: token for the control API. Required unless the server listens on loopback only.
    - ``callback_hosts``: hosts that delivery callbacks may be sent to, in addition to this machine, such as
      "app.internal" or "127.0.0.1:5000". Callback URLs set by web pages of other machines may only name these.
    - ``stubs``: canned answers of hosts of Twilio's that are not emulated, such as ``["sync.twilio.com=404"]``, as
      "HOST[/PATH]=STATUS[:BODY]". PATH may contain ``*``, BODY is JSON.
    - ``other_twilio``: what such hosts do without a stub: "refuse", or "404" to answer with Twilio's error 20404.
    - ``legacy_fcm``: legacy server keys of FCM and GCM still work, as they did until June 2024.
    - ``state``: file to keep the state in, which is created if it does not exist, or the URL of a Valkey or Redis
      server to share it with other emulators, such as ``"redis://127.0.0.1:6379/0?name=team"``. Options that are not
      given are those that the state was begun with. Without it, the state is kept in memory.
    - ``until``: open the state as it was after the command at this position, to look at; it cannot be changed.
    - ``consistency``: what a read of a shared state sees: "session", all that this emulator knows, or "strong", all
      that any of them has answered.
    - ``host``, ``port``: address and port to listen on. Port 0 picks a free port.
    - ``other_hosts``: what the proxy does with requests to hosts other than Twilio's: "refuse" or "tunnel".
    - ``tls``: accept TLS on the port as well as plain HTTP.
    - ``server``: shared server to mount the emulator on, instead of its own server.

    Raises ``UsageError`` for an invalid option.
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
        upstream: UpstreamOption | None = None,
        record: RecordOption | None = None,
        control_token: str | None = None,
        callback_hosts: Iterable[str] = (),
        stubs: Iterable[str] = (),
        other_twilio: OtherTwilio = "refuse",
        legacy_fcm: bool = False,
        state: StateOption | None = None,
        until: int | None = None,
        consistency: Consistency = "session",
        host: str = "127.0.0.1",
        port: int = 0,
        other_hosts: OtherHosts = "refuse",
        tls: bool = False,
        server: SharedServer | None = None,
    ) -> None:
        __tracebackhide__ = True
        if control_token is not None and (not isinstance(control_token, str) or not control_token):
            raise UsageError("control_token", "must be non-empty text")
        self.access = Access(control_token)
        self._callback_hosts = read_hosts(callback_hosts)
        own = SharedServer(host, port, other_hosts=other_hosts, tls=tls)
        self._backend = _read_backend(cassette, upstream, record)
        super().__init__(
            state=state,
            until=until,
            consistency=consistency,
            seed=seed,
            accounts=accounts,
            default_account=default_account,
            data=data,
            hydrate=hydrate,
            frozen=frozen,
            journal_limit=journal_limit,
            keep_bodies=keep_bodies,
            faults=faults,
            scenario=scenario,
            unused_faults=unused_faults,
            fault_header=fault_header,
            cassette=self._backend.cassette if self._backend else cassette,
            forward=self._backend.forward if self._backend else None,
            observer=self._backend.observer if self._backend else None,
            stubs=stubs,
            other_twilio=other_twilio,
            legacy_fcm=legacy_fcm,
        )
        self._making = Lock()
        self._app: Flask | None = None
        self._events: Hub | None = None
        self.own_ports: set[int] = set()
        """The ports that serve this emulator. Delivery callbacks are not sent to them."""
        self.terminal: Callable[[], AbstractContextManager[None]] = nullcontext
        """Within its block, stdin and stdout are the terminal's. The pytest plugin replaces it."""
        self._has_own_server = server is None
        self._server = own if server is None else server
        self._server.mount(self)

    def __repr__(self) -> str:
        where = self._server.url if self._has_own_server and self._server.is_started else "in-process"
        return f"<Emulator {where}, seed {self.seed!r}, {counted(sum(map(len, self.records)), 'record')}>"

    def __enter__(self) -> Emulator:
        self._server.url  # noqa: B018 - starts the server
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def app(self) -> Flask:
        """The Flask app, for a test client or your own WSGI server."""
        with self._making:  # routes must not be added to one app while another one is used
            if self._app is None:
                from notify_mock.server.app import create_app

                self._app = create_app(self)
            return self._app

    @property
    def events(self) -> Hub:
        """What happens in the emulator, for ``GET /_mock/events``. Collected from the first access on."""
        with self._making:
            if self._events is None:
                from notify_mock.events.watching import watch

                self._events = watch(self)
            return self._events

    def inspect(self) -> None:
        """Print the URL of the inspector and wait for Enter: ``notify_mock.inspect()`` in a test, like a breakpoint.

        Starts the server. Raises ``UsageError`` if there is no terminal.
        """
        __tracebackhide__ = True
        from notify_mock.inspector.pause import pause

        with self.terminal():
            pause(f"{self.url}/_mock/")

    def has_route(self, method: str, target: str) -> bool:
        """Whether a route for this request has been added to ``app``. Paths of Twilio's APIs are never looked up."""
        if self._app is None or resolve_endpoint("", target.partition("?")[0]).api:
            return False
        from notify_mock.server.app import has_own_route

        return has_own_route(self._app, method, target)

    @cached_property
    def callbacks(self) -> Callbacks:
        """Delivery callbacks: ``mount(app)`` to receive them, and ``drain()`` to send them now."""
        from notify_mock.callbacks.sender import Callbacks

        return Callbacks(self, self._callback_hosts, self.own_ports, may_mount=not self.is_lasting)

    @property
    def url(self) -> str:
        """The base URL, such as ``http://127.0.0.1:54321``. The first access starts the server."""
        return self._server.url

    def client(self, username: str | None = None, password: str | None = None, **options: Any) -> Client:
        """Return a ``twilio.rest.Client`` that uses no socket.

        It authenticates with ``auth`` by default. ``options`` are those of ``twilio.rest.Client``, ``timeout`` in
        seconds, and ``real_time``: by default, a delay moves the emulator's clock without waiting; with
        ``real_time=True``, the client waits. Raises ``UsageError`` if twilio is not installed.
        """
        return self._client("InProcessHttpClient", username, password, options)

    def async_client(self, username: str | None = None, password: str | None = None, **options: Any) -> Client:
        """Return a client like that of ``client()``, for the SDK's ``*_async`` methods."""
        return self._client("InProcessAsyncHttpClient", username, password, options)

    def intercept(self, *, allow_real: Iterable[str] = (), real_time: bool = False) -> Interception:
        """Return a context manager that redirects every Twilio client of this process to the emulator.

        Clients of the SDK are handled in process, like those of ``client()``. Requests made with requests, urllib3,
        http.client, httpx, httpx2 or aiohttp are redirected to the server, in real time. A request to any other
        ``*.twilio.com`` host raises ``EscapedRequest``, except for hosts with a stub and those in ``allow_real``.
        ``real_time`` is that of ``client()``.
        """
        from notify_mock.interception.interception import Interception
        from notify_mock.interception.routing import Router

        return Interception(Router(self, self._server, allow_real, real_time=real_time))

    def doctor(self, credential: Credential | str | tuple[str, str]) -> Diagnosis:
        """Say what a credential is, whether Twilio accepts it, and whether a push with it would fail now.

        ``credential`` is one of ``credentials`` or its SID, a pair of certificate and private key, or the ``Secret`` of
        an fcm credential. ``str()`` of the diagnosis is the text of ``notify-mock doctor``. Raises ``UsageError`` for a
        SID that there is no credential for.
        """
        from notify_mock.doctor.stored import diagnose_credential

        now, accept_legacy = self.clock.time(), self.providers.fcm.accept_legacy
        return diagnose_credential(credential, self.credentials, now, accept_legacy=accept_legacy)

    def env(self, base: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return an environment for another process that redirects its Twilio clients to the emulator.

        It works for clients in any language. It is a copy of ``base`` (by default the environment of this process) with
        the variables of ``notify-mock exec`` set. Starts the server, and creates the certificate authority of this
        machine if there is none.
        """
        from notify_mock.certificate_authority.bundles import make_bundles
        from notify_mock.interception import environment

        server = self._server.server
        bundles = make_bundles(server.tls.authority)
        return environment.apply(environment.changes(server.url, self.auth, bundles, base, self.api_key), base)

    def close(self) -> None:
        """Stop the server, release held calls, and save the recording. The state is kept.

        Using ``url`` starts the server again. From a shared server, the emulator is removed for good.
        """
        self.held_calls.release()
        if self._events is not None:
            self._events.end()
        if "callbacks" in self.__dict__:
            self.callbacks.stop()
        if self._has_own_server:
            self._server.stop()
        else:
            self._server.dismount(self)
        if self._backend is not None:
            self._backend.close()
        self.close_log()

    def _client(self, transport: str, username: str | None, password: str | None, options: dict[str, Any]) -> Client:
        try:
            from twilio.rest import Client

            from notify_mock.interception import transport as transports
        except ImportError as error:
            raise UsageError("twilio", "is not installed", "run pip install twilio") from error
        account_sid, auth_token = self.auth
        own = {name: options.pop(name) for name in ("real_time", "timeout") if name in options}
        http_client = getattr(transports, transport)(self, **own)
        return Client(username or account_sid, password or auth_token, http_client=http_client, **options)


def intercept(*, allow_real: Iterable[str] = (), real_time: bool = False, **options: Any) -> Decorator[Emulator]:
    """Create an emulator and redirect every Twilio client of this process to it, inside the ``with`` block.

    Also a decorator. A function gets the emulator if it has a parameter ``emulator``; in a ``unittest.TestCase`` class,
    each test has a new one as ``self.emulator``.

    ``allow_real`` and ``real_time`` are those of ``Emulator.intercept``, ``options`` those of ``Emulator``. The default
    account is that of TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN, unless the options name one.
    """

    @contextmanager
    def make() -> Iterator[Emulator]:
        with (
            closing(Emulator(**with_environment(options, os.environ))) as emulator,
            emulator.intercept(allow_real=allow_real, real_time=real_time),
        ):
            yield emulator

    return Decorator(make)


def _read_backend(
    cassette: CassetteOption | None, upstream: UpstreamOption | None, record: RecordOption | None
) -> Backend | None:
    """Raises ``UsageError``."""
    if upstream is None and record is None:
        return None
    from notify_mock.recording.backend import read_backend

    return read_backend(cassette, upstream, record)
