"""In-process transports: HTTP clients for the Twilio SDK that call an emulator without a socket."""

from __future__ import annotations

from asyncio import CancelledError, to_thread
from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlencode

from requests.models import PreparedRequest
from twilio.http import AsyncHttpClient, HttpClient
from twilio.http.response import Response

from notify_mock.engine.engine import Engine
from notify_mock.interception.client_errors import (
    body_of,
    is_retried,
    raise_aiohttp_error,
    raise_requests_error,
    text_in_requests,
)
from notify_mock.interception.delays import Delays
from notify_mock.support.waits import Released
from notify_mock.twilio_api.hosts import split_url
from notify_mock.twilio_api.messages import BODY_LIMIT, NONE, Answer, Call, Params, Wire, read

T = TypeVar("T")

_AIOHTTP_SECONDS = 300.0
"""aiohttp's default timeout, used unless the client sets one."""

_LARGE = BODY_LIMIT // 12
"""Forms with more characters may exceed the limit once encoded: a character takes at most 12 bytes."""


class AnyCase(dict[str, str]):
    """Headers with names as sent and case-insensitive lookup.

    A dict subclass, since the SDK copies headers on every fetch and a dict copies fast.
    """

    def __missing__(self, name: str) -> str:
        lower = name.lower()
        for key, value in self.items():
            if key.lower() == lower:
                return value
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def get(self, name: str, default: Any = None) -> Any:
        try:
            return self[name]
        except KeyError:
            return default


class InProcessResponse(Response):  # type: ignore[misc]
    """The SDK's response, with case-insensitive headers as in ``requests``."""

    def __init__(self, answer: Answer, content: str) -> None:
        self.content = content
        self.cached = False
        self.status_code = answer.status
        self.ok = answer.status < 400
        self._lines = answer.headers

    @property
    def headers(self) -> AnyCase:
        return AnyCase(self._lines)


class _InProcess:
    """Base of the two clients: calls ``engine``, and lets delays pass on its clock.

    ``real_time``: delays take real time. ``timeout``: default for requests, in seconds.
    """

    def __init__(self, engine: Engine, *, real_time: bool = False, timeout: float | None = None) -> None:
        self._engine, self._real_time, self.timeout = engine, real_time, timeout
        self._signature: tuple[tuple[str, str], str] = (("", ""), "")
        self._lowered: tuple[Mapping[str, str], Mapping[str, str]] = ({}, {})
        self._test_only_last_request: Any = None
        self._test_only_last_response: InProcessResponse | None = None

    def _sign(self, auth: tuple[str, str]) -> str:
        """Return the Authorization header for ``auth``."""
        last = self._signature
        if auth != last[0]:
            last = self._signature = auth, "Basic " + b64encode(f"{auth[0]}:{auth[1]}".encode()).decode()
        return last[1]

    def _lower(self, headers: Mapping[str, str] | None, auth: tuple[str, str] | None) -> Mapping[str, str]:
        """Return ``headers`` with lower-case names and Authorization. Cached, since most calls send the same headers.

        Another thread may replace the cached object meanwhile.
        """
        signed = {**(headers or {}), "Authorization": self._sign(auth)} if auth is not None else dict(headers or {})
        last = self._lowered
        if signed != last[0]:
            last = self._lowered = signed, {name.lower(): value for name, value in signed.items()}
        return last[1]

    def _delays(self, timeout: float | None, default: float | None = None) -> Delays:
        """Raises ``ValueError`` for a bad ``timeout``, as the SDK does."""
        timeout = self.timeout if timeout is None else timeout
        timeout = default if timeout is None else timeout
        if timeout is not None and timeout <= 0:
            raise ValueError(timeout)
        return Delays(self._engine.clock, self._engine.held_calls, timeout, real_time=self._real_time)

    def _handle(self, call: Call, delays: Delays) -> Answer:
        try:
            return self._engine.handle(call, delays.wait)
        except Released:
            return Answer(0, [], b"", Wire("drop"))


class InProcessHttpClient(_InProcess, HttpClient):  # type: ignore[misc]
    """An HTTP client for ``twilio.rest.Client(http_client=...)``; ``Emulator.client()`` uses it."""

    is_async = False

    def request(
        self,
        method: str,
        uri: str,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,  # noqa: ARG002 - the SDK's signature
    ) -> InProcessResponse:
        """Do what ``TwilioHttpClient.request`` does, without the network.

        For faults, raises the exceptions that ``requests`` would raise.
        """
        call = call_for(method, uri, params, data, self._lower(headers, auth))
        delays = self._delays(timeout)
        answer = self._handle(call, delays)
        if answer.wire is not None or delays.timed_out:
            raise_requests_error(answer, delays, call, uri)
        self._test_only_last_response = InProcessResponse(answer, text_in_requests(answer))
        return self._test_only_last_response


class InProcessAsyncHttpClient(_InProcess, AsyncHttpClient):  # type: ignore[misc]
    """An HTTP client for the SDK's ``*_async`` methods; ``Emulator.async_client()`` uses it."""

    is_async = True

    async def request(
        self,
        method: str,
        uri: str,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,  # noqa: ARG002 - the SDK's signature
    ) -> InProcessResponse:
        """Do what ``AsyncTwilioHttpClient.request`` does, without the network.

        For faults, raises the exceptions that ``aiohttp`` would raise.
        """
        call = call_for(method, uri, params, data, self._lower(headers, auth))
        delays = self._delays(timeout, _AIOHTTP_SECONDS)
        answer = await self._aside(self._handle, call, delays)
        if is_retried(answer, delays, call.method):
            answer = await self._aside(self._handle, call, delays)
        if answer.wire is not None or delays.timed_out:
            await self._aside(raise_aiohttp_error, answer, delays, call.method, uri)
        self._test_only_last_response = InProcessResponse(answer, body_of(answer).decode())
        return self._test_only_last_response

    async def _aside(self, act: Callable[..., T], *arguments: Any) -> T:
        """Call ``act``; in real time, in a thread whose wait ends when the task is cancelled (``asyncio.wait_for``)."""
        if not self._real_time:
            return act(*arguments)
        (delays,) = (argument for argument in arguments if isinstance(argument, Delays))
        try:
            return await to_thread(act, *arguments)
        except CancelledError:
            delays.cancelled = True
            raise

    async def close(self) -> None:
        """Do nothing: there is no connection to close."""

    async def __aenter__(self) -> InProcessAsyncHttpClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def call_for(
    method: str,
    url: str,
    params: Mapping[str, object] | None,
    data: Mapping[str, object] | None,
    headers: Mapping[str, str],
) -> Call:
    """Return the call that the server would read from ``requests``. ``headers`` must have lower-case names."""
    form = _pairs(data) if data else ()
    simple = split_url(url)
    if simple is None or (form and not _is_plain(form, headers)):
        return _encoded(method, url, params, form, headers)
    scheme, host, path = simple
    return Call(
        method.upper(),
        host,
        path,
        Params(_pairs(params)) if params else NONE,
        Params(form) if form else NONE,
        headers,
        scheme,
    )


def _is_plain(form: tuple[tuple[str, str], ...], headers: Mapping[str, str]) -> bool:
    """Whether the body is sent as a form and is within the limit in any encoding."""
    is_form = headers.get("content-type") == "application/x-www-form-urlencoded"
    return is_form and sum(len(name) + len(value) for name, value in form) <= _LARGE


def _encoded(
    method: str,
    url: str,
    params: Mapping[str, object] | None,
    form: tuple[tuple[str, str], ...],
    headers: Mapping[str, str],
) -> Call:
    """Encode the request and parse it, for requests that the direct conversion might get wrong."""
    prepared = PreparedRequest()
    prepared.prepare_url(url, dict(params or {}))
    scheme, _, rest = (prepared.url or url).partition("://")
    host = rest.partition("/")[0].partition("?")[0]
    return read(
        method.upper(), prepared.path_url, host=host, headers=headers, body=urlencode(form).encode(), scheme=scheme
    )


def _pairs(values: Mapping[str, object] | None) -> tuple[tuple[str, str], ...]:
    """Convert parameters as ``requests`` does: a list repeats the name, None is left out, others use ``str``."""
    pairs = []
    for name, value in (values or {}).items():
        several = [value] if isinstance(value, (str, bytes)) or not hasattr(value, "__iter__") else value
        for item in several:
            if isinstance(item, str):
                pairs.append((name, item if item.isascii() else item.encode().decode()))
            elif item is not None:
                pairs.append((name, item.decode() if isinstance(item, bytes) else str(item)))
    return tuple(pairs)
