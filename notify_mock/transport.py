"""In-process transports: HTTP clients for the Twilio SDK that play calls on an emulator without a socket."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from requests.models import PreparedRequest
from requests.structures import CaseInsensitiveDict
from twilio.http import AsyncHttpClient, HttpClient
from twilio.http.response import Response

from notify_mock.call import BODY_LIMIT, NONE, Answer, Call, Params, read

Handle = Callable[[Call], Answer]

_SIMPLE_URL = re.compile(r"(https?)://([\w.:-]+)((?:/(?!\.)[\w.-]*)+)", re.ASCII)
_LARGE = BODY_LIMIT // 12
"""Characters that may be over the limit once encoded: one of them is 12 bytes at most."""


class InProcessResponse(Response):  # type: ignore[misc]
    """The SDK's response; its headers are looked up in any case, as those of ``requests`` are."""

    def __init__(self, answer: Answer) -> None:
        self.content = answer.body.decode()
        self.cached = False
        self.status_code = answer.status
        self.ok = answer.status < 400
        self._lines = answer.headers

    @cached_property
    def headers(self) -> CaseInsensitiveDict[str]:
        return CaseInsensitiveDict(self._lines)


class InProcessHttpClient(HttpClient):  # type: ignore[misc]
    """Give it to ``twilio.rest.Client(http_client=...)``; ``Emulator.client()`` does."""

    is_async = False

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self._test_only_last_request: Any = None
        self._test_only_last_response: InProcessResponse | None = None

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
        """What ``TwilioHttpClient.request`` does, without the network. Raises ``ValueError`` for a bad ``timeout``."""
        if timeout is not None and timeout <= 0:
            raise ValueError(timeout)
        answer = self._handle(call_for(method, uri, params, data, headers, auth))
        self._test_only_last_response = InProcessResponse(answer)
        return self._test_only_last_response


class InProcessAsyncHttpClient(AsyncHttpClient):  # type: ignore[misc]
    """The same for the SDK's ``*_async`` methods; ``Emulator.async_client()`` uses it."""

    is_async = True

    def __init__(self, handle: Handle) -> None:
        self._sync = InProcessHttpClient(handle)

    async def request(self, method: str, uri: str, **options: Any) -> InProcessResponse:
        """What ``AsyncTwilioHttpClient.request`` does, without the network."""
        return self._sync.request(method, uri, **options)

    async def close(self) -> None:
        """Nothing is open."""

    async def __aenter__(self) -> InProcessAsyncHttpClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def call_for(
    method: str,
    url: str,
    params: Mapping[str, object] | None,
    data: Mapping[str, object] | None,
    headers: Mapping[str, str] | None,
    auth: tuple[str, str] | None,
) -> Call:
    """The call that the server would have read, had ``requests`` sent this."""
    lower = {name.lower(): value for name, value in (headers or {}).items()}
    if auth is not None:
        lower["authorization"] = "Basic " + b64encode(f"{auth[0]}:{auth[1]}".encode()).decode()
    form = _pairs(data)
    simple = _SIMPLE_URL.fullmatch(url)
    is_form = lower.get("content-type") == "application/x-www-form-urlencoded"
    if simple is None or (form and not is_form) or sum(len(name) + len(value) for name, value in form) > _LARGE:
        return _encoded(method, url, params, form, lower)
    scheme, host, path = simple.groups()
    return Call(
        method.upper(),
        host,
        path,
        Params(_pairs(params)) if params else NONE,
        Params(form) if form else NONE,
        lower,
        scheme,
    )


def _encoded(
    method: str,
    url: str,
    params: Mapping[str, object] | None,
    form: tuple[tuple[str, str], ...],
    headers: Mapping[str, str],
) -> Call:
    """The long way, through the bytes of the wire, for what the short way might get wrong."""
    prepared = PreparedRequest()
    prepared.prepare_url(url, dict(params or {}))
    scheme, _, rest = (prepared.url or url).partition("://")
    host = rest.partition("/")[0].partition("?")[0]
    return read(
        method.upper(), prepared.path_url, host=host, headers=headers, body=urlencode(form).encode(), scheme=scheme
    )


def _pairs(values: Mapping[str, object] | None) -> tuple[tuple[str, str], ...]:
    """Parameters as ``requests`` writes them: lists repeat the name, None is left out, the rest is its ``str``."""
    pairs = []
    for name, value in (values or {}).items():
        several = [value] if isinstance(value, (str, bytes)) or not hasattr(value, "__iter__") else value
        for one in several:
            if isinstance(one, str):
                pairs.append((name, one if one.isascii() else one.encode().decode()))
            elif one is not None:
                pairs.append((name, one.decode() if isinstance(one, bytes) else str(one)))
    return tuple(pairs)
