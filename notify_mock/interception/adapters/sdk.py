"""Adapter for the Twilio SDK's HTTP clients: answers calls in-process, without a socket."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from notify_mock.interception.patches import Patch
from notify_mock.interception.routing import Router
from notify_mock.twilio_api.hosts import split_url

_INFO = 20


def sync_client(router: Router) -> list[Patch]:
    """The SDK before version 7 has no async client; its calls use the socket."""
    from twilio import http
    from twilio.http.http_client import TwilioHttpClient

    if not hasattr(http, "AsyncHttpClient"):
        return []
    return [Patch(TwilioHttpClient, "request", lambda original: _sync(router, original))]


def async_client(router: Router) -> list[Patch]:
    from twilio.http.async_http_client import AsyncTwilioHttpClient

    return [Patch(AsyncTwilioHttpClient, "request", lambda original: _async(router, original))]


def _sync(router: Router, original: Callable[..., Any]) -> Callable[..., Any]:
    from requests import Session
    from requests.adapters import HTTPAdapter

    from notify_mock.interception.transport import InProcessHttpClient

    inner = InProcessHttpClient(router.engine, real_time=router.real_time)

    def is_plain(client: Any) -> bool:
        """Whether the client has no custom session or hooks that calls must pass through."""
        session = client.session
        if session is None:
            return not any(client.request_hooks.values())
        adapter = session.adapters.get("https://")
        return (
            type(session) is Session
            and len(session.adapters) == 2
            and "send" not in vars(session)
            and type(adapter) is HTTPAdapter
            and adapter.max_retries.total == 0
            and session.auth is None
            and not session.params
            and not any(session.hooks.values())
            and not any(client.request_hooks.values())
        )

    @wraps(original)
    def request(
        client: Any,
        method: str,
        url: str,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Any:
        __tracebackhide__ = True
        if not _is_emulated(router, method, url) or not is_plain(client):
            return original(client, method, url, params, data, headers, auth, timeout, allow_redirects)
        timeout = client.timeout if timeout is None else timeout
        _begin(client, method, url, params, headers)
        return _end(client, inner.request(method, url, params, data, headers, auth, timeout))

    return request


def _async(router: Router, original: Callable[..., Any]) -> Callable[..., Any]:
    from aiohttp import ClientSession

    from notify_mock.interception.transport import InProcessAsyncHttpClient

    inner = InProcessAsyncHttpClient(router.engine, real_time=router.real_time)

    @wraps(original)
    async def request(
        client: Any,
        method: str,
        url: str,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Any:
        __tracebackhide__ = True
        is_plain = not client.trace_configs and type(client.session) in (ClientSession, type(None))
        if not _is_emulated(router, method, url) or not is_plain:
            return await original(client, method, url, params, data, headers, auth, timeout, allow_redirects)
        _begin(client, method, url, params, headers)
        return _end(client, await inner.request(method, url, params, data, headers, auth, timeout))

    return request


def _is_emulated(router: Router, method: str, url: str) -> bool:
    """Whether to answer in-process. Requests with unusual URLs use the socket."""
    __tracebackhide__ = True
    place = split_url(url)
    if place is not None:
        return router.is_emulated(place[1].partition(":")[0], method, url)
    router.is_emulated(_host_of(url), method, url)
    return False


def _host_of(url: str) -> str:
    """Return the host, or an empty text if there is none: then the SDK's client raises its own error."""
    with suppress(ValueError):
        return urlsplit(url).hostname or ""
    return ""


def _begin(client: Any, method: str, url: str, params: object, headers: object) -> None:
    """Do what the SDK's client does before a request."""
    client._test_only_last_response = None
    if client.logger.isEnabledFor(_INFO):
        client.log_request({"method": method.upper(), "url": url, "params": params, "headers": headers})


def _end(client: Any, response: Any) -> Any:
    """Do what the SDK's client does after the response."""
    if client.logger.isEnabledFor(_INFO):
        client.log_response(response.status_code, response)
    client._test_only_last_response = response
    return response
