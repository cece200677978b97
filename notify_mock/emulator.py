"""The emulator with its fronts: URL, Flask app and ready-made Twilio clients over one state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from notify_mock.accounts.accounts import AccountsOption
from notify_mock.engine.engine import Engine
from notify_mock.engine.seed_data import DataOption
from notify_mock.faults import Unused
from notify_mock.journal.journal import DEFAULT_LIMIT
from notify_mock.server.shared_server import SharedServer
from notify_mock.support.address import read_hosts
from notify_mock.support.clock import Moment
from notify_mock.support.usage import UsageError

if TYPE_CHECKING:
    from flask import Flask
    from twilio.rest import Client

    from notify_mock.callbacks.sender import Callbacks
    from notify_mock.engine.hydration import HydrateOption
    from notify_mock.faults.readers import FaultsOption
    from notify_mock.interception.interception import Interception
    from notify_mock.recording.backend import Backend, RecordOption, UpstreamOption
    from notify_mock.replay.cassette import CassetteOption
    from notify_mock.server.proxy import OtherHosts


class Emulator(Engine):
    """An offline Twilio Notify.

    ::

        with Emulator() as emulator:
            client = Client(*emulator.auth)
            client.notify.base_url = emulator.url

    ``host`` and ``port`` are where it serves, once ``url`` is asked for or a ``with`` block is entered (``port`` 0: any
    free one). The port also is a forward proxy; as such it refuses ``other_hosts`` than Twilio's, unless they are to be
    tunnelled. With ``tls``, TLS may begin on the port itself. ``server`` mounts it on a shared server instead.
    ``control_token`` is what the control API asks for, which needs one beyond loopback. ``callback_hosts`` are names of
    hosts that delivery callbacks may go to; without them they go to this machine alone. ``record`` takes down what it
    answers, or with ``upstream`` what that answers: a path, or a ``Recorder``. The other options are ``Engine``'s.
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
        upstream: UpstreamOption | None = None,
        record: RecordOption | None = None,
        control_token: str | None = None,
        callback_hosts: Iterable[str] = (),
        host: str = "127.0.0.1",
        port: int = 0,
        other_hosts: OtherHosts = "refuse",
        tls: bool = False,
        server: SharedServer | None = None,
    ) -> None:
        __tracebackhide__ = True
        self._backend = _read_backend(cassette, upstream, record)
        super().__init__(
            seed=seed,
            accounts=accounts,
            data=data,
            hydrate=hydrate,
            frozen=frozen,
            journal_limit=journal_limit,
            faults=faults,
            scenario=scenario,
            unused_faults=unused_faults,
            fault_header=fault_header,
            cassette=self._backend.cassette if self._backend else cassette,
            forward=self._backend.forward if self._backend else None,
            observe=self._backend.observe if self._backend else None,
        )
        if control_token is not None and (not isinstance(control_token, str) or not control_token):
            raise UsageError("control_token", "is no token", "give a text that isn't empty")
        self.control_token = control_token
        self._callback_hosts = read_hosts(callback_hosts)
        own = SharedServer(host, port, other_hosts=other_hosts, tls=tls)
        self._has_own_server = server is None
        self._server = own if server is None else server
        self._server.mount(self)

    def __repr__(self) -> str:
        where = self._server.url if self._has_own_server and self._server.is_started else "in-process"
        return f"<Emulator {where}, seed {self.seed!r}, {sum(map(len, self.records))} records>"

    def __enter__(self) -> Emulator:
        self._server.url  # noqa: B018 - asking for it starts the server
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @cached_property
    def app(self) -> Flask:
        """The Flask app, for a test client or a WSGI server of your own."""
        from notify_mock.server.app import create_app

        return create_app(self)

    @cached_property
    def callbacks(self) -> Callbacks:
        """The delivery callbacks: apps to take them, and ``drain()``."""
        from notify_mock.callbacks.sender import Callbacks

        return Callbacks(self, self._callback_hosts)

    @property
    def url(self) -> str:
        """The base URL, such as ``http://127.0.0.1:54321``; starts the server when first asked for."""
        return self._server.url

    def client(self, username: str | None = None, password: str | None = None, **options: Any) -> Client:
        """A ``twilio.rest.Client`` that never touches a socket.

        Signed in with ``auth`` unless told otherwise; ``options`` are those of ``twilio.rest.Client``, and ``timeout``
        in seconds. A delay moves the emulator's clock and waits for nothing, unless ``real_time=True`` is among them.
        Raises ``UsageError`` where twilio isn't installed.
        """
        return self._client("InProcessHttpClient", username, password, options)

    def async_client(self, username: str | None = None, password: str | None = None, **options: Any) -> Client:
        """The same for the SDK's ``*_async`` methods."""
        return self._client("InProcessAsyncHttpClient", username, password, options)

    def intercept(self, *, allow_real: Iterable[str] = (), real_time: bool = False) -> Interception:
        """A context manager; inside it, every Twilio client of this process lands here, however it was made.

        That is the SDK's (played at once, as those of ``client()``), and whatever goes through requests, urllib3,
        http.client, httpx or aiohttp (over a socket, so that time is real). A request for any other ``*.twilio.com``
        raises ``EscapedRequest``, but for the hosts in ``allow_real``. ``real_time`` is that of ``client()``.
        """
        from notify_mock.interception.interception import Interception

        return Interception(self, self._server, allow_real, real_time=real_time)

    def env(self, base: Mapping[str, str] | None = None) -> dict[str, str]:
        """A whole environment for another process, in which clients of every language land here.

        It is made from ``base``, by default the environment of this process. Starts the server, and makes the
        certificate authority of this machine where there is none.
        """
        from notify_mock.certificate_authority.bundles import make_bundles
        from notify_mock.interception import environment

        server = self._server.server
        bundles = make_bundles(server.tls.authority)
        return environment.apply(environment.changes(server.url, self.auth, bundles, base), base)

    def close(self) -> None:
        """Stop serving, let go what a fault holds, and write what was recorded. The state stays, and asking for ``url``
        serves again.

        On a shared server its turn is over for good.
        """
        self.held_calls.release()
        if "callbacks" in self.__dict__:
            self.callbacks.stop()
        if self._has_own_server:
            self._server.stop()
        else:
            self._server.dismount(self)
        if self._backend is not None:
            self._backend.close()

    def _client(self, transport: str, username: str | None, password: str | None, options: dict[str, Any]) -> Client:
        try:
            from twilio.rest import Client

            from notify_mock.interception import transport as transports
        except ImportError as error:
            raise UsageError("twilio", "isn't installed", "pip install twilio") from error
        account_sid, auth_token = self.auth
        own = {name: options.pop(name) for name in ("real_time", "timeout") if name in options}
        http_client = getattr(transports, transport)(self, **own)
        return Client(username or account_sid, password or auth_token, http_client=http_client, **options)


@contextmanager
def intercept(*, allow_real: Iterable[str] = (), real_time: bool = False, **options: Any) -> Iterator[Emulator]:
    """An emulator at which every Twilio client of this process lands, inside the ``with`` block.

    ``allow_real`` and ``real_time`` are those of ``Emulator.intercept``, ``options`` those of ``Emulator``.
    """
    with closing(Emulator(**options)) as emulator, emulator.intercept(allow_real=allow_real, real_time=real_time):
        yield emulator


def _read_backend(
    cassette: CassetteOption | None, upstream: UpstreamOption | None, record: RecordOption | None
) -> Backend | None:
    """Raises ``UsageError``."""
    if upstream is None and record is None:
        return None
    from notify_mock.recording.backend import read_backend

    return read_backend(cassette, upstream, record)
